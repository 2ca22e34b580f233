// A cell of attention, taken apart, adds up: in each line to the trace, and over all keys to what
// the head adds to the token's vector. The models and texts are those of model.test.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  answeringIds, cellArithmetic, rowIds,
} from "../../transformer/explain/page/arithmetic/cell.js";
import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { at, row } from "../../transformer/explain/page/arithmetic/tensor.js";
import { boxesOf } from "../../transformer/explain/page/boxes.js";
import { fixture, largestDifference } from "./fixtures.js";

const BOUND = 1e-12;
const close = (a, b, what) => assert.ok(Math.abs(a - b) < BOUND, `${what}: ${a} is not ${b}`);
const total = (numbers) => numbers.reduce((sum, x) => sum + x, 0);

const hidden = { causal: 0, padding: 0, not: 0 };

for (const { name, model: payload, inputs } of fixture("variants")) {
  test(name, () => {
    const model = loadModel(payload);
    const trace = run(model, inputs);
    for (const box of boxesOf(model).filter(({ kind }) => kind === "attention")) {
      for (let head = 0; head < model.config.n_heads; head++) {
        rowIds(inputs, box).forEach((_, query) => checkRow(model, trace, inputs, box, head, query));
      }
    }
  });
}

function checkRow(model, trace, inputs, box, head, query) {
  const mixed = new Float64Array(model.config.d_head);
  const added = new Float64Array(model.config.d_model);
  answeringIds(inputs, box).forEach((_, key) => {
    const cell = cellArithmetic(model, trace, inputs, box, head, query, key);
    const place = `${box.id}, head ${head}, ${query} asks ${key}`;
    close(total(cell.terms.map(({ value }) => value)), cell.dot, place);
    close(cell.score, at(trace.get(`${box.id}.scores`), head, query, key), place);
    close(cell.weight, at(trace.get(`${box.id}.weights`), head, query, key), place);
    close(total(cell.cells.map(({ exponential }) => exponential)), cell.sum, place);
    if (cell.hidden) assert.equal(cell.weight, 0, place);
    else assert.ok(cell.weight > 0, place);
    hidden[cell.hidden ?? "not"] += 1;
    cell.weighted.forEach((x, i) => { mixed[i] += x; });
    cell.added.forEach((x, i) => { added[i] += x; });
  });
  const place = `${box.id}, head ${head}, row ${query}`;
  assert.ok(largestDifference(mixed, row(trace.get(`${box.id}.mixed`), head, query)) < BOUND, place);
  assert.ok(largestDifference(added, row(trace.get(`${box.id}.heads`), head, query)) < BOUND, place);
}

test("each reason to hide a key was met", () => {
  for (const [reason, count] of Object.entries(hidden)) assert.ok(count > 0, reason);
});
