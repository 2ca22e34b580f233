// The forward pass in JavaScript is the one in Python, in every named intermediate.

import assert from "node:assert/strict";
import { test } from "node:test";

import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { fromBase64 } from "../../transformer/explain/page/arithmetic/tensor.js";
import { fixture, largestDifference } from "./fixtures.js";

const largest = new Map(); // of each kind of intermediate, over all models

for (const { name, model, inputs, trace } of fixture("variants")) {
  test(name, () => {
    const found = run(loadModel(model), inputs);
    assert.deepEqual([...found.keys()].sort(), Object.keys(trace).sort());
    for (const [path, entry] of Object.entries(trace)) {
      const expected = fromBase64(entry);
      assert.deepEqual(found.get(path).shape, expected.shape, path);
      const difference = largestDifference(found.get(path).data, expected.data);
      assert.ok(difference < 1e-9, `${path} differs by ${difference}`);
      const kind = path.replace(/\[.\]|^.*(?=\.(norm\.)?[^.]*$)/g, "");
      largest.set(kind, Math.max(largest.get(kind) ?? 0, difference));
    }
  });
}

test("the largest differences", (t) => {
  for (const [kind, difference] of largest) t.diagnostic(`${kind} ${difference.toExponential(1)}`);
});
