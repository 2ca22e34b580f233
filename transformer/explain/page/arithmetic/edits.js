// What an edit does: what the sum predicts of it, and what the model gives when it runs with it.
//
// In the page's state an edit is {kind, path, index?, row?, from?}: `from` is the question whose
// computation is put in the place of this one's. `resolveEdits` makes of it what `run` takes. `r`
// is the number of a row of the stream.

import { readDifference } from "./attribution.js";
import { explain } from "./explanation.js";
import { editedName } from "./layers.js";
import { isInEncoder, run, sublayersOf } from "./model.js";
import { argmax, at, columnOf, inner, row, softmax } from "./tensor.js";

/** What an edit changes: "….heads.2", "….hidden.17@3" in row 3 only, "….output<1+2" from 1+2. */
export function editName(edit) {
  const index = edit.index === undefined ? "" : `.${edit.index}`;
  const only = edit.row === undefined ? "" : `@${edit.row}`;
  return `${editedName(edit)}${index}${only}${edit.from === undefined ? "" : `<${edit.from}`}`;
}

/** Do two edits change the same thing, whatever they put in its place and in which rows? */
export function sameTarget(a, b) {
  return a.kind === b.kind && a.path === b.path && a.index === b.index;
}

/** Does this model have what an edit changes? A link may name what is not there. */
export function hasPart(model, { kind, path, index }) {
  const sublayer = sublayersOf(model).find((other) => other.path === path);
  if (kind === "sublayer") return sublayer !== undefined;
  const sizes = { attention: { head: model.config.n_heads }, mlp: { unit: model.config.d_ff } };
  return index < sizes[sublayer?.kind]?.[kind];
}

/**
 * The edits with what they put in place, from what the model computed for the question `from` and
 * its own answer to it. An edit that cannot be made is left out.
 */
export function resolveEdits(model, task, edits) {
  const others = new Map();
  return edits.filter((edit) => hasPart(model, edit)).flatMap((edit) => {
    if (edit.from === undefined) return [edit];
    if (!others.has(edit.from)) others.set(edit.from, explain(model, task, edit.from));
    const other = others.get(edit.from);
    if (other.error) return [];
    return [{ ...edit, replacement: other.trace.get(editedName(edit)) }];
  });
}

/** How many rows an edit replaces, of how many: {rows, replaced}; `trace` is without the edit. */
export function replacedRows(trace, edit) {
  const rows = trace.get(editedName(edit)).shape.at(-2);
  if (!edit.replacement) return { rows, replaced: rows };
  return { rows, replaced: Math.min(rows, edit.replacement.shape.at(-2)) };
}

/** The logit of a token less that of its rival, at a row. */
export function logitGap(trace, r, token, rival) {
  const logits = trace.get("logits");
  return at(logits, r, token) - at(logits, r, rival);
}

/**
 * What the sum predicts: the new part less the old, all else as it was. It is 0 where the edit does
 * not reach the row; so too in an encoder, which is no part of the sum.
 */
export function predictedChange(model, trace, edit, r, token, rival) {
  const { kind, path, replacement } = edit;
  if ((edit.row ?? r) !== r || r >= replacement?.shape.at(-2)) return 0;
  const d = readDifference(model, trace, r, token, rival).places.get(path);
  if (!d) return 0;
  const name = editedName(edit);
  const place = kind === "head" ? [edit.index, r] : [r];
  const old = row(trace.get(name), ...place);
  const change = old.map((x, i) => (replacement ? row(replacement, ...place)[i] : 0) - x);
  if (kind !== "unit") return inner(change, d);
  const W_2 = model.weights[`${path}.down.weight`];
  return change[edit.index] * inner(columnOf(W_2, edit.index), d);
}

/** What is measured: the logit difference with the edits less that without, on the same tokens. */
export function measuredChange(model, inputs, trace, edits, r, token, rival) {
  const edited = run(model, inputs, edits);
  return logitGap(edited, r, token, rival) - logitGap(trace, r, token, rival);
}

/** The probabilities of the next token at a row. */
export function probabilitiesAt(trace, r) {
  return softmax(row(trace.get("logits"), r));
}

/** What a head's query at a row looks at most: {key, weight}, and whether it sees nothing else. */
export function strongestKey(trace, path, head, r) {
  const weights = row(trace.get(`${path}.weights`), head, r);
  const key = argmax(weights);
  const isOnly = weights.every((weight, k) => k === key || weight === 0);
  return { key, weight: weights[key], isOnly };
}

/** The units that are furthest from 0, the furthest first: at a row, or with null in any row. */
export function strongestUnits(trace, path, r, count) {
  const hidden = trace.get(`${path}.hidden`);
  const rows = r === null ? Array.from({ length: hidden.shape[0] }, (_, i) => i) : [r];
  const most = (unit) => Math.max(...rows.map((i) => Math.abs(at(hidden, i, unit))));
  return Array.from({ length: hidden.shape[1] }, (_, unit) => ({ unit, most: most(unit) }))
    .sort((a, b) => b.most - a.most)
    .slice(0, count)
    .map(({ unit }) => unit);
}

/**
 * Switches off each head and each MLP in turn, one at a `next()`, and yields
 * {edit, predicted, measured, looks: {key, weight, isOnly} | null}. `step` = {row, token, rival}.
 */
export function* importance(model, inputs, trace, step) {
  for (const { path, kind } of sublayersOf(model)) {
    const edits = kind === "mlp"
      ? [{ kind: "sublayer", path }]
      : Array.from({ length: model.config.n_heads }, (_, index) => ({ kind: "head", path, index }));
    for (const edit of edits) {
      const at = [step.row, step.token, step.rival];
      yield {
        edit,
        predicted: predictedChange(model, trace, edit, ...at),
        measured: measuredChange(model, inputs, trace, [edit], ...at),
        looks: kind === "mlp" || isInEncoder(model, path)
          ? null : strongestKey(trace, path, edit.index, step.row),
      };
    }
  }
}
