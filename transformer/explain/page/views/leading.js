// The head that attention opens on: at the chosen step, the one that counts most in the sum.

import {
  directAttentions, headTerms, leadingHead, supportingHead,
} from "../arithmetic/leading.js";

/**
 * {i, step, terms, lead, support}: a step, the chosen one unless given; each head's term, against
 * the runner-up; the head that counts most; and where it speaks against the token, the one that
 * speaks most for it, or null.
 */
export function leadingOf(app, side, i = app.store.get().step) {
  const { model, explanation: { trace, steps }, edits } = side;
  const step = steps[Math.min(i, steps.length - 1)];
  const terms = headTerms(model, trace, step, edits);
  const paths = directAttentions(model);
  const lead = leadingHead(model, trace, terms, paths, step.row);
  const support = lead.value < 0 ? supportingHead(model, terms, paths) : null;
  return { i: steps.indexOf(step), step, terms, lead, support };
}

/** The head of an attention that is shown: the chosen one, or that which counts most there. */
export function headShown(side, { step, terms, lead }, path, chosen) {
  const { model, explanation: { trace } } = side;
  if (chosen !== null) return Math.min(chosen, model.config.n_heads - 1);
  if (path === lead.path) return lead.head;
  const hasTerms = terms.has(`${path}.heads.0`);
  return hasTerms ? leadingHead(model, trace, terms, [path], step.row).head : 0;
}
