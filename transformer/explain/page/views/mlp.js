// The MLP: which hidden units a token excites and how far, a unit by itself, and the experiment
// that shows that each token passes through alone.

import { hiddenUnits } from "../arithmetic/unit.js";
import { boxesOf, boxPlace } from "../boxes.js";
import { bars, declare, el, number, phrase, svg, term, token } from "../widgets.js";
import { words } from "../words.js";
import { swapPanel } from "./swap.js";
import { askingTokens, rowLabels, whoAsks } from "./tokens.js";
import { readingExamples, unitPanel } from "./unit.js";

const LISTED = 10; // of a token's units, so many of the largest

export function mlpView(app) {
  function mount(element, side) {
    const boxes = boxesOf(side.model).filter((box) => box.kind === "mlp");
    const choice = el("div", { class: "mlp-choice" });
    const units = el("div", { class: "units" });
    const unit = el("div", { class: "cell" });
    const swapping = el("div", { class: "swap" });
    element.classList.add("view");
    element.append(choice, el("div", { class: "mlp" }, units, unit), swapping);
    let shown = null; // {path, query, unit}; without a query, that of the chosen step
    let swap = null; // {path, a, b, done}: two rows of an MLP's stream, which may change places
    const reading = readingExamples(side, boxes, () => keepingControl(element, update));

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
      const chosen = list[shown.unit ?? -1] ?? order[0];
      choice.replaceChildren(blockChoice(boxes, box, open), rowChoice(app, side, box, index, open));
      units.replaceChildren(...unitList(app, side, box, index, { list, order, chosen }, open));
      unit.replaceChildren(...unitPanel(side, box, index, chosen, { edits: state.edits, reading }));
      if (swap?.path !== box.id || Math.max(swap.a, swap.b) > last) {
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
  return el("div", { class: "choice", role: "group", "aria-label": words({ en: "Which MLP", zh: "哪个 MLP" }) },
    boxes.map(({ id, ...rest }) => el("button", {
      type: "button", "aria-pressed": String(id === box.id), text: words(boxPlace(rest)),
      onclick: () => open({ path: id, query: null, unit: null }),
    })));
}

/** The rows of the stream, of which one is looked at. */
function rowChoice(app, side, box, index, open) {
  return el("div", { class: "row-choice", role: "group", "aria-label": words({ en: "Which token", zh: "哪个词元" }) },
    rowLabels(app, side, box).map((label, i) => token(label, {
      class: i === index ? "selected" : "", role: "button", tabindex: "0",
      "aria-pressed": String(i === index), onclick: () => open({ query: i, unit: null }),
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        open({ query: i, unit: null });
      },
    })));
}

const LET_THROUGH = {
  relu: {
    en: "{0} excites {1} of {2} hidden units: ReLU lets a positive answer through as it is, and makes every other one 0.",
    zh: "{0}点亮了 {2} 个隐藏单元中的 {1} 个：ReLU 让正的回答原样通过，其余的都变成 0。",
  },
  gelu: {
    en: "{0} gets a positive answer from {1} of {2} hidden units: GELU lets more than half of those through, and a little of the others.",
    zh: "{0}从 {2} 个隐藏单元中的 {1} 个得到正的回答：GELU 让这些通过一大半，其余的只放过一点点。",
  },
  swiglu: {
    en: "{0} opens the gates of {1} of {2} hidden units by more than half. A unit is silu of its gate times a second number, so that it may be negative.",
    zh: "{0}把 {2} 个隐藏单元中 {1} 个的门开到一半以上。一个单元是门的 silu 乘以另一个数，所以可能是负的。",
  },
};

/** How many units are on, all of them as a profile, and the largest by their numbers. */
function unitList(app, side, box, index, { list, order, chosen }, open) {
  const { activation } = side.model.config;
  const text = LET_THROUGH[activation.startsWith("gelu") ? "gelu" : activation];
  const on = list.filter(({ pre, share }) => pre > 0 && share > 0).length;
  const items = order.slice(0, LISTED).filter(({ value }) => value !== 0).map(({ unit, value }) => ({
    label: words({ en: "unit {0}", zh: "单元 {0}" }, unit + 1), value,
    what: `unit:${box.id}.hidden.${index}.${unit}`, selected: unit === chosen.unit,
    onSelect: () => open({ unit, query: index }),
  }));
  const pick = el("input", {
    type: "number", min: 1, max: list.length, value: chosen.unit + 1,
    onchange: (event) => {
      const unit = Number(event.target.value) - 1;
      if (list[unit]) open({ unit, query: index });
    },
  });
  return [
    el("p", { class: "says" }, phrase(text, whoAsks(app, side, box, index), on, list.length)),
    profile(side, box, index, list, chosen, (unit) => open({ unit, query: index })),
    el("p", { class: "quiet profile-words" }, words({
      en: "All {0} units, the largest answer first. Grey: what the activation is given, from {1} to {2}. Coloured: the unit, what comes out.",
      zh: "全部 {0} 个单元，回答最大的在前。灰色：激活函数得到的数，从 {1} 到 {2}。有颜色的：出来的结果，也就是单元的值。",
    }, list.length, number(Math.max(...list.map(({ pre }) => pre))), number(Math.min(...list.map(({ pre }) => pre))))),
    bars({ items, label: words({ en: "The largest units", zh: "最大的单元" }) }),
    el("label", { class: "pick" }, phrase({ en: "any {0}: {1}", zh: "任选一个{0}：{1}" }, term("unit"), pick)),
  ];
}

const PROFILE_HEIGHT = 110;

/** Every unit as a thin bar, in the order of what the activation was given. */
function profile(side, box, index, list, chosen, pick) {
  const order = [...list].sort((a, b) => b.pre - a.pre);
  const numbers = list.flatMap(({ pre, value }) => [pre, value, 0]);
  const [most, least] = [Math.max(...numbers), Math.min(...numbers)];
  const y = (x) => ((most - x) / (most - least || 1)) * PROFILE_HEIGHT;
  const outline = (of) => order.map((unit, i) => {
    const x = of(unit);
    return x ? `M${i} ${y(0)}V${y(x)}h1V${y(0)}z` : "";
  }).join("");
  const path = (name, of) => svg("path", { class: name, d: outline(of) });
  const values = svg("g", {},
    path("more", ({ value }) => Math.max(0, value)), path("less", ({ value }) => Math.min(0, value)));
  const answers = path("answer", ({ pre }) => pre);
  declare(answers, side, `${box.id}.pre_activation`, [index], list.map(({ pre }) => pre));
  declare(values, side, `${box.id}.hidden`, [index], list.map(({ value }) => value));
  const place = order.indexOf(chosen);
  return svg(
    "svg",
    {
      class: "profile", viewBox: `0 0 ${list.length} ${PROFILE_HEIGHT}`, preserveAspectRatio: "none", role: "img",
      "aria-label": words({
        en: "All hidden units, sorted: what the activation is given, and what it lets through",
        zh: "全部隐藏单元，排好序：激活函数得到的，和它放行的",
      }),
      onclick: (event) => {
        const { left, width } = event.currentTarget.getBoundingClientRect();
        const at = Math.floor(((event.clientX - left) / width) * order.length);
        pick(order[Math.max(0, Math.min(order.length - 1, at))].unit);
      },
    },
    answers, values,
    svg("path", { class: "axis", d: `M0 ${y(0)}H${list.length}` }),
    svg("rect", { class: "chosen", x: place, y: 0, width: 1, height: PROFILE_HEIGHT }),
  );
}
