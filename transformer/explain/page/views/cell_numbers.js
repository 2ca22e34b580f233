// The numbers of a query, key or value as text, and how one of them comes about: the vector times a
// column of W, plus a bias.

import { largestTerms } from "../arithmetic/cell.js";
import { row } from "../arithmetic/tensor.js";
import { declare, el, number } from "../widgets.js";
import { words } from "../words.js";
import { termBars, totalLine } from "./lines.js";

const opened = new Map(); // which numbers are unfolded, by "query" etc.: the chosen one's place

/**
 * What one unfolds. c: the cell. name: "query", "key" or "value", also of the layer that makes it;
 * matrix: Q, K or V; head: that of the layer; trace, at, values: its numbers; reads, place: the
 * vector that it is made of; chosen: the number that is taken apart first.
 */
export function numbersOf(c, options) {
  const { name, values } = options;
  const content = el("div", { class: "numbers" });
  const fill = () => content.replaceChildren(...unfolded(c, options, opened.get(name), (i) => {
    opened.set(name, i);
    fill();
    content.querySelector("[aria-pressed='true']").focus({ preventScroll: true });
  }));
  const isOpen = opened.has(name);
  if (isOpen) fill();
  return el("details", {
    open: isOpen,
    ontoggle: ({ target }) => {
      if (target.open === opened.has(name)) return;
      if (target.open) {
        opened.set(name, options.chosen);
        fill();
      } else opened.delete(name);
    },
  }, el("summary", { text: words({
    en: "The {0} numbers, and how each comes about", zh: "这 {0} 个数，以及每个数怎么来",
  }, values.length) }), content);
}

function unfolded(c, options, chosen, pick) {
  const { side, box, turned, what } = c;
  const { name, matrix, head, trace, at, values, reads, place } = options;
  const list = el("div", { class: "number-list" }, Array.from(values, (x, i) => el("button", {
    type: "button", "aria-pressed": String(i === chosen), onclick: () => pick(i),
  }, el("span", { class: "quiet", text: `${i + 1} ` }), number(x))));
  declare(list, side, trace, at, values);
  const { weights, config: { d_head } } = side.model;
  if (!weights) return [list];
  const line = head * d_head + Math.min(chosen, values.length - 1);
  const column = row(weights[`${box.id}.${name}.weight`], line); // of W, as y = x Wᵀ
  const bias = weights[`${box.id}.${name}.bias`]?.data[line];
  const terms = largestTerms(row(c.trace.get(reads), place), column);
  const sum = terms.reduce((all, { value }) => all + value, bias ?? 0);
  const isTurned = turned && name !== "value";
  const id = `${what}.${name}.${chosen}`;
  return [
    list,
    el("p", { class: "quiet", text: words({
      en: "Number {0}: the {1} numbers of the vector times column {2} of W_{3}{4}. The largest " +
        "terms first:",
      zh: "第 {0} 个数：向量的 {1} 个数乘以 W_{3} 的第 {2} 列{4}。先列最大的几项：",
    }, chosen + 1, terms.length, line + 1, matrix, bias === undefined ? ""
      : words({ en: ", plus its bias", zh: "，再加偏置" })) }),
    termBars(terms, id, words({ en: "Terms of this number", zh: "这个数的各项" }), bias),
    totalLine(words(isTurned
      ? { en: "together {0}, before the position turns it", zh: "合计 {0}，还没有按位置旋转" }
      : { en: "together {0}", zh: "合计 {0}" }, number(sum)), `${id}.sum`, sum),
  ];
}
