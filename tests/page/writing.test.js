import assert from "node:assert/strict";
import { test } from "node:test";

import { beam } from "../../transformer/explain/page/arithmetic/decoding.js";
import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { beamLayout, writtenTokens } from "../../transformer/explain/page/views/beam_layout.js";
import { answerCost, cacheCost } from "../../transformer/explain/page/views/cache_cost.js";
import { largestTwo, tokenChoices } from "../../transformer/explain/page/views/guess_choices.js";
import { fixture } from "./fixtures.js";

const EOS = 2;
const PAD = 0;

/** A beam of width 2: "a b </s>" wins over "b </s>", which has ended a step before. */
const TREE = [
  [
    { id: 0, parent: null, token: 11, logP: -0.4, score: -0.4, kept: true, ended: false },
    { id: 1, parent: null, token: 12, logP: -1.2, score: -1.2, kept: true, ended: false },
    { id: 2, parent: null, token: 13, logP: -4.0, score: -4.0, kept: false, ended: false },
  ],
  [
    { id: 4, parent: 0, token: 12, logP: -0.9, score: -0.8, kept: true, ended: false },
    { id: 3, parent: 1, token: EOS, logP: -1.3, score: -1.1, kept: true, ended: true },
    { id: 5, parent: 0, token: 11, logP: -3.0, score: -2.7, kept: false, ended: false },
  ],
  [
    { id: 6, parent: 4, token: EOS, logP: -1.0, score: -0.8, kept: true, ended: true },
    { id: 7, parent: 3, token: PAD, logP: -1.3, score: -1.1, kept: true, ended: true },
  ],
];

test("a beam's nodes stand in the order of their parents, so that no two edges cross", () => {
  const { nodes, columns, rows } = beamLayout(TREE);
  assert.deepEqual([columns, rows, nodes.length], [3, 3, 8]);
  checkLayout({ nodes, columns });
});

function checkLayout({ nodes, columns }) {
  for (let column = 0; column < columns; column++) {
    const inOrder = nodes.filter((node) => node.column === column);
    inOrder.sort((a, b) => a.place - b.place);
    assert.deepEqual(inOrder.map((node) => node.place), inOrder.map((_, place) => place));
    const parents = inOrder.map((node) => node.parent?.place ?? 0);
    assert.deepEqual(parents, [...parents].sort((a, b) => a - b));
  }
}

test("of every search the tree's winner is its best text", () => {
  for (const { model, prompt, beams } of fixture("decoded")) {
    const loaded = loadModel(model);
    for (const { options, ids } of beams) {
      const layout = beamLayout(beam(loaded, prompt, 7, options).tree);
      checkLayout(layout);
      const end = ids[0].indexOf(loaded.config.eos);
      assert.deepEqual(writtenTokens(layout.winner), end < 0 ? ids[0] : ids[0].slice(0, end + 1));
    }
  }
});

test("the winner is the best of the last column, and its path is marked", () => {
  const { nodes, winner } = beamLayout(TREE);
  assert.equal(winner.id, 6);
  assert.deepEqual(nodes.filter((node) => node.wins).map((node) => node.id), [0, 4, 6]);
  assert.deepEqual(writtenTokens(winner), [11, 12, EOS]);
});

test("what follows </s> is not written", () => {
  const { nodes } = beamLayout(TREE);
  const padded = nodes.find((node) => node.id === 7);
  assert.deepEqual(writtenTokens(padded), [12, EOS]);
});

const CONFIG = {
  d_model: 8, n_heads: 4, n_kv_heads: 2, d_head: 2, n_layers: 3, d_ff: 16, activation: "relu",
};

test("with the cache a step computes one row, without it every row again", () => {
  const { first, last, with: cached, without, reused } = cacheCost(CONFIG, [0, 1, 2], 2, 5);
  assert.deepEqual([first, last], [2, 2]);
  // 3 layers: 2 attentions × 8; 2 × 2 heads × 2; (3 earlier and itself, 5 of the memory) × 4
  assert.deepEqual(cached, {
    queries: 3 * 16, keysAndValues: 3 * 8, scores: 3 * (3 + 5) * 4, hidden: 3 * 16,
    total: 3 * (16 + 8 + 32 + 16),
  });
  assert.deepEqual(without, {
    queries: 3 * 3 * 16, keysAndValues: 3 * (3 + 5) * 8, scores: 3 * (1 + 2 + 3 + 3 * 5) * 4,
    hidden: 3 * 3 * 16, total: 3 * (48 + 64 + 84 + 48),
  });
  assert.equal(reused, 3 * (2 + 5) * 8);
});

test("the first step reads the whole prompt, and saves nothing", () => {
  for (const memory of [0, 5]) {
    const cost = cacheCost(CONFIG, [4, 5], 0, memory);
    assert.deepEqual([cost.first, cost.last, cost.reused], [0, 4, 0]);
    assert.deepEqual(cost.with, cost.without);
  }
});

test("with the cache an answer computes each row once", () => {
  const whole = cacheCost(CONFIG, [6], 0, 0);
  const answer = answerCost(CONFIG, [4, 5, 6], 0);
  assert.equal(answer.with, whole.with.total);
  assert.ok(answer.without > 2 * answer.with);
});

for (const { name, model, inputs } of fixture("without_padding")) {
  test(`without the cache, as many numbers are computed as the trace has: ${name}`, () => {
    const loaded = loadModel(model);
    const trace = run(loaded, inputs);
    const ids = inputs.target ?? inputs.ids;
    const { without } = cacheCost(loaded.config, [ids.length - 1], 0, inputs.source?.length ?? 0);
    const inDecoder = [...trace].filter(([path]) => !path.startsWith("encoder."));
    const count = (ends, counted) => inDecoder
      .filter(([path]) => ends.some((end) => path.endsWith(end)))
      .reduce((sum, [, { data }]) => sum + data.filter(counted).length, 0);
    const numbers = (...ends) => count(ends, () => true);
    assert.equal(without.queries, numbers(".q"));
    assert.equal(without.keysAndValues, numbers(".k", ".v"));
    assert.equal(without.scores, count([".weights"], (weight) => weight > 0)); // the mask lets them
    assert.equal(without.hidden, numbers(".hidden", ".up"));
  });
}

test("the choices are the likeliest tokens, in an order that does not tell which", () => {
  assert.deepEqual(tokenChoices({ probabilities: [0.1, 0.05, 0.6, 0.02, 0.2, 0.03] }), [0, 1, 2, 4]);
  assert.deepEqual(tokenChoices({ probabilities: [0.25, 0.25, 0.25, 0.25, 0] }), [0, 1, 2, 3]);
  assert.deepEqual(largestTwo(Float64Array.of(0.2, 0.1, 0.7)), [2, 0]);
  assert.deepEqual(largestTwo(Float64Array.of(1)), [0, 0]);
});
