// Questions, texts and answers are read and refused as in Python, with the same words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ValueError } from "../../transformer/explain/page/arithmetic/python.js";
import {
  asAnswer, asSource, decodeIds, encode, prompt, rightAnswer,
} from "../../transformer/explain/page/arithmetic/tasks.js";
import { fixture } from "./fixtures.js";

/** What a function returns, or the message of its ValueError. */
function outcome(f) {
  try {
    return { value: f() };
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return { error: error.message };
  }
}

const tasks = fixture("asked");

for (const { task, kind, questions, texts, ids, right } of tasks) {
  test(`${task.name}: ${questions.length} questions`, () => {
    for (const { question, error, source, prompt: expected } of questions) {
      const found = outcome(() => asSource(task, question));
      assert.deepEqual(found, error === undefined ? { value: source } : { error });
      if (error === undefined) assert.deepEqual(prompt(task, kind, source), expected);
    }
  });

  test(`${task.name}: texts and ids`, () => {
    for (const { text, error, ids: expected } of texts) {
      const found = outcome(() => encode(task, text));
      assert.deepEqual(found, error === undefined ? { value: expected } : { error });
    }
    for (const { ids: written, text, answer } of ids) {
      assert.equal(decodeIds(task, written), text);
      assert.equal(asAnswer(task, text), answer);
    }
  });

  test(`${task.name}: right answers`, () => {
    assert.ok(right.length > 3);
    for (const [source, target] of right) assert.equal(rightAnswer(task, source), target);
  });
}

test("a task that the page does not know is read token by token", () => {
  const known = tasks.find(({ task }) => task.name === "numbers").task;
  for (const name of ["my own", "constructor", "letters", "other"]) {
    const own = { ...known, name };
    assert.equal(asSource(own, " three  and"), " three  and");
    assert.match(outcome(() => asSource(own, "Three")).error, /^unknown word 'Three' in 'Three'/);
    assert.equal(outcome(() => asSource(own, " ")).error, "' ' has no tokens: ask something");
    assert.equal(rightAnswer(own, "three"), null);
    const other = outcome(() => asSource({ ...own, tokenizer: "other" }, "three"));
    assert.equal(other.error, `this page cannot split a text into the tokens of ${name}`);
  }
});
