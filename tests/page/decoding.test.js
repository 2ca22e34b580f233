// Greedy decoding and beam search write what they write in Python, with the same scores.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  beam, greedy, lengthPenalty,
} from "../../transformer/explain/page/arithmetic/decoding.js";
import { inputsOf } from "../../transformer/explain/page/arithmetic/explanation.js";
import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { ValueError } from "../../transformer/explain/page/arithmetic/python.js";
import { fixture, largestDifference } from "./fixtures.js";

const known = fixture("decoded");

for (const { name, model, prompt, edit, ...expected } of known) {
  const loaded = loadModel(model);
  const { pad, eos } = loaded.config;

  test(`${name}: greedy, and after an edit`, () => {
    assert.deepEqual(greedy(loaded, prompt, 7).ids, expected.greedy);
    assert.deepEqual(greedy(loaded, prompt, 7, [edit]).ids, expected.edited);
    assert.deepEqual(beam(loaded, prompt, 7, { width: 3 }, [edit]).ids, expected.edited_beam);
  });

  test(`${name}: the trace of greedy decoding is that of one pass`, () => {
    for (const edits of [[], [edit]]) {
      const { ids, trace } = greedy(loaded, prompt, 7, edits);
      assert.deepEqual(trace, run(loaded, inputsOf(loaded, prompt, ids), edits));
    }
  });

  for (const { options, ids, scores } of expected.beams) {
    test(`${name}: beam ${JSON.stringify(options)}`, () => {
      const found = beam(loaded, prompt, 7, options);
      assert.deepEqual(found.ids, ids);
      const finite = scores.map((score) => score ?? -Infinity);
      assert.ok(largestDifference(found.scores, finite) < 1e-9);
      checkTree(found, options, { pad, eos });
    });
  }
}

/** The tree holds the search: a branch grows from a kept one, and the best are the result. */
function checkTree({ ids, scores, tree }, { width, alpha }, { pad, eos }) {
  assert.equal(tree.length, ids[0].length);
  const nodes = new Map(tree.flat().map((node) => [node.id, node]));
  assert.equal(nodes.size, tree.flat().length);
  const textOf = (node) => {
    if (node === undefined) return [];
    return [...textOf(nodes.get(node.parent)), node.token];
  };
  tree.forEach((step, i) => {
    assert.ok(step.length <= 3 * width);
    assert.ok(step.filter(({ kept }) => kept).length <= width);
    step.forEach((node, place) => {
      const parent = nodes.get(node.parent);
      assert.ok(i === 0 ? node.parent === null : tree[i - 1].includes(parent) && parent.kept);
      assert.equal(node.ended, Boolean(parent?.ended) || node.token === eos);
      if (parent?.ended) assert.equal(node.token, pad);
      assert.equal(node.kept, place < width);
      if (place > 0) assert.ok(node.score <= step[place - 1].score);
      const text = textOf(node);
      const length = text.includes(eos) ? text.indexOf(eos) + 1 : text.length;
      assert.ok(Math.abs(node.score - node.logP / lengthPenalty(length, alpha)) < 1e-12);
    });
  });
  const last = tree.at(-1);
  scores.forEach((score, place) => {
    if (score === -Infinity) return;
    assert.deepEqual(textOf(last[place]), ids[place]);
    assert.equal(last[place].score, score);
  });
}

test("more than the model can read is refused, as in Python", () => {
  const { model, prompt } = known.find(({ name }) => name === "GPT, pre-norm");
  assert.throws(() => greedy(loadModel(model), prompt, 8), {
    constructor: ValueError,
    message: "to write 8 tokens after 6, the model would read 13, more than max_length=12",
  });
});

test("a model that diverged says so, as in Python", () => {
  const { model, prompt } = known[0];
  const loaded = loadModel(model);
  loaded.weights["output.weight"].data.fill(NaN);
  const expected = {
    constructor: ValueError,
    message: /^no token can be chosen: the model's highest logit is nan\. Its parameters are NaN/,
  };
  assert.throws(() => greedy(loaded, prompt, 3), expected);
  assert.throws(() => beam(loaded, prompt, 3, {}), expected);
});
