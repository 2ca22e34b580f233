// Attention: which head counts most for the written token, every head as a small map of who asks
// whom, one of them large, and any cell of that opened to its arithmetic.

import { hiddenPairs } from "../arithmetic/cell.js";
import { argmax, at, row, sub } from "../arithmetic/tensor.js";
import { boxTitle } from "../boxes.js";
import { canvasKeeper } from "../paint.js";
import { bringIntoView } from "../place.js";
import { bars, derived, el, heatMap, percent, phrase } from "../widgets.js";
import { words } from "../words.js";
import { leadSentence, whyItLooks } from "./attention_lead.js";
import { attentionGroups, headGrid, headName } from "./attention_maps.js";
import { cellPanel } from "./cell.js";
import { isSecret } from "./guess.js";
import { headShown, leadingOf } from "./leading.js";
import { placed } from "./lines.js";
import { partSwitch } from "./part_switch.js";
import {
  answeringTokens, askingTokens, rowLabels, rowNote, rowsThere, tokenAt, whoAsks,
} from "./tokens.js";

const LOOKS = 6; // of a row, so many of the largest weights are listed

export function attentionView(app) {
  function mount(element, side) {
    const boxes = side.boxes.filter((box) => box.kind === "attention");
    const lead = el("div", { class: "attention-lead" });
    const grid = el("div", { class: "heads" });
    const large = el("div", { class: "large" });
    const panel = el("div", { class: "cell" });
    const canvasOf = canvasKeeper();
    // {path, head, query, key}; without a path and a head, those that count most at the chosen
    // step; without a query, that of the step
    let shown = { path: null, head: null, query: null, key: null };
    element.classList.add("view");
    element.append(lead, el("div", { class: "attention" }, grid, el("div", {}, large, panel)));

    /** What the state says of an attention; while it speaks of an MLP, what it said before. */
    function choose({ path, head, query, key }) {
      const isMlp = app.boxes.some(({ id, kind }) => id === path && kind === "mlp");
      if (!isMlp) shown = { path, head, query, key };
    }

    function open(change) {
      app.store.set({ ...change, box: change.path });
      if (change.key !== null) {
        app.announce(words({ en: "The arithmetic of this cell stands below.", zh: "这一格的算式在下面。" }));
      } else requestAnimationFrame(() => bringIntoView(large));
    }

    return function update() {
      if (!side.explanation) return;
      const { explanation, model } = side;
      const state = app.store.get();
      choose(state);
      const leading = leadingOf(app, side);
      const { i, step } = leading;
      const chosen = boxes.find(({ id }) => id === shown.path);
      const box = chosen ?? boxes.find(({ id }) => id === leading.lead.path);
      const head = headShown(side, leading, box.id, chosen ? shown.head : null);
      const secret = isSecret(app, side, i);
      const sourceRow = answeringRow(explanation, leading.lead, step.row);
      const own = box.side !== "source"; // its rows are those of the stream that writes
      const asking = askingTokens(explanation, box).length;
      const answering = answeringTokens(explanation, box).length;
      const query = Math.min(shown.query ?? (own ? step.row : sourceRow), asking - 1);
      const key = shown.key === null ? null : Math.min(shown.key, answering - 1);
      const cell = { head, query, key, step, edits: state.edits };
      const c = {
        app, side, i, step, open, shown: { path: box.id, head },
        terms: secret ? null : leading.terms, lead: leading.lead,
        sourceRow: own ? sourceRow : query, canvasOf,
      };
      lead.replaceChildren(...leadSentence(app, side, { ...leading, isSecret: secret }, open));
      grid.replaceChildren(...attentionGroups(boxes).map((group) => headGrid(c, group)));
      large.replaceChildren(...largeMap(app, side, box, cell, open, canvasOf));
      panel.replaceChildren(...(key === null ? [] : cellPanel(app, side, box, cell)));
    };
  }
  return {
    id: "attention",
    title: { en: "Attention: whom does a token look at?", zh: "注意力：词元在看谁？" },
    mount,
  };
}

/** The place at which a head looks most, from a row. */
function answeringRow({ trace }, { path, head }, index) {
  return argmax(row(trace.get(`${path}.weights`), head, index));
}

/** How to go on to the arithmetic; `look` opens that of the key which is looked at most. */
const hint = (look) => el("p", { class: "quiet" },
  el("button", {
    type: "button", onclick: look,
    text: words({ en: "Open this look to its arithmetic", zh: "把这一眼展开成算式" }),
  }), " ", words({
    en: "or choose any cell or bar: from the numbers of query and key to what the pair adds to " +
      "the token's vector.",
    zh: "也可以选任意一格或一条：从查询和键的每个数，一直到这一对给词元的向量加上了什么。",
  }));

/** One head, large, and in words at whom the row that is looked at looks. */
function largeMap(app, side, box, { head, query, key, step }, open, canvasOf) {
  const { explanation } = side;
  const name = `${box.id}.weights`;
  const values = sub(explanation.trace.get(name), head);
  const columns = answeringTokens(explanation, box);
  const cell = Math.max(11, Math.min(40, Math.floor(400 / Math.max(...values.shape))));
  const chosen = box.side === "source" ? null : step.row; // there, what is shown follows the step
  const look = (asks, answers) =>
    open({ path: box.id, head, query: asks === chosen ? null : asks, key: answers });
  const rows = rowLabels(app, side, box).map((label, i) => (i === chosen ? `▸${label}` : label));
  const heat = heatMap(side, {
    trace: name, at: [head], values, rows, columns, scale: "weight",
    cell, there: rowsThere(side, box, app.store.get()),
    hidden: hiddenPairs(side.model, explanation.inputs, box),
    select: { row: query, column: key ?? undefined }, onSelect: look,
    label: `${words(boxTitle(box))}, ${headName(box, head)}`,
    canvas: canvasOf("large"),
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
      derived(el("strong", { text: percent(at(values, query, seen[0])) }),
        `${what}.${seen[0]}`, at(values, query, seen[0])),
      tokenAt(columns, seen[0]),
    ) : words({ en: "This token may look at nobody.", zh: "这个词元谁也不能看。" })),
    whyItLooks(side, box, head, query) ?? "",
    el("div", { class: "large-row" }, heat, el("div", { class: "looks" }, bars({
      items, range: [0, 1], label: words({ en: "At whom this row looks", zh: "这一行在看谁" }),
    }), others || null)),
    rowNote(app, side, box, query) ?? "",
    ...(key === null && seen.length ? [hint(() => look(query, seen[0]))] : []),
    partSwitch(app, side,
      { kind: "head", path: box.id, index: head }, { path: box.id, head }) ?? "",
  ];
}
