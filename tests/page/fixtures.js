// What the Python side wrote for a test: see test_arithmetic.py.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Read a file of fixtures; PAGE_FIXTURES names their directory. */
export function fixture(name) {
  const directory = process.env.PAGE_FIXTURES;
  if (!directory) throw new Error("run these tests by pytest, which writes what they compare with");
  return JSON.parse(readFileSync(join(directory, `${name}.json`), "utf8"));
}

/** The largest difference of two lists of numbers; infinite, where one has a NaN. */
export function largestDifference(a, b) {
  let largest = a.length === b.length ? 0 : Infinity;
  a.forEach((x, i) => {
    const difference = x === b[i] ? 0 : Math.abs(x - b[i]);
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  });
  return largest;
}
