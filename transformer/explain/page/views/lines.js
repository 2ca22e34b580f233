// What the panels that take a number apart are made of: a line of a chain, and numbers that are
// derived from the trace.

import { bars, derived, el, heatMap, number, token } from "../widgets.js";
import { words } from "../words.js";

const TERMS = 5; // of a sum of products, so many are written out

/** A line of a chain: what it is, in words, as a formula, and its numbers. */
export function line(title, text, ...parts) {
  return el("li", { class: "line" },
    el("div", { class: "line-words" }, el("h4", {}, title), el("p", {}, text)),
    el("div", { class: "line-numbers" }, parts));
}

/** What several numbers come to, as text, with its value. */
export function totalLine(text, what, value) {
  return derived(el("p", { class: "total", text }), what, value);
}

export const quietLine = (text) => el("p", { class: "quiet", text });

/** The token at place j, and its place. */
export function placed(labels, j) {
  return [token(labels[j]), el("span", { class: "quiet", text: ` ${j + 1}` })];
}

/**
 * What is switched off or replaced for a row: "sublayer", the whole box; `kind`, "head" or "unit",
 * the one of that number; or null.
 */
export function editedPart(edits, box, index, kind, number) {
  const here = edits.filter((edit) => edit.path === box.id && (edit.row ?? index) === index);
  if (here.some((edit) => edit.kind === "sublayer")) return "sublayer";
  return here.some((edit) => edit.kind === kind && edit.index === number) ? kind : null;
}

/** A number as a part of `formula`. */
export const measured = (x) => ["text", number(x)];

/**
 * Strips of numbers, one below the other: [{label, values, trace, at}], or without a trace
 * {label, values, what}. `most` is the number of the full colour, the largest unless given.
 */
export function strips(side, list, most = undefined) {
  return el("div", { class: "strips" }, list.flatMap(({ label, ...numbers }, i) => [
    el("span", { class: "strip-label", text: label }),
    oneStrip(side, { ...numbers, label, most, columns: i ? undefined : null }),
  ]));
}

function oneStrip(side, { trace, what, values, ...options }) {
  const shape = [1, values.length];
  const matrix = { shape, data: values };
  const figure = heatMap(side, { ...options, trace: trace ?? what, values: matrix });
  if (trace) return figure;
  delete figure.dataset.trace;
  delete figure.dataset.at;
  return derivedVector(figure, what, values);
}

/** Numbers that are derived, as `derived` is for one: `what` says which. */
export function derivedVector(element, what, values) {
  element.dataset.what = what;
  element.dataset.values = Array.from(values, (x) => x.toPrecision(8)).join(" ");
  return element;
}

/** The largest terms of a sum of products as bars, the others together, and a bias, if any. */
export function termBars(terms, what, name, bias = undefined) {
  const [first, others] = [terms.slice(0, TERMS), terms.slice(TERMS)];
  const items = first.map(({ i, x, y, value }) => ({
    label: el("span", { class: "product" }, el("span", { class: "quiet", text: `${i + 1}: ` }),
      `${number(x)} × ${number(y)}`),
    value, what: `${what}.${i}`,
  }));
  if (others.length) {
    items.push({
      label: words({ en: "the other {0}", zh: "其余 {0} 项" }, others.length),
      value: others.reduce((sum, { value }) => sum + value, 0), what: `${what}.others`,
    });
  }
  if (bias !== undefined) {
    items.push({
      label: words({ en: "bias", zh: "偏置" }), value: bias, what: `${what}.bias`,
    });
  }
  return bars({ items, label: name });
}
