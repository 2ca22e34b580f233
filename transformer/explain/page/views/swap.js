// That an MLP treats each token alone, to be tried: tokens' vectors pass through it, two of them
// change places, and so do their results. All is computed, with the model's weights.

import { row } from "../arithmetic/tensor.js";
import { runMlp, takeRows } from "../arithmetic/unit.js";
import { derived, el, largestSize, number, visible } from "../widgets.js";
import { words } from "../words.js";
import { strips } from "./lines.js";
import { askingTokens } from "./tokens.js";

const SWAP_WIDTH = 1000; // pixels for the numbers of all stages

const MOST_SWAP_ROWS = 8;

/** Which rows are shown: all; of many, the two that may change places, and one beside them. */
function shownRows(count, { a, b }) {
  if (count <= MOST_SWAP_ROWS) return Array.from({ length: count }, (_, i) => i);
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
  const numbers = stages.reduce((sum, { values }) => sum + values.shape[1], 0);
  const cell = Math.max(3, Math.min(12, Math.floor(SWAP_WIDTH / numbers)));
  const put = takeRows(before.get(output), order.map((i) => rows.indexOf(i))); // moved by hand
  const difference = put.data.reduce((most, number, i) =>
    Math.max(most, Math.abs(number - now.get(output).data[i])), 0);
  return [
    el("h3", { text: words({ en: "Each token alone", zh: "每个词元各走各的" }) }),
    el("p", { text: words({
      en: "Attention moves information between tokens; the MLP never does. Try it: let two " +
        "vectors change places before the MLP.{0}",
      zh: "注意力在词元之间搬运信息，MLP 从不这样做。试一试：让两个向量在进 MLP 之前交换位置。{0}",
    }, rows.length === labels.length ? "" : words({
      en: " Shown are {0} of the {1} tokens.", zh: "{1} 个词元里画出了 {0} 个。",
    }, rows.length, labels.length)) }),
    swapControls(labels, swap, change),
    el("div", { class: "swap-picture" },
      stages.map((stage) => swapStage(side, stage, { order, rows, labels, cell }))),
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

/** One stage of these tokens: its shape, and a strip for each of them; what moved is framed. */
function swapStage(side, { name, values, rule }, { order, rows, labels, cell }) {
  const list = order.map((from, place) => ({
    label: visible(labels[from]), what: `swap:${name}.${from}`, values: row(values, place),
    cell, line: 18,
    select: from === rows[place] ? {} : { row: 0 },
  }));
  return el("div", { class: "swap-stage" },
    el("p", { class: "swap-shape", text: `[1, ${values.shape.join(", ")}]` }),
    strips(side, list, largestSize(values.data)),
    el("p", { class: "quiet", text: rule }));
}

/** Whether the results are those of before, in other places. */
function verdict(box, difference) {
  return derived(el("p", { text: words(difference === 0 ? {
    en: "The results have changed places too, and not one number in them is different: largest " +
      "difference {0}.",
    zh: "结果也跟着换了位置，里面没有一个数变了：最大差异 {0}。",
  } : {
    en: "The results have changed places, but differ by up to {0}.",
    zh: "结果换了位置，但最多相差 {0}。",
  }, number(difference)) }), `swap:${box.id}.difference`, difference);
}
