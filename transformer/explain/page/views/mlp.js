// The MLP: which hidden units a token excites and how far, a unit by itself, and the experiment
// that shows that each token passes through alone.

import { argmax } from "../arithmetic/tensor.js";
import { hiddenUnits } from "../arithmetic/unit.js";
import { boxesOf, boxPlace } from "../boxes.js";
import { el, token } from "../widgets.js";
import { words } from "../words.js";
import { mlpLead } from "./before_mlp.js";
import { partSwitch } from "./part_switch.js";
import { swapPanel } from "./swap.js";
import { askingTokens, rowLabels, rowNote } from "./tokens.js";
import { readingExamples, unitPanel } from "./unit.js";
import { unitsPanel, unitsSpeaking } from "./units.js";

export function mlpView(app) {
  function mount(element, side) {
    const boxes = boxesOf(side.model).filter((box) => box.kind === "mlp");
    const choice = el("div", { class: "mlp-choice" });
    const lead = el("div", { class: "mlp-lead" });
    const units = el("div", { class: "units" });
    const unit = el("div", { class: "cell" });
    const swapping = el("div", { class: "swap" });
    element.classList.add("view");
    element.append(choice, lead, el("div", { class: "mlp" }, units, unit), swapping);
    let shown = null; // {path, query, unit}; without a query, that of the chosen step
    let swap = null; // {path, a, b, done}: two rows of an MLP's stream, which may change places
    const reading = readingExamples(element, side, boxes, () => keepingControl(element, update));

    /** What the state says of an MLP; while it speaks of an attention, what it said before. */
    function choose({ path, query, unit: chosen }) {
      const isMlp = app.boxes.some(({ id, kind }) => id === path && kind === "mlp");
      if (isMlp) shown = { path, query, unit: chosen };
      shown ??= { path: boxes.at(-1).id, query: null, unit: null };
    }

    const open = (change) => app.store.set({ ...shown, ...change, box: change.path ?? shown.path });

    function update() {
      if (!side.explanation) return;
      const { explanation } = side;
      const state = app.store.get();
      choose(state);
      const box = boxes.find(({ id }) => id === shown.path) ?? boxes.at(-1);
      const step = explanation.steps[state.step] ?? explanation.steps.at(-1);
      const last = askingTokens(explanation, box).length - 1;
      const index = Math.min(shown.query ?? (box.side === "source" ? 0 : step.row), last);
      const list = hiddenUnits(explanation.trace, box.id, index);
      const order = [...list].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
      const speaking = unitsSpeaking(app, side, box, index);
      const most = speaking && argmax(speaking.values); // it speaks most for what is written
      const chosen = list[shown.unit ?? most ?? -1] ?? order[0];
      const follow = box.side === "source" ? null : step.row; // its row follows the step
      choice.replaceChildren(
        blockChoice(boxes, box, open),
        rowChoice(app, side, box, index, (i) => {
          open({ query: i === follow ? null : i, unit: null });
        }),
        partSwitch(app, side, { kind: "sublayer", path: box.id }, { path: box.id }) ?? "",
      );
      lead.replaceChildren(
        ...mlpLead(app, side, box, index), rowNote(app, side, box, index) ?? "");
      units.replaceChildren(...unitsPanel(app, side, box, index,
        { list, order, chosen, speaking }, (number) => open({ unit: number })));
      unit.replaceChildren(...unitPanel(app, side, box, index, chosen, reading));
      const isThere = swap && Math.min(swap.a, swap.b) >= 0 && Math.max(swap.a, swap.b) <= last;
      if (swap?.path !== box.id || !isThere) {
        swap = { path: box.id, a: index, b: index < last ? index + 1 : index - 1, done: false };
      }
      swapping.replaceChildren(...swapPanel(side, box, swap, (change) => {
        swap = { ...swap, ...change };
        keepingControl(element, update);
      }));
    }

    return update;
  }
  return {
    id: "mlp",
    title: { en: "The MLP: what does a token make of it?", zh: "MLP：词元拿它做了什么？" },
    mount,
  };
}

/** Draw anew; the control that had the focus has it again. */
function keepingControl(element, draw) {
  const controls = () => [...element.querySelectorAll("button, select, input, [tabindex]")];
  const place = controls().indexOf(document.activeElement);
  draw();
  controls()[place]?.focus({ preventScroll: true });
}

function blockChoice(boxes, box, open) {
  const label = words({ en: "Which MLP", zh: "哪个 MLP" });
  return el("div", { class: "choice", role: "group", "aria-label": label },
    boxes.map(({ id, ...rest }) => el("button", {
      type: "button", "aria-pressed": String(id === box.id), text: words(boxPlace(rest)),
      onclick: () => open({ path: id, query: null, unit: null }),
    })));
}

/** The rows of the stream, of which one is looked at. */
function rowChoice(app, side, box, index, pick) {
  return el(
    "div",
    {
      class: "row-choice", role: "group",
      "aria-label": words({ en: "Which token", zh: "哪个词元" }),
    },
    rowLabels(app, side, box).map((label, i) => el(
      "button",
      {
        type: "button", class: "token-button", "aria-pressed": String(i === index),
        onclick: () => pick(i),
      },
      token(label, { class: i === index ? "selected" : "" }),
    )),
  );
}
