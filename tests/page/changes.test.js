// What an edit does, the tokens that are compared, the running total, and how two sides differ.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  heldScales, parts, runningTotal,
} from "../../transformer/explain/page/arithmetic/attribution.js";
import {
  axesOf, largestDifferences, totalVariation,
} from "../../transformer/explain/page/arithmetic/compare.js";
import {
  editName, hasPart, importance, logitGap, measuredChange, predictedChange,
  replacedRows, resolveEdits, strongestKey, strongestUnits,
} from "../../transformer/explain/page/arithmetic/edits.js";
import {
  comparedStep, explain, likeliest,
} from "../../transformer/explain/page/arithmetic/explanation.js";
import {
  isInEncoder, loadModel, run, sublayersOf,
} from "../../transformer/explain/page/arithmetic/model.js";
import { at, tensor } from "../../transformer/explain/page/arithmetic/tensor.js";
import { fixture } from "./fixtures.js";

const near = (x, y) => assert.ok(Math.abs(x - y) < 1e-9, `${x} is not ${y}`);

const cases = fixture("explanations").map(({ task, model, explanations }) => {
  const loaded = loadModel(model);
  const [first, second] = explanations.map(({ question }) => question);
  const clean = explain(loaded, task, first);
  return { name: task.name, task, model: loaded, first, second, clean };
});
const chosen = (explanation, changes = {}) =>
  comparedStep(explanation, { step: 0, rival: null, ...changes });

test("the rival is the runner-up, unless another token was chosen", () => {
  const { clean } = cases[0];
  const [step] = clean.steps;
  const other = likeliest(step.probabilities)[4];
  assert.equal(chosen(clean).rival, step.rival);
  assert.equal(chosen(clean, { rival: other }).rival, other);
  assert.equal(chosen(clean, { rival: step.token }).rival, step.rival);
  assert.equal(chosen(clean, { rival: 10 ** 6 }).rival, step.rival);
  assert.equal(chosen(clean, { step: 99 }).row, clean.steps.at(-1).row);
});

test("the likeliest tokens come first", () => {
  assert.deepEqual(likeliest([0.1, 0.6, 0.3]), [1, 2, 0]);
  assert.deepEqual(likeliest([0.1, 0.6, 0.3], 2), [1, 2]);
});

test("the running total ends at the sum, in either order", () => {
  const given = [{ name: "a", value: 1 }, { name: "b", value: -3 }, { name: "c", value: 0.5 }];
  const inOrder = runningTotal(given, false);
  assert.deepEqual(inOrder.map(({ name, before, after }) => [name, before, after]),
    [["a", 0, 1], ["b", 1, -2], ["c", -2, -1.5]]);
  const bySize = runningTotal(given, true);
  assert.deepEqual(bySize.map(({ name }) => name), ["b", "a", "c"]);
  assert.equal(bySize.at(-1).after, -1.5);
  assert.deepEqual(given.map(({ name }) => name), ["a", "b", "c"]);
});

for (const { model: payload, name, inputs } of fixture("variants")) {
  test(`${name}: the scales that the sum holds are those that change it`, () => {
    const model = loadModel(payload);
    const trace = run(model, inputs);
    const held = heldScales(model, trace);
    const [row, token, rival] = [trace.get("logits").shape[0] - 1, 3, 4];
    const { total } = parts(model, trace, row, token, rival);
    const changesTotal = (scale) => {
      const { shape, data } = trace.get(scale);
      const doubled = new Map(trace).set(scale, tensor(shape, data.map((x) => 2 * x)));
      return Math.abs(parts(model, doubled, row, token, rival).total - total) > 1e-12;
    };
    const scales = [...trace.keys()].filter((path) => /norm\.scale$/.test(path));
    assert.deepEqual(held, scales.filter(changesTotal));
  });
}

for (const { name, task, model, first, second, clean } of cases) {
  const step = chosen(clean);
  const place = [step.row, step.token, step.rival];

  test(`${name}: a head's predicted change is its term in the sum, taken away`, () => {
    const sum = parts(model, clean.trace, ...place).parts;
    const heads = sum.filter((part) => part.head !== undefined);
    assert.ok(heads.length > 0);
    for (const { box, head, value } of heads) {
      const edit = { kind: "head", path: box, index: head };
      near(predictedChange(model, clean.trace, edit, ...place), -value);
    }
  });

  test(`${name}: every head and MLP is measured once, and as running the model with it`, () => {
    const found = [...importance(model, clean.inputs, clean.trace, step)];
    const { n_heads: heads } = model.config;
    const count = sublayersOf(model).reduce((n, { kind }) => n + (kind === "mlp" ? 1 : heads), 0);
    assert.equal(new Set(found.map(({ edit }) => editName(edit))).size, count);
    for (const { edit, predicted, measured, looks } of found) {
      assert.ok(hasPart(model, edit));
      const now = run(model, clean.inputs, [edit]);
      near(measured, logitGap(now, ...place) - logitGap(clean.trace, ...place));
      if (isInEncoder(model, edit.path)) assert.equal(predicted, 0);
      assert.equal(looks === null, edit.kind === "sublayer" || isInEncoder(model, edit.path));
    }
    assert.ok(found.some(({ measured }) => Math.abs(measured) > 1e-6));
  });

  test(`${name}: a patch puts in what the other question gave, in the rows that both have`, () => {
    const { path } = sublayersOf(model).at(-1);
    const [edit] = resolveEdits(model, task, [{ kind: "sublayer", path, from: second }]);
    const other = explain(model, task, second).trace.get(`${path}.output`);
    const now = run(model, clean.inputs, [edit]).get(`${path}.output`);
    const before = clean.trace.get(`${path}.output`);
    const { rows, replaced } = replacedRows(clean.trace, edit);
    assert.equal(rows, before.shape[0]);
    assert.equal(replaced, Math.min(rows, other.shape[0]));
    for (let i = 0; i < rows; i++) assert.equal(at(now, i, 0), at(i < replaced ? other : before, i, 0));
    const [same] = resolveEdits(model, task, [{ kind: "sublayer", path, from: first }]);
    near(measuredChange(model, clean.inputs, clean.trace, [same], ...place), 0);
    near(predictedChange(model, clean.trace, same, ...place), 0);
    assert.equal(predictedChange(model, clean.trace, edit, other.shape[0] + 1, 3, 4), 0);
  });
}

test("what a link asks for and a model does not have is left out", () => {
  const { model, task, first } = cases[0];
  const path = sublayersOf(model)[0].path;
  const wrong = [
    { kind: "head", path, index: 99 },
    { kind: "head", path },
    { kind: "unit", path, index: 0 },
    { kind: "sublayer", path: "nowhere" },
    { kind: "head", path, index: 0, from: "<script>" },
  ];
  const right = { kind: "head", path, index: 0, from: first };
  for (const edit of wrong.slice(0, 4)) assert.ok(!hasPart(model, edit), editName(edit));
  const made = resolveEdits(model, task, [...wrong, right]);
  assert.equal(made.length, 1);
  assert.equal(made[0].replacement.shape.length, 3);
});

test("an edit's name says what, where, and from which question", () => {
  const head = { kind: "head", path: "blocks.0.attention", index: 2 };
  assert.equal(editName(head), "blocks.0.attention.heads.2");
  assert.equal(editName({ ...head, row: 3, from: "1+2" }), "blocks.0.attention.heads.2@3<1+2");
  assert.equal(editName({ kind: "unit", path: "blocks.0.mlp", index: 5 }), "blocks.0.mlp.hidden.5");
  assert.equal(editName({ kind: "sublayer", path: "blocks.0.mlp" }), "blocks.0.mlp.output");
});

test("the strongest key and units", () => {
  const trace = new Map([
    ["a.weights", tensor([1, 2, 2], [1, 0, 0.3, 0.7])],
    ["m.hidden", tensor([2, 3], [0, -5, 1, 4, 0, 2])],
  ]);
  assert.deepEqual(strongestKey(trace, "a", 0, 0), { key: 0, weight: 1, isOnly: true });
  assert.deepEqual(strongestKey(trace, "a", 0, 1), { key: 1, weight: 0.7, isOnly: false });
  assert.deepEqual(strongestUnits(trace, "m", 0, 2), [1, 2]);
  assert.deepEqual(strongestUnits(trace, "m", 1, 3), [0, 2, 1]);
  assert.deepEqual(strongestUnits(trace, "m", null, 3), [1, 0, 2]);
});

test("the largest differences, where shapes agree; of heads, the one that differs most", () => {
  const first = new Map([
    ["same", tensor([1, 2], [1, 2])],
    ["longer", tensor([1, 2], [1, 2])],
    ["opposite", tensor([1, 2], [1, -1])],
    ["again", tensor([1, 2], [1, -1])],
    ["unlike", tensor([2, 1, 2], [5, 5, 3, 0])],
  ]);
  const second = new Map([
    ["same", tensor([1, 2], [1, 2])],
    ["longer", tensor([2, 2], [1, 2, 3, 4])],
    ["opposite", tensor([1, 2], [-1, 1])],
    ["again", tensor([1, 2], [-1, 1])],
    ["unlike", tensor([2, 1, 2], [5, 5, 0, 3])],
  ]);
  const { compared, list } = largestDifferences(first, second, 10);
  assert.equal(compared, 4);
  assert.deepEqual(list.map(({ name, head }) => [name, head]), [["opposite", null], ["unlike", 1]]);
  near(list[0].size, 2);
  near(list[1].size, Math.SQRT2);
  assert.deepEqual([...list[0].values.data], [-2, 2]); // the second less the first
  assert.deepEqual([...list[1].values.data], [-3, 3]);
  assert.equal(largestDifferences(first, second, 1).list.length, 1);
});

test("total variation: how much probability would have to move", () => {
  near(totalVariation([0.5, 0.5, 0], [0.5, 0, 0.5]), 0.5);
  near(totalVariation([1, 0], [0, 1]), 1);
});

for (const { model: payload, name, inputs } of fixture("variants")) {
  test(`${name}: the axes of a difference are as long as the texts that label them`, () => {
    const model = loadModel(payload);
    for (const [path, { shape }] of run(model, inputs)) {
      const length = { target: (inputs.target ?? inputs.ids).length, source: inputs.source?.length };
      const { rows, columns } = axesOf(model.kind, path);
      assert.equal(shape.at(-2), length[rows], path);
      if (columns !== null) assert.equal(shape.at(-1), length[columns], path);
    }
  });
}
