// The hidden units of an MLP add up to its output, and each token passes through it alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  parts, streamSublayers, unitEffect,
} from "../../transformer/explain/page/arithmetic/attribution.js";
import { rowIds } from "../../transformer/explain/page/arithmetic/cell.js";
import { ACTIVATIONS } from "../../transformer/explain/page/arithmetic/layers.js";
import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { row } from "../../transformer/explain/page/arithmetic/tensor.js";
import {
  exampleInputs, excitation, hiddenUnits, runMlp, takeRows, unitAdds, unitPushes,
  unitsForToken,
} from "../../transformer/explain/page/arithmetic/unit.js";
import { boxesOf } from "../../transformer/explain/page/boxes.js";
import { fixture, largestDifference } from "./fixtures.js";

const BOUND = 1e-12;

for (const { name, model: payload, inputs } of fixture("variants")) {
  const model = loadModel(payload);
  const trace = run(model, inputs);
  const boxes = boxesOf(model).filter(({ kind }) => kind === "mlp");

  test(`${name}: the units and the bias are the output`, () => {
    for (const { id } of boxes) {
      const output = trace.get(`${id}.output`);
      for (let t = 0; t < output.shape[0]; t++) {
        const sum = Float64Array.from(model.weights[`${id}.down.bias`]?.data ?? row(output, t).map(() => 0));
        for (const { unit, value } of hiddenUnits(trace, id, t)) {
          unitAdds(model, id, unit, value).forEach((x, i) => { sum[i] += x; });
        }
        assert.ok(largestDifference(sum, row(output, t)) < BOUND, `${id}, row ${t}`);
      }
    }
  });

  test(`${name}: the share that is let through`, () => {
    const { activation } = model.config;
    const f = ACTIVATIONS[activation === "swiglu" ? "silu" : activation];
    for (const { id } of boxes) {
      for (const { pre, up, value, share } of hiddenUnits(trace, id, 0)) {
        assert.ok(share >= 0 && share <= 1 + BOUND, `${id}: ${share}`);
        assert.ok(Math.abs(share * pre - f(pre)) < BOUND, `${id}: ${share} of ${pre}`);
        assert.ok(Math.abs(share * pre * (up ?? 1) - value) < BOUND, `${id}: ${value}`);
      }
    }
  });

  test(`${name}: two tokens' vectors swapped swap the results`, () => {
    for (const { id, reads } of boxes) {
      const x = trace.get(reads);
      const order = x.shape[0] > 1 ? [1, 0] : [0];
      const swapped = runMlp(model, id, takeRows(x, order));
      for (const part of ["hidden", "output"]) {
        const expected = takeRows(trace.get(`${id}.${part}`), order);
        assert.deepEqual([...swapped.get(`${id}.${part}`).data], [...expected.data], `${id}.${part}`);
      }
    }
  });
}

for (const { task, model: payload, explanations } of fixture("explanations")) {
  const model = loadModel(payload);
  const { source, target, inputs } = explanations.find((one) => one.target && !one.error);

  test(`${task.name}: a held-out example is read with its answer`, () => {
    assert.deepEqual(exampleInputs(model, task, [source, target]), inputs);
  });

  test(`${task.name}: the mean of each unit on each token`, () => {
    const boxes = boxesOf(model).filter(({ kind }) => kind === "mlp");
    const reading = [...excitation(model, task, boxes, [[source, target], [source, target]])];
    assert.equal(reading.at(-1).examples, 2);
    const trace = run(model, inputs);
    for (const box of boxes) {
      const ids = rowIds(inputs, box);
      const found = reading.at(-1).means.get(box.id);
      assert.deepEqual([...found.keys()].sort(), [...new Set(ids)].sort());
      for (const [id, { count, sums }] of found) {
        const places = ids.flatMap((other, t) => (other === id ? [t] : []));
        assert.equal(count, 2 * places.length);
        const expected = sums.map((_, unit) =>
          2 * places.reduce((sum, t) => sum + row(trace.get(`${box.id}.hidden`), t)[unit], 0));
        assert.ok(largestDifference(sums, expected) < BOUND, `${box.id}, token ${id}`);
      }
    }
  });
}

test("what a unit pushes, times its value, is what it adds to each logit", () => {
  for (const { model: payload, inputs } of fixture("variants")) {
    const model = loadModel(payload);
    const trace = run(model, inputs);
    const { path } = streamSublayers(model).findLast((sublayer) => sublayer.path.endsWith("mlp"));
    for (const { unit, value } of hiddenUnits(trace, path, 1).slice(0, 3)) {
      const { logits } = unitEffect(model, trace, path, 1, unit);
      const pushes = unitPushes(model, trace, path, 1, unit);
      assert.ok(largestDifference(pushes.map((x) => value * x), logits) < BOUND, path);
    }
  }
});

test("what the units add to a token's logit less another's is the MLP's part of the sum", () => {
  for (const { model: payload, inputs } of fixture("variants")) {
    const model = loadModel(payload);
    const trace = run(model, inputs);
    for (const { name, value } of parts(model, trace, 1, 3, 7).parts) {
      if (!name.endsWith("mlp.output")) continue;
      const each = unitsForToken(model, trace, name.slice(0, -".output".length), 1, 3, 7);
      assert.ok(Math.abs(each.reduce((sum, x) => sum + x, 0) - value) < BOUND, name);
    }
    if (model.kind === "Transformer") {
      assert.equal(unitsForToken(model, trace, "encoder.blocks.0.mlp", 1, 3, 7), null);
    }
  }
});
