// What one guesses about: the likeliest tokens, and whom a head looks at. Nothing of the document.

/** The likeliest four tokens, in the order of the vocabulary, which gives nothing away. */
export function tokenChoices({ probabilities }) {
  const ids = Array.from(probabilities.keys());
  ids.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  return ids.slice(0, 4).sort((a, b) => a - b);
}

/** A row of one head of (heads, T, width). */
export function rowOfHead({ shape, data }, head, query) {
  const start = (head * shape[1] + query) * shape[2];
  return data.subarray(start, start + shape[2]);
}

/** The places of the two largest numbers; of one number, twice the same. */
export const largestTwo = (numbers) => {
  const order = Array.from(numbers.keys()).sort((a, b) => numbers[b] - numbers[a]);
  return [order[0], order[1] ?? order[0]];
};
