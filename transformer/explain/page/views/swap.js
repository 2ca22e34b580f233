// That an MLP treats each token alone, to be tried: three tokens' vectors pass through it, two of
// them change places, and so do their results. All is computed, with the model's weights.

import { row } from "../arithmetic/tensor.js";
import { runMlp, takeRows } from "../arithmetic/unit.js";
import { paintSmall } from "../paint.js";
import { derived, el, number, visible } from "../widgets.js";
import { words } from "../words.js";
import { derivedVector } from "./lines.js";
import { askingTokens } from "./tokens.js";

/** Which rows are shown: the two that may change places, and one beside them, if there is one. */
function shownRows(count, { a, b }) {
  const other = [a + 1, a - 1, b + 1, b - 1].find((i) => i >= 0 && i < count && i !== a && i !== b);
  return [a, b, ...(other === undefined ? [] : [other])].sort((i, j) => i - j);
}

/**
 * The picture. `swap` is {a, b, done}: two rows of the stream, and whether they have changed
 * places; `change` sets a part of it.
 */
export function swapPanel(side, box, swap, change) {
  const { model, explanation } = side;
  const labels = askingTokens(explanation, box);
  if (!model.weights || labels.length < 2) return [];
  const rows = shownRows(labels.length, swap);
  const partner = { [swap.a]: swap.b, [swap.b]: swap.a };
  const order = swap.done ? rows.map((i) => partner[i] ?? i) : rows;
  const x = explanation.trace.get(box.reads);
  const [before, now] = [rows, order].map((list) => runMlp(model, box.id, takeRows(x, list)));
  const [hidden, output] = [`${box.id}.hidden`, `${box.id}.output`];
  const stages = [
    { name: box.reads, values: takeRows(x, order),
      rule: words({ en: "the vectors that the MLP reads", zh: "MLP 读到的向量" }) },
    { name: hidden, values: now.get(hidden),
      rule: words({ en: "hidden units: × W_1, activation", zh: "隐藏单元：× W_1，激活" }) },
    { name: output, values: now.get(output),
      rule: words({ en: "results: × W_2", zh: "结果：× W_2" }) },
  ];
  const put = takeRows(before.get(output), order.map((i) => rows.indexOf(i))); // moved by hand
  const difference = put.data.reduce((most, number, i) =>
    Math.max(most, Math.abs(number - now.get(output).data[i])), 0);
  return [
    el("h3", { text: words({ en: "Each token alone", zh: "每个词元各走各的" }) }),
    el("p", { text: words({
      en: "Attention moves information between tokens; the MLP never does. Try it: let two vectors change places before the MLP.",
      zh: "注意力在词元之间搬运信息，MLP 从不这样做。试一试：让两个向量在进 MLP 之前交换位置。",
    }) }),
    swapControls(labels, swap, change),
    el("div", { class: "swap-picture" },
      stages.map((stage) => swapStage(stage, { order, rows, labels }))),
    el("div", { role: "status" }, swap.done ? verdict(box, difference) : null),
  ];
}

/** The two tokens, each of which can be another, and the button that swaps them. */
function swapControls(labels, { a, b, done }, change) {
  const select = (name, chosen, other) => el(
    "select",
    {
      "aria-label": words(name),
      onchange: (event) => change({ [chosen === a ? "a" : "b"]: Number(event.target.value) }),
    },
    labels.map((label, i) => el("option", {
      value: i, selected: i === chosen, disabled: i === other, text: `${visible(label)} (${i + 1})`,
    })));
  return el("p", { class: "swap-controls" },
    select({ en: "One token", zh: "一个词元" }, a, b), " ⇄ ",
    select({ en: "The other token", zh: "另一个词元" }, b, a), " ",
    el("button", {
      type: "button", "aria-pressed": String(done), onclick: () => change({ done: !done }),
      text: words({ en: "Swap their vectors", zh: "交换它们的向量" }),
    }));
}

/** One stage of the three tokens: its shape, and a strip for each of them. */
function swapStage({ name, values, rule }, { order, rows, labels }) {
  const [count, size] = values.shape;
  const most = values.data.reduce((all, x) => Math.max(all, Math.abs(x)), 0);
  const column = el("div", { class: "swap-stage" },
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

/** Whether the results are those of before, in other places. */
function verdict(box, difference) {
  return derived(el("p", { text: words(difference === 0 ? {
    en: "The results have changed places too, and not one number in them is different: largest difference {0}.",
    zh: "结果也跟着换了位置，里面没有一个数变了：最大差异 {0}。",
  } : {
    en: "The results have changed places, but differ by up to {0}.",
    zh: "结果换了位置，但最多相差 {0}。",
  }, number(difference)) }), `swap:${box.id}.difference`, difference);
}
