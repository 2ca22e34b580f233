// A side of the page: a model, the question put to it, and what it computed.

import { resolveEdits } from "./arithmetic/edits.js";
import { explain, recordedExplanation } from "./arithmetic/explanation.js";
import { loadModel } from "./arithmetic/model.js";
import { decodeIds, rightAnswer } from "./arithmetic/tasks.js";
import { boxesOf } from "./boxes.js";

/**
 * {id, data: the payload, task, model, boxes, explanation, clean, edits, error}. `computeSide` sets
 * the last four: `explanation` is with the edits, `clean` without; `edits` are those, as `run`
 * takes them; `error` says what is wrong with the question, and then the last good answer stays.
 */
export function createSide(id, data) {
  const model = loadModel(data);
  return {
    id, data, task: data.task, model, boxes: boxesOf(data), explanation: null, clean: null,
    edits: [], error: null, asked: null, answers: new Map(),
  };
}

export function computeSide(side, { question, target, mode, edits }) {
  const last = [side.asked, side.answers];
  side.asked = { question, target };
  side.answers = new Map();
  try {
    const answer = mode === "training" ? answerInTraining : answerInUse;
    const [clean, explanation] = [answer(side), answer(side, edits)];
    Object.assign(side, { clean, explanation, edits: editsOf(side, edits), error: null });
  } catch (error) {
    [side.asked, side.answers] = last;
    const isOwn = question === side.data.question && target === null && edits.length === 0;
    if (side.explanation === null && !isOwn) { // a link may ask anything: show the page's question
      computeSide(side, { question: side.data.question, target: null, mode, edits: [] });
    }
    side.error = error.message;
  }
}

/** What the model answers, one token at a time. */
export function answerInUse(side, edits = []) {
  return remembered(side, ["use", edits], () => {
    if (side.data.weights === null) return recordedExplanation(side.data, side.model, side.task);
    return checkedAnswer(side, side.asked.question, { edits: editsOf(side, edits) });
  });
}

/** What it computes when it reads the whole right answer at once; else, its own one. */
export function answerInTraining(side, edits = []) {
  return remembered(side, ["training", edits], () => {
    const clean = answerInUse(side);
    if (side.data.weights === null) return withLosses(clean);
    const own = decodeIds(side.task, clean.answer.slice(0, side.task.longest[1]));
    const target = side.asked.target ?? rightAnswer(side.task, clean.source) ?? own;
    if (target === "") return clean; // a model that says nothing has nothing to learn from
    return checkedAnswer(side, side.asked.question, { target, edits: editsOf(side, edits) });
  });
}

/** A recorded answer, as its own target. */
function withLosses(explanation) {
  const steps = explanation.steps.map((step) => (
    { ...step, loss: -Math.log(step.probabilities[step.token]) }
  ));
  return { ...explanation, steps };
}

function remembered(side, key, compute) {
  const name = JSON.stringify(key);
  if (!side.answers.has(name)) side.answers.set(name, compute());
  return side.answers.get(name);
}

function checkedAnswer(side, question, options) {
  const explanation = explain(side.model, side.task, question, options);
  if (explanation.error !== null) throw new Error(explanation.error);
  return explanation;
}

/** The edits that this model can make, with what they put in place. */
function editsOf(side, edits) {
  if (side.data.weights === null) return [];
  return remembered(side, ["edits", edits], () => resolveEdits(side.model, side.task, edits));
}
