// That an MLP treats each token alone, to be tried: three tokens' vectors pass through it, two of
// them change places, and so do their results. All is computed, with the model's weights.

import { row } from "../arithmetic/tensor.js";
import { runMlp, takeRows } from "../arithmetic/unit.js";
import { paintSmall } from "../paint.js";
import { derived, el, number, visible } from "../widgets.js";
import { words } from "../words.js";
import { derivedVector } from "./lines.js";
import { askingTokens } from "./tokens.js";

/** Three rows, the one that is looked at among them; fewer where there are fewer. */
function threeRows(count, index) {
  const first = Math.max(0, Math.min(index - 1, count - 3));
  return Array.from({ length: Math.min(3, count) }, (_, i) => first + i);
}

/** The picture; `pair` are the two places that change, or null; `change` sets it. */
export function swapPanel(side, box, index, pair, change) {
  const { model, explanation } = side;
  const { trace } = explanation;
  if (!model.weights) return [];
  const labels = askingTokens(explanation, box);
  const rows = threeRows(labels.length, index);
  if (rows.length < 2) return [];
  const order = [...rows];
  if (pair) [order[pair[0]], order[pair[1]]] = [order[pair[1]], order[pair[0]]];
  const x = takeRows(trace.get(box.reads), order);
  const found = runMlp(model, box.id, x);
  const before = runMlp(model, box.id, takeRows(trace.get(box.reads), rows)).get(`${box.id}.output`);
  const [hidden, output] = ["hidden", "output"].map((name) => found.get(`${box.id}.${name}`));
  const columns = [
    { name: box.reads, values: x, rule: words({ en: "the vectors that the MLP reads", zh: "MLP 读到的向量" }) },
    { name: `${box.id}.hidden`, values: hidden, rule: words({ en: "hidden units: × W_1, activation", zh: "隐藏单元：× W_1，激活" }) },
    { name: `${box.id}.output`, values: output, rule: words({ en: "results: × W_2", zh: "结果：× W_2" }) },
  ];
  return [
    el("h3", { text: words({ en: "Each token alone", zh: "每个词元各走各的" }) }),
    el("p", { text: words({
      en: "Attention moves information between tokens; the MLP never does. Try it: let two vectors change places before the MLP.",
      zh: "注意力在词元之间搬运信息，MLP 从不这样做。试一试：让两个向量在进 MLP 之前交换位置。",
    }) }),
    controls(rows, labels, pair, change),
    el("div", { class: "swap-picture" }, columns.map((column) => swapColumn(column, { order, rows, labels }))),
    pair ? verdict(box, { before, output, pair }) : null,
  ].filter(Boolean);
}

function controls(rows, labels, pair, change) {
  const pairs = rows.flatMap((_, i) => rows.slice(i + 1).map((_, j) => [i, i + 1 + j]));
  const name = (i) => `${visible(labels[rows[i]])} (${rows[i] + 1})`;
  const buttons = pairs.map(([i, j]) => {
    const chosen = pair !== null && pair[0] === i && pair[1] === j;
    return el("button", {
      type: "button", "aria-pressed": String(chosen), text: `${name(i)} ⇄ ${name(j)}`,
      onclick: () => change(chosen ? null : [i, j]),
    });
  });
  return el("div", { class: "choice", role: "group", "aria-label": words({ en: "Swap two tokens' vectors", zh: "交换两个词元的向量" }) }, buttons);
}

/** One stage of the three tokens: its shape, and a strip for each of them. */
function swapColumn({ name, values, rule }, { order, rows, labels }) {
  const [count, size] = values.shape;
  const most = values.data.reduce((all, x) => Math.max(all, Math.abs(x)), 0);
  const column = el("div", { class: "swap-column" },
    el("p", { class: "swap-shape", text: `[1, ${count}, ${size}]` }),
    order.map((from, place) => {
      const numbers = row(values, place);
      const canvas = el("canvas", { role: "img", "aria-label": `${labels[from]}: ${rule}` });
      paintSmall(canvas, { shape: [1, size], data: numbers }, "signed", most);
      derivedVector(canvas, `swap:${name}.${from}`, numbers);
      return el("div", { class: `swap-row${from === rows[place] ? "" : " moved"}` },
        el("bdi", { text: visible(labels[from]) }), canvas);
    }),
    el("p", { class: "quiet", text: rule }));
  column.style.setProperty("flex-grow", size);
  return column;
}

/** Whether the results, put back, are those of before. */
function verdict(box, { before, output, pair }) {
  const back = Array.from({ length: output.shape[0] }, (_, i) => i);
  [back[pair[0]], back[pair[1]]] = [back[pair[1]], back[pair[0]]];
  const again = takeRows(output, back);
  const difference = again.data.reduce((most, x, i) => Math.max(most, Math.abs(x - before.data[i])), 0);
  return derived(el("p", { class: "verdict", role: "status", text: words(difference === 0 ? {
    en: "The results have changed places too, and not one number in them is another: largest difference {0}.",
    zh: "结果也跟着换了位置，里面没有一个数变了：最大差异 {0}。",
  } : {
    en: "The results have changed places, but differ by up to {0}.",
    zh: "结果换了位置，但最多相差 {0}。",
  }, number(difference)) }), `swap:${box.id}.difference`, difference);
}
