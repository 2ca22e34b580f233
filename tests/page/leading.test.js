// Which head attention opens on: the one with the largest term of the sum that Python has too.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parts } from "../../transformer/explain/page/arithmetic/attribution.js";
import {
  directAttentions, headTerms, leadingHead, longestHead, supportingHead,
} from "../../transformer/explain/page/arithmetic/leading.js";
import { loadModel, run } from "../../transformer/explain/page/arithmetic/model.js";
import { fixture } from "./fixtures.js";

const made = fixture("attributions").map(({ model, inputs }) => {
  const loaded = loadModel(model);
  return { model: loaded, trace: run(loaded, inputs) };
});

test("the head that leads has the largest term of the sum, among those that read the input", () => {
  for (const { model, trace } of made) {
    const step = { row: 3, token: 4, rival: 7 };
    const terms = headTerms(model, trace, step, []);
    const lead = leadingHead(model, trace, terms, directAttentions(model), 3);
    const reads = model.kind === "Transformer" ? /cross_attention\.heads/ : /attention\.heads/;
    const heads = parts(model, trace, 3, 4, 7).parts.filter(({ name }) => reads.test(name));
    assert.equal(heads.length, model.config.n_layers * model.config.n_heads);
    const sizes = heads.map(({ value }) => Math.abs(value));
    const largest = heads[sizes.indexOf(Math.max(...sizes))];
    assert.equal(`${lead.path}.heads.${lead.head}`, largest.name);
    assert.equal(lead.value, largest.value);
  }
});

test("without terms, it is the longest vector of the last attention", () => {
  for (const { model, trace } of made) {
    const paths = directAttentions(model);
    const lead = leadingHead(model, trace, new Map(), paths, 0);
    assert.deepEqual(lead, {
      path: paths.at(-1), head: longestHead(trace, paths.at(-1), 0), value: null,
    });
    const { shape: [heads, T, size], data } = trace.get(`${lead.path}.heads`);
    const lengthOf = (head) => data.subarray(head * T * size, head * T * size + size)
      .reduce((sum, x) => sum + x * x, 0);
    for (let head = 0; head < heads; head++) assert.ok(lengthOf(head) <= lengthOf(lead.head));
  }
});

test("the head that speaks most for a token has the largest term, if that is above zero", () => {
  const { model, trace } = made[0];
  const paths = directAttentions(model);
  const terms = headTerms(model, trace, { row: 3, token: 4, rival: 7 }, []);
  const values = paths.flatMap((path) =>
    Array.from({ length: model.config.n_heads }, (_, head) => terms.get(`${path}.heads.${head}`)));
  const turned = new Map([...terms].map(([name, value]) => [name, -Math.abs(value)]));
  const found = supportingHead(model, terms, paths);
  assert.equal(found?.value ?? null, Math.max(...values) > 0 ? Math.max(...values) : null);
  assert.equal(supportingHead(model, turned, paths), null);
});
