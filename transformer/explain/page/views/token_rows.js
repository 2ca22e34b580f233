// Two rows of tokens, one above the other: what the decoder reads, and what it writes. An arrow
// leads from each written token to the place where it is read next. In use that is the feedback;
// in training it is the shift to the right.

import { derived, el, number, percent, phrase, svg, token, visible } from "../widgets.js";
import { words } from "../words.js";

const ARROW_HEIGHT = 30;

/**
 * For each row of the decoder: the id that it reads; the step that its logits choose, or null; the
 * id that the step writes, its probability and, in training, its loss.
 */
export function decoderRows({ inputs, steps }) {
  const stepOf = new Map(steps.map((step, i) => [step.row, i]));
  return (inputs.target ?? inputs.ids).map((id, row) => {
    const step = stepOf.get(row) ?? null;
    const { token: next, probabilities, loss } = steps[step] ?? {};
    return { id, row, step, next, loss, probability: probabilities?.[next] };
  });
}

function feedArrow(cell, column, current) {
  const picture = svg(
    "svg",
    {
      class: current ? "feed current" : "feed", width: 2 * cell, height: ARROW_HEIGHT,
      viewBox: `0 0 ${2 * cell} ${ARROW_HEIGHT}`, "aria-hidden": "true",
    },
    svg("path", { d: `M ${cell * 0.5 + 8} ${ARROW_HEIGHT - 3} L ${cell * 1.5 - 8} 5` }),
    svg("path", { d: `M ${cell * 1.5 - 16} 5 L ${cell * 1.5 - 8} 5 L ${cell * 1.5 - 11} 12` }),
  );
  picture.style.setProperty("grid-column", `${column + 2} / span 2`);
  return picture;
}

const ROW_NAMES = {
  reads: { en: "reads", zh: "读入" },
  writes: { en: "writes", zh: "写出" },
  must: { en: "must write", zh: "应写出" },
  p: { en: "p", zh: "p" },
  loss: { en: "−ln p", zh: "−ln p" },
};

/**
 * Draw the rows.
 *
 * shown: the rows of the decoder to draw; training: with the loss; current: the step looked at;
 * hidden: the current step's token is not to be seen yet; onStep(step): a token was chosen.
 */
export function tokenRows(side, { shown, training, current, hidden, onStep }) {
  const label = side.explanation.label;
  const texts = shown.flatMap(({ id, next }) => [id, next ?? id]).map((id) => visible(label(id)));
  const cell = Math.max(58, 9 * Math.max(...texts.map((text) => text.length)) + 20);
  const head = (name) => el("span", { class: "row-name", text: words(ROW_NAMES[name]) });
  const line = (name, draw) => [head(name), ...shown.map((row, column) => {
    const content = row.step === null && name !== "reads" ? el("span") : draw(row, column);
    content.style.setProperty("grid-column", column + 2);
    return content;
  })];
  const chosen = (row) => row.step === current;
  const reads = line("reads", (row) =>
    token(label(row.id), { class: chosen(row) ? "selected" : "", "data-reads": row.row }));
  const writes = line(training ? "must" : "writes", (row) => {
    const secret = hidden && chosen(row);
    const text = secret ? "?" : label(row.next);
    return el("button", {
      type: "button", class: "token-button", "data-key": `step${row.step}`,
      "aria-current": chosen(row) && "step",
      "aria-label": words(
        { en: "step {0}: {1}", zh: "第 {0} 步：{1}" }, row.step + 1, visible(text)),
      onclick: () => onStep(row.step),
    }, token(text, { class: chosen(row) ? "selected" : "" }));
  });
  const probabilities = line("p", (row) => {
    if (hidden && chosen(row)) return el("span");
    const element = el("span", { class: "number", text: percent(row.probability) });
    return derived(element, `probability:${row.step}:${row.next}`, row.probability);
  });
  const losses = training ? line("loss", ({ step, loss }) =>
    derived(el("span", { class: "number", text: number(loss) }), `loss:${step}`, loss)) : [];
  const arrows = shown.slice(0, -1).filter((row) => row.step !== null).map((row) => {
    const place = shown.indexOf(row);
    return feedArrow(cell, place, shown[place + 1].step === current);
  });
  const grid = el("div", { class: "token-rows" });
  grid.style.setProperty("grid-template-columns", `max-content repeat(${shown.length}, ${cell}px)`);
  const rows = [reads, arrows, writes, probabilities, losses];
  rows.forEach((elements, i) => {
    for (const element of elements) {
      element.style.setProperty("grid-row", i + 1);
      grid.append(element);
    }
  });
  return grid;
}

/** Show how the token that a step has written moves to the row that reads it. */
export function moveIntoInput(grid, step, row) {
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const box = grid.querySelector(`[data-reads="${row}"]`);
  const from = grid.querySelector(`[data-key="step${step}"] .token`).getBoundingClientRect();
  const to = box.getBoundingClientRect();
  const start = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
  box.animate(
    [{ transform: start }, { transform: "none" }], { duration: 350, easing: "ease-in-out" });
}

/** Scroll a box sideways, and only it, until the element in it can be seen. */
export function scrollInto(box, element) {
  if (!element) return;
  const left = element.offsetLeft - box.offsetLeft;
  const right = left + element.offsetWidth + 16;
  if (right > box.scrollLeft + box.clientWidth) box.scrollLeft = right - box.clientWidth;
  if (left - 100 < box.scrollLeft) box.scrollLeft = Math.max(0, left - 100);
}

/** What the encoder has read, as a line of tokens; null without an encoder. */
export function sourceLine(side) {
  const { source } = side.explanation.inputs;
  if (!source) return null;
  const boxes = el("span", { class: "tokens" },
    Array.from(source, (id) => token(side.explanation.label(id))));
  return el("p", { class: "source-line" }, phrase({
    en: "The encoder has read {0} at once, before the first step.",
    zh: "在第一步之前，编码器已一次读完 {0}。",
  }, boxes));
}
