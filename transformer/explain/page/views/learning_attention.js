// The attention of a checkpoint on an example: every head as a small map, one of them large.

import { fromBase64, sub } from "../arithmetic/tensor.js";
import { boxesOf, boxPlace, boxTitle } from "../boxes.js";
import { canvasKeeper, paintSmall } from "../paint.js";
import { el, heatMap } from "../widgets.js";
import { words } from "../words.js";

export const bounded = (i, length) => Math.min(Math.max(i, 0), length - 1);

/**
 * draw(one, i) → the element. `one`: {which, step, example, then}, what is shown; i: the step of
 * the answer that is looked at.
 */
export function learnedAttention({ store }, side) {
  const { task } = side.data;
  const { n_heads } = side.model.config;
  const boxes = boxesOf(side.model).filter(({ kind }) => kind === "attention");
  const canvasOf = canvasKeeper();
  const nameOf = (box, head) => words(
    { en: "{0} · {1}, head {2}", zh: "{0} · {1}，头 {2}" },
    words(boxPlace(box)), words(boxTitle(box)), head + 1);
  const weightsOf = ({ then }, box, head) => sub(fromBase64(then.weights[box.id]), head);

  function declareWeights(node, { which, step }, box, head, values) {
    delete node.dataset.trace; // what is shown is of a checkpoint, not of the page's own trace
    node.dataset.what = `learning:${which}:${step}:${box.id}.weights.${head}`;
    node.dataset.values = Array.from(values.data, (x) => x.toPrecision(8)).join(" ");
    return node;
  }

  function small(one, box, head, isChosen) {
    const values = weightsOf(one, box, head);
    const canvas = canvasOf(`${box.id}.${head}`);
    canvas.className = "learning-small";
    paintSmall(canvas, values, "weight", 1);
    const scale = Math.max(1, Math.floor(56 / Math.max(...values.shape)));
    canvas.style.setProperty("width", `${scale * values.shape[1]}px`);
    canvas.style.setProperty("height", `${scale * values.shape[0]}px`);
    const button = el("button", {
      type: "button", class: "plain learning-head", "aria-pressed": String(isChosen),
      "aria-label": nameOf(box, head),
      onclick: () => store.set({ path: box.id, head, query: null, key: null }),
    }, canvas);
    return declareWeights(button, one, box, head, values);
  }

  function large(one, box, head, i) {
    const { inputs, rows } = one.example;
    const labels = (ids) => ids.map((id) => task.tokens[id]);
    const own = box.side === "source" ? inputs.source : (inputs.target ?? inputs.ids);
    const values = weightsOf(one, box, head);
    const name = nameOf(box, head);
    const map = heatMap(side, {
      trace: `${box.id}.weights`, at: [head], values, scale: "weight", rows: labels(own),
      columns: labels(box.cross ? inputs.source : own),
      cell: bounded(Math.floor(400 / Math.max(...values.shape)), 41),
      select: box.side === "source" ? {} : { row: rows[i] }, label: name,
      caption: words(
        { en: "{0} · at training step {1}", zh: "{0} · 训练第 {1} 步" }, name, one.step),
    });
    return declareWeights(map, one, box, head, values);
  }

  return (one, i) => {
    const state = store.get();
    const chosen = boxes.find(({ id }) => id === state.path) ??
      boxes.findLast(({ cross }) => cross) ?? boxes.at(-1);
    const head = bounded(state.head, n_heads);
    const lines = boxes.map((box) => {
      const name = [words(boxPlace(box)), words(boxTitle(box))].filter(Boolean).join(" · ");
      const heads = Array.from({ length: n_heads }, (_, h) =>
        small(one, box, h, box === chosen && h === head));
      return el("div", { class: "learning-line" },
        el("span", { class: "quiet", text: name }), el("div", { class: "learning-heads" }, heads));
    });
    return el("div", { class: "learning-attention" },
      el("div", {}, lines), large(one, chosen, head, i));
  };
}
