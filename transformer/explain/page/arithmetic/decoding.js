// Decoding: from a model's predictions of the next token to a text.

import { begin, joinTraces, step } from "./model.js";
import { ValueError } from "./python.js";
import { argmax, logSoftmax } from "./tensor.js";

/** Raise unless the model can read the prompt and all but the last of maxLength more tokens. */
function checkCapacity({ kind, config }, prompt, maxLength) {
  const first = kind === "GPT" ? prompt.length : 1;
  const total = first + maxLength - 1;
  if (total <= config.max_length) return;
  throw new ValueError(
    `to write ${maxLength} tokens after ${first}, the model would read ${total}, more ` +
    `than max_length=${config.max_length}`,
  );
}

/** Return logits, if a token can be chosen by them; a model that diverged has none such. */
export function checkLogits(logits) {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  if (Number.isFinite(highest)) return logits;
  const written = Number.isNaN(highest) ? "nan" : highest > 0 ? "inf" : "-inf";
  throw new ValueError(
    `no token can be chosen: the model's highest logit is ${written}. Its parameters are NaN or ` +
    "too large, as after a training that diverged: load those of an earlier checkpoint, or train " +
    "anew with a lower learning rate",
  );
}

/**
 * Greedy decoding: the likeliest token at each step, up to and with </s>. {ids, trace}: the trace
 * is that of the prompt and of all ids but the last, which nobody reads.
 */
export function greedy(model, prompt, maxLength, edits = []) {
  checkCapacity(model, prompt, maxLength);
  const traces = [new Map()];
  let { ids, cache } = begin(model, prompt, edits, traces[0]);
  const written = [];
  while (written.length < maxLength && written.at(-1) !== model.config.eos) {
    traces.push(new Map());
    const next = step(model, ids, cache, traces.at(-1));
    cache = next.cache;
    ids = [argmax(checkLogits(next.logits))];
    written.push(ids[0]);
  }
  return { ids: written, trace: joinTraces(model, traces) };
}

/** lp(n) = ((5 + n) / 6)^alpha, which is 1 for one token, and grows. */
export function lengthPenalty(n, alpha) {
  return ((5 + n) / 6) ** alpha;
}

/**
 * Beam search: keep the `width` hypotheses with the best scores, and expand each by every token.
 *
 *     score(y) = ln P(y | prompt) / lp(|y|)
 *
 * One that has ended stays, and competes with those that go on. `tree` has for each step the
 * candidates that were kept and the best of the others, at most 2 · width: {id, parent, token,
 * logP, score, kept, ended}; parent is the id of a candidate of the step before, null at the first.
 * The candidate that an ended one becomes has <pad> as its token.
 */
export function beam(model, prompt, maxLength, { width = 4, alpha = 0.6, nBest = 1 }, edits = []) {
  checkCapacity(model, prompt, maxLength);
  const { pad, eos, vocab_size } = model.config;
  const start = begin(model, prompt, edits);
  const first = step(model, start.ids, start.cache);
  const empty = { ...first, id: null, ids: [], length: 0, ended: false };
  // At first there is one text, the empty one; the others of the beam are impossible.
  let hypotheses = Array.from({ length: width }, (_, i) => ({ ...empty, logP: i ? -Infinity : 0 }));
  const tree = [];
  let count = 0;
  for (let i = 0; i < maxLength && !hypotheses.every((h) => h.ended); i++) {
    const candidates = hypotheses.flatMap((parent) => {
      const { ended, length } = parent;
      // After </s> only padding follows, with probability 1; pad = -1 has no place of its own.
      const logP = ended
        ? Array.from({ length: vocab_size }, (_, id) => (id === Math.max(pad, 0) ? 0 : -Infinity))
        : logSoftmax(checkLogits(parent.logits));
      const n = ended ? length : length + 1;
      return Array.from(logP, (p, token) => ({
        parent, token: ended ? pad : token, length: n,
        logP: parent.logP + p, score: (parent.logP + p) / lengthPenalty(n, alpha),
      }));
    });
    candidates.sort((a, b) => (a.score === b.score ? 0 : b.score - a.score)); // equals keep order
    const seen = candidates.slice(0, 3 * width).map((c, place) => ({
      ...c, id: count++, kept: place < width, ended: c.parent.ended || c.token === eos,
    }));
    tree.push(seen.filter((c) => c.logP > -Infinity).map(
      ({ id, parent, token, logP, score, kept, ended }) =>
        ({ id, parent: parent.id, token, logP, score, kept, ended }),
    ));
    const more = i + 1 < maxLength;
    hypotheses = seen.slice(0, width).map((c) => ({
      ...c, ids: [...c.parent.ids, c.token],
      ...(more && !c.ended ? step(model, [c.token], c.parent.cache) : {}),
    }));
  }
  const best = hypotheses.slice(0, nBest);
  return {
    ids: best.map((h) => h.ids), scores: best.map((h) => h.score), logP: best.map((h) => h.logP),
    tree,
  };
}
