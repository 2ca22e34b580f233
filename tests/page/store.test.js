// The URL's hash holds the state, and takes from outside only what is one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore, readHash, writeHash } from "../../transformer/explain/page/store.js";

const beginning = {
  lang: "en", question: "12+34", target: null, mode: "use", step: 0, box: "output", path: null,
  head: 0, query: null, key: null, unit: null, rival: null, edits: [],
  beam: { width: 4, alpha: 0.6 }, checkpoint: null, example: 0, second: null, guess: false,
};

test("a hash brings back what differs from the beginning", () => {
  const found = {
    ...beginning, lang: "zh", question: "1+1 &#=%\u2028\u202E</script>", step: 2, mode: "training",
    box: "decoder.blocks.0.mlp", unit: 17, rival: 9, guess: true, second: "",
    beam: { width: 2, alpha: 0 },
    edits: [{ kind: "head", path: "decoder.blocks.0.cross_attention", index: 2, from: "9+9" }],
  };
  const hash = writeHash(found, beginning);
  assert.deepEqual(createStore(beginning, `#${hash}`).get(), found);
  assert.equal(writeHash(beginning, beginning), "");
  assert.equal(writeHash({ ...beginning, step: 1 }, beginning), "step=1");
});

test("what a hash says wrongly is ignored", () => {
  const wrong = [
    "step=-1", "step=1.5", "step=x", "step=1e99", "lang=fr", "mode=both", "edits=7", "edits=[null]",
    'edits=[{"kind":"model","path":"x"}]', 'edits=[{"kind":"head","path":3}]', "beam=null",
    'beam={"width":0,"alpha":1}', 'beam={"width":2}', "guess=1", "guess=maybe", "%", "__proto__=1",
    "constructor=2", `question=${"x".repeat(20000)}`, "unit=[]", "",
  ];
  for (const hash of wrong) {
    assert.deepEqual(createStore(beginning, `#${hash}`).get(), beginning, hash);
  }
  assert.deepEqual(readHash("#step=2&lang=fr"), { step: 2 });
});

test("who has subscribed hears of each change, with the state before it, and of nothing else", () => {
  const store = createStore(beginning);
  const heard = [];
  store.subscribe((state, before) => heard.push([before.step, state.step]));
  store.set({ step: 1 });
  store.set({ step: 1, edits: [] });
  store.set({ step: 2 });
  assert.deepEqual(heard, [[0, 1], [1, 2]]);
});

test("the rival belongs to one step: with another step or question, it is dropped", () => {
  const store = createStore(beginning, "#rival=9&step=1");
  store.set({ head: 2, step: 1 });
  assert.equal(store.get().rival, 9);
  store.set({ step: 2 });
  assert.equal(store.get().rival, null);
  store.set({ step: 0, rival: 4 });
  assert.equal(store.get().rival, 4);
  store.set({ question: "1+1" });
  assert.equal(store.get().rival, null);
});
