// The key/value cache: a slot for each token's keys and values in each block, filled as one steps.

import { answerCost, cacheCost } from "./cache_cost.js";
import { derived, el, heatMap, phrase, term, token, visible } from "../widgets.js";
import { words } from "../words.js";

/** The attentions that keep keys and values: [{path, block, memory}]; blocks count from 1. */
function cachedAttentions({ kind, config }) {
  const of = (name, memory) => Array.from({ length: config.n_layers }, (_, i) => (
    { path: `${kind === "GPT" ? "" : "decoder."}blocks.${i}.${name}`, block: i + 1, memory }
  ));
  if (kind === "GPT") return of("attention", false);
  return [...of("self_attention", false), ...of("cross_attention", true)];
}

const CACHE_KEYS = { en: "keys", zh: "键" };
const CACHE_VALUES = { en: "values", zh: "值" };
const SLOT_STATES = {
  new: { en: "computed in this step", zh: "这一步算出" },
  old: { en: "computed before, reused", zh: "以前算出，直接取用" },
  empty: { en: "still empty", zh: "还是空的" },
};

/** A table of slots: a row for the keys and one for the values of each block. */
function slotTable(side, attentions, ids, memory, show) {
  const { label } = side.explanation;
  const slots = [];
  const heads = Array.from(ids, (id) => el("th", { scope: "col", text: visible(label(id)) }));
  const rows = attentions.flatMap(({ path, block }) => ["k", "v"].map((kind) => {
    const name = kind === "k" ? CACHE_KEYS : CACHE_VALUES;
    const cells = Array.from(ids, (id, row) => {
      const button = el("button", {
        type: "button", class: `slot ${kind}`, tabindex: "-1",
        onclick: () => show(slot), onmouseenter: () => show(slot), onfocus: () => show(slot),
      });
      const slot = { button, path, kind, row, block, id, memory };
      slots.push(slot);
      return el("td", {}, button);
    });
    const text = words({ en: "block {0} · {1}", zh: "第 {0} 块 · {1}" }, block, words(name));
    return el("tr", {}, el("th", { scope: "row", text }), cells);
  }));
  const caption = memory
    ? words({
      en: "Of the memory (cross-attention): computed once, full from the first step",
      zh: "记忆（交叉注意力）：只算一次，从第一步起就是满的",
    })
    : words({ en: "Of what the decoder reads (self-attention)", zh: "解码器读入的（自注意力）" });
  const table = el("table", { class: "cache" }, el("caption", { text: caption }),
    el("thead", {}, el("tr", {}, el("td"), heads)), el("tbody", {}, rows));
  table.addEventListener("keydown", (event) => moveInSlots(event, slots, ids.length));
  return { table: el("div", { class: "scroll" }, table), slots, heads };
}

/** Arrow keys lead from slot to slot. */
function moveInSlots(event, slots, columns) {
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const here = slots.findIndex((slot) => slot.button === event.target);
  if (!(event.key in moves) || here < 0) return;
  event.preventDefault();
  event.stopPropagation();
  slots[here + moves[event.key]]?.button.focus();
}

/** The numbers of a slot: a strip for each head of keys and values. */
function slotNumbers(side, { path, kind, row, block, id }, state) {
  const trace = `${path}.${kind}`;
  const { shape, data } = side.explanation.trace.get(trace); // (heads, T, d_head)
  const [heads, T, size] = shape;
  const parts = Array.from({ length: heads }, (_, head) => {
    const start = (head * T + row) * size;
    return data.subarray(start, start + size);
  });
  const most = Math.max(...parts.flatMap((part) => Array.from(part, Math.abs)));
  const strips = parts.map((part, head) => el("div", { class: "slot-head" },
    el("span", { class: "row-name", text: words({ en: "head {0}", zh: "头 {0}" }, head + 1) }),
    heatMap(side, {
      trace, at: [head, row], values: { shape: [1, size], data: part }, scale: "signed", most,
      cell: 18,
    })));
  const text = phrase({
    en: "The {0} of {1}, position {2}, in block {3}: {4} × {5} numbers, {6}.",
    zh: "{1}（第 {2} 个）在第 {3} 块的{0}：{4} × {5} 个数，{6}。",
  }, words(kind === "k" ? CACHE_KEYS : CACHE_VALUES), token(side.explanation.label(id)), row + 1,
  block, heads, size, words(SLOT_STATES[state]));
  return [el("p", { class: "note" }, text), ...strips];
}

const CACHE_COUNTED = [
  ["queries", { en: "queries", zh: "查询" }],
  ["keysAndValues", { en: "keys and values", zh: "键和值" }],
  ["scores", { en: "scores that the mask lets through", zh: "掩码放过的得分" }],
  ["hidden", { en: "the MLPs' hidden units", zh: "MLP 的隐藏单元" }],
  ["total", { en: "together", zh: "合计" }],
];
const wholeNumber = (n) => n.toLocaleString("en");

function cacheCosts(config, rows, step, memory) {
  const cost = cacheCost(config, rows, step, memory);
  const answer = answerCost(config, rows, memory);
  const cells = (withCache, without, what) => [withCache, without].map((value, i) => el("td", {
    class: "number", text: wholeNumber(value), "data-value": value,
    "data-what": `cache:${what}:${i ? "without" : "with"}`,
  }));
  const body = CACHE_COUNTED.map(([name, text]) => el("tr", { class: name === "total" && "sum" },
    el("th", { scope: "row", text: words(text) }),
    cells(cost.with[name], cost.without[name], `${step}:${name}`)));
  body.push(el("tr", {},
    el("th", { scope: "row", text: words({ en: "in the whole answer", zh: "写完整个答案" }) }),
    cells(answer.with, answer.without, "answer")));
  const heads = [
    { en: "numbers that this step computes", zh: "这一步要算的数" },
    { en: "with the cache", zh: "有缓存" },
    { en: "without it", zh: "无缓存" },
  ];
  const times = cost.without.total / cost.with.total;
  const sentence = phrase(step === 0 ? {
    en: "New tokens read in this step: {0}. The cache is still empty, and saves nothing yet.",
    zh: "这一步新读入的词元：{0} 个。缓存还是空的，什么也没省下。",
  } : {
    en: "New tokens read in this step: {0}. Numbers of keys and values taken from the cache: " +
      "{1}. Without the cache the step would compute {2} times as much.",
    zh: "这一步新读入的词元：{0} 个。从缓存取用的键和值：{1} 个数。没有缓存，这一步要算的是现在的 {2} 倍。",
  }, cost.last - cost.first + 1, wholeNumber(cost.reused),
  derived(el("span", { text: times.toFixed(1) }), `cache:${step}:times`, times));
  return [
    el("p", {}, sentence),
    el("table", { class: "plain" },
      el("thead", {}, el("tr", {},
        heads.map((text) => el("th", { scope: "col", text: words(text) })))),
      el("tbody", {}, body)),
  ];
}

/** The cache of a side: {element, update(step)}. */
export function cacheFigure(side) {
  const { model, explanation } = side;
  const { inputs, steps } = explanation;
  const rows = steps.map((step) => step.row);
  const memory = inputs.source?.length ?? 0;
  const numbers = el("div", { class: "slot-numbers" });
  const costs = el("div", { class: "cache-costs" });
  let step = 0;
  let chosen = null;

  function stateOf(slot) {
    if (slot.memory) return step === 0 ? "new" : "old";
    if (slot.row > rows[step]) return "empty";
    return step > 0 && slot.row <= rows[step - 1] ? "old" : "new";
  }
  function show(slot) {
    chosen = slot;
    for (const { slots } of tables) {
      for (const { button } of slots) button.classList.toggle("chosen", button === slot.button);
    }
    const state = stateOf(slot);
    const nothing = el("p", { class: "note", text: words({
      en: "This slot is empty: the token has not been read yet.",
      zh: "这一格还是空的：这个词元还没有读入。",
    }) });
    numbers.replaceChildren(...(state === "empty" ? [nothing] : slotNumbers(side, slot, state)));
  }
  const attentions = cachedAttentions(model);
  const own = attentions.filter((attention) => !attention.memory);
  const tables = [slotTable(side, own, inputs.target ?? inputs.ids, false, show)];
  if (memory) {
    const cross = attentions.filter((attention) => attention.memory);
    tables.push(slotTable(side, cross, inputs.source, true, show));
  }
  const swatch = (kind, state) => el("span", { class: `slot ${kind} ${state}` });
  const legend = el("p", { class: "legend" },
    el("span", {}, swatch("k", "new"), words(CACHE_KEYS)),
    el("span", {}, swatch("v", "new"), words(CACHE_VALUES)),
    ["new", "old", "empty"].map((state) => el("span", {},
      swatch("k", state), swatch("v", state), words(SLOT_STATES[state]))));
  const sentence = words({
    en: "Under the causal mask a token's keys and values depend on nothing that comes after it. " +
      "So they are computed once and kept; a step computes those of the token that it reads.",
    zh: "在因果掩码下，一个词元的键和值与它后面的词元无关。所以只算一次，存起来；每一步只算新读入的那个词元的键和值。",
  });
  const slots = el("div", {}, el("p", { text: sentence }), legend,
    el("div", { class: "cache-tables" }, tables.map(({ table }) => table)), numbers);
  const element = el("section", { class: "cache-figure" },
    el("h3", {}, term("cache")), el("div", { class: "beside" }, slots, costs));

  function update(newStep) {
    step = newStep;
    for (const { slots } of tables) {
      for (const slot of slots) {
        const state = stateOf(slot);
        slot.button.className = `slot ${slot.kind} ${state}`;
        slot.button.tabIndex = -1;
        slot.button.setAttribute("aria-label", words(
          { en: "{0}, position {1}, block {2}: {3}", zh: "{0}，第 {1} 个，第 {2} 块：{3}" },
          words(slot.kind === "k" ? CACHE_KEYS : CACHE_VALUES), slot.row + 1, slot.block,
          words(SLOT_STATES[state])));
      }
    }
    tables[0].heads.forEach((head, row) => {
      head.textContent = row > rows[step] ? "" : visible(explanation.rows[row]); // not yet written
    });
    for (const { slots } of tables) slots[0].button.tabIndex = 0;
    const like = chosen ?? tables[0].slots.findLast(({ kind }) => kind === "k");
    show(like.memory ? like : tables[0].slots.find((slot) =>
      slot.row === rows[step] && slot.path === like.path && slot.kind === like.kind));
    costs.replaceChildren(...cacheCosts(model.config, rows, step, memory));
  }
  return { element, update };
}
