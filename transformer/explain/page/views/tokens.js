// How the rows of a stream are named: by the token that stands there, and by what it writes. What
// is still to be guessed is "?".

import { el, phrase, token } from "../widgets.js";
import { words } from "../words.js";
import { isSecret } from "./guess.js";

/** The step that a row of the stream writes, or undefined. */
export function stepOf(explanation, box, index) {
  return box.side === "source" ? undefined : explanation.steps.find((step) => step.row === index);
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

const ASKING = {
  use: { en: "The token that writes {0}", zh: "写 {0} 的词元" },
  training: { en: "The token that is to write {0}", zh: "要写 {0} 的词元" },
  silent: { en: "The token {0} at place {1}", zh: "第 {1} 个词元 {0}" },
};

/** "The token that writes 6"; or of a row that writes nothing, "The token 4 at place 5". */
export function whoAsks(app, side, box, index) {
  const next = written(app, side, box, index);
  const texts = ASKING[next === undefined ? "silent" : app.store.get().mode];
  const label = next ?? askingTokens(side.explanation, box)[index];
  return el("span", {}, phrase(texts, token(label), index + 1));
}

/** The token to which that of a step is compared: the one that the reader chose, or the next. */
export function rivalOf(app, step) {
  const { rival } = app.store.get();
  return rival === null || rival === step.token ? step.rival : rival;
}
