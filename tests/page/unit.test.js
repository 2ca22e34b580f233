// The hidden units of an MLP add up to its output, and each token passes through it alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACTIVATIONS } from "../../transformer/explain/page/arithmetic/layers.js";
import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { row } from "../../transformer/explain/page/arithmetic/tensor.js";
import {
  hiddenUnits, runMlp, takeRows, unitAdds,
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
