// Ablations and patches give what the same ones give in Python, in every named intermediate.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parts } from "../../transformer/explain/page/arithmetic/attribution.js";
import { predictedChange } from "../../transformer/explain/page/arithmetic/edits.js";
import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { fromBase64 } from "../../transformer/explain/page/arithmetic/tensor.js";
import { fixture, largestDifference } from "./fixtures.js";

const changed = []; // did the logits change?

for (const { name, model, inputs, others, edited } of fixture("edits")) {
  const loaded = loadModel(model);
  const [clean, other] = [run(loaded, inputs), run(loaded, others)];
  for (const { edits, ...expected } of edited) {
    const said = edits.map(({ kind, index, path }) => `${kind} ${index ?? ""} of ${path}`);
    test(`${name}: ${said.join(", ")}`, () => {
      const made = edits.map(({ put, ...edit }) => (
        put ? { ...edit, replacement: other.get(`${edit.path}.${put}`) } : edit
      ));
      const found = run(loaded, inputs, made);
      assert.deepEqual([...found.keys()].sort(), Object.keys(expected.trace).sort());
      for (const [path, entry] of Object.entries(expected.trace)) {
        const difference = largestDifference(found.get(path).data, fromBase64(entry).data);
        assert.ok(difference < 1e-9, `${path} differs by ${difference}`);
      }
      const [before, after] = [clean, found].map((trace) => trace.get("logits").data);
      changed.push(largestDifference(before, after) > 1e-6);

      const sum = parts(loaded, found, 3, 4, 7, made);
      const values = Object.fromEntries(sum.parts.map((part) => [part.name, part.value]));
      assert.deepEqual(Object.keys(values), Object.keys(expected.parts));
      assert.ok(largestDifference(Object.values(values), Object.values(expected.parts)) < 1e-9);
      assert.ok(Math.abs(sum.total - sum.difference) < 1e-9);
      const predicted = made.map((edit) => predictedChange(loaded, clean, edit, 3, 4, 7));
      assert.ok(largestDifference(predicted, expected.predicted) < 1e-9);
    });
  }
}

test("most edits change the logits", () => {
  assert.ok(changed.filter(Boolean).length > 0.9 * changed.length); // not all: a unit may be at 0
});

test("rows that a replacement lacks stay as they are", () => {
  const { model, inputs } = fixture("variants").find(({ name }) => name === "GPT, pre-norm");
  const loaded = loadModel(model);
  const clean = run(loaded, inputs);
  const short = run(loaded, { ids: [9, 8] });
  const edit = { kind: "sublayer", path: "blocks.1.mlp" };
  const replacement = short.get("blocks.1.mlp.output");
  const found = run(loaded, inputs, [{ ...edit, replacement }]).get("blocks.1.mlp.output");
  assert.deepEqual(found.data.subarray(0, 32), replacement.data);
  assert.deepEqual(found.data.subarray(32), clean.get("blocks.1.mlp.output").data.subarray(32));
});
