// Which part of the model speaks for a token: direct logit attribution, and the logit lens. As in
// transformer/explain/attribution.py, which says why.
//
//     logit(token) - logit(rival) = Σ parts · d        d = W_out[token] - W_out[rival]
//
// Every sublayer adds a vector to the residual stream, and between it and the logits stand norms,
// each of which is held at its scale here. We bring d backward through them, once; at every place
// of the stream it becomes the direction that is read there, and a part is a dot product with it.
//
//     LayerNorm     y = (v - mean(v)) · s · w + b      d ← C(s · w · d)       b · d to the biases
//     RMSNorm       y = v · s · w                      d ← s · w · d
//     BERT's head   y = (W v + b) · Φ(z)               d ← Wᵀ (Φ(z) · d)
//
// where C subtracts the mean.

import { ACTIVATIONS, linearLayer, normalise } from "./layers.js";
import { isInEncoder, outputWeight, sublayersOf } from "./model.js";
import {
  at, columnOf, inner, linear, mapNumbers, matmul, normalCdf, row, softmax, tensor,
} from "./tensor.js";

/** The final norm's path; that of a GPT has no side. */
const FINAL_NORM = { Transformer: "decoder.norm", GPT: "norm", BERT: "encoder.norm" };

/** The sublayers that add to the stream of the logits, as `sublayersOf` has them. */
export function streamSublayers(model) {
  return sublayersOf(model).filter(({ path }) => !isInEncoder(model, path));
}

/** The bias of the linear layer with which a sublayer ends, W_o or W_2; undefined without one. */
function lastBias({ weights }, path) {
  return weights[`${path}.${path.endsWith("mlp") ? "down" : "output"}.bias`]?.data;
}

/**
 * Bring a direction of the output backward through a row of the stream. Return what is read at each
 * place, by the path of a sublayer or "embedding"; and the contribution of all biases on the way.
 */
function readBackward(model, trace, r, direction, ofOutput) {
  const { kind, config, weights } = model;
  let d = Float64Array.from(direction);
  let biases = ofOutput;
  const through = (path) => {
    const [weight, bias] = [weights[`${path}.weight`].data, weights[`${path}.bias`]?.data];
    if (bias) biases += inner(bias, d);
    const scale = at(trace.get(`${path}.scale`), r, 0);
    d = d.map((value, i) => scale * weight[i] * value);
    if (config.norm === "rms") return;
    const mean = d.reduce((sum, value) => sum + value, 0) / d.length;
    d = d.map((value) => value - mean);
  };
  if (kind === "BERT") {
    through("norm");
    const z = row(trace.get("head.pre_activation"), r);
    d = d.map((value, i) => normalCdf(z[i]) * value);
    const bias = weights["transform.bias"]?.data;
    if (bias) biases += inner(bias, d);
    d = matmul(tensor([1, d.length], d), weights["transform.weight"]).data;
  }
  if (config.final_norm) through(FINAL_NORM[kind]);
  const places = new Map();
  for (const { path, around } of streamSublayers(model).reverse()) {
    if (!config.pre_norm) through(`${around}.norm`);
    places.set(path, d);
    const bias = lastBias(model, path);
    if (bias) biases += inner(bias, d);
  }
  if (kind === "BERT") through("embedding.norm");
  places.set("embedding", d);
  return { places, biases };
}

/** The direction that reads the token's logit less the rival's, brought backward. */
export function readDifference(model, trace, r, token, rival) {
  const W = outputWeight(model);
  const bias = model.weights["output.bias"]?.data;
  const direction = row(W, token).map((value, i) => value - row(W, rival)[i]);
  return readBackward(model, trace, r, direction, bias ? bias[token] - bias[rival] : 0);
}

/**
 * The difference of two logits as a sum: {parts: [{name, box, head?, value}], total, difference}.
 * Names are those of Python's `parts`: "embedding.tokens", "….attention.heads.2", "….mlp.output",
 * and "biases" for those of all layers and norms on the way. `box` is the path of the layer.
 *
 * `edits` are those under which the trace was made: a sublayer that was replaced as a whole is one
 * part, with all that was put there.
 */
export function parts(model, trace, r, token, rival, edits = []) {
  const { places, ...read } = readDifference(model, trace, r, token, rival);
  let { biases } = read;
  const found = [];
  for (const name of ["tokens", "positions", "segments"]) {
    const activation = ["", "[1]"].map((which) => trace.get(`embedding.${name}${which}`));
    const vectors = activation.find(Boolean);
    if (!vectors) continue;
    const value = inner(row(vectors, r), places.get("embedding"));
    found.push({ name: `embedding.${name}`, box: "embedding", value });
  }
  for (const { path } of streamSublayers(model)) {
    const d = places.get(path);
    const bias = lastBias(model, path);
    const ofBias = bias ? inner(bias, d) : 0;
    const replaced = edits.some((edit) =>
      edit.kind === "sublayer" && edit.path === path && [null, undefined, r].includes(edit.row));
    if (path.endsWith("attention") && !replaced) {
      const heads = trace.get(`${path}.heads`);
      for (let head = 0; head < heads.shape[0]; head++) {
        const value = inner(row(heads, head, r), d);
        found.push({ name: `${path}.heads.${head}`, box: path, head, value });
      }
    } else {
      const output = inner(row(trace.get(`${path}.output`), r), d);
      found.push({ name: `${path}.output`, box: path, value: replaced ? output : output - ofBias });
      if (replaced) biases -= ofBias;
    }
  }
  found.push({ name: "biases", box: "output", value: biases });
  const logits = row(trace.get("logits"), r);
  return {
    parts: found,
    total: found.reduce((sum, { value }) => sum + value, 0),
    difference: logits[token] - logits[rival],
  };
}

/** The parts of a sum in this order, each with where the running total stands before and after. */
export function runningTotal(parts, isBySize) {
  const order = isBySize ? [...parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)) : parts;
  let after = 0;
  return order.map((part) => {
    const before = after;
    after += part.value;
    return { ...part, before, after };
  });
}

/** The names of the norms' scales between the parts of the stream and the logits. */
export function heldScales({ kind, config }, trace) {
  return [...trace.keys()].filter((name) =>
    /(^|\.)norm\.scale$/.test(name) &&
    !(kind === "Transformer" && name.startsWith("encoder.")) &&
    !(config.pre_norm && /\.add_\w+\.norm\.scale$/.test(name)));
}

/**
 * The logit lens: what the model would say if it stopped after each sublayer. The stream is read as
 * if it were the last: through the final norm, with the scale of this stream; in a BERT, its head.
 */
export function lens(model, trace, r) {
  const { kind, config, weights } = model;
  const pass = { model, edits: [], trace: null, start: 0 };
  const embedding = trace.has("embedding.residual") ? "" : "[1]";
  const streams = [
    { name: `embedding.residual${embedding}`, box: "embedding" },
    ...streamSublayers(model).map(({ path, around }) => (
      { name: `${around}.residual`, box: path }
    )),
  ];
  return streams.map(({ name, box }) => {
    let x = tensor([1, config.d_model], row(trace.get(name), r));
    if (config.final_norm) x = normalise(pass, FINAL_NORM[kind], x);
    if (kind === "BERT") {
      const hidden = mapNumbers(linearLayer(pass, "transform", x), ACTIVATIONS.gelu);
      x = normalise(pass, "norm", hidden);
    }
    const logits = linear(x, outputWeight(model), weights["output.bias"]).data;
    return { name, box, probabilities: softmax(logits) };
  });
}

/** What a hidden unit adds to each logit, the norms' scales held: {logits: Float64Array}. */
export function unitEffect(model, trace, mlpPath, r, unit) {
  const W = outputWeight(model);
  const down = model.weights[`${mlpPath}.down.weight`]; // (d_model, d_ff)
  const activation = at(trace.get(`${mlpPath}.hidden`), r, unit);
  const added = columnOf(down, unit).map((w) => w * activation);
  const logits = Float64Array.from({ length: W.shape[0] }, (_, token) => {
    const { places } = readBackward(model, trace, r, row(W, token), 0);
    return inner(added, places.get(mlpPath));
  });
  return { logits };
}
