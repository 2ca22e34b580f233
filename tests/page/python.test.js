// Python's strings: repr, white space and lower case of every character; and erf.

import assert from "node:assert/strict";
import { test } from "node:test";

import { repr, splitWords, strip } from "../../transformer/explain/page/arithmetic/python.js";
import { erf } from "../../transformer/explain/page/arithmetic/tensor.js";
import { fixture } from "./fixtures.js";

const python = fixture("strings");
const inRuns = (runs) => {
  const found = new Uint8Array(0x110000);
  for (const [first, last] of runs) found.fill(1, first, last + 1);
  return found;
};

test("repr escapes what Python's repr escapes", () => {
  for (const [text, expected] of python.repr) assert.equal(repr(text), expected);
  const [printable, unassigned] = [inRuns(python.printable), inRuns(python.unassigned)];
  for (let code = 0x100; code < 0x110000; code++) {
    const c = String.fromCodePoint(code);
    // Characters that only one of the two knows came into Unicode after the other was made.
    if (unassigned[code] !== Number(/\p{Cn}/u.test(c))) continue;
    assert.equal(repr(c) === `'${c}'`, printable[code] === 1, code.toString(16));
  }
});

test("white space is what Python takes for it", () => {
  const space = new Set(python.space);
  for (let code = 0; code < 0x10000; code++) {
    const c = String.fromCodePoint(code);
    assert.equal(splitWords(`a${c}b`).length === 2, space.has(c), code.toString(16));
    assert.equal(strip(`${c}ab${c}`) === "ab", space.has(c), code.toString(16));
  }
});

test("lower case is Python's", () => {
  const unassigned = inRuns(python.unassigned);
  for (let code = 0; code < 0x110000; code++) {
    const c = String.fromCodePoint(code);
    if (unassigned[code] || /\p{Cn}/u.test(c)) continue;
    assert.equal(c.toLowerCase(), python.lower[c] ?? c);
  }
});

test("erf is exact to the last digits", () => {
  for (const [x, expected] of python.erf) assert.ok(Math.abs(erf(x) - expected) < 4e-16, `${x}`);
});
