// What people call the parts of a model, whose names in a trace are paths of modules.

import { boxOf, boxPlace, boxTitle } from "../boxes.js";
import { el } from "../widgets.js";
import { words } from "../words.js";

const PARTS_WITHOUT_BLOCK = {
  biases: { en: "biases", zh: "偏置" },
  tokens: { en: "token", zh: "词元" },
  positions: { en: "position", zh: "位置" },
  segments: { en: "segment", zh: "段落" },
  residual: { en: "embedding", zh: "嵌入" },
};

/**
 * Of "decoder.blocks.0.mlp.hidden.17": {place: "decoder, block 1", name: "MLP", part: "unit 17"};
 * what a name does not say is "". Blocks, heads and units are counted from 1, in a trace from 0.
 */
function partName(boxes, trace, isOneStream = false) {
  const [, whole] = trace.match(/^(?:embedding\.)?(\w+)/);
  if (whole in PARTS_WITHOUT_BLOCK) {
    return { place: "", name: "", part: words(PARTS_WITHOUT_BLOCK[whole]) };
  }
  const box = boxOf(boxes, trace.replace(/\.add_(\w+)\.residual$/, ".$1"));
  const place = words(boxPlace(isOneStream ? { ...box, side: "text" } : box));
  const name = words(boxTitle(box));
  const [, kind, index] = trace.match(/\.(heads|hidden)\.(\d+)/) ?? [];
  if (!kind) return { place, name, part: "" };
  const part = kind === "heads"
    ? { en: "head {0}", zh: "头 {0}" }
    : { en: "unit {0}", zh: "单元 {0}" };
  return { place, name, part: words(part, Number(index) + 1) };
}

/**
 * The name as an element: what it shares with its neighbours is quiet. Where all are of one stream,
 * that is not said.
 */
export function partLabel(boxes, trace, isOneStream = false) {
  const { place, name, part } = partName(boxes, trace, isOneStream);
  const quiet = [place, part && name].filter(Boolean).join(" · ");
  return el("span", { class: "part-name" },
    quiet ? el("span", { class: "quiet", text: quiet }) : null, " ", part || name);
}

export function partText(boxes, trace) {
  return Object.values(partName(boxes, trace)).filter(Boolean).join(" · ");
}

/** "+1.234" or "−1.234", with three digits behind the point, so that a column adds up by eye. */
export function signed(x, digits = 3) {
  const text = Math.abs(x).toFixed(digits);
  return `${Number(text) === 0 ? "" : x < 0 ? "−" : "+"}${text}`;
}

/** What stands in the place of a view that needs the weights, on a page that has none. */
export function withoutWeights() {
  return el("p", { class: "quiet", text: words({
    en: "This model is too large for its weights to be embedded in the page, and without them " +
      "nothing can be computed anew here. In Python, transformer.explain does the same.",
    zh: "这个模型太大，权重没有放进页面，这里也就无法重新计算。在 Python 里，transformer.explain 能做同样的事。",
  }) });
}
