// What the edits do to the answer: before and after, and in a sentence over all its steps.

import { probabilitiesAt } from "../arithmetic/edits.js";
import { derived, el, number, percent, phrase, token, visible } from "../widgets.js";
import { words } from "../words.js";
import { asRead, said } from "./said.js";

/** The answer before and after; in training it is given, and the losses change. */
export function answersOf(side, isTraining) {
  const { clean, explanation, task, model } = side;
  const boxes = ({ steps, label, text }) => {
    const written = steps.map(({ token: id }, i) =>
      token(label(id), { class: clean.steps[i]?.token === id ? "" : "changed" }));
    const reads = steps.map(({ token: id }) => label(id)).filter((x) => x !== "</s>").join("");
    const people = model.kind === "BERT" ? "" : asRead(task, text, reads);
    return el("dd", {}, written, el("span", { class: "quiet", text: people }));
  };
  const losses = (what, { steps }) => el("dd", {}, steps.map(({ loss }, i) =>
    derived(el("span", { class: "number loss", text: loss.toFixed(4) }),
      `loss:${what}:${i}`, loss)));
  const show = isTraining ? losses : (_, explained) => boxes(explained);
  const name = (texts) => words(texts, isTraining
    ? words({ en: "losses", zh: "损失" })
    : words({ en: "answer", zh: "答案" }));
  return el("dl", { class: "before-after" },
    el("dt", { text: name({ en: "{0} before", zh: "原来的{0}" }) }), show("before", clean),
    el("dt", { text: name({ en: "{0} after", zh: "现在的{0}" }) }), show("after", explanation));
}

/**
 * Does the answer break, and at which step does most change? `edited` is the trace with the edits,
 * on the same tokens as before. `go(step)`: the step was chosen.
 */
export function consequence(side, edited, isTraining, go) {
  const { clean } = side;
  const changes = clean.steps.map(({ token: id, row, probabilities }) => (
    { id, before: probabilities[id], after: probabilitiesAt(edited, row)[id] }
  ));
  const size = ({ before, after }) => Math.abs(after - before);
  const most = changes.reduce(
    (best, change, i) => (size(change) > size(changes[best]) ? i : best), 0);
  return el("p", { class: "lead" },
    isTraining ? lossesSentence(side) : answerSentence(side), " ",
    stepsSentence(side, most, changes[most], isTraining, go));
}

/** What is written now: "Nothing breaks: it still writes 125." */
function answerSentence({ clean, explanation, task, model }) {
  const ids = ({ steps }) => String(steps.map((step) => step.token));
  const now = said(task, explanation.text);
  if (ids(clean) !== ids(explanation)) {
    return phrase({ en: "It now writes {0} instead of {1}.", zh: "现在它写出 {0}，而不是 {1}。" },
      now, said(task, clean.text));
  }
  return phrase(model.kind === "BERT"
    ? { en: "Nothing breaks: it still puts {0} into the gap.", zh: "没坏：空处它仍然填 {0}。" }
    : { en: "Nothing breaks: it still writes {0}.", zh: "没坏：它仍然写出 {0}。" }, now);
}

function lossesSentence({ clean, explanation }) {
  const [before, after] = [clean, explanation].map(({ steps }) =>
    steps.reduce((sum, { loss }) => sum + loss, 0) / steps.length);
  const shown = (what, x) =>
    derived(el("span", { class: "number", text: number(x) }), `consequence:loss:${what}`, x);
  return phrase({ en: "The loss goes from {0} to {1}.", zh: "损失从 {0} 变为 {1}。" },
    shown("before", before), shown("after", after));
}

/** A step as a button that leads to it: "step 1 · 5". */
function stepButton({ clean }, i, id, isTraining, go) {
  const texts = isTraining ? { en: "position {0} · {1}", zh: "第 {0} 个位置 · {1}" }
    : { en: "step {0} · {1}", zh: "第 {0} 步 · {1}" };
  return el("button", {
    type: "button", class: "go-step", text: words(texts, i + 1, visible(clean.label(id))),
    onclick: () => go(i),
  });
}

/** Where most changes: "Most changes at step 1: the probability of 5 falls from 99% to 81%." */
function stepsSentence({ clean, model }, i, { id, before, after }, isTraining, go) {
  const shown = (what, p) =>
    derived(el("span", { class: "number", text: percent(p) }), `consequence:${what}:${i}`, p);
  const values = [
    stepButton({ clean }, i, id, isTraining, go), token(clean.label(id)),
    shown("before", before), shown("after", after),
    words(after < before ? { en: "falls", zh: "降" } : { en: "rises", zh: "升" }),
  ];
  if (percent(before) === percent(after)) {
    return phrase({
      en: "And at no step does its token's probability visibly change: at {0}, where most " +
        "changes, that of {1} is {2}, as before.",
      zh: "各步所写词元的概率也看不出变化：变化最大的是 {0}，{1} 的概率仍是 {2}。",
    }, ...values);
  }
  if (model.kind === "BERT") {
    return phrase({
      en: "The probability of {1} {4} from {2} to {3}.", zh: "{1} 的概率从 {2} {4}到 {3}。",
    }, ...values);
  }
  return phrase(isTraining ? {
    en: "Most changes at {0}: the probability of {1} {4} from {2} to {3}.",
    zh: "变化最大的是 {0}：{1} 的概率从 {2} {4}到 {3}。",
  } : {
    en: "After the same tokens as before, most changes at {0}: the probability of {1} {4} from " +
      "{2} to {3}.",
    zh: "在同样的前文之后，变化最大的是 {0}：{1} 的概率从 {2} {4}到 {3}。",
  }, ...values);
}
