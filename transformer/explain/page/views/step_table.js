// A table with a line for each token of the answer, of those that are not still to be guessed.

import { el, phrase, token } from "../widgets.js";
import { words } from "../words.js";
import { isSecret } from "./guess.js";

const LISTED_STEPS = 12; // of longer answers there is no table

/** columns: [{en, zh}]; cellsOf(step, i): what stands in them, or null for no line. */
export function stepTable(app, side, chosen, columns, cellsOf) {
  const { steps, label } = side.explanation;
  if (steps.length < 2 || steps.length > LISTED_STEPS) return [];
  const rows = steps.map((step, i) => {
    const cells = isSecret(app, side, i) ? null : cellsOf(step, i);
    return cells && el("tr", { class: i === chosen && "selected" },
      el("th", { scope: "row" }, el("button", {
        type: "button", class: "token-button", "aria-current": i === chosen && "step",
        onclick: () => app.store.set({ step: i, query: null, key: null, unit: null }),
      }, token(label(step.token), { class: i === chosen ? "selected" : "" }))),
      cells.map((cell, j) => el("td", { "data-head": words(columns[j]) }, cell)));
  });
  const heads = [{ en: "writes", zh: "写出" }, ...columns].map((text) =>
    el("th", { scope: "col", text: words(text) }));
  return [el("div", { class: "scroll" }, el("table", { class: "step-table" },
    el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)))];
}

/** "+4.656 against 1" */
export function againstRival(value, rival) {
  return [value, " ", el("span", { class: "quiet" }, phrase(
    { en: "against {0}", zh: "相对于 {0}" }, token(rival)))];
}
