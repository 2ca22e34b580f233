// What the key/value cache saves: how many numbers a step computes with it, and without it.

/**
 * Count the numbers that reading the tokens up to row `last` computes in all blocks.
 *
 * With the cache only rows `first` … `last` are new. Without it every row up to `last` is computed
 * again, and so are the memory's keys and values. A score is counted where the causal mask allows
 * it. Norms and biases add no kind of number of their own, and are left out.
 *
 * @param config d_model, n_heads, n_kv_heads, d_head, d_ff, n_layers, activation
 * @param first, last the rows that the step reads, counted from 0
 * @param memory tokens of the encoder's memory; 0 without an encoder
 * @returns {queries, keysAndValues, scores, hidden, total}
 */
function numbersComputed(config, first, last, memory, readsMemory) {
  const { n_layers, n_heads, n_kv_heads, d_head, d_ff } = config;
  const rows = last - first + 1;
  const attentions = memory ? 2 : 1;
  const pairs = (last * (last + 3) - (first - 1) * (first + 2)) / 2 + rows * memory;
  const widths = config.activation === "swiglu" ? 2 * d_ff : d_ff;
  const counts = {
    queries: n_layers * attentions * rows * n_heads * d_head,
    keysAndValues: n_layers * (rows + (readsMemory ? memory : 0)) * 2 * n_kv_heads * d_head,
    scores: n_layers * pairs * n_heads,
    hidden: n_layers * rows * widths,
  };
  counts.total = counts.queries + counts.keysAndValues + counts.scores + counts.hidden;
  return counts;
}

/**
 * Compare a step with the cache, and without it.
 *
 * @param config of the model
 * @param rows for each step, the last row that is read before its token is chosen
 * @param step which of the steps
 * @param memory tokens of the encoder's memory; 0 without an encoder
 * @returns {first, last, with, without, reused}: the new rows; the numbers computed either way; and
 *   how many numbers of keys and values are taken from the cache
 */
export function cacheCost(config, rows, step, memory) {
  const first = step === 0 ? 0 : rows[step - 1] + 1;
  const last = rows[step];
  const stored = (first + (step === 0 ? 0 : memory)) * 2 * config.n_kv_heads * config.d_head;
  return {
    first,
    last,
    with: numbersComputed(config, first, last, memory, step === 0),
    without: numbersComputed(config, 0, last, memory, true),
    reused: config.n_layers * stored,
  };
}

/** The totals of a whole answer, with the cache and without it. */
export function answerCost(config, rows, memory) {
  const costs = rows.map((_, step) => cacheCost(config, rows, step, memory));
  const sum = (which) => costs.reduce((total, cost) => total + cost[which].total, 0);
  return { with: sum("with"), without: sum("without") };
}
