// A question put to a model of each task gives what it gives in Python; so do edits and training.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  explain, likeliest, recordedExplanation,
} from "../../transformer/explain/page/arithmetic/explanation.js";
import { loadModel } from "../../transformer/explain/page/arithmetic/model.js";
import { fromBase64 } from "../../transformer/explain/page/arithmetic/tensor.js";
import { fixture, largestDifference } from "./fixtures.js";

function checkExplanation(found, expected) {
  assert.equal(found.error, null);
  for (const name of ["question", "source", "prompt", "text", "inputs", "rows", "columns"]) {
    assert.deepEqual(found[name], expected[name], name);
  }
  assert.deepEqual(found.answer, expected.written);
  assert.equal(found.steps.length, expected.steps.length);
  found.steps.forEach((step, i) => {
    const { row, token, rival, probabilities, loss } = expected.steps[i];
    assert.deepEqual([step.row, step.token, step.rival], [row, token, rival]);
    assert.ok(largestDifference([...step.probabilities], probabilities) < 1e-9);
    if (expected.target !== null) assert.ok(Math.abs(step.loss - loss) < 1e-9);
    else assert.equal(step.loss, undefined);
  });
  assert.deepEqual([...found.trace.keys()].sort(), Object.keys(expected.reference).sort());
  for (const [name, entry] of Object.entries(expected.reference)) {
    const difference = largestDifference(found.trace.get(name).data, fromBase64(entry).data);
    assert.ok(difference < 1e-9, `${name} differs by ${difference}`);
  }
}

const known = fixture("explanations");

/** The three likeliest words and their probabilities, as `transformer solve` prints them. */
function likeliestWords(task, probabilities) {
  const ids = likeliest(probabilities, 3);
  return ids.map((id) => `${task.tokens[id]} ${(100 * probabilities[id]).toFixed(1)}%`).join("  ");
}

for (const { task, model, explanations, solved } of known) {
  test(task.name, () => {
    const loaded = loadModel(model);
    for (const { question, target, edits, ...expected } of explanations) {
      const found = explain(loaded, task, question, { target, edits });
      if (expected.error) assert.deepEqual(found, { question, error: expected.error });
      else checkExplanation(found, { question, target, ...expected });
    }
    const first = explain(loaded, task, explanations[0].question);
    if (task.name === "fill-the-gap") {
      assert.equal(likeliestWords(task, first.steps[0].probabilities), solved);
    } else if (task.name !== "characters") { // these are sampled
      assert.equal(first.text, solved);
    }
  });

  test(`${task.name}, as it was recorded`, () => {
    const { kind, config } = model;
    const recorded = { ...explanations[0], kind, config, weights: null };
    const found = recordedExplanation(recorded, loadModel(recorded), task);
    checkExplanation(found, explanations[0]);
  });
}

test("a model that diverged has no answer, and says so", () => {
  for (const { task, model, explanations } of known) {
    const loaded = loadModel(model);
    for (const weights of Object.values(loaded.weights)) weights.data.fill(NaN);
    const { question, target } = explanations[3];
    for (const options of [{}, { target }]) {
      const { error } = explain(loaded, task, question, options);
      assert.match(error, /^no token can be chosen: the model's highest logit is nan\./);
    }
  }
});
