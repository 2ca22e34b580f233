// Attention: every head as a small map of who asks whom, one of them large, and any cell of that
// opened to its arithmetic.

import { hiddenPairs } from "../arithmetic/cell.js";
import { argmax, at, row, sub } from "../arithmetic/tensor.js";
import { boxesOf, boxPlace, boxTitle } from "../boxes.js";
import { paintSmall } from "../paint.js";
import { bars, declare, derived, el, heatMap, percent, phrase, token } from "../widgets.js";
import { words } from "../words.js";
import { cellPanel } from "./cell.js";
import { placed } from "./lines.js";
import { partSwitch } from "./part_switch.js";
import { answeringTokens, askingTokens, rowLabels, whoAsks } from "./tokens.js";

const LOOKS = 6; // of a row, so many of the largest weights are listed

function headName(box, head) {
  return words({ en: "{0}, head {1}", zh: "{0}，头 {1}" }, words(boxPlace(box)), head + 1);
}

export function attentionView(app) {
  function mount(element, side) {
    const boxes = boxesOf(side.model).filter((box) => box.kind === "attention");
    const grid = el("div", { class: "heads" });
    const large = el("div", { class: "large" });
    const panel = el("div", { class: "cell" });
    let shown = null; // {path, head, query, key}; without a query, that of the chosen step
    element.classList.add("view");
    element.append(el("div", { class: "attention" }, grid, el("div", {}, large, panel)));

    /** What the state says of an attention; while it speaks of an MLP, what it said before. */
    function choose({ path, head, query, key }) {
      const isAttention = app.boxes.some(({ id, kind }) => id === path && kind === "attention");
      if (isAttention) shown = { path, head, query, key };
      shown ??= { path: app.store.defaults.path, head: 0, query: null, key: null };
    }

    function open(change) {
      app.store.set({ ...shown, ...change, box: change.path ?? shown.path });
      if (change.key != null) {
        app.announce(words({ en: "The arithmetic of this cell stands below.", zh: "这一格的算式在下面。" }));
      }
    }

    return function update() {
      if (!side.explanation) return;
      const state = app.store.get();
      choose(state);
      const box = boxes.find(({ id }) => id === shown.path) ?? boxes.at(-1);
      const step = side.explanation.steps[state.step] ?? side.explanation.steps.at(-1);
      const own = box.side !== "source"; // its rows are those of the stream that writes
      const asking = askingTokens(side.explanation, box).length;
      const answering = answeringTokens(side.explanation, box).length;
      const head = Math.min(shown.head, side.model.config.n_heads - 1);
      const query = Math.min(shown.query ?? (own ? step.row : 0), asking - 1);
      const key = shown.key === null ? null : Math.min(shown.key, answering - 1);
      const cell = { head, query, key, step, edits: state.edits };
      grid.replaceChildren(
        legend(app, side, boxes.at(-1), step.row),
        ...groupsOf(boxes).map((group) => headGrid(side, group, shown, step, open)));
      large.replaceChildren(...largeMap(app, side, box, cell, open));
      panel.replaceChildren(...(key === null ? [hint()] : cellPanel(app, side, box, cell)));
    };
  }
  return {
    id: "attention",
    title: { en: "Attention: whom does a token look at?", zh: "注意力：词元在看谁？" },
    mount,
  };
}

const hint = () => el("p", {
  class: "quiet",
  text: words({
    en: "Choose a cell, or a bar: it opens to its arithmetic, from the numbers of query and key to what it adds to the token's vector.",
    zh: "选一格，或者选一条：它会展开成完整的算式，从查询和键的每个数，一直到它给词元的向量加上了什么。",
  }),
});

/** What the small maps show of the chosen step, whose row `index` is. */
function legend(app, side, box, index) {
  return el("p", { class: "quiet head-legend" }, phrase({
    en: "A map for each head. {0} has the framed row; below it stands at whom that looks most.",
    zh: "每个头一张图。框住的一行是{0}；图下面是它最看谁。",
  }, whoAsks(app, side, box, index)));
}

/** The attentions of a kind together, all its layers: encoder's, decoder's own, cross. */
function groupsOf(boxes) {
  const groups = new Map();
  for (const box of boxes) {
    const name = `${box.side} ${box.name}`;
    groups.set(name, [...(groups.get(name) ?? []), box]);
  }
  return [...groups.values()];
}

const GROUP_TEXT = {
  source: { en: "Question to question", zh: "题目里的词元互相看" },
  cross: { en: "Answer to question", zh: "答案看题目" },
  causal: { en: "Each to itself and those before it", zh: "每个词元看自己和前面的" },
  both: { en: "Each to all, on both sides", zh: "每个词元看左右所有的" },
};

/** A kind of attention: a line for each layer, a small map for each head. */
function headGrid(side, group, shown, step, open) {
  const [{ cross, causal, side: where }] = group;
  const kind = cross ? "cross" : causal ? "causal" : where === "source" ? "source" : "both";
  const encoder = where === "source" ? `${words({ en: "Encoder", zh: "编码器" })} · ` : "";
  return el(
    "section", { class: "head-group" },
    el("h3", {}, encoder, words(boxTitle(group[0])), " ",
      el("span", { class: "quiet", text: words(GROUP_TEXT[kind]) })),
    group.map((box) => el(
      "div", { class: "head-line", role: "group", "aria-label": words(boxPlace(box)) },
      el("span", {
        class: "quiet head-layer",
        text: words({ en: "block {0}", zh: "第 {0} 块" }, box.block + 1),
      }),
      Array.from({ length: side.model.config.n_heads }, (_, head) =>
        smallMap(side, box, head, shown, step, open)),
    )),
  );
}

/** A head's weights, small; the row of the chosen step is marked. */
function smallMap(side, box, head, shown, step, open) {
  const name = `${box.id}.weights`;
  const weights = sub(side.explanation.trace.get(name), head);
  const [T, S] = weights.shape;
  const canvas = el("canvas");
  paintSmall(canvas, weights, "weight", 1);
  const mark = box.side === "source" ? null : el("span", { class: "head-step" });
  mark?.style.setProperty("top", `${(100 * step.row) / T}%`);
  mark?.style.setProperty("height", `${100 / T}%`);
  const picture = el("span", { class: "head-picture" }, canvas, mark);
  picture.style.setProperty("--wide", S / Math.max(T, S));
  picture.style.setProperty("--high", T / Math.max(T, S));
  const chosen = shown.path === box.id && shown.head === head;
  const label = words({ en: "head {0}", zh: "头 {0}" }, head + 1);
  const look = box.side === "source"
    ? null : strongestLook(side.explanation, box, weights, step.row);
  return declare(
    el(
      "button",
      {
        type: "button", class: "head-map", "aria-pressed": String(chosen),
        "aria-label": `${headName(box, head)}, ${words(boxTitle(box))}`,
        onclick: () => open({ path: box.id, head, key: null, query: null }),
      },
      el("span", { class: "quiet", text: label }), picture, look,
    ),
    side, name, [head], weights.data,
  );
}

/** The token at which a row looks with the most weight, and that weight. */
function strongestLook(explanation, box, weights, index) {
  const line = row(weights, index);
  const most = argmax(line);
  const label = answeringTokens(explanation, box)[most];
  return el("span", { class: "head-look" }, token(label), ` ${percent(line[most])}`);
}

/** One head, large, and in words at whom the row that is looked at looks. */
function largeMap(app, side, box, { head, query, key, step }, open) {
  const { explanation } = side;
  const name = `${box.id}.weights`;
  const values = sub(explanation.trace.get(name), head);
  const columns = answeringTokens(explanation, box);
  const cell = Math.max(11, Math.min(40, Math.floor(400 / Math.max(...values.shape))));
  const chosen = box.side === "source" ? null : step.row; // there, what is shown follows the step
  const look = (asks, answers) => open({ query: asks === chosen ? null : asks, key: answers });
  const rows = rowLabels(app, side, box).map((label, i) => (i === chosen ? `▸${label}` : label));
  const heat = heatMap(side, {
    trace: name, at: [head], values, rows, columns, scale: "weight",
    cell, hidden: hiddenPairs(side.model, explanation.inputs, box),
    select: { row: query, column: key ?? undefined }, onSelect: look,
    label: `${words(boxTitle(box))}, ${headName(box, head)}`,
  });
  const what = `weight:${box.id}.${head}.${query}`;
  const order = Array.from(row(values, query).keys()).sort((i, j) =>
    at(values, query, j) - at(values, query, i));
  const seen = order.filter((j) => at(values, query, j) > 0);
  const rest = seen.slice(LOOKS).reduce((sum, j) => sum + at(values, query, j), 0);
  const items = seen.slice(0, LOOKS).map((j) => ({
    label: placed(columns, j),
    value: at(values, query, j), text: percent(at(values, query, j)), colour: "weight",
    selected: j === key, onSelect: () => look(query, j),
    title: words({ en: "Open the arithmetic", zh: "展开算式" }), what: `${what}.${j}`,
  }));
  const others = rest > 0 && derived(el("p", { class: "quiet", text: words(
    { en: "and {0} more, together {1}", zh: "还有 {0} 个，合计 {1}" },
    seen.length - LOOKS, percent(rest)) }), `${what}.others`, rest);
  return [
    el("h3", {}, words(boxTitle(box)), " ",
      el("span", { class: "quiet", text: headName(box, head) })),
    el("p", { class: "says" }, seen.length ? phrase(
      { en: "{0} looks with {1} at {2}.", zh: "{0}，有 {1} 的注意力在看 {2}。" },
      whoAsks(app, side, box, query),
      derived(el("strong", { text: percent(at(values, query, seen[0])) }), `${what}.${seen[0]}`, at(values, query, seen[0])), token(columns[seen[0]]),
    ) : words({ en: "This token may look at nobody.", zh: "这个词元谁也不能看。" })),
    el("div", { class: "large-row" }, heat, el("div", { class: "looks" }, bars({
      items, label: words({ en: "At whom this row looks", zh: "这一行在看谁" }),
    }), others || null)),
    partSwitch(app, side, { kind: "head", path: box.id, index: head }) ?? "",
  ];
}
