// Every head and MLP switched off in turn: what each is worth, beside how hard it looks.

import { editName, importance } from "../arithmetic/edits.js";
import { explain } from "../arithmetic/explanation.js";
import { isInEncoder, sublayersOf } from "../arithmetic/model.js";
import { answerInUse } from "../sides.js";
import { declare, derived, el, percent, phrase, token } from "../widgets.js";
import { words } from "../words.js";
import { reason } from "./edits_report.js";
import { effectTable } from "./effects.js";
import { anySecret } from "./guess.js";
import { partLabel, partText, signed } from "./part_names.js";
import { said } from "./said.js";

const SLICE_MS = 40; // then the page may draw and answer
const SHOWN_PARTINGS = 3;

/** {element, update(step)}: a button, and the table that it computes. */
export function rankingPanel(app, side) {
  let measuring = null; // {clean, row, token, rival, found}: what is being measured, or was
  const start = el("button", {
    type: "button", onclick: () => measure(), text: words(
      { en: "Switch off every head and MLP in turn", zh: "把每个头、每个 MLP 轮流关掉" }),
  });
  const progress = el("span", { class: "why-note quiet", role: "status" });
  const table = el("div");
  const element = el("section", { class: "ranking" },
    el("h3", { text: words(
      { en: "Which part matters most here?", zh: "这里哪个部分最要紧？" }) }),
    el("p", {}, words({
      en: "A head may look hard at a token and yet matter little. The table ranks all parts by " +
        "what is measured, at all positions, one at a time.",
      zh: "一个头可以紧紧盯着某个词元，却并不重要。这张表把每个部分单独关掉（所有位置），按实测的影响排序。",
    })),
    el("p", { class: "why-controls" }, start, progress), table);
  let step = null;

  function measure() {
    const { model, clean } = side;
    const { n_heads } = model.config;
    const counts = sublayersOf(model).map(({ kind }) => (kind === "mlp" ? 1 : n_heads));
    const total = counts.reduce((sum, n) => sum + n, 0);
    const mine = { clean, ...step, found: [] };
    measuring = mine;
    const parts = importance(model, clean.inputs, clean.trace, step);
    start.disabled = true;
    const slice = () => {
      if (measuring !== mine) return; // another question, or another step
      const end = performance.now() + SLICE_MS;
      while (performance.now() < end) {
        const { value, done } = parts.next();
        if (done) {
          start.disabled = false;
          progress.textContent = "";
          table.replaceChildren(...result(mine));
          return;
        }
        const { question } = clean;
        const { text } = explain(model, side.task, question, { edits: [value.edit] });
        mine.found.push({ ...value, text });
      }
      progress.textContent = words(
        { en: "{0} of {1} measured", zh: "已测 {0} / {1}" }, mine.found.length, total);
      setTimeout(slice, 0);
    };
    slice();
  }

  /** The labels of what a head on the answer's stream looks at. */
  function keyLabels(path) {
    return path.endsWith(".cross_attention") ? side.clean.columns : side.clean.rows;
  }

  function result({ found, token: id, rival }) {
    const ranked = [...found].sort((a, b) => Math.abs(b.measured) - Math.abs(a.measured));
    const { label } = side.clean;
    const before = answerInUse(side).text;
    const isSecret = anySecret(app, side);
    const rows = ranked.map(({ edit, predicted, measured, looks, text }) => ({
      label: el("button", {
        type: "button", class: "plain",
        onclick: () => app.open(edit.path, edit.kind === "head" ? { head: edit.index } : {}),
      }, partLabel(side.boxes, editName(edit))),
      name: editName(edit),
      predicted: isInEncoder(side.model, edit.path) ? null : predicted,
      measured,
      becomes: isSecret ? undefined : text === before
        ? el("span", { class: "quiet", text: words({ en: "the same", zh: "不变" }) })
        : said(side.task, side.task.name === "characters" ? sinceDifferent(text, before) : text),
      looks: looks && [token(keyLabels(edit.path)[looks.key]), " ", weightOf(edit, looks)],
    }));
    return [
      el("p", {}, phrase({
        en: "By how much the logit of {0} less that of {1} changes:",
        zh: "{0} 的 logit 减去 {1} 的，变化了多少：",
      }, token(label(id)), token(label(rival)))),
      effectTable(rows), contrast(ranked), partings(ranked),
      el("p", { class: "quiet" }, words({
        en: "An MLP that is off takes its bias along, which the sum lists under \"biases\": so " +
          "its prediction is not quite that of its bar there.",
        zh: "关掉 MLP 时，它的偏置也一起去掉；在求和里，那个偏置列在“偏置”一项，所以这里的预测与那里的条略有不同。",
      }), side.model.kind === "Transformer" ? words({
        en: " The encoder is no part of the sum: it acts through what cross-attention reads.",
        zh: "编码器不在求和之中：它通过交叉注意力读到的内容起作用。",
      }) : ""),
      readings(),
    ].filter(Boolean);
  }

  /** A head's weight at this step's row, as a number that says which of the trace it is. */
  function weightOf({ path, index }, { key, weight }) {
    const text = el("span", { class: "number", text: percent(weight) });
    return declare(text, side, `${path}.weights`, [index, measuring.row, key], [weight]);
  }

  /** The head that looks hardest of those that hardly matter. */
  function contrast(ranked) {
    const most = Math.abs(ranked[0].measured);
    const [idle] = ranked
      .filter(({ looks, measured }) => looks && !looks.isOnly && Math.abs(measured) < most / 20)
      .sort((a, b) => b.looks.weight - a.looks.weight);
    if (!idle || idle.looks.weight < 0.5) return null;
    const name = editName(idle.edit);
    return el("p", {}, phrase({
      en: "{0} gives {1} of its attention to {2}; switched off, it changes the difference by " +
        "only {3}.",
      zh: "{0}把 {1} 的注意力给了 {2}；关掉它，差值只变化 {3}。",
    }, el("strong", { text: partText(side.boxes, name) }), weightOf(idle.edit, idle.looks),
    token(keyLabels(idle.edit.path)[idle.looks.key]),
    derived(el("span", { class: "number", text: signed(idle.measured) }),
      `measured:${name}`, idle.measured)));
  }

  /** Where prediction and measurement part most, and why. */
  function partings(ranked) {
    const gap = ({ predicted, measured }) => Math.abs(predicted - measured);
    const far = ranked
      .filter((one) => !isInEncoder(side.model, one.edit.path) &&
        gap(one) > Math.max(0.3, 0.3 * Math.abs(one.measured)))
      .sort((a, b) => gap(b) - gap(a)).slice(0, SHOWN_PARTINGS);
    if (far.length === 0) return null;
    return el("div", {},
      el("p", {}, words({
        en: "Prediction and measurement part most at these:", zh: "预测与实测相差最大的：",
      })),
      el("ul", { class: "reasons" }, far.map(({ edit, predicted, measured }) => {
        const name = editName(edit);
        const shown = (what, x) =>
          derived(el("span", { class: "number", text: signed(x) }), `${what}:${name}`, x);
        return el("li", {}, el("strong", { text: partText(side.boxes, name) }), " ", phrase(
          { en: "({0} predicted, {1} measured): ", zh: "（预测 {0}，实测 {1}）：" },
          shown("predicted", predicted), shown("measured", measured)),
        reason(side.model, step, edit, predicted, measured));
      })));
  }

  const readings = () => el("p", { class: "quiet", text: words({
    en: "Attention weight and importance are not the same: the weight says where a head looks, " +
      "not what it brings along, nor whether anything reads it (Jain and Wallace 2019, " +
      "\"Attention is not Explanation\"). And what one part loses, later ones may make up for " +
      "(McGrath et al. 2023, \"The Hydra Effect\").",
    zh: "注意力权重不等于重要性：权重只说一个头看向哪里，不说它带回了什么，也不说有没有谁去读（Jain 与 Wallace 2019，“Attention is not " +
      "Explanation”）。而且一个部分失去的，后面的部分可能补上（McGrath 等 2023，“The Hydra Effect”）。",
  }) });

  function update(now) {
    step = { row: now.row, token: now.token, rival: now.rival };
    const isSame = measuring && measuring.clean === side.clean &&
      ["row", "token", "rival"].every((name) => measuring[name] === step[name]);
    if (isSame) return;
    measuring = null;
    start.disabled = false;
    progress.textContent = "";
    table.replaceChildren();
  }

  return { element, update };
}

/** A text from where it differs from another, "…ut the". */
function sinceDifferent(text, before) {
  const [a, b] = [[...text], [...before]];
  const start = a.findIndex((c, i) => c !== b[i]);
  return start === 0 ? text : `…${a.slice(start < 0 ? b.length : start).join("")}`;
}
