// The two tokens that the page compares at a step.

/** A step with the rival that was chosen, or where that is no other token, the runner-up. */
export function comparedStep(explanation, { step: chosen, rival }) {
  const { steps } = explanation;
  const step = steps[Math.min(chosen, steps.length - 1)];
  const isOther = rival !== null && rival !== step.token && rival < step.probabilities.length;
  return { ...step, rival: isOther ? rival : step.rival };
}

/** The ids of a step's tokens, the likeliest first. */
export function likeliest(probabilities, count = probabilities.length) {
  return Array.from(probabilities, (p, id) => ({ p, id }))
    .sort((a, b) => b.p - a.p)
    .slice(0, count)
    .map(({ id }) => id);
}

/** The parts of a sum in this order, each with where the running total stands before and after. */
export function runningTotal(parts, isBySize) {
  const order = isBySize ? [...parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)) : parts;
  let after = 0;
  return order.map((part) => {
    const before = after;
    after += part.value;
    return { ...part, before, after };
  });
}

/** The names of the norms' scales between the parts of the stream and the logits. */
export function heldScales({ kind, config }, trace) {
  return [...trace.keys()].filter((name) =>
    /(^|\.)norm\.scale$/.test(name) &&
    !(kind === "Transformer" && name.startsWith("encoder.")) &&
    !(config.pre_norm && /\.add_\w+\.norm\.scale$/.test(name)));
}
