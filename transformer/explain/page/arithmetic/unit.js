// The hidden units of an MLP: how far each is let through, what excites it, and what it adds.

import { readDifference, unitEffect } from "./attribution.js";
import { rowIds } from "./cell.js";
import { inputsOf } from "./explanation.js";
import { feedForward } from "./layers.js";
import { run } from "./model.js";
import { prompt, targetIds } from "./tasks.js";
import { columnOf, mapNumbers, matmul, row, tensor } from "./tensor.js";

/**
 * A token's hidden units, in their order: [{unit, pre, up, value, share}].
 *
 * pre      what the activation is given; with SwiGLU the gate's
 * up       with SwiGLU what the gate lets pass, else null
 * value    the unit, after the activation
 * share    how much was let through: 1 or 0 with ReLU, Φ(pre) with GELU, sigmoid(pre) with SwiGLU
 */
export function hiddenUnits(trace, path, r) {
  const pre = row(trace.get(`${path}.pre_activation`), r);
  const up = trace.has(`${path}.up`) ? row(trace.get(`${path}.up`), r) : null;
  return Array.from(row(trace.get(`${path}.hidden`), r), (value, unit) => ({
    unit, value, pre: pre[unit], up: up && up[unit],
    share: up ? 1 / (1 + Math.exp(-pre[unit])) : value / pre[unit] || 0,
  }));
}

/** What a unit of this value adds to the token's vector: its column of W_2, d_model numbers. */
export function unitAdds(model, path, unit, value) {
  return columnOf(model.weights[`${path}.down.weight`], unit).map((w) => w * value);
}

/** Some rows of a matrix, in this order. */
export function takeRows(x, indices) {
  return tensor([indices.length, x.shape[1]], indices.flatMap((i) => [...row(x, i)]));
}

/** Run an MLP by itself on vectors (n, d_model): what it computes, by the names of a trace. */
export function runMlp(model, path, x) {
  const trace = new Map();
  feedForward({ model, edits: [], trace }, path, x);
  return trace;
}

/** What the model reads while it is given a held-out example, [source, target], with its answer. */
export function exampleInputs(model, task, [source, target]) {
  return inputsOf(model, prompt(task, model.kind, source), targetIds(task, target));
}

/** What a unit adds to each logit for each 1 of its value, the scales held at this row. */
export function unitPushes(model, trace, path, r, unit) {
  const ones = mapNumbers(trace.get(`${path}.hidden`), () => 1);
  return unitEffect(model, new Map(trace).set(`${path}.hidden`, ones), path, r, unit).logits;
}

/**
 * What each unit adds to the token's logit less the rival's, the scales held; together they are the
 * MLP's part of the sum. null where nothing is read off this stream.
 */
export function unitsForToken(model, trace, path, r, token, rival) {
  const d = readDifference(model, trace, r, token, rival).places.get(path);
  if (!d) return null;
  const read = matmul(tensor([1, d.length], d), model.weights[`${path}.down.weight`]).data;
  return row(trace.get(`${path}.hidden`), r).map((value, unit) => value * read[unit]);
}

const EXAMPLE_WORK = 6e8; // parameters times tokens: so much reading at most

/**
 * Read examples, one at each `next()`; yields {examples, means}: how many were read, and for each
 * MLP's path a Map from a token's id to {count, sums}: how often it was met, and the sums of the
 * units' values there.
 */
export function* excitation(model, task, boxes, examples) {
  const means = new Map(boxes.map((box) => [box.id, new Map()]));
  const cost = model.parameters * task.longest.reduce((a, b) => a + b, 0);
  const most = Math.ceil(EXAMPLE_WORK / cost);
  for (const [i, example] of examples.slice(0, most).entries()) {
    const inputs = exampleInputs(model, task, example);
    const trace = run(model, inputs);
    for (const box of boxes) {
      const hidden = trace.get(`${box.id}.hidden`);
      const byToken = means.get(box.id);
      for (const [t, id] of rowIds(inputs, box).entries()) {
        const met = byToken.get(id) ?? { count: 0, sums: new Float64Array(hidden.shape[1]) };
        byToken.set(id, met);
        met.count += 1;
        row(hidden, t).forEach((x, unit) => { met.sums[unit] += x; });
      }
    }
    yield { examples: i + 1, means };
  }
}
