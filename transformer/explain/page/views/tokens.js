// How the rows of a stream are named: by the token that stands there, and by what it writes. What
// is still to be guessed is "?".

import { el, phrase, token } from "../widgets.js";
import { words } from "../words.js";
import { isSecret } from "./guess.js";

/** The step that a row of the stream writes, or undefined. */
export function stepOf(explanation, box, index) {
  return box.side === "source" ? undefined : explanation.steps.find((step) => step.row === index);
}

/**
 * How many rows of a box's stream there are at this step: in use those of the tokens that have been
 * read so far. An encoder reads all at once, and so do training and a BERT.
 */
export function rowsThere({ model, explanation: { steps } }, box, { step, mode }) {
  if (mode === "training" || model.kind === "BERT" || box.side === "source") return Infinity;
  return steps[Math.min(step, steps.length - 1)].row + 1;
}

/** The label of the token that a row writes, or undefined. */
function written(app, side, box, index) {
  const { explanation } = side;
  const step = stepOf(explanation, box, index);
  if (!step) return undefined;
  return isSecret(app, side, explanation.steps.indexOf(step)) ? "?" : explanation.label(step.token);
}

/** The tokens on whose rows a box works. */
export function askingTokens({ rows, columns }, box) {
  return box.side === "source" ? columns : rows;
}

/** The tokens that answer in an attention. */
export function answeringTokens(explanation, box) {
  return box.cross ? explanation.columns : askingTokens(explanation, box);
}

/** A label for each row: "4", and where it writes a token "4→6". */
export function rowLabels(app, side, box) {
  return askingTokens(side.explanation, box).map((label, i) => {
    const next = written(app, side, box, i);
    return next === undefined ? label : `${label}→${next}`;
  });
}

/** The token at place j; with its place, where it is not the only one of its kind. */
export function tokenAt(labels, j, properties = {}) {
  const isOne = labels.indexOf(labels[j]) === labels.lastIndexOf(labels[j]);
  const place = words({ en: " (position {0})", zh: "（第 {0} 个）" }, j + 1);
  return el("span", {}, token(labels[j], properties),
    isOne ? null : el("span", { class: "quiet", text: place }));
}

const ASKING = {
  use: {
    en: "The token {0}, which writes {1},", inside: "the token {0}, which writes {1},",
    zh: "词元 {0}（由它写出 {1}）",
  },
  training: {
    en: "The token {0}, which is to write {1},", inside: "the token {0}, which is to write {1},",
    zh: "词元 {0}（要由它写出 {1}）",
  },
  silent: {
    en: "The token {0} at position {2}", inside: "the token {0} at position {2}",
    zh: "第 {2} 个词元 {0}",
  },
};

/**
 * "The token 4, which writes 6,"; or of a row that writes nothing, "The token 4 at position 5".
 * isInside: within a sentence.
 */
export function whoAsks(app, side, box, index, isInside = false) {
  const next = written(app, side, box, index);
  const { inside, ...texts } = ASKING[next === undefined ? "silent" : app.store.get().mode];
  const text = isInside ? { ...texts, en: inside } : texts;
  const label = askingTokens(side.explanation, box)[index];
  const writes = next === undefined ? "" : token(next);
  return el("span", {}, phrase(text, token(label), writes, index + 1));
}

/** What "5→2" means, the label of a row that writes a token; null for one that writes none. */
export function rowNote(app, side, box, index) {
  const next = written(app, side, box, index);
  if (next === undefined) return null;
  const label = askingTokens(side.explanation, box)[index];
  return el("p", { class: "quiet row-note" }, phrase({
    en: "Rows are those of the tokens that the model has read; {0} is the row of {1}, which " +
      "writes {2}.",
    zh: "每一行是模型已读入的一个词元；{0} 是 {1} 的那一行，由它写出 {2}。",
  }, token(`${label}→${next}`), token(label), token(next)));
}
