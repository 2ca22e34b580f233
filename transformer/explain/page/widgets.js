// The small parts that all views are made of. Text goes into the document as text, never as markup.

import { GLOSSARY } from "./glossary.js";
import { makeMath, mathNode } from "./mathml.js";
import { heatLayout, paintHeat } from "./paint.js";
import { hideTip, showTip } from "./tips.js";
import { words } from "./words.js";

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => (child ?? null) !== null));
  return element;
}

/** el("button", {class: "quiet", text: "Play", onclick: play, "aria-label": "…"}, …children) */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

/**
 * A text as nodes, for el(…) or replaceChildren(…): a value may be an element, such as a token box
 * or a glossary word. phrase({en: "{0} asks", zh: "{0} 问"}, token("+"))
 */
export function phrase(texts, ...values) {
  return words(texts, ...values.map((_, i) => `{${i}}`))
    .split(/\{(\d)\}/)
    .map((part, i) => (i % 2 ? values[part] : part))
    .filter((part) => part !== "");
}

/** number(0.47312) → "0.4731", number(-12.3) → "−12.30", number(2.1e-6) → "2.1·10⁻⁶" */
export function number(x) {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  if (size < 0.0001 || size >= 1e6) {
    const [digits, exponent] = x.toExponential(1).split("e");
    const raise = (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)];
    return `${digits.replace("-", "−")}·10${[...exponent.replace("+", "")].map(raise).join("")}`;
  }
  const digits = size < 1 ? 4 : Math.max(0, 3 - Math.floor(Math.log10(size)));
  return x.toFixed(digits).replace("-", "−");
}

/** percent(0.973) → "97.3%" */
export function percent(p) {
  if (p > 0 && p < 0.0005) return "<0.1%";
  if (p < 1 && p >= 0.9995) return ">99.9%";
  return `${(100 * p).toFixed(p === 0 || p === 1 ? 0 : 1)}%`;
}

const SHOWN = { " ": "␣", "\n": "↵", "\t": "⇥" };

/** A token's text with what is invisible in it made visible: " " → "␣", U+202E → "⟨202E⟩". */
export function visible(text) {
  return text.replace(/[\s\p{C}]/gu, (c) => {
    const code = c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return SHOWN[c] ?? `⟨${code}⟩`;
  });
}

/** A token as a box: what is invisible is shown, and no token turns the text around it. */
export function token(label, properties = {}) {
  const name = `token ${properties.class ?? ""}`.trim();
  return el("bdi", { ...properties, class: name, text: visible(label) });
}

/**
 * Let an element declare the numbers that it shows: those of one activation of the trace.
 * `at`: the leading indices of the part that is shown; ":3" is the first three.
 */
export function declare(element, side, trace, at, data) {
  element.dataset.trace = trace;
  element.dataset.at = at.join(",");
  element.dataset.side = side.id;
  element.dataset.values = Array.from(data, (x) => x.toPrecision(8)).join(" ");
  return element;
}

/** A number that is derived, and so in no trace: `what` says which, "sum:decoder.blocks.0.mlp". */
export function derived(element, what, value) {
  element.dataset.what = what;
  element.dataset.value = value.toPrecision(8);
  return element;
}

const ASKS_AND_ANSWERS = { en: "{0} asks, {1} answers: {2}", zh: "{0} 问，{1} 答：{2}" };
const HIDDEN_PAIR = {
  en: "{0} asks, {1} answers: {2}, hidden by the mask", zh: "{0} 问，{1} 答：{2}，被掩码遮住",
};
const LATER_ROW = { en: "{0}: not yet written at this step", zh: "{0}：这一步还没有写出" };
const heatCursors = new Map(); // where the reader's cursor stands, also after a map is drawn anew

/**
 * A heat map of a matrix. The arrow keys, the pointer and touch move a cursor, whose labels and
 * number are read out below it.
 * values: Tensor (rows, columns); trace, at: which part of the trace that is
 * rows: labels or null; columns: labels, null (numbered) or undefined (none)
 * scale: "weight" (0 and more, one hue) or "signed"; most: the number of the full colour
 * select: {row, column}, either may be missing; onSelect(row, column): on a click or Enter
 * hidden(row, column): is the cell struck out, as one that the mask hides?
 * there: so many rows there are at this step, the others are hatched
 * cell, line: a cell's width and height in pixels; the numbers stand in cells of 36 and more
 * canvas: of a `canvasKeeper`, where many are drawn anew at once
 */
export function heatMap(side, options) {
  const { trace, at = [], values, scale = "signed", cell, caption, onSelect, hidden } = options;
  const { row: chosenRow = null, column: chosenColumn = null } = options.select ?? {};
  const rows = options.rows?.map(visible) ?? null;
  const columns = options.columns?.map(visible) ?? options.columns;
  const [height, width] = values.shape;
  const { there = height } = options;
  const most = options.most ?? (trace.endsWith(".weights") ? 1 : largestSize(values.data));
  const asks = /\.(weights|scores)$/.test(trace);

  const canvas = options.canvas ?? el("canvas");
  const layout = heatLayout(values.shape, { rows, columns, cell, line: options.line });
  paintHeat(canvas, layout, values, { rows, columns, scale, most, hidden, there });
  const mark = (name) => el("span", { class: name, hidden: true });
  const cursor = mark("heat-cursor");
  const picture = el("div", { class: "heat-picture" }, canvas, mark("heat-selected"), cursor);
  place(picture.children[1], chosenRow, chosenColumn);
  const readout = el("output", { class: "readout", "aria-live": "polite", text: "\u00a0" });

  /** Put a frame around a cell; around a row or a column, where the other is missing. */
  function place(box, i = null, j = null) {
    box.hidden = i === null && j === null;
    const set = (name, x) => box.style.setProperty(name, `${x}px`);
    set("left", layout.left + (j ?? 0) * layout.cell);
    set("top", layout.top + (i ?? 0) * layout.line);
    set("width", (j === null ? width : 1) * layout.cell);
    set("height", (i === null ? height : 1) * layout.line);
  }

  function read(i, j) {
    const [row, column] = [rows?.[i] ?? i + 1, columns?.[j] ?? j + 1]; // numbered from 1
    const x = values.data[i * width + j];
    const pair = hidden && hidden(i, j) ? HIDDEN_PAIR : ASKS_AND_ANSWERS;
    readout.textContent = i >= there ? words(LATER_ROW, row)
      : asks ? words(pair, row, column, number(x))
      : `${rows === null && height === 1 ? "" : `${row}, `}${column}: ${number(x)}`;
  }

  const key = [side.id, trace, at, cell].join("|");
  function moveTo(i, j) {
    heatCursors.set(key, [i, j]);
    place(cursor, i, j);
    read(i, j);
  }

  function cellAt(event) {
    const box = canvas.getBoundingClientRect();
    const i = Math.floor((event.clientY - box.top - layout.top) / layout.line);
    const j = Math.floor((event.clientX - box.left - layout.left) / layout.cell);
    return i >= 0 && i < height && j >= 0 && j < width ? [i, j] : null;
  }

  function start() {
    const [i, j] = heatCursors.get(key) ?? [chosenRow ?? 0, chosenColumn ?? 0];
    return [Math.min(i, height - 1), Math.min(j, width - 1)];
  }

  const ways = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const within = (i, length) => Math.max(0, Math.min(i, length - 1));
  function press(event) {
    const [i, j] = start();
    if (event.key in ways) {
      const [down, right] = ways[event.key];
      moveTo(within(i + down, height), within(j + right, width));
      cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if ((event.key === "Enter" || event.key === " ") && onSelect) onSelect(i, j);
    else return;
    event.preventDefault();
  }

  const scroller = el(
    "div",
    {
      class: `heat-scroll${onSelect ? " selectable" : ""}`, tabindex: "0", role: "group",
      "aria-roledescription": words({ en: "heat map", zh: "热图" }),
      "aria-label": words({
        en: "{0}: {1} rows, {2} columns. Arrow keys read the numbers.",
        zh: "{0}：{1} 行，{2} 列。用方向键读数。",
      }, options.label ?? trace, height, width),
      onkeydown: press,
      onfocus: () => moveTo(...start()),
      onblur: () => place(cursor),
      onpointermove: (event) => cellAt(event) && moveTo(...cellAt(event)),
      onpointerleave: () => place(cursor),
      onclick: (event) => onSelect && cellAt(event) && onSelect(...cellAt(event)),
    },
    picture,
  );
  if (chosenRow !== null && chosenColumn !== null) read(chosenRow, chosenColumn);
  const axes = asks && [
    el("span", { class: "asks", text: words({ en: "asks ↓", zh: "问 ↓" }) }),
    " ",
    el("span", { class: "answers", text: words({ en: "answers →", zh: "答 →" }) }),
  ];
  const heading = [caption ?? [], caption && asks ? " · " : [], axes || []];
  const figure = el("figure", { class: "heat" }, el("figcaption", {}, heading), scroller, readout);
  return declare(figure, side, trace, at, values.data);
}

/** The largest size of a number. */
export function largestSize(data) {
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

/**
 * Bars, one below the other, around a common zero.
 * items: [{label (text or node), value, text?, what?, title?, selected?, colour?, onSelect?}]
 * colour: "sign" (plus and minus, the default), "weight", "asks", "answers" or "value".
 * range: numbers for which there must be room too, so that two drawings have the same scale.
 */
export function bars({ items, label, colour = "sign", digits = number, range = [] }) {
  const least = Math.min(0, ...range, ...items.map((item) => item.value));
  const most = Math.max(0, ...range, ...items.map((item) => item.value));
  const width = most - least || 1;
  const rows = items.map((item) => {
    const less = item.value < 0 ? " less" : "";
    const bar = el("span", { class: `bar ${item.colour ?? colour}${less}` });
    bar.style.setProperty("left", `${(100 * (Math.min(0, item.value) - least)) / width}%`);
    bar.style.setProperty("width", `${(100 * Math.abs(item.value)) / width}%`);
    const zero = el("span", { class: "zero" });
    zero.style.setProperty("left", `${(-100 * least) / width}%`);
    const row = el(
      item.onSelect ? "button" : "div",
      {
        class: `bar-row${item.selected ? " selected" : ""}`,
        title: item.title,
        type: item.onSelect && "button",
        "aria-current": item.selected && "true",
        onclick: item.onSelect,
      },
      el("span", { class: "bar-label" }, item.label),
      el("span", { class: "bar-track" }, zero, bar),
      el("span", { class: "number", text: item.text ?? digits(item.value) }),
    );
    if (item.what) derived(row, item.what, item.value);
    return el("li", {}, row);
  });
  return el("ul", { class: "bars", "aria-label": label }, rows);
}

/**
 * formula("q", "·", ["sub", "k", "j"], ["frac", 1, ["sqrt", "d"]]) → a MathML element. Letters and
 * numbers are known as such; ["text", "softmax"] is upright, ["asks", "q"] has the colour of that.
 */
export function formula(...parts) {
  const math = makeMath("math");
  math.setAttribute("display", "block");
  math.append(mathNode(["row", ...parts]));
  return math;
}

/** A word of the glossary, with its explanation on hover and focus. */
export function term(key, label = null) {
  const entry = GLOSSARY[key];
  if (!entry) throw new Error(`no glossary entry ${key}`);
  const text = label ?? words(entry.name);
  const tip = () => showTip(element, words(entry.text));
  const element = el("span", {
    class: "term", tabindex: "0", role: "note", text,
    "aria-label": `${text}: ${words(entry.text)}`,
    onmouseenter: tip, onfocus: tip, onclick: tip, onmouseleave: hideTip, onblur: hideTip,
  });
  return element;
}
