// The sum, the lens and the effects of units are those of Python.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  lens, parts, unitEffect,
} from "../../transformer/explain/page/arithmetic/attribution.js";
import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { fixture, largestDifference } from "./fixtures.js";

for (const { name, model, inputs, ...expected } of fixture("attributions")) {
  test(name, () => {
    const loaded = loadModel(model);
    const trace = run(loaded, inputs);

    const sum = parts(loaded, trace, 3, 4, 7);
    assert.deepEqual(sum.parts.map((part) => part.name), Object.keys(expected.parts));
    const values = sum.parts.map(({ value }) => value);
    assert.ok(largestDifference(values, Object.values(expected.parts)) < 1e-9);
    assert.ok(Math.abs(sum.difference - expected.difference) < 1e-9);
    assert.ok(Math.abs(sum.total - sum.difference) < 1e-9);

    const found = lens(loaded, trace, 3);
    const streams = Object.keys(expected.lens);
    assert.deepEqual(found.map((stream) => stream.name.replace(/\[1\]$/, "")), streams);
    found.forEach(({ name: stream, probabilities }, i) => {
      assert.ok(trace.has(stream));
      assert.ok(largestDifference([...probabilities], expected.lens[streams[i]]) < 1e-9);
    });

    for (const [path, unit, logits] of expected.units) {
      const effect = unitEffect(loaded, trace, path, 3, unit);
      assert.ok(largestDifference([...effect.logits], logits) < 1e-9);
    }
  });
}
