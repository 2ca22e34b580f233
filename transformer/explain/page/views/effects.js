// Predicted beside measured: by how much a logit difference changes when a part is switched off.

import { derived, el, term } from "../widgets.js";
import { words } from "../words.js";
import { signed } from "./part_names.js";

/**
 * A table with a row for each {label, name, predicted, measured, looks?, becomes?, remove?}.
 * `name` goes into what the numbers declare; `predicted` is null where the sum has no term for the
 * part, and undefined where there is none to be had. `looks` and `becomes`, nodes: what the part
 * looks at, and the answer without it; columns that are there if any row has them. All bars have
 * one scale.
 */
export function effectTable(rows) {
  const values = rows.flatMap(({ predicted, measured }) => [predicted ?? 0, measured]);
  const most = Math.max(...values.map(Math.abs));
  const [hasLooks, hasAnswer] = ["looks", "becomes"].map((name) => rows.some((row) => row[name]));
  const head = (...children) => el("th", { scope: "col" }, ...children);
  const answerHead = { en: "it then writes", zh: "于是写出" };
  const cell = (what, x) => {
    const bar = el("span", { class: `bar sign${x < 0 ? " less" : ""}` });
    const share = most > 0 ? (50 * Math.abs(x)) / most : 0;
    bar.style.setProperty("left", `${x < 0 ? 50 - share : 50}%`);
    bar.style.setProperty("width", `${share}%`);
    return derived(el("td", { class: "effect" },
      el("span", { class: "number", text: signed(x) }),
      el("span", { class: "bar-track", "aria-hidden": "true" },
        el("span", { class: "zero middle" }), bar)), what, x);
  };
  const prediction = (name, x) => {
    if (x === undefined) return el("td", { class: "effect" });
    if (x !== null) return cell(`predicted:${name}`, x);
    return el("td", { class: "effect none quiet", text: words({ en: "– no term", zh: "– 无此项" }) });
  };
  const classes = hasLooks ? "effects with-weights" : "effects";
  return el("div", { class: "scroll" }, el("table", { class: classes },
    el("thead", {}, el("tr", {},
      head(words({ en: "switched off", zh: "关掉的部分" })),
      hasLooks ? head(term("attention weight")) : null,
      head(words({ en: "the sum predicts", zh: "求和的预测" })),
      head(words({ en: "the ablation measures", zh: "消融的实测" })),
      hasAnswer ? el("th", { scope: "col", class: "becomes", text: words(answerHead) }) : null)),
    el("tbody", {}, rows.map(({ label, name, predicted, measured, ...row }) => el("tr", {},
      el("th", { scope: "row" }, label, row.remove ?? null),
      hasLooks ? el("td", { class: "looks-at" }, row.looks ?? "–") : null,
      prediction(name, predicted), cell(`measured:${name}`, measured),
      hasAnswer ? el("td", { class: "becomes" }, row.becomes) : null)))));
}
