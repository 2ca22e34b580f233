// Two sides compared: where their computations differ, and by how much.

import { tensor } from "./tensor.js";

/** Half the sum of |p - q|: how much probability would have to move to make one the other. */
export function totalVariation(p, q) {
  return p.reduce((sum, x, i) => sum + Math.abs(x - q[i]), 0) / 2;
}

/** The root mean square of the numbers of a matrix. */
function rootMeanSquare(data) {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
}

/** The matrices of a tensor (T, n) or (heads, T, n), each with the head's number or null. */
function matricesOf({ shape, data }) {
  if (shape.length < 3) return [{ head: null, shape, data }];
  const size = shape[1] * shape[2];
  return Array.from({ length: shape[0] }, (_, head) => (
    { head, shape: shape.slice(1), data: data.subarray(head * size, (head + 1) * size) }
  ));
}

/**
 * The intermediates of two traces that differ most, the most different first; of heads, the one
 * that differs most. `size`: the root mean square of the difference, over that of the two matrices
 * put together: 0 where they are the same, √2 on average where they have nothing in common.
 * Of two names with the same numbers, as a stream and what a norm reads of it, the first is kept.
 *
 * {compared, list: [{name, head, size, values: Tensor, second minus first}]}; `compared` counts the
 * names that both have, in the same shape.
 */
export function largestDifferences(first, second, count) {
  const found = [];
  let compared = 0;
  for (const [name, a] of first) {
    const b = second.get(name);
    if (!b || String(a.shape) !== String(b.shape)) continue;
    compared += 1;
    const others = matricesOf(b);
    const heads = matricesOf(a).map(({ head, shape, data }, i) => {
      const values = tensor(shape, data.map((x, j) => others[i].data[j] - x));
      const scale = rootMeanSquare([...data, ...others[i].data]);
      return { name, head, values, size: scale > 0 ? rootMeanSquare(values.data) / scale : 0 };
    });
    found.push(heads.reduce((x, y) => (y.size > x.size ? y : x)));
  }
  const sameNumbers = (x, y) =>
    x.size === y.size && String(x.values.shape) === String(y.values.shape);
  const list = found
    .filter((x, i) => x.size > 0 && found.findIndex((y) => sameNumbers(x, y)) === i)
    .sort((x, y) => y.size - x.size)
    .slice(0, count);
  return { compared, list };
}

/** What the rows and columns of an intermediate stand for: "target", "source" or null (numbers). */
export function axesOf(kind, name) {
  if (kind !== "Transformer") {
    return { rows: "target", columns: /\.(weights|scores)$/.test(name) ? "target" : null };
  }
  const isSource = name.startsWith("encoder.") || name.endsWith("[0]");
  const isCross = name.includes(".cross_attention.");
  const keys = isSource || isCross ? "source" : "target";
  const isOfKeys = isCross && /\.[kv]$/.test(name);
  return {
    rows: isSource || isOfKeys ? "source" : "target",
    columns: /\.(weights|scores)$/.test(name) ? keys : null,
  };
}
