// The arithmetic of one cell of attention, from the query's and the key's numbers to what the pair
// adds to the token's vector. A box is that of an attention, as `boxesOf` describes it.

import { leftPadding } from "./layers.js";
import { dot, row } from "./tensor.js";

const SIDE_INPUTS = { source: "source", target: "target", text: "ids" };

/** The ids of the tokens that a box works on, one for each row of its stream. */
export function rowIds(inputs, box) {
  return inputs[SIDE_INPUTS[box.side]];
}

/** The ids of the tokens that answer in an attention. */
export function answeringIds(inputs, box) {
  return box.cross ? inputs.source : rowIds(inputs, box);
}

/** Why the mask hides a key from a query: "causal", "padding"; null where it does not. */
export function hiddenBecause(box, ids, pad, query, key) {
  if (!box.causal) return ids[key] === pad ? "padding" : null;
  if (key > query) return "causal";
  return key < leftPadding(ids, pad) ? "padding" : null; // on the right, what is later hides it
}

/** (query, key) → does the mask hide that key? For an attention of a trace with those inputs. */
export function hiddenPairs(model, inputs, box) {
  const ids = answeringIds(inputs, box);
  return (query, key) => hiddenBecause(box, ids, model.config.pad, query, key) !== null;
}

/** The head of keys and values that a head of queries uses, and all the heads that share it. */
export function sharedHead({ n_heads, n_kv_heads }, head) {
  const group = n_heads / n_kv_heads;
  const kv = Math.floor(head / group);
  return { kv, heads: Array.from({ length: group }, (_, i) => kv * group + i) };
}

/** The products x_i y_i of two vectors, the largest first: [{i, x, y, value}]. */
export function largestTerms(x, y) {
  const terms = Array.from(x, (xi, i) => ({ i, x: xi, y: y[i], value: xi * y[i] }));
  return terms.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

/** What W_O multiplies a head's d_head numbers by, to make number j of d_model: d_head numbers. */
export function outputColumn(model, box, head, j) {
  const W_o = model.weights[`${box.id}.output.weight`]; // (d_model, heads · d_head)
  const { d_head } = model.config;
  return row(W_o, j).subarray(head * d_head, (head + 1) * d_head);
}

/** What a head's part of W_O makes of d_head numbers: a vector of d_model numbers. */
function throughOutput(model, box, head, vector) {
  return Float64Array.from({ length: model.config.d_model }, (_, j) =>
    dot(vector, 0, outputColumn(model, box, head, j), 0, vector.length));
}

/** What each key adds to the token's vector, in a head: the `added` of each cell of its row. */
export function addedByKeys(model, trace, box, head, query) {
  const values = trace.get(`${box.id}.v`);
  const { kv } = sharedHead(model.config, head);
  return Array.from(row(trace.get(`${box.id}.weights`), head, query), (weight, key) =>
    throughOutput(model, box, head, row(values, kv, key).map((x) => weight * x)));
}

/**
 * Every line of a cell's arithmetic:
 *
 * kv, heads   the head of keys and values, and which heads share it
 * q, k        after their rotation, with rotary positions
 * terms       q_i k_i, the largest first; dot: their sum
 * score       dot / √d_head
 * hidden      why the mask hides the key: "causal", "padding"; or null
 * cells       for each key {score, hidden, exponential, weight}: e^(score − largest), and that
 *             over the sum of all
 * largest     the row's largest score that the mask lets through; sum: of the exponentials
 * weight      of this key
 * v, weighted weight · v
 * added       weighted, times the head's part of W_O: what the pair adds to the token's vector
 */
export function cellArithmetic(model, trace, inputs, box, head, query, key) {
  const { kv, heads } = sharedHead(model.config, head);
  const q = row(trace.get(`${box.id}.q`), head, query);
  const keyOf = (j) => row(trace.get(`${box.id}.k`), kv, j);
  const ids = answeringIds(inputs, box);
  const cells = ids.map((_, j) => ({
    score: dot(q, 0, keyOf(j), 0, q.length) / Math.sqrt(q.length),
    hidden: hiddenBecause(box, ids, model.config.pad, query, j),
  }));
  const largest = Math.max(...cells.filter((cell) => !cell.hidden).map((cell) => cell.score));
  for (const cell of cells) cell.exponential = cell.hidden ? 0 : Math.exp(cell.score - largest);
  const sum = cells.reduce((total, cell) => total + cell.exponential, 0);
  for (const cell of cells) cell.weight = sum && cell.exponential / sum; // no key at all: zeros
  const k = keyOf(key);
  const v = row(trace.get(`${box.id}.v`), kv, key);
  const weighted = v.map((x) => cells[key].weight * x);
  return {
    kv, heads, q, k, v, weighted, cells, largest, sum, ...cells[key],
    terms: largestTerms(q, k),
    dot: dot(q, 0, k, 0, q.length),
    added: model.weights && throughOutput(model, box, head, weighted), // null: only recorded
  };
}
