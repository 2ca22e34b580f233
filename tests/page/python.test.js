// Python's strings: repr, white space and lower case of every character; and erf.

import assert from "node:assert/strict";
import { test } from "node:test";

import { repr, splitWords, strip } from "../../transformer/explain/page/arithmetic/python.js";
import { erf } from "../../transformer/explain/page/arithmetic/tensor.js";
import { fixture } from "./fixtures.js";

const python = fixture("strings");

/** The characters that both know; the newer of the two knows more. */
const inBoth = python.assigned
  .map((code) => String.fromCodePoint(code))
  .filter((c) => !/\p{Cn}/u.test(c));

test("repr escapes what Python's repr escapes", () => {
  for (const [text, expected] of python.repr) assert.equal(repr(text), expected);
  const escaped = new Set(python.escaped);
  const wrong = inBoth.filter((c) => (repr(c) !== `'${c}'`) !== escaped.has(c));
  assert.deepEqual(wrong, []);
});

test("white space is what Python takes for it", () => {
  const space = new Set(python.space);
  const isSpace = (c) => splitWords(`a${c}b`).length === 2 && strip(`${c}a${c}`) === "a";
  assert.deepEqual(inBoth.filter((c) => isSpace(c) !== space.has(c)), []);
});

test("lower case is Python's", () => {
  assert.deepEqual(inBoth.filter((c) => c.toLowerCase() !== (python.lower[c] ?? c)), []);
});

test("erf is exact to the last digits", () => {
  for (const [x, expected] of python.erf) assert.ok(Math.abs(erf(x) - expected) < 4e-16, `${x}`);
});
