// The model: its whole forward pass, in float64 from the float32 weights, as transformer/model has
// it in Python. Every intermediate gets the name that trace() gives it there, without the batch.
//
//     run      the whole target at once, as in training; every intermediate is kept
//     begin    reads a prompt; then
//     step     reads one token after the other, with the keys and values of those before in a cache
//     joinTraces    makes of their traces the one that `run` gives

import {
  ACTIVATIONS, addAndNorm, attend, embedIds, feedForward, finalNorm, hook, leftPadding,
  linearLayer, normalise, scoresOf,
} from "./layers.js";
import { fromBase64, joinRows, linear, mapNumbers } from "./tensor.js";

/** {kind, config, weights: {path: Tensor}, parameters}; weights is null where only recorded. */
export function loadModel(payload) {
  const weights = payload.weights && Object.fromEntries(
    Object.entries(payload.weights).map(([path, entry]) => [path, fromBase64(entry)]),
  );
  return { kind: payload.kind, config: payload.config, parameters: payload.parameters, weights };
}

/** Every attention and MLP in the order of computation, with the Add & Norm around it. */
export function sublayersOf({ kind, config }) {
  const stacks = {
    Transformer: [
      ["encoder.blocks", ["attention", "mlp"]],
      ["decoder.blocks", ["self_attention", "cross_attention", "mlp"]],
    ],
    GPT: [["blocks", ["attention", "mlp"]]],
    BERT: [["encoder.blocks", ["attention", "mlp"]]],
  };
  return stacks[kind].flatMap(([stack, names]) =>
    Array.from({ length: config.n_layers }, (_, i) => names.map((name) => ({
      path: `${stack}.${i}.${name}`, around: `${stack}.${i}.add_${name}`,
      kind: name === "mlp" ? "mlp" : "attention",
    }))).flat());
}

/** Is this in an encoder–decoder's encoder? The answer's stream reads it, and is not made of it. */
export function isInEncoder(model, path) {
  return model.kind === "Transformer" && path.startsWith("encoder.");
}

/**
 * Run the model on {source, target} or {ids}; return every intermediate, a Map from its name.
 * Padding may stand on either side.
 */
export function run(model, inputs, edits = []) {
  const trace = new Map();
  if (model.kind === "Transformer") {
    const { source, target } = inputs;
    const memory = encodeSource(model, source, edits, trace);
    decodeTarget({ ...decoderPass(model, target, edits, trace), memory }, target);
  } else if (model.kind === "GPT") {
    decodeTarget(decoderPass(model, inputs.ids, edits, trace), inputs.ids);
  } else {
    predictHidden(model, inputs.ids, edits, trace);
  }
  return trace;
}

/** Read a prompt; return what `step` needs: the ids to step from, and the cache. */
export function begin(model, prompt, edits = [], trace = null) {
  if (model.kind === "GPT") return { ids: prompt, cache: decoderPass(model, prompt, edits) };
  const memory = encodeSource(model, prompt, edits, trace);
  return { ids: [model.config.bos], cache: { ...decoderPass(model, [], edits), memory } };
}

/** Read the next ids; return the logits of the token after them, and the cache with them. */
export function step(model, ids, cache, trace = null) {
  const pass = { ...cache, trace, cached: new Map(cache.cached) }; // the one given stays as it was
  const logits = decodeTarget(pass, ids);
  return {
    logits: logits.data.subarray(logits.data.length - model.config.vocab_size),
    cache: { ...pass, start: pass.start + ids.length },
  };
}

/** The traces of `begin` and of each `step`, as one: what `run` gives for all their ids at once. */
export function joinTraces({ config }, traces) {
  const joined = new Map();
  for (const name of new Set(traces.flatMap((trace) => [...trace.keys()]))) {
    const parts = traces.flatMap((trace) => trace.get(name) ?? []);
    if (parts.length === 1 || /\.[kv]$/.test(name)) {
      joined.set(name, parts.at(-1)); // of keys and values the last has all, from the cache
    } else if (name.endsWith(".scores")) { // also with the keys that came later, behind the mask
      const [q, k] = ["q", "k"].map((other) => joined.get(name.replace(/scores$/, other)));
      joined.set(name, scoresOf(config, q, k));
    } else {
      joined.set(name, joinRows(parts));
    }
  }
  return joined;
}

// ------------------------------------------------------------------------ the three kinds of model

/** What a pass through a decoder shares: the keys and values of `start` tokens are in `cached`. */
function decoderPass(model, ids, edits, trace = null) {
  const padding = leftPadding(ids, model.config.pad);
  return { model, edits, trace, start: 0, padding, cached: new Map() };
}

/** Read the source: the memory, (S, d_model), and which of its tokens are not padding. */
function encodeSource(model, ids, edits, trace = null) {
  const padding = leftPadding(ids, model.config.pad);
  const pass = { model, edits, trace, start: 0, padding, cached: null };
  const isReal = ids.map((id) => id !== model.config.pad);
  let x = embedIds(pass, ids, model.kind === "Transformer" ? "[0]" : "");
  for (let i = 0; i < model.config.n_layers; i++) {
    const path = `encoder.blocks.${i}`;
    x = addAndNorm(pass, `${path}.add_attention`, x, (y) =>
      attend(pass, `${path}.attention`, y, y, (t, s) => isReal[s]));
    x = addAndNorm(pass, `${path}.add_mlp`, x, (y) => feedForward(pass, `${path}.mlp`, y));
  }
  return { x: finalNorm(pass, "encoder.norm", x), isReal };
}

/** Predict the token after each: ids (T) → logits (T, vocab_size); of a Transformer or a GPT. */
function decodeTarget(pass, ids) {
  const { model: { kind, config }, start, padding, memory } = pass;
  const sees = (t, s) => s <= start + t && s >= padding; // the causal mask; and no padding before
  let x = embedIds(pass, ids, kind === "Transformer" ? "[1]" : "");
  for (let i = 0; i < config.n_layers; i++) {
    const path = kind === "GPT" ? `blocks.${i}` : `decoder.blocks.${i}`;
    const own = kind === "GPT" ? "attention" : "self_attention";
    x = addAndNorm(pass, `${path}.add_${own}`, x, (y) =>
      attend(pass, `${path}.${own}`, y, y, sees));
    if (kind === "Transformer") {
      x = addAndNorm(pass, `${path}.add_cross_attention`, x, (y) =>
        attend(pass, `${path}.cross_attention`, y, memory.x, (t, s) => memory.isReal[s]));
    }
    x = addAndNorm(pass, `${path}.add_mlp`, x, (y) => feedForward(pass, `${path}.mlp`, y));
  }
  x = finalNorm(pass, kind === "GPT" ? "norm" : "decoder.norm", x);
  return hook(pass, "logits", linear(x, outputWeight(pass.model)));
}

/** Predict the token at each position, from both sides: ids (T) → logits (T, vocab_size). */
function predictHidden(model, ids, edits, trace) {
  const pass = { model, edits, trace, start: 0 };
  const { x } = encodeSource(model, ids, edits, trace);
  const transformed = hook(pass, "head.pre_activation", linearLayer(pass, "transform", x));
  const hidden = hook(pass, "head.hidden", mapNumbers(transformed, ACTIVATIONS.gelu));
  const y = normalise(pass, "norm", hidden);
  hook(pass, "logits", linear(y, outputWeight(model), model.weights["output.bias"]));
}

/** (vocab_size, d_model): tied, it is the embedding's matrix. */
export function outputWeight(model) {
  return model.weights[model.config.tie_embeddings ? "embedding.tokens.weight" : "output.weight"];
}
