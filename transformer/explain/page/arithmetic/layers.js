// The layers of a model, as transformer/model has them in Python: embedding, Add & Norm, attention,
// the MLP. Each shows what it computes at its hook points, under the names that trace() gives in
// Python. `pass` is what the layers of one forward pass share:
//
//     model, edits, trace        a Map that records, or null
//     start, padding             the tokens before the first row; how many of the first are padding
//     cached                     in a decoder: the keys and values of the tokens so far, by path
//
// Edits switch off what a head, a hidden unit or a sublayer computes, or put in its place what it
// computed for another input. Each is made at the hook point that its name says:
//
//     {kind: "head", path: "….attention", index, row?, replacement?}   ….heads[index]
//     {kind: "unit", path: "….mlp", index, row?, replacement?}         ….hidden[:, index]
//     {kind: "sublayer", path, row?, replacement?}                     ….output
//
// for one row, or for all. `replacement` is the whole tensor of that name in another trace;
// rows that it lacks stay as they are.

import { ValueError } from "./python.js";
import { add, dot, linear, mapNumbers, normalCdf, softmax, tensor } from "./tensor.js";

// ----------------------------------------------------------------------------------- hook points

/** Return x, after the edits that are made at this name; record it, if there is a trace. */
export function hook(pass, name, x) {
  for (const edit of pass.edits) if (editedName(edit) === name) change(edit, x, pass.start);
  pass.trace?.set(name, x);
  return x;
}

/** The name of the activation that an edit changes. */
export function editedName(edit) {
  const names = { head: "heads", unit: "hidden", sublayer: "output" };
  return `${edit.path}.${names[edit.kind]}`;
}

/** Change rows of x, the first of which is row `start` of the text. */
function change({ kind, index, row, replacement }, x, start) {
  const [T, d] = x.shape.slice(-2);
  const head = kind === "head" ? index : 0;
  const [first, end] = kind === "unit" ? [index, index + 1] : [0, d];
  const rows = replacement?.shape.at(-2) ?? Infinity;
  for (let t = 0; t < T; t++) {
    const r = start + t;
    if (r !== (row ?? r) || r >= rows) continue;
    for (let i = first; i < end; i++) {
      x.data[(head * T + t) * d + i] = replacement?.data[(head * rows + r) * d + i] ?? 0;
    }
  }
}

// ------------------------------------------------------------------------------------ the layers

/** x Wᵀ + b, with the weights of this path: (T, in) → (T, out). */
export function linearLayer({ model: { weights } }, path, x) {
  return linear(x, weights[`${path}.weight`], weights[`${path}.bias`]);
}

/** How many tokens are padding on the left; a text of nothing else counts as unpadded. */
export function leftPadding(ids, pad) {
  return Math.max(ids.findIndex((id) => id !== pad), 0);
}

/** E[ids] · scale + P[positions], and BERT's segments and norm: ids (T) → (T, d_model). */
export function embedIds(pass, ids, which) {
  const { model: { kind, config, weights }, start, padding } = pass;
  const [T, d] = [ids.length, config.d_model];
  if (start + T > config.max_length) {
    const given = `a sequence of ${start + T} tokens`;
    throw new ValueError(`${given} is longer than max_length=${config.max_length}`);
  }
  const scale = config.positions === "sinusoidal" ? Math.sqrt(d) : 1;
  const rowsOf = (path, places, factor = 1) => {
    const rows = tensor([T, d]);
    for (let i = 0; i < T * d; i++) {
      rows.data[i] = weights[path].data[places[Math.floor(i / d)] * d + (i % d)] * factor;
    }
    return rows;
  };
  const tokens = ids.map((id) => Math.max(id, 0)); // pad = -1 is no token, and may have any vector
  let x = hook(pass, `embedding.tokens${which}`, rowsOf("embedding.tokens.weight", tokens, scale));
  if (config.positions !== "rotary") { // counted from the first real token
    const places = ids.map((_, t) => Math.max(start + t - padding, 0));
    x = add(x, hook(pass, `embedding.positions${which}`, rowsOf("embedding.positions", places)));
  }
  if (config.n_segments) {
    const first = rowsOf("embedding.segments.weight", ids.map(() => 0));
    x = add(x, hook(pass, `embedding.segments${which}`, first));
  }
  if (kind === "BERT") x = normalise(pass, "embedding.norm", x);
  return hook(pass, `embedding.residual${which}`, x);
}

/**
 * LayerNorm    y = (x - mean(x)) / √(variance(x) + eps) · weight + bias
 * RMSNorm      y = x / √(mean(x²) + eps) · weight
 */
export function normalise(pass, path, x) {
  const { model: { config, weights } } = pass;
  const [T, d] = x.shape;
  const [mean, scale, y] = [tensor([T, 1]), tensor([T, 1]), tensor([T, d])];
  const [weight, bias] = [weights[`${path}.weight`].data, weights[`${path}.bias`]?.data];
  for (let t = 0; t < T; t++) {
    const vector = x.data.subarray(t * d, (t + 1) * d);
    if (config.norm === "layer") mean.data[t] = vector.reduce((sum, v) => sum + v, 0) / d;
    const m = mean.data[t];
    const variance = vector.reduce((sum, v) => sum + (v - m) * (v - m), 0) / d;
    const s = scale.data[t] = 1 / Math.sqrt(variance + config.norm_eps);
    for (let i = 0; i < d; i++) {
      y.data[t * d + i] = (vector[i] - m) * s * weight[i] + (bias ? bias[i] : 0);
    }
  }
  hook(pass, `${path}.input`, x);
  if (config.norm === "layer") hook(pass, `${path}.mean`, mean);
  hook(pass, `${path}.scale`, scale);
  return hook(pass, `${path}.output`, y);
}

/**
 * post-norm    x ← norm(x + sublayer(x))
 * pre-norm     x ← x + sublayer(norm(x))
 */
export function addAndNorm(pass, path, x, sublayer) {
  const { pre_norm } = pass.model.config;
  const change = sublayer(pre_norm ? normalise(pass, `${path}.norm`, x) : x);
  const sum = add(x, change);
  return hook(pass, `${path}.residual`, pre_norm ? sum : normalise(pass, `${path}.norm`, sum));
}

/** The norm after the last block, if there is one. */
export function finalNorm(pass, path, x) {
  return pass.model.config.final_norm ? normalise(pass, path, x) : x;
}

/** (T, n · d_head) → (n, T, d_head): give each head its part of the vector. */
function splitHeads(x, n) {
  const [T, d] = [x.shape[0], x.shape[1] / n];
  const heads = tensor([n, T, d]);
  for (let h = 0; h < n; h++) {
    for (let t = 0; t < T; t++) {
      const from = (t * n + h) * d;
      heads.data.set(x.data.subarray(from, from + d), (h * T + t) * d);
    }
  }
  return heads;
}

/** Rotate each pair (a, b) of a query's or key's numbers by the angle φ of its position. */
function rotate({ model: { weights }, start }, path, x) {
  const [cos, sin] = [weights[`${path}.rotary.cos`].data, weights[`${path}.rotary.sin`].data];
  const [heads, T, d] = x.shape;
  const y = tensor(x.shape);
  for (let i = 0; i < heads * T * d; i += 2) {
    const t = Math.floor(i / d) % T;
    const angle = (start + t) * d + (i % d); // the place of φ in the tables (max_length, d_head)
    const [a, b] = [x.data[i], x.data[i + 1]];
    y.data[i] = a * cos[angle] - b * sin[angle];
    y.data[i + 1] = b * cos[angle] + a * sin[angle];
  }
  return y;
}

/** The tokens of x after those of `before`, in each head: (n, T, d_head). */
function appendTokens(before, x) {
  if (!before) return x;
  const [n, T1, d] = before.shape;
  const T2 = x.shape[1];
  const all = tensor([n, T1 + T2, d]);
  for (let h = 0; h < n; h++) {
    all.data.set(before.data.subarray(h * T1 * d, (h + 1) * T1 * d), h * (T1 + T2) * d);
    all.data.set(x.data.subarray(h * T2 * d, (h + 1) * T2 * d), (h * (T1 + T2) + T1) * d);
  }
  return all;
}

/** The keys and values of the tokens of y, which attend to each other or are the memory. */
function keysAndValues(pass, path, y) {
  const { model: { config }, cached } = pass;
  const before = cached?.get(path);
  const isMemory = path.endsWith("cross_attention");
  if (isMemory && before) return before; // computed once, at the first step
  let k = splitHeads(linearLayer(pass, `${path}.key`, y), config.n_kv_heads);
  const v = splitHeads(linearLayer(pass, `${path}.value`, y), config.n_kv_heads);
  if (config.positions === "rotary" && !isMemory) k = rotate(pass, path, k);
  const all = { k: appendTokens(before?.k, k), v: appendTokens(before?.v, v) };
  cached?.set(path, all);
  return all;
}

/** q kᵀ / √d_head of each head, with its group's keys: (n_heads, T, S). */
export function scoresOf({ n_heads, n_kv_heads, d_head }, q, k) {
  const [T, S] = [q.shape[1], k.shape[1]];
  const scores = tensor([n_heads, T, S]);
  for (let i = 0; i < n_heads * T; i++) {
    const shared = Math.floor(Math.floor(i / T) * n_kv_heads / n_heads);
    for (let s = 0; s < S; s++) {
      const qk = dot(q.data, i * d_head, k.data, (shared * S + s) * d_head, d_head);
      scores.data[i * S + s] = qk / Math.sqrt(d_head);
    }
  }
  return scores;
}

/**
 * head_i = softmax(q_i k_iᵀ / √d_head) v_i        output = Σ_i head_i W_o,i + b_o
 *
 * x (T, d_model) asks, y answers; sees(t, s) is the mask: may query t see key s?
 */
export function attend(pass, path, x, y, sees) {
  const { config, weights } = pass.model;
  const { n_heads, d_head, d_model } = config;
  let q = splitHeads(linearLayer(pass, `${path}.query`, x), n_heads);
  if (config.positions === "rotary" && !path.endsWith("cross_attention")) q = rotate(pass, path, q);
  const { k, v } = keysAndValues(pass, path, y);
  const [T, S] = [q.shape[1], k.shape[1]];
  const scores = scoresOf(config, q, k);
  const attention = tensor([n_heads, T, S]);
  const mixed = tensor([n_heads, T, d_head]);
  const heads = tensor([n_heads, T, d_model]);
  const W_o = weights[`${path}.output.weight`].data; // (d_model, n_heads · d_head)
  for (let h = 0; h < n_heads; h++) {
    const shared = Math.floor(h * config.n_kv_heads / n_heads); // the group's keys and values
    for (let t = 0; t < T; t++) {
      const asks = (h * T + t) * d_head;
      const line = (h * T + t) * S;
      const visible = new Float64Array(S).fill(-Infinity);
      for (let s = 0; s < S; s++) {
        if (sees(t, s)) visible[s] = scores.data[line + s];
      }
      if (visible.every((score) => score === -Infinity)) continue; // nothing to attend to: zeros
      attention.data.set(softmax(visible), line);
      for (let s = 0; s < S; s++) {
        const weight = attention.data[line + s];
        const answers = (shared * S + s) * d_head;
        for (let i = 0; i < d_head; i++) mixed.data[asks + i] += weight * v.data[answers + i];
      }
      for (let o = 0; o < d_model; o++) {
        const part = dot(mixed.data, asks, W_o, (o * n_heads + h) * d_head, d_head);
        heads.data[(h * T + t) * d_model + o] = part;
      }
    }
  }
  const named = { q, k, v, scores, weights: attention, mixed, heads };
  for (const [name, activation] of Object.entries(named)) hook(pass, `${path}.${name}`, activation);
  return hook(pass, `${path}.output`, sumOfHeads(heads, weights[`${path}.output.bias`]));
}

/** (heads, T, d_model) → (T, d_model): the heads' parts added, and the bias. */
function sumOfHeads(heads, bias) {
  const [n, T, d] = heads.shape;
  const sum = tensor([T, d]);
  for (let i = 0; i < n * T * d; i++) sum.data[i % (T * d)] += heads.data[i];
  if (bias) for (let i = 0; i < T * d; i++) sum.data[i] += bias.data[i % d];
  return sum;
}

export const ACTIVATIONS = {
  relu: (z) => Math.max(0, z),
  gelu: (z) => z * normalCdf(z),
  gelu_tanh: (z) => 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z))),
  silu: (z) => z / (1 + Math.exp(-z)),
};

/**
 * MLP       relu(x W_1 + b_1) W_2 + b_2, or with another activation
 * SwiGLU    (silu(x W) · (x V)) W_2
 */
export function feedForward(pass, path, x) {
  const { activation } = pass.model.config;
  const gated = activation === "swiglu";
  const z = linearLayer(pass, gated ? `${path}.gate` : `${path}.up`, x);
  hook(pass, `${path}.pre_activation`, z);
  const hidden = mapNumbers(z, ACTIVATIONS[gated ? "silu" : activation]);
  if (gated) {
    const up = hook(pass, `${path}.up`, linearLayer(pass, `${path}.up`, x));
    for (let i = 0; i < hidden.data.length; i++) hidden.data[i] *= up.data[i];
  }
  hook(pass, `${path}.hidden`, hidden);
  return hook(pass, `${path}.output`, linearLayer(pass, `${path}.down`, hidden));
}
