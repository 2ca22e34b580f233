// What an MLP does for the answer: what the model would have written before it and after it, by the
// logit lens, and what its units add to the written token's logit.

import { lens } from "../arithmetic/attribution.js";
import { chosenRival, comparedStep, likeliest } from "../arithmetic/explanation.js";
import { unitsForToken } from "../arithmetic/unit.js";
import { derived, el, percent, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { isSecret } from "./guess.js";
import { editedPart } from "./lines.js";
import { signed } from "./part_names.js";
import { rivalChip } from "./rival_chip.js";
import { againstRival, stepTable } from "./step_table.js";

/**
 * What the stream of a row would write before a sublayer and after it: {before, after}, each {name,
 * id, probabilities}, of which `id` is the likeliest token.
 */
export function aroundSublayer(model, trace, path, row) {
  const stages = lens(model, trace, row);
  const i = stages.findIndex(({ box }) => box === path);
  const [before, after] = [stages[i - 1], stages[i]].map(({ name, probabilities }) => (
    { name, probabilities, id: likeliest(probabilities, 1)[0] }));
  return { before, after };
}

/** A lens's probability of a token, which declares its row. */
function chance({ label }, row, { name, probabilities: p }, id, tag = "strong") {
  return derived(el(tag, { text: percent(p[id]) }), `read:${row}:${name}:${label(id)}`, p[id]);
}

/** What the units of an MLP add together to a token's logit less a rival's. */
function addedFor(side, path, { row, token: id }, rival, tag = "strong") {
  const values = unitsForToken(side.model, side.explanation.trace, path, row, id, rival);
  const total = values.reduce((sum, x) => sum + x, 0);
  const what = `units:${path}.${row}.${id}.${rival}.total`;
  return derived(el(tag, { text: signed(total) }), what, total);
}

/** The token that led before an MLP, where it differs from what a step writes; or the runner-up. */
const overtaken = (before, step) => (before.id === step.token ? step.rival : before.id);

/** Against which token an MLP's units speak at step i: the chosen one, or that which led before. */
export function rivalInMlp(app, { model, explanation }, path, i) {
  const { steps, trace } = explanation;
  const state = app.store.get();
  const isChosen = i === Math.min(state.step, steps.length - 1);
  const { before } = aroundSublayer(model, trace, path, steps[i].row);
  return (isChosen ? chosenRival(explanation, state) : null) ?? overtaken(before, steps[i]);
}

/** A token as a button that makes it the rival of step i. */
function rivalButton(app, side, path, i, id) {
  return el("button", {
    type: "button", class: "token-button",
    title: words({ en: "compare with this token", zh: "和这个词元比较" }),
    "aria-pressed": String(rivalInMlp(app, side, path, i) === id),
    onclick: () => app.store.set({ step: i, rival: id }),
  }, token(side.explanation.label(id)));
}

const SAID_AROUND = {
  changed: {
    en: "Before this MLP the model would have written {0} ({1}); after it, {2} ({3}). ",
    zh: "在这个 MLP 之前，模型会写 {0}（{1}）；在它之后，写 {2}（{3}）。",
  },
  same: {
    en: "Already before this MLP the model would have written {0} ({1}); after it, too ({3}). ",
    zh: "在这个 MLP 之前，模型就会写 {0}（{1}）；在它之后也一样（{3}）。",
  },
};

/** The lead sentence of an MLP whose row writes a token, and what it did at each step. */
export function mlpLead(app, side, box, index) {
  const { model, explanation } = side;
  const { trace, steps, label } = explanation;
  const i = steps.findIndex(({ row }) => row === index);
  if (!model.weights || i < 0 || box.side === "source") return [];
  if (isSecret(app, side, i)) return [];
  const { edits } = app.store.get();
  if (editedPart(edits, box, index) === "sublayer") return [];
  const step = steps[i];
  const { before, after } = aroundSublayer(model, trace, box.id, index);
  const texts = SAID_AROUND[before.id === after.id ? "same" : "changed"];
  const said = phrase(texts, token(label(before.id)), chance(explanation, index, before, before.id),
    token(label(after.id)), chance(explanation, index, after, after.id));
  const led = overtaken(before, step);
  const against = [...new Set([led, step.rival])];
  const adds = phrase(
    { en: "To the logit of {0} it adds {1} against {2}", zh: "它给 {0} 的 logit 加上：相对于 {2} 是 {1}" },
    token(label(step.token)), addedFor(side, box.id, step, led),
    rivalButton(app, side, box.id, i, led));
  const more = against.length === 1
    ? words({ en: ", the runner-up in the end.", zh: "（最后的第二名）。" })
    : phrase({
      en: ", and {0} against {1}, the runner-up in the end.",
      zh: "，相对于最后的第二名 {1} 是 {0}。",
    }, addedFor(side, box.id, step, step.rival), rivalButton(app, side, box.id, i, step.rival));
  return [
    el("p", { class: "lead" }, said, adds, more, " ",
      i === app.store.get().step && rivalChip(app, side)),
    ...mlpAtEachStep(app, side, box, i),
    el("p", { class: "quiet" }, phrase({
      en: "Before and after are read off the residual stream by the {0}; what is added holds " +
        "each norm's scale at its value here. A click on a token makes it the rival of this one.",
      zh: "之前和之后是用 {0}从残差流里读出来的；加上的数把各个归一化的缩放固定为此处的值。点一个词元，就以它为这一步的对手。",
    }, term("logit lens", words({ en: "logit lens", zh: "logit 透镜" })))),
  ];
}

/** For each token of the answer: what was said before this MLP, after it, and its part. */
function mlpAtEachStep(app, side, box, chosen) {
  const { model, explanation } = side;
  const { trace, label } = explanation;
  const { edits } = app.store.get();
  return stepTable(app, side, chosen, [
    { en: "before this MLP", zh: "这个 MLP 之前" }, { en: "after it", zh: "之后" },
    { en: "it adds to what is written", zh: "它给所写的词元加上" },
  ], (step) => {
    if (editedPart(edits, box, step.row) === "sublayer") return null;
    const { before, after } = aroundSublayer(model, trace, box.id, step.row);
    const led = overtaken(before, step);
    const said = (stage) =>
      [token(label(stage.id)), " ", chance(explanation, step.row, stage, stage.id, "span")];
    const added = addedFor(side, box.id, step, led, "span");
    return [said(before), said(after), againstRival(added, label(led))];
  });
}

/** In the sum: the token that led before the last MLP, as a rival that one click chooses. */
export function earlierRival(app, side, step) {
  const { model, explanation } = side;
  const path = side.boxes.findLast((box) => box.kind === "mlp" && box.side !== "source").id;
  const { before } = aroundSublayer(model, explanation.trace, path, step.row);
  const { rival } = comparedStep(explanation, app.store.get());
  if (before.id === step.token) return [];
  const told = phrase({
    en: "Before the last MLP it would have written {0} ({1}). ",
    zh: "在最后一个 MLP 之前，它会写 {0}（{1}）。",
  }, token(explanation.label(before.id)), chance(explanation, step.row, before, before.id));
  const compare = rival === before.id ? null : el("button", {
    type: "button", onclick: () => app.store.set({ rival: before.id }),
  }, phrase({ en: "Compare with {0}", zh: "和 {0} 比较" }, token(explanation.label(before.id))));
  return [el("p", { class: "earlier" }, told, compare)];
}
