// How the rows of a stream are named: by the token that stands there, and by what it writes.

import { rowIds } from "../arithmetic/cell.js";
import { el, phrase, token } from "../widgets.js";
import { words } from "../words.js";

/** The step that a row of the stream writes, or undefined. */
export function stepOf(explanation, box, index) {
  return box.side === "source" ? undefined : explanation.steps.find((step) => step.row === index);
}

/** A label for each row that a box works on: "4", and where the row writes a token "4→6". */
export function rowLabels(explanation, box) {
  const { rows, columns, steps, written } = explanation;
  return ((box.side === "source" && columns) || rows).map((label, i) => {
    const step = stepOf(explanation, box, i);
    return step ? `${label}→${written[steps.indexOf(step)]}` : label;
  });
}

/** "The token that writes 6"; or of a row that writes nothing, "The token 4, at place 5,". */
export function whoAsks(explanation, box, index) {
  const step = stepOf(explanation, box, index);
  const texts = step
    ? { en: "The token that writes {0}", zh: "写 {0} 的词元" }
    : { en: "The token {0} at place {1}", zh: "第 {1} 个词元 {0}" };
  const { steps, written, label } = explanation;
  const asks = step ? written[steps.indexOf(step)] : label(rowIds(explanation.inputs, box)[index]);
  return el("span", {}, phrase(texts, token(asks), index + 1));
}
