// The logit lens: what the model would have said if it had stopped after each sublayer.

import { lens } from "../arithmetic/attribution.js";
import { likeliest } from "../arithmetic/explanation.js";
import { derived, el, percent, phrase, svg, term, token } from "../widgets.js";
import { words } from "../words.js";
import { partLabel } from "./part_names.js";

const SHOWN_TOKENS = 3;

/** The stretch of the curve in a row: from halfway to the row above to halfway to the one below. */
function stretch(before, here, after) {
  const across = (p) => 2 + 96 * p;
  const [from, to] = [across((before + here) / 2), across((here + after) / 2)];
  const points = `${from},0 ${across(here)},14 ${to},28`;
  return svg(
    "svg",
    {
      class: "lens-curve", viewBox: "0 0 100 28", preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    svg("polyline", { points, "vector-effect": "non-scaling-stroke" }));
}

/** `step`: whose token's probability is drawn as a curve, and whose row of the stream is read. */
export function lensSection(app, side, step) {
  const { label, trace } = side.explanation;
  const stages = lens(side.model, trace, step.row);
  const cell = (name, p, id) => derived(
    el("td", { class: id === step.token ? "lens-token written" : "lens-token" },
      token(label(id)), " ", el("span", { class: "number", text: percent(p[id]) })),
    `lens:${name}:${label(id)}`, p[id]);
  const rows = stages.map(({ name, box, probabilities: p }, i) => {
    const [before, here, after] = [i - 1, i, i + 1].map((j) =>
      (stages[j] ?? stages[i]).probabilities[step.token]);
    return el("tr", {},
      el("th", { scope: "row" }, el(
        "button", { type: "button", class: "plain", onclick: () => app.open(box) },
        partLabel(side.boxes, name, true))),
      likeliest(p, SHOWN_TOKENS).map((id) => cell(name, p, id)),
      el("td", { class: "lens-place" }, stretch(before, here, after)),
      derived(el("td", { class: "lens-share", text: percent(here) }),
        `lens:${name}:${label(step.token)}`, here));
  });
  return el("section", { class: "lens" },
    el("h3", {}, term("logit lens", words(
      { en: "Logit lens: what would it have said?", zh: "logit 透镜：到此为止，它会写什么？" }))),
    el("p", {}, phrase({
      en: "The stream of this token is read after each sublayer as if it were the last one: the " +
        "likeliest tokens, and how probable {0} is by then.",
      zh: "在每个子层之后，都把这个词元的残差流当作最后的结果来读：最可能的词元，以及到那时 {0} 的概率。",
    }, token(label(step.token)))),
    el("div", { class: "scroll" }, el("table", { class: "lens-table" },
      el("thead", {}, el("tr", {},
        el("th", { scope: "col", text: words({ en: "after", zh: "之后" }) }),
        el("th", {
          scope: "col", colspan: SHOWN_TOKENS,
          text: words({ en: "the likeliest tokens", zh: "最可能的词元" }),
        }),
        el("th", { scope: "col", colspan: 2 }, token(label(step.token))))),
      el("tbody", {}, rows))));
}
