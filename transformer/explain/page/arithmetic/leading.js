// Which head counts most at a step: by its term in the sum, whose size says how much the head adds
// to the logit of the written token less its rival's.

import { parts, streamSublayers } from "./attribution.js";

/** The attentions that read what the model was given: those to the memory, or with one text all. */
export function directAttentions(model) {
  const ending = model.kind === "Transformer" ? "cross_attention" : "attention";
  return streamSublayers(model).map(({ path }) => path).filter((path) => path.endsWith(ending));
}

/** The term of each head in the sum of a step, by its name "….heads.2"; empty without weights. */
export function headTerms(model, trace, { row, token, rival }, edits) {
  if (!model.weights) return new Map();
  const { parts: all } = parts(model, trace, row, token, rival, edits);
  const heads = all.filter(({ head }) => head !== undefined);
  return new Map(heads.map(({ name, value }) => [name, value]));
}

/**
 * {path, head, value}: of the heads of these attentions, the one whose term is the largest in size.
 * Where none has a term, the longest vector of the last attention; its value is null.
 */
export function leadingHead({ config }, trace, terms, paths, row) {
  const most = largest(termsOf(config, terms, paths), Math.abs);
  const last = paths.at(-1);
  return most ?? { path: last, head: longestHead(trace, last, row), value: null };
}

/** Of the heads of these attentions, the one that speaks most for the token; null if none does. */
export function supportingHead({ config }, terms, paths) {
  const most = largest(termsOf(config, terms, paths), (value) => value);
  return most?.value > 0 ? most : null;
}

/** The terms of the heads of these attentions: [{path, head, value}]. */
function termsOf({ n_heads: heads }, terms, paths) {
  return paths.flatMap((path) => Array.from({ length: heads }, (_, head) => (
    { path, head, value: terms.get(`${path}.heads.${head}`) })))
    .filter(({ value }) => value !== undefined);
}

const largest = (list, size) => list.reduce((most, one) => (
  most === null || size(one.value) > size(most.value) ? one : most), null);

/** The head whose part of an attention is the longest vector in this row. */
export function longestHead(trace, path, row) {
  const { shape, data } = trace.get(`${path}.heads`); // (heads, T, d_model)
  const [heads, T, size] = shape;
  const lengths = Array.from({ length: heads }, (_, head) => {
    const start = (head * T + row) * size;
    return Math.hypot(...data.subarray(start, start + size));
  });
  return lengths.indexOf(Math.max(...lengths));
}
