// Guess first: before a step shows its result, one is asked.

import { parts } from "../arithmetic/attribution.js";
import { directAttentions } from "../arithmetic/leading.js";
import { boxPlace } from "../boxes.js";
import { bars, declare, el, number, percent, phrase, token, visible } from "../widgets.js";
import { words } from "../words.js";
import { largestTwo, rowOfHead, tokenChoices } from "./guess_choices.js";
import { leadingOf } from "./leading.js";
import { partText, signed } from "./part_names.js";

const guesses = new Map(); // what was guessed: key → {right, choice, gate}

const guessKey = (side, kind, step) =>
  JSON.stringify([side.id, kind, side.explanation.question, step]);

const presentStep = (app, side) =>
  Math.min(app.store.get().step, side.explanation.steps.length - 1);

const guessing = (app, side) =>
  app.store.get().guess && side.explanation !== null && side.error === null;

/** Is the token of this step still to be guessed? Those before the present one have been read. */
export function isSecret(app, side, step) {
  if (!guessing(app, side)) return false;
  if (app.store.get().mode === "training") return false; // there it is given
  return step >= presentStep(app, side) && !guesses.has(guessKey(side, "token", step));
}

/**
 * Is the present step's "token" or "attention", one of "both", or any token of the "answer", still
 * to be guessed?
 */
export function isHidden(app, side, kind) {
  if (kind === "answer") return anySecret(app, side);
  if (kind === "both") return ["token", "attention"].some((one) => isHidden(app, side, one));
  const step = presentStep(app, side);
  if (kind === "token") return isSecret(app, side, step);
  return guessing(app, side) && !guesses.has(guessKey(side, kind, step));
}

/** Would what a box computed give the present guess away? */
export function isBoxSecret(app, side, box) {
  if (["output", "probabilities"].includes(box.kind)) return isHidden(app, side, "token");
  return isHidden(app, side, "attention") && box.id === leadingOf(app, side).lead.path;
}

/** Is any token of the answer still to be guessed? */
export function anySecret(app, side) {
  return side.explanation.steps.some((_, step) => isSecret(app, side, step));
}

/** The steps to be shown: while one guesses, none after the first that is still to be guessed. */
export function shownSteps(app, side) {
  const { steps } = side.explanation;
  const secret = steps.findIndex((_, step) => isSecret(app, side, step));
  return secret < 0 ? steps : steps.slice(0, secret + 1);
}

/**
 * Label the rows of the stream, and in `written` the tokens of the answer; with "?" where a token
 * is still to be guessed.
 */
export function labelRows(app, side) {
  if (!side.explanation) return;
  const { inputs, steps, label } = side.explanation;
  side.explanation.written = steps.map(({ token: id }, step) =>
    isSecret(app, side, step) ? "?" : label(id));
  if (side.model.kind === "BERT") return; // it reads nothing that it has written
  const writer = new Map(steps.map(({ row }, step) => [row + 1, step]));
  side.explanation.rows = (inputs.target ?? inputs.ids).map((id, row) =>
    writer.has(row) && isSecret(app, side, writer.get(row)) ? "?" : label(id));
}

/** What stands in the place of what would give a guess away. */
export function secretNote() {
  return el("p", { class: "quiet", text: words(
    { en: "Hidden until you have guessed.", zh: "猜过之后才显示。" }) });
}

/** {right, all}: how many guesses were right, of how many. */
export function guessTally() {
  const all = [...guesses.values()];
  return { right: all.filter(({ right }) => right).length, all: all.length };
}

/**
 * What is asked of the next token: {question, choices: [{label, name, value}], right, why()};
 * `name` is read aloud, `why` is what one is told after the guess.
 */
function askToken(app, side) {
  const { explanation, model } = side;
  const step = explanation.steps[presentStep(app, side)];
  const label = explanation.label;
  const [first, second] = largestTwo(step.probabilities);
  const boxes = (labels) => el("span", { class: "tokens" }, labels.map((text) => token(text)));
  const read = boxes(explanation.rows.slice(0, step.row + 1));
  const texts = {
    BERT: { en: "Which token belongs in the gap?", zh: "空处该填哪个词元？" },
    GPT: { en: "It has read {0} Which token does it write next?",
      zh: "它读到 {0} 接下来写哪个词元？" },
    Transformer: {
      en: "It has read the question {1} and, of its own answer, {0} Which token does it write " +
        "next?",
      zh: "它读了问题 {1} ，自己的答案读到 {0} 接下来写哪个词元？",
    },
  };
  const question = phrase(texts[model.kind], read, boxes(explanation.columns ?? []));
  return {
    question,
    choices: tokenChoices(step).map((id) => ({ label: label(id), name: label(id), value: id })),
    right: first,
    why() {
      const told = phrase({
        en: "{0} has a probability of {1}; the next, {2}, of {3}. ",
        zh: "{0} 的概率是 {1}；其次是 {2}，{3}。",
      }, token(label(first)), percent(step.probabilities[first]), token(label(second)),
      percent(step.probabilities[second]));
      if (!model.weights) return told;
      const { parts: all, total } = parts(
        model, explanation.trace, step.row, first, second, side.edits);
      const most = all.reduce((best, part) => (part.value > best.value ? part : best));
      const spoke = words({
        en: "Its logit is ahead by {0}; the part that speaks for it most: {1}, with {2}.",
        zh: "它的 logit 领先 {0}；对它最有利的一份：{1}，{2}。",
      }, number(total), partText(side.boxes, most.name), signed(most.value));
      return [...told, spoke];
    },
  };
}

const MOST_OF_QUESTION = {
  en: "Of the {0} heads that read the question, {1}'s head {2} counts most here: its term in the " +
    "sum is the largest. Whom does the token {3} look at most, in that head?",
  zh: "在读问题的 {0} 个头里，{1}的头 {2} 在这里作用最大：它在求和里的那一项最大。在这个头里，词元 {3} 最看谁？",
};
const MOST_OF_ALL = {
  en: "Of the {0} heads, {1}'s head {2} counts most here: its term in the sum is the largest. " +
    "Whom does the token {3} look at most, in that head?",
  zh: "在 {0} 个头里，{1}的头 {2} 在这里作用最大：它在求和里的那一项最大。在这个头里，词元 {3} 最看谁？",
};
const MOST_BY_LENGTH = {
  en: "In the last attention, head {2} adds the longest vector to the token {3}. Whom does this " +
    "token look at most, in that head?",
  zh: "在最后一层注意力里，头 {2} 给词元 {3} 加的向量最长。在这个头里，它最看谁？",
};

/** What is asked of attention, in the same form. */
function askAttention(app, side) {
  const { explanation, model } = side;
  const step = explanation.steps[presentStep(app, side)];
  const { lead: { path, head, value } } = leadingOf(app, side);
  const all = rowOfHead(explanation.trace.get(`${path}.weights`), head, step.row);
  const scores = rowOfHead(explanation.trace.get(`${path}.scores`), head, step.row);
  const isMasked = model.kind === "GPT";
  const seen = isMasked ? all.subarray(0, step.row + 1) : all;
  const labels = path.endsWith("cross_attention") ? explanation.columns : explanation.rows;
  const [first, second] = largestTwo(seen);
  const asker = explanation.rows[step.row];
  const box = side.boxes.find(({ id }) => id === path);
  const count = directAttentions(model).length * model.config.n_heads;
  return {
    question: phrase(value === null ? MOST_BY_LENGTH : box.cross ? MOST_OF_QUESTION : MOST_OF_ALL,
      count, words(boxPlace({ ...box, side: "text" })), head + 1, token(asker)),
    choices: Array.from(seen, (_, key) => ({
      label: labels[key], value: key,
      name: words({ en: "{0}, position {1}", zh: "{0}，第 {1} 个" }, visible(labels[key]), key + 1),
    })),
    right: first,
    why() {
      if (seen.length === 1) {
        return phrase({ en: "It sees {0} alone.", zh: "它只看得见 {0}。" }, token(labels[0]));
      }
      const told = phrase({
        en: "Its query fits the key of {0} at position {1} best: the score is {2}, then comes " +
          "{3} with {4}. Softmax makes {5} and {6} of these.",
        zh: "它的查询与第 {1} 个词元 {0} 的键最合：得分 {2}；其次是 {3}，{4}。softmax 把它们变成 {5} 和 {6}。",
      }, token(labels[first]), first + 1, number(scores[first]), token(labels[second]),
      number(scores[second]), percent(seen[first]), percent(seen[second]));
      const items = Array.from(seen, (value, key) => ({
        label: token(labels[key]), value, text: percent(value), selected: key === first,
      }));
      const shown = bars({ items, colour: "weight", label: `${path}.weights` });
      return [...told, declare(shown, side, `${path}.weights`, [head, step.row], seen)];
    },
  };
}

let guessGates = 0;

/**
 * Hide an element's results until one has guessed, with the question in its place.
 *
 * @param kind "token": which comes next? "attention": whom does this token look at? "both": which
 *   comes next, until the other is guessed too; "answer": until all tokens have been guessed
 * @returns update(), to be called when the explanation or the state has changed.
 */
export function guessGate(app, side, kind, element) {
  const gate = guessGates++;
  const panel = el("div", { class: "guess", role: "group", tabindex: "-1",
    "aria-label": words({ en: "Guess first", zh: "先猜" }) });
  element.before(panel);
  let shown = [];

  const asks = kind === "attention" ? kind : "token";
  const keyNow = () => guessKey(side, asks, presentStep(app, side));

  function answer(asked, choice) {
    guesses.set(keyNow(), { right: choice === asked.right, choice, gate });
    app.store.set({ guessed: guesses.size }); // all views look again
    panel.focus();
  }
  function draw() {
    if (isHidden(app, side, kind) && !isHidden(app, side, asks)) return [secretNote()];
    const asked = asks === "token" ? askToken(app, side) : askAttention(app, side);
    const given = guesses.get(keyNow());
    if (!given) {
      return [
        el("p", {}, asked.question),
        el("p", { class: "choices" }, asked.choices.map(({ label, name, value }) => el("button", {
          type: "button", "data-choice": value, "aria-label": name,
          onclick: () => answer(asked, value),
        }, token(label)))),
      ];
    }
    const chosen = asked.choices.find(({ value }) => value === given.choice);
    return [
      el("p", { role: "status" },
        el("strong", {}, given.choice === asked.right
          ? words({ en: "Yes. ", zh: "对。" })
          : phrase({ en: "You said {0}. ", zh: "你猜的是 {0}。" }, token(chosen?.label ?? ""))),
        asked.why()),
    ];
  }
  function update() {
    const hide = isHidden(app, side, kind);
    const given = guesses.get(keyNow());
    const told = app.store.get().guess && given?.gate === gate && kind !== "answer";
    element.hidden = hide;
    panel.hidden = !hide && !told;
    const now = [side.explanation, keyNow(), hide, told];
    if (now.every((x, i) => x === shown[i])) return; // what was read aloud is not read again
    shown = now;
    panel.replaceChildren(...(panel.hidden ? [] : draw()));
  }
  return update;
}

/** The panel of guessing: both questions of a step, and the way to the next. */
export function guessView(app) {
  function mount(element, side) {
    const asked = ["token", "attention"].map((kind) => {
      const place = el("div"); // nothing stands there but the question and what one was told
      element.append(place);
      return guessGate(app, side, kind, place);
    });
    const next = el("button", {
      type: "button", text: words({ en: "Next token", zh: "下一个词元" }),
      onclick: () => app.store.set({ step: app.store.get().step + 1 }),
    });
    const tally = el("span", { class: "note" });
    element.append(el("p", { class: "guess-next" }, tally, next));
    return () => {
      const { guess, step } = app.store.get();
      element.hidden = !guess;
      for (const update of asked) update();
      const open = ["token", "attention"].some((kind) => isHidden(app, side, kind));
      const { right, all } = guessTally();
      tally.textContent = all === 0 ? "" : words(
        { en: "{0} of {1} guesses right so far.", zh: "到现在 {1} 次猜对 {0} 次。" }, right, all);
      next.hidden = !guess || open || step + 1 >= side.explanation.steps.length;
    };
  }
  return { id: "guess", title: { en: "Guess first", zh: "先猜" }, mount };
}
