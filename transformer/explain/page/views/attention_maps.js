// Every head as a small map; the row that is looked at is framed, and below it stands at whom that
// row looks most, and what the head adds to the written token's logit less the runner-up's.

import { argmax, row, sub } from "../arithmetic/tensor.js";
import { boxPlace, boxTitle } from "../boxes.js";
import { paintSmall } from "../paint.js";
import { declare, derived, el, percent, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { signed } from "./part_names.js";
import { answeringTokens, rowsThere, tokenAt, whoAsks } from "./tokens.js";

// Who asks, from top to bottom, and who answers, from left to right.
const GROUP_TEXT = {
  source: { en: ["the question", "the question"], zh: ["问题", "问题"] },
  cross: { en: ["the answer", "the question"], zh: ["答案", "问题"] },
  causal: { en: ["a token", "itself and those before"], zh: ["词元", "自己和前面的"] },
  both: { en: ["a token", "all, on both sides"], zh: ["词元", "左右所有的"] },
};

function axes(kind) {
  const { en, zh } = GROUP_TEXT[kind];
  const side = (i, name, sign) => el("span", {
    class: name, text: `${words({ en: en[i], zh: zh[i] })} ${sign}` });
  return el("span", { class: "head-axes" }, side(0, "asks", "↓"), " ", side(1, "answers", "→"));
}

const kindOf = ({ cross, causal, side }) =>
  (cross ? "cross" : causal ? "causal" : side === "source" ? "source" : "both");

export function headName(box, head) {
  return words({ en: "{0}, head {1}", zh: "{0}，头 {1}" }, words(boxPlace(box)), head + 1);
}

/** "block 2's head 3", where the stack need not be said. */
export const headOfBlock = (box, head) => words(
  { en: "{0}'s head {1}", zh: "{0}的头 {1}" }, words(boxPlace({ ...box, side: "text" })), head + 1);

/** The attentions of a kind together, all its layers; what is nearest to the answer comes first. */
export function attentionGroups(boxes) {
  const groups = new Map();
  for (const box of boxes) {
    const name = `${box.side} ${box.name}`;
    groups.set(name, [...(groups.get(name) ?? []), box]);
  }
  return [...groups.values()].reverse();
}

/**
 * A kind of attention: a line for each layer, a small map for each head. c: {app, side, shown:
 * {path, head}, i: the step's number, step, terms: each head's in the sum, or null where that is
 * still secret, lead: the head that counts most, sourceRow: the row of the encoder that is framed,
 * open, canvasOf: of a `canvasKeeper`}
 */
export function headGrid(c, group) {
  const [first] = group;
  const encoder = first.side === "source" ? `${words({ en: "Encoder", zh: "编码器" })} · ` : "";
  return el(
    "section", { class: "head-group" },
    el("h3", {}, encoder, words(boxTitle(first)), " ",
      axes(kindOf(first))),
    el("p", { class: "quiet head-legend" }, legend(c, first)),
    group.map((box) => el(
      "div", { class: "head-line", role: "group", "aria-label": words(boxPlace(box)) },
      el("span", {
        class: "quiet head-layer",
        text: words({ en: "block {0}", zh: "第 {0} 块" }, box.block + 1),
      }),
      Array.from({ length: c.side.model.config.n_heads }, (_, head) => smallMap(c, box, head)),
    )),
  );
}

/** What the frames are, and the numbers below them. */
function legend({ app, side, step, terms, lead, sourceRow }, box) {
  const { label, columns, trace } = side.explanation;
  if (box.side === "source") {
    const framed = tokenAt(columns, sourceRow);
    const reads = side.boxes.find(({ id }) => id === lead.path);
    if (sourceRow !== argmax(row(trace.get(`${lead.path}.weights`), lead.head, step.row))) {
      return phrase({ en: "The framed row is that of {0}.", zh: "框住的一行是 {0}。" }, framed);
    }
    return phrase({
      en: "The framed row is that of {0}: {1} looks most at it in {2} of the {3}.",
      zh: "框住的一行是 {0}：在{3}里，{1}在{2}中最看它。",
    }, framed, whoAsks(app, side, reads, step.row, true), headOfBlock(reads, lead.head),
    term("cross-attention"));
  }
  const asks = whoAsks(app, side, box, step.row);
  if (!terms?.size) {
    return phrase({
      en: "{0} has the framed row; below it stands at whom that looks most.",
      zh: "框住的一行是{0}；图下面是它最看谁。",
    }, asks);
  }
  if (box.cross || side.model.kind !== "Transformer") {
    return phrase({
      en: "{0} has the framed row. Below it: at whom that looks most, and what the head adds " +
        "directly to the logit of {1} less that of {2}.",
      zh: "框住的一行是{0}。图下面是它最看谁，以及这个头给 {1} 的 logit 减去 {2} 的 logit 直接加了多少。",
    }, asks, token(label(step.token)), token(label(step.rival)));
  }
  return words({ en: "Frames and numbers as above.", zh: "框和数的意思同上。" });
}

const isHeadOff = (app, { id }, head) => app.store.get().edits.some(
  ({ path, kind, index, row: only, from }) => path === id && only === undefined &&
    from === undefined && (kind === "sublayer" || index === head));

/** A head's weights, small. */
function smallMap(c, box, head) {
  const { app, side, i, shown, step, terms, sourceRow, open, canvasOf } = c;
  const name = `${box.id}.weights`;
  const weights = sub(side.explanation.trace.get(name), head);
  const [T, S] = weights.shape;
  const framed = box.side === "source" ? sourceRow : step.row;
  const canvas = canvasOf(`${name}.${head}`);
  paintSmall(canvas, weights, "weight", 1);
  const mark = el("span", { class: "head-step" });
  mark.style.setProperty("top", `${(100 * framed) / T}%`);
  mark.style.setProperty("height", `${100 / T}%`);
  const later = el("span", { class: "head-later" });
  const there = Math.min(T, rowsThere(side, box, app.store.get()));
  later.style.setProperty("top", `${(100 * there) / T}%`);
  const picture = el("span", { class: "head-picture" }, canvas, later, mark);
  picture.style.setProperty("--wide", S / Math.max(T, S));
  picture.style.setProperty("--high", T / Math.max(T, S));
  const chosen = shown.path === box.id && shown.head === head;
  const label = words({ en: "head {0}", zh: "头 {0}" }, head + 1);
  const part = `${box.id}.heads.${head}`;
  const adds = terms?.get(part);
  return declare(
    el(
      "button",
      {
        type: "button", "aria-pressed": String(chosen),
        class: isHeadOff(app, box, head) ? "head-map is-off" : "head-map",
        "aria-label": `${headName(box, head)}, ${words(boxTitle(box))}`,
        onclick: () => open({ path: box.id, head, key: null, query: null }),
      },
      el("span", { class: "quiet", text: label }), picture,
      strongestLook(side.explanation, box, weights, framed),
      adds === undefined ? null : derived(
        el("span", { class: `head-adds${adds < 0 ? " less" : ""}`, text: signed(adds) }),
        `sum_at:${i}:${part}`, adds),
    ),
    side, name, [head], weights.data,
  );
}

/** The token at which a row looks with the most weight, and that weight. */
function strongestLook(explanation, box, weights, index) {
  const line = row(weights, index);
  const most = argmax(line);
  const label = answeringTokens(explanation, box)[most];
  return el("span", { class: "head-look" }, token(label), ` ${percent(line[most])}`);
}
