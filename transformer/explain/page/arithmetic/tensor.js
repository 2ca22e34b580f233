// Tensors in float64: a shape, and the numbers in one flat array, the last axis running fastest.
//
//     {shape: [2, 3], data: [a, b, c, d, e, f]}     is     a b c
//                                                          d e f

/** @typedef {{shape: number[], data: Float64Array}} Tensor */

/** A tensor of zeros, or of the numbers given. */
export function tensor(shape, data = null) {
  const size = shape.reduce((product, n) => product * n, 1);
  const numbers = data === null ? new Float64Array(size) : Float64Array.from(data);
  if (numbers.length !== size) {
    throw new Error(`${numbers.length} numbers do not fill a tensor of the shape ${shape}`);
  }
  return { shape: [...shape], data: numbers };
}

/** The tensor of {shape, data}, whose data are float32 or float64, little-endian, in base64. */
export function fromBase64(entry) {
  const text = atob(entry.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const result = tensor(entry.shape);
  const view = new DataView(bytes.buffer);
  const size = result.data.length === 0 ? 8 : bytes.length / result.data.length;
  if (size !== 4 && size !== 8) {
    throw new Error(`${bytes.length} bytes do not fill a tensor of the shape ${entry.shape}`);
  }
  for (let i = 0; i < result.data.length; i++) {
    result.data[i] = size === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true);
  }
  return result;
}

/** The place in `data` where what stands at these leading indices begins. */
function offsetAt(t, indices) {
  let place = 0;
  t.shape.forEach((n, axis) => {
    const i = indices[axis] ?? 0;
    if (!(i >= 0 && i < n)) throw new Error(`there is no index ${indices} in the shape ${t.shape}`);
    place = place * n + i;
  });
  return place;
}

/** The number at these indices, one for each axis. */
export function at(t, ...indices) {
  return t.data[offsetAt(t, indices)];
}

/** The numbers along the last axis, at these indices of all others; they are not copied. */
export function row(t, ...indices) {
  const start = offsetAt(t, indices);
  return t.data.subarray(start, start + t.shape.at(-1));
}

/** The tensor of the axes that are left at these leading indices: of (heads, T, d), a (T, d). */
export function sub(t, ...indices) {
  const shape = t.shape.slice(indices.length);
  const size = shape.reduce((product, n) => product * n, 1);
  const start = offsetAt(t, indices);
  return { shape, data: t.data.subarray(start, start + size) };
}

/** Matrices, or heads of matrices, one below the other; zeros fill up rows that are shorter. */
export function joinRows(parts) {
  const { shape } = parts.at(-1); // its rows are the longest
  const width = shape.at(-1);
  const T = parts.reduce((sum, part) => sum + part.shape.at(-2), 0);
  const joined = tensor([...shape.slice(0, -2), T, width]);
  let t = 0;
  for (let head = 0; head < joined.data.length / (T * width); head++) {
    for (const { shape: of, data } of parts) {
      const [n, w] = of.slice(-2);
      for (let i = head * n; i < (head + 1) * n; i++, t++) {
        joined.data.set(data.subarray(i * w, (i + 1) * w), t * width);
      }
    }
  }
  return joined;
}

/** x + y, of the same shape. */
export function add(x, y) {
  const sum = tensor(x.shape);
  for (let i = 0; i < sum.data.length; i++) sum.data[i] = x.data[i] + y.data[i];
  return sum;
}

/** A function of each number. */
export function mapNumbers(x, f) {
  const y = tensor(x.shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(x.data[i]);
  return y;
}

/** The dot product of n numbers of x, from place i on, with n of y, from place j on. */
export function dot(x, i, y, j, n) {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += x[i + k] * y[j + k];
  return sum;
}

/** Σ x_i y_i, of two arrays. */
export function inner(x, y) {
  return dot(x, 0, y, 0, x.length);
}

/** The numbers of column j of a matrix. */
export function columnOf({ shape: [m, n], data }, j) {
  return Float64Array.from({ length: m }, (_, i) => data[i * n + j]);
}

/** A B: (m, k) and (k, n) → (m, n). */
export function matmul(A, B) {
  const [m, k] = A.shape;
  const n = B.shape[1];
  const C = tensor([m, n]);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) {
      const a = A.data[i * k + j];
      for (let l = 0; l < n; l++) C.data[i * n + l] += a * B.data[j * n + l];
    }
  }
  return C;
}

/**
 * x Wᵀ + b, a linear layer: x is (T, in), W (out, in), b (out) or null; the result (T, out). Four
 * outputs are summed at once, so that no addition waits for the one before: twice as fast.
 */
export function linear(x, W, b = null) {
  const T = x.shape[0];
  const [d_out, d_in] = W.shape;
  const y = tensor([T, d_out]);
  for (let t = 0; t < T; t++) {
    const [vector, result] = [x.data.subarray(t * d_in, (t + 1) * d_in), t * d_out];
    let o = 0;
    for (; o + 3 < d_out; o += 4) {
      const first = o * d_in;
      let [y0, y1, y2, y3] = [0, 0, 0, 0];
      for (let i = 0; i < d_in; i++) {
        y0 += vector[i] * W.data[first + i];
        y1 += vector[i] * W.data[first + d_in + i];
        y2 += vector[i] * W.data[first + 2 * d_in + i];
        y3 += vector[i] * W.data[first + 3 * d_in + i];
      }
      y.data[result + o] = y0;
      y.data[result + o + 1] = y1;
      y.data[result + o + 2] = y2;
      y.data[result + o + 3] = y3;
    }
    for (; o < d_out; o++) y.data[result + o] = dot(vector, 0, W.data, o * d_in, d_in);
    if (b) for (o = 0; o < d_out; o++) y.data[result + o] += b.data[o];
  }
  return y;
}

/** softmax(x)_i = e^x_i / Σ_j e^x_j, of an array. The largest x is subtracted; it cancels. */
export function softmax(x) {
  const largest = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const y = new Float64Array(x.length);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += y[i] = Math.exp(x[i] - largest);
  for (let i = 0; i < x.length; i++) y[i] /= sum;
  return y;
}

/** ln softmax(x)_i = x_i - ln Σ_j e^x_j, of an array. */
export function logSoftmax(x) {
  const largest = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const logSum = Math.log(x.reduce((sum, score) => sum + Math.exp(score - largest), 0));
  return Float64Array.from(x, (score) => score - largest - logSum);
}

/** The place of the largest number; of equals, the first. */
export function argmax(x) {
  let best = 0;
  for (let i = 1; i < x.length; i++) if (x[i] > x[best]) best = i;
  return best;
}

// erf, by W. J. Cody's rational approximations (Math. Comp. 23, 1969) in the coefficients of
// S. L. Moshier's Cephes, as in minitorch/ops/special.py; the error is below 1e-15.
//     erf x = x P(x²) / Q(x²)  for |x| ≤ 1         1 - erf x = e^(-x²) P(x) / Q(x)  above
const ERF_SMALL_P = [
  9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3,
  7.00332514112805075473e3, 5.55923013010394962768e4,
];
const ERF_SMALL_Q = [
  1, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3,
  2.26290000613890934246e4, 4.92673942608635921086e4,
];
const ERF_LARGE_P = [
  2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
  4.86371970985681366614e1, 1.96520832956077098242e2, 5.26445194995477358631e2,
  9.34528527171957607540e2, 1.02755188689515710272e3, 5.57535335369399327526e2,
];
const ERF_LARGE_Q = [
  1, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2,
  9.75708501743205489753e2, 1.82390916687909736289e3, 2.24633760818710981792e3,
  1.65666309194161350182e3, 5.57535340817727675546e2,
];

/** c_0 xⁿ + c_1 xⁿ⁻¹ + …, by Horner's method. */
function polynomial(coefficients, x) {
  return coefficients.reduce((y, c) => y * x + c);
}

/** erf x = 2/√π ∫₀ˣ e^(-t²) dt. */
export function erf(x) {
  const t = Math.abs(x);
  if (t <= 1) return x * polynomial(ERF_SMALL_P, t * t) / polynomial(ERF_SMALL_Q, t * t);
  if (t > 6) return Math.sign(x); // to the last bit
  const tail = Math.exp(-t * t) * polynomial(ERF_LARGE_P, t) / polynomial(ERF_LARGE_Q, t);
  return Math.sign(x) * (1 - tail);
}

/** Φ(x), the share of the standard normal distribution that lies below x. */
export function normalCdf(x) {
  return 0.5 * (1 + erf(x / Math.SQRT2));
}
