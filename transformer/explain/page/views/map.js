// The map: the figure of the 2017 paper, drawn of this model. A box opens in the focus panel, and
// the way by which data came there lights up.

import { likeliest } from "../arithmetic/explanation.js";
import { boxPlace, boxTitle } from "../boxes.js";
import { layOutMap } from "../map_layout.js";
import { canvasKeeper, paintSmall } from "../paint.js";
import {
  declare, derived, el, largestSize, number, percent, phrase, svg, term, token,
} from "../widgets.js";
import { words } from "../words.js";
import { isBoxSecret, isHidden } from "./guess.js";
import { modesNote } from "./modes.js";
import { rowsThere } from "./tokens.js";

export function mapView(app) {
  const { store } = app;

  function mount(element, side) {
    const { boxes } = side;
    const figure = el("div", { class: "map-figure", role: "group", "aria-label": words({
      en: "The model, box by box in the order of computation. Arrow up and down go from box to " +
        "box.",
      zh: "模型的各个部分，按计算的先后排列。用上下方向键逐个走过。",
    }) });
    const steps = el("p", { class: "map-step" });
    const head = el("div", { class: "map-head" });
    const legend = el("p", { class: "map-legend" }, phrase({
      en: "From top to bottom: the line is each token's vector, its {0}. " +
        "A box reads it and adds ( + ) what it has found. Choose one.",
      zh: "从上往下看：线是每个词元的向量，即{0}。每个部分从中读取，再把找到的加（ + ）回去。点一个看看。",
    }, term("residual")));
    const heading = el("h2", { class: "unseen", text: words({ en: "The map", zh: "全图" }) });
    const modes = modesNote(app, side);
    element.append(heading, head, modes.element, legend, steps, figure);
    const canvasOf = canvasKeeper();
    let width = 0;
    let drawn = null;

    function shapes(box, trace) {
      const rows = Math.min(rowsThere(side, box, store.get()), idsRead(side, box).length);
      const shape = (name) => [rows, ...(trace.get(name)?.shape ?? []).slice(1)].join("×");
      if (box.kind === "tokens") return String(rows);
      if (box.kind === "embedding") return `${rows} → ${shape(box.writes)}`;
      if (box.kind === "probabilities") return `${shape("logits")} → ${shape("logits")}`;
      return `${shape(box.reads)} → ${shape(box.writes)}`;
    }

    function build() {
      width = Math.floor(element.clientWidth) || 360;
      const { places, edges, frames, memory, height } = layOutMap(side.data, boxes, width - 14);
      const lines = edges.map(({ to, d, memory: isMemory, arrow }) => svg("path", {
        d, "data-to": to, class: isMemory ? "map-edge memory" : "map-edge",
        "marker-end": arrow && `url(#arrow-${side.id})`,
      }));
      const blocks = frames.map(({ x, y, w, h, block }) => [
        svg("rect", { x, y, width: w, height: h, rx: 8, class: "map-block" }),
        svg("text", { x: x + w / 2, y: y + 15, class: "map-block-name" },
          words({ en: "Block {0}", zh: "第 {0} 块" }, block + 1)),
      ]);
      const drawing = svg("svg", {
        width, height: height + 8, viewBox: `-7 -4 ${width} ${height + 8}`, "aria-hidden": "true",
      }, svg("defs", {}, arrowHead(`arrow-${side.id}`)), blocks, lines);
      const buttons = places.map(({ box, part, x, y, w, h }) => {
        const cap = part === "norm" && side.data.config.pre_norm ? "cap" : "";
        const button = el("button", {
          type: "button", class: `map-box ${part} ${cap}`, "data-box": box.id,
          tabindex: part === "norm" ? "-1" : null,
          onclick: () => app.open(box.id), onkeydown: (event) => walk(event, box),
        });
        placeAt(button, { left: x + 7, top: y + 4, width: w, height: h });
        return { button, box, part };
      });
      const note = memory && el("span", { class: "map-memory" });
      if (note) placeAt(note, { left: memory.x + 7, top: memory.y + 4 });
      figure.replaceChildren(drawing, ...buttons.map(({ button }) => button));
      if (note) figure.append(note);
      figure.style.setProperty("height", `${height + 8}px`);
      figure.classList.toggle("narrow", width < 420);
      drawn = { lines, buttons, note };
    }

    function walk(event, box) {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const next = boxes[boxes.indexOf(box) + by];
      if (!next) return;
      app.open(next.id);
      figure.querySelector(`[data-box="${next.id}"]:not(.norm)`).focus();
    }

    function describe({ button, box, part }, state) {
      const { trace } = side.explanation;
      const shape = shapes(box, trace);
      const place = words(boxPlace(box));
      const label = [words(boxTitle(box)), place, shape].filter(Boolean).join(", ");
      button.setAttribute("aria-label", label);
      button.setAttribute("aria-pressed", String(box.id === state.box));
      if (part === "add") {
        button.replaceChildren("+");
        return;
      }
      const title = part === "norm" ? words({ en: "Norm", zh: "归一化" })
        : width < 420 ? words(boxTitle(box)).replace("attention", "attn") : words(boxTitle(box));
      button.replaceChildren(
        el("span", { class: "map-name", text: title }),
        el("span", { class: "map-shape", text: shape }),
      );
      if (part !== "box" || isBoxSecret(app, side, box)) return;
      const picture = smallPicture(side, box, state, canvasOf);
      if (picture) button.append(picture);
    }

    new ResizeObserver(() => {
      if (Math.abs(element.clientWidth - width) > 1 && side.explanation) {
        build();
        update();
      }
    }).observe(element);

    function update() {
      if (drawn === null) build();
      const state = store.get();
      const box = boxes.find(({ id }) => id === state.box);
      head.replaceChildren(modeChoice(app));
      modes.update();
      const lit = box ? wayTo(boxes, box) : new Set();
      for (const line of drawn.lines) line.classList.toggle("lit", lit.has(line.dataset.to));
      for (const entry of drawn.buttons) describe(entry, state);
      for (const chosen of figure.querySelectorAll(".map-tokens .selected")) {
        chosen.parentElement.scrollLeft = chosen.offsetLeft - chosen.parentElement.clientWidth / 2;
      }
      if (drawn.note) {
        const cross = boxes.find(({ cross }) => cross);
        const { shape } = side.explanation.trace.get(cross.memory);
        drawn.note.textContent = words({ en: "memory {0}", zh: "记忆 {0}" }, shape.join("×"));
      }
      steps.replaceChildren(...stepSentence(store, side, state, isHidden(app, side, "token")));
    }
    return update;
  }
  return { id: "map", title: { en: "The map", zh: "全图" }, mount };
}

/** The ids of the boxes that data has gone through when it leaves this one. */
function wayTo(boxes, box) {
  const upTo = (list) => list.slice(0, list.indexOf(box) + 1);
  const own = upTo(boxes.filter(({ side }) => side === box.side));
  const reads = own.some(({ cross }) => cross);
  const before = reads ? boxes.filter(({ side }) => side === "source") : [];
  return new Set([...before, ...own].map(({ id }) => id));
}

/** The ids that a tokens box or an embedding reads. */
export function idsRead(side, box) {
  const { inputs } = side.explanation;
  return inputs.ids ?? inputs[box.side];
}

/** The first rows of a matrix, and of these the first columns. */
function corner({ shape: [height, width], data }, rows, columns) {
  const shape = [Math.min(rows, height), Math.min(columns, width)];
  const parts = Array.from({ length: shape[0] }, (_, i) =>
    [...data.subarray(i * width, i * width + shape[1])]);
  return { shape, data: Float64Array.from(parts.flat()) };
}

/** A small picture with a frame around the row of the chosen step; none around -1. */
function withChosenRow(canvas, row, rows) {
  const picture = el("span", { class: row < 0 ? "map-thumb" : "map-thumb chosen" }, canvas);
  picture.style.setProperty("--row", row);
  picture.style.setProperty("--rows", rows);
  return picture;
}

function placeAt(element, place) {
  for (const [name, x] of Object.entries(place)) element.style.setProperty(name, `${x}px`);
}

function arrowHead(id) {
  const size = { markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse" };
  return svg("marker", { id, viewBox: "0 0 6 6", refX: 5, refY: 3, ...size, orient: "auto" },
    svg("path", { d: "M0 0L6 3L0 6z", class: "map-arrow" }));
}

function modeChoice({ store, payload }) {
  const choose = (mode, texts) => el("button", {
    type: "button", text: words(texts), "aria-pressed": String(store.get().mode === mode),
    disabled: payload.weights === null, onclick: () => store.set({ mode }),
  });
  const label = words({ en: "Mode", zh: "模式" });
  return el("div", { class: "choice", role: "group", "aria-label": label },
    choose("use", { en: "In use", zh: "使用中" }),
    choose("training", { en: "In training", zh: "训练时" }));
}

const STEP_SENTENCES = {
  use: {
    en: "Step {0} of {1}: at {2} it writes {3}, with {4}",
    zh: "第 {0} 步，共 {1} 步：在 {2} 处写出 {3}，概率 {4}",
  },
  secret: {
    en: "Step {0} of {1}: what does it write at {2}?",
    zh: "第 {0} 步，共 {1} 步：在 {2} 处写出什么？",
  },
  training: {
    en: "Position {0} of {1}: after {2} comes {3}; the model gave it {4}: a loss of {5}",
    zh: "第 {0} 个位置，共 {1} 个：{2} 后面是 {3}，模型给它 {4}，损失 {5}",
  },
};

/** "Step 2 of 3: at 6 it writes 4", between buttons to the steps before and after. */
function stepSentence(store, { explanation }, { step: chosen }, isSecret) {
  const { steps, rows, label } = explanation;
  const index = Math.min(chosen, steps.length - 1);
  const { row, token: id, probabilities, loss } = steps[index];
  const go = (to, text, texts) => el("button", {
    type: "button", class: "plain", text, "aria-label": words(texts), disabled: !steps[to],
    onclick: () => store.set({ step: to }),
  });
  const isTraining = loss !== undefined;
  const texts = STEP_SENTENCES[isSecret ? "secret" : isTraining ? "training" : "use"];
  const shown = (text, what, value) => derived(el("span", { text }), what, value);
  const p = probabilities[id];
  const share = shown(percent(p), `probability:${index}:${id}`, p);
  const cost = isTraining ? shown(number(loss), `loss:${index}`, loss) : "";
  return [
    go(index - 1, "←", { en: "The step before", zh: "前一步" }),
    go(index + 1, "→", { en: "The next step", zh: "后一步" }),
    el("span", {}, phrase(
      texts, index + 1, steps.length, token(rows[row]), token(label(id)), share, cost)),
  ];
}

/** What a box computed, small: its tokens, a head's weights, the hidden units, the likeliest. */
function smallPicture(side, box, state, canvasOf) {
  const { trace, steps, label, rows, columns } = side.explanation;
  const index = Math.min(state.step, steps.length - 1);
  const step = steps[index];
  const chosen = box.side === "source" ? -1 : step.row;
  const there = rowsThere(side, box, state);
  if (box.kind === "tokens") {
    const texts = (box.side === "source" && columns) || rows;
    return el("span", { class: "map-tokens" }, texts.slice(0, there).map((text, i) =>
      token(text, { class: i === chosen ? "selected" : "" })));
  }
  if (box.kind === "attention") {
    const name = `${box.id}.weights`;
    const { shape: [heads, height, width], data } = trace.get(name);
    const keys = box.cross ? Infinity : there;
    const maps = Array.from({ length: heads }, (_, head) => {
      const whole = data.subarray(head * height * width, (head + 1) * height * width);
      const part = corner({ shape: [height, width], data: whole }, there, keys);
      const canvas = canvasOf(`${name}.${head}`);
      paintSmall(canvas, part, "weight", 1);
      const at = [head, ...part.shape.map((n) => `:${n}`)];
      return withChosenRow(declare(canvas, side, name, at, part.data), chosen, part.shape[0]);
    });
    return el("span", { class: "map-heads" }, maps);
  }
  if (box.kind === "mlp") {
    const name = `${box.id}.hidden`;
    const canvas = canvasOf(name);
    const values = corner(trace.get(name), there, Infinity);
    paintSmall(canvas, values, "signed", largestSize(values.data));
    declare(canvas, side, name, [`:${values.shape[0]}`], values.data);
    return el("span", { class: "map-units" }, withChosenRow(canvas, chosen, values.shape[0]));
  }
  if (box.kind === "probabilities") {
    const best = likeliest(step.probabilities, 3).map((id) => {
      const p = step.probabilities[id];
      const bar = el("span", { class: "map-bar" });
      bar.style.setProperty("width", `${100 * p}%`);
      const share = derived(el("span", { text: percent(p) }), `probability:${index}:${id}`, p);
      return el("span", { class: "map-row" }, token(label(id)), bar, share);
    });
    return el("span", { class: "map-best" }, best);
  }
  return null;
}
