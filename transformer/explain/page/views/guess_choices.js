// What one guesses about: the likeliest tokens, and the head that adds most. Nothing of the document.

/** The likeliest four tokens, in the order of the vocabulary, which gives nothing away. */
export function tokenChoices({ probabilities }) {
  const ids = Array.from(probabilities.keys());
  ids.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  return ids.slice(0, 4).sort((a, b) => a - b);
}

/** The last attention before the answer: to the memory, if there is one. */
export function lastAttention(model) {
  const last = model.config.n_layers - 1;
  if (model.kind === "Transformer") return `decoder.blocks.${last}.cross_attention`;
  return model.kind === "GPT" ? `blocks.${last}.attention` : `encoder.blocks.${last}.attention`;
}

/** The head whose part of that attention is the longest vector in this row. */
export function largestHead(trace, path, row) {
  const { shape, data } = trace.get(`${path}.heads`); // (heads, T, d_model)
  const [heads, T, size] = shape;
  const lengths = Array.from({ length: heads }, (_, head) => {
    const start = (head * T + row) * size;
    return Math.hypot(...data.subarray(start, start + size));
  });
  return lengths.indexOf(Math.max(...lengths));
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
