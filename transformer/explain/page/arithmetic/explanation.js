// A question put to a model: what it read, what it wrote, and all that it computed for that.

import { checkLogits, greedy } from "./decoding.js";
import { run } from "./model.js";
import { repr, ValueError } from "./python.js";
import {
  asAnswer, asSource, decodeIds, longestAnswer, placeOfGap, prompt, targetIds,
} from "./tasks.js";
import { argmax, fromBase64, logSoftmax, row, softmax } from "./tensor.js";

/**
 * In use: the model answers greedily, each token fed back to it. In training, where `target` is
 * given, as the model should write it: it reads the whole right answer at once, shifted right, and
 * each step has its loss.
 *
 * {question, source, error, prompt, answer, text, inputs, trace, steps, rows, columns, label}; with
 * an error, which says what is wrong with the question, there is nothing but it and the question.
 */
export function explain(model, task, question, { edits = [], target = null } = {}) {
  try {
    const source = asSource(task, question);
    const read = target === null
      ? inUse(model, task, source, edits)
      : inTraining(model, task, source, target, edits);
    return explanationOf(model, task, { question, source, ...read });
  } catch (error) {
    if (error instanceof ValueError) return { question, error: error.message };
    throw error;
  }
}

/** The explanation that a page was made with, from its recorded trace; nothing is computed. */
export function recordedExplanation(payload, model, task) {
  const { question, source, prompt: ids, written: answer } = payload;
  const trace = new Map(
    Object.entries(payload.reference).map(([name, entry]) => [name, fromBase64(entry)]),
  );
  return explanationOf(model, task, { question, source, prompt: ids, answer, trace });
}

/** The ids that the model reads, those that it writes, and the trace. */
function inUse(model, task, source, edits) {
  const read = prompt(task, model.kind, source);
  if (model.kind !== "BERT") {
    const { ids, trace } = greedy(model, read, longestAnswer(task), edits);
    return { prompt: read, answer: ids, trace };
  }
  const trace = run(model, { ids: read }, edits);
  const logits = row(trace.get("logits"), placeOfGap(task, read));
  return { prompt: read, answer: [argmax(logits)], trace };
}

/** The ids that the model reads, those that it is to write, and the trace. */
function inTraining(model, task, source, target, edits) {
  const [answer, most] = [targetIds(task, target), longestAnswer(task)];
  if (answer.length < 1 || answer.length > most) {
    throw new ValueError(
      `a target of this task has 1 to ${most} tokens, and ${repr(target)} ${answer.length}`,
    );
  }
  const read = prompt(task, model.kind, source);
  const trace = run(model, inputsOf(model, read, answer), edits);
  return { prompt: read, answer, trace, training: true };
}

/** What one pass reads, to predict the whole answer: all of it but its last token. */
export function inputsOf(model, ids, answer) {
  if (model.kind === "BERT") return { ids };
  const before = answer.slice(0, -1);
  if (model.kind === "GPT") return { ids: [...ids, ...before] };
  return { source: ids, target: [model.config.bos, ...before] };
}

/** The row of the stream whose logits choose the token of a step. */
function rowOfStep(model, task, ids, i) {
  if (model.kind === "BERT") return placeOfGap(task, ids);
  return model.kind === "GPT" ? ids.length - 1 + i : i;
}

/** Add to what was read and computed what a person sees of it: text, steps and labels. */
function explanationOf(model, task, { training = false, ...found }) {
  const { prompt: ids, answer, trace } = found;
  const inputs = inputsOf(model, ids, answer);
  const label = (id) => (id === model.config.pad ? "<pad>" : task.tokens[id]);
  const steps = answer.map((token, i) => {
    const r = rowOfStep(model, task, ids, i);
    const logits = checkLogits(row(trace.get("logits"), r));
    const others = Float64Array.from(logits).fill(-Infinity, token, token + 1);
    const probabilities = softmax(logits);
    const loss = training ? { loss: -logSoftmax(logits)[token] } : {};
    return { row: r, token, rival: argmax(others), probabilities, ...loss };
  });
  return {
    ...found,
    inputs,
    error: null,
    text: asAnswer(task, decodeIds(task, answer)),
    steps,
    rows: (inputs.target ?? inputs.ids).map(label),
    columns: inputs.source ? inputs.source.map(label) : null,
    label,
  };
}

/** The rival that was chosen for a step, or null: there is none, or it is no other token. */
export function chosenRival({ steps }, { step: chosen, rival }) {
  const { token, probabilities } = steps[Math.min(chosen, steps.length - 1)];
  return rival !== null && rival !== token && rival < probabilities.length ? rival : null;
}

/** A step with the rival that was chosen, or without one, the runner-up. */
export function comparedStep(explanation, state) {
  const { steps } = explanation;
  const step = steps[Math.min(state.step, steps.length - 1)];
  return { ...step, rival: chosenRival(explanation, state) ?? step.rival };
}

/** The ids of a step's tokens, the likeliest first. */
export function likeliest(probabilities, count = probabilities.length) {
  return Array.from(probabilities, (p, id) => ({ p, id }))
    .sort((a, b) => b.p - a.p)
    .slice(0, count)
    .map(({ id }) => id);
}
