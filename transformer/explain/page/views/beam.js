// Beam search as a tree: a column a step, what was kept and what was pruned, with the scores.

import { beam, lengthPenalty } from "../arithmetic/decoding.js";
import { repr } from "../arithmetic/python.js";
import { asAnswer, decodeIds, longestAnswer } from "../arithmetic/tasks.js";
import {
  derived, el, formula, number, percent, phrase, svg, term, token, visible,
} from "../widgets.js";
import { words } from "../words.js";
import { beamLayout, writtenTokens } from "./beam_layout.js";
import { said } from "./said.js";

const BEAM_ROW = 28;
const BEAM_NODE = 22;
const BEAM_GAP = 44; // between two columns, for the edges

const LONG_SEARCH = 1e7; // parameters times tokens, some 30 ms: it waits for a pause in typing
const TYPING_PAUSE = 200; // milliseconds

const beamSearches = new Map(); // a search takes a while: the last few are kept

function searchKey(side, { beam: { width, alpha }, edits }) {
  return JSON.stringify([side.id, Array.from(side.explanation.prompt), edits, width, alpha]);
}

function isLongSearch(side, state) {
  const work = side.model.parameters * longestAnswer(side.task) * state.beam.width;
  return work > LONG_SEARCH && !beamSearches.has(searchKey(side, state));
}

/** The search that the state asks for, with its layout. */
function searched(side, state) {
  const { prompt } = side.explanation;
  const { width, alpha } = state.beam;
  const key = searchKey(side, state);
  if (!beamSearches.has(key)) {
    if (beamSearches.size > 8) beamSearches.delete(beamSearches.keys().next().value);
    const options = { width, alpha, nBest: width };
    const found = beam(side.model, prompt, longestAnswer(side.task), options, side.edits);
    beamSearches.set(key, { ...found, layout: beamLayout(found.tree) });
  }
  return { key, ...beamSearches.get(key) };
}

/** As `transformer solve` writes a score. */
const beamNumber = (x) => x.toFixed(4).replace("-", "−");

const beamText = (side, ids) => ids.map((id) => visible(side.explanation.label(id))).join(" ");

/** A node's arithmetic in words: its text, ln P, the length penalty, the score, its fate. */
function nodeSentence(side, node, alpha) {
  const ids = writtenTokens(node);
  const fate = node.wins
    ? { en: "on the way to the best text", zh: "通向最好的文本" }
    : node.kept
      ? { en: "kept", zh: "保留" }
      : { en: "pruned: others score higher", zh: "剪去：别的得分更高" };
  return words({
    en: "{0} — ln P = {1}, length {2}, length penalty {3}, score {1} / {3} = {4}; {5}",
    zh: "{0}——ln P = {1}，长度 {2}，长度惩罚 {3}，得分 {1} / {3} = {4}；{5}",
  }, beamText(side, ids), beamNumber(node.logP), ids.length,
  beamNumber(lengthPenalty(ids.length, alpha)), beamNumber(node.score), words(fate));
}

/** Arrow keys lead from node to node: up and down in a column, left to the parent, right to the
 * best child. */
function moveInBeam(event, node, layout, elements) {
  const column = layout.nodes.filter((other) => other.column === node.column);
  const beside = (by) => column.find((other) => other.place === node.place + by);
  const moves = {
    ArrowUp: () => beside(-1), ArrowDown: () => beside(1),
    ArrowLeft: () => node.parent, ArrowRight: () => node.children[0],
  };
  if (!(event.key in moves)) return;
  event.preventDefault();
  event.stopPropagation();
  elements.get(moves[event.key]()?.id)?.focus();
}

function beamTree(side, layout, alpha, show) {
  const label = side.explanation.label;
  const texts = layout.nodes.map((node) => visible(label(node.token)));
  const width = 9 * Math.max(...texts.map((text) => text.length)) + 74;
  const x = (node) => node.column * (width + BEAM_GAP) + 4;
  const y = (node) => node.place * BEAM_ROW + 24;
  const picture = svg("svg", {
    class: "beam-tree", width: layout.columns * (width + BEAM_GAP) - BEAM_GAP + 8,
    height: layout.rows * BEAM_ROW + 24, role: "group",
    "aria-label": words({ en: "the beam, a column a step", zh: "束，每步一列" }),
  });
  for (let column = 0; column < layout.columns; column++) {
    const heading = svg("text", { class: "heading", x: x({ column }) + 2, y: 14 });
    heading.textContent = words({ en: "step {0}", zh: "第 {0} 步" }, column + 1);
    picture.append(heading);
  }
  const elements = new Map();
  const kindOf = (node) => (node.wins ? "wins" : node.kept ? "kept" : "pruned");
  for (const node of layout.nodes.filter((other) => other.parent)) {
    const from = [x(node.parent) + width, y(node.parent) + BEAM_NODE / 2];
    const to = [x(node), y(node) + BEAM_NODE / 2];
    const middle = from[0] + BEAM_GAP / 2;
    picture.append(svg("path", {
      class: `edge ${kindOf(node)}`,
      d: `M ${from} C ${middle} ${from[1]} ${middle} ${to[1]} ${to}`,
    }));
  }
  for (const node of layout.nodes) {
    const carried = node.parent?.ended; // it has ended before, and only waits
    const element = svg(
      "g",
      {
        class: `node ${kindOf(node)}`, tabindex: layout.winner.path[0] === node ? "0" : "-1",
        role: "img", transform: `translate(${x(node)} ${y(node)})`,
        "aria-label": nodeSentence(side, node, alpha),
        onfocus: () => show(node), onmouseenter: () => show(node), onclick: () => show(node),
        onkeydown: (event) => moveInBeam(event, node, layout, elements),
      },
      svg("rect", { width, height: BEAM_NODE, rx: 4 }),
      svg("text", { x: 8, y: 15 }),
      svg("text", { x: width - 8, y: 15, "text-anchor": "end", class: "score" }),
    );
    element.children[1].textContent = carried ? "⋯" : visible(label(node.token));
    element.children[2].textContent = beamNumber(node.score);
    derived(element, `beam:${node.id}`, node.score);
    elements.set(node.id, element);
    picture.append(element);
  }
  return picture;
}

/** A probability, also of a long text, which is small. */
export const wholeChance = (p) => (p < 0.0001 ? number(p) : percent(p));

/** The texts that the search found, the best first, as `transformer solve --best` prints them. */
function foundTexts(side, found) {
  const { task, model, explanation } = side;
  const isOneWay = task.name === "characters"; // the text shows its tokens
  const rows = found.ids.map((ids, i) => {
    const end = ids.indexOf(model.config.eos) + 1 || ids.length;
    const boxes = ids.slice(0, end).map((id) => token(explanation.label(id)));
    const p = Math.exp(found.logP[i]);
    const cell = (text, what, value) =>
      derived(el("td", { class: "number", text }), `beam:${what}${i}`, value);
    return el("tr", { class: i === 0 ? "wins" : "" },
      el("td", {}, said(task, asAnswer(task, decodeIds(task, ids)))),
      cell(wholeChance(p), "probability", p),
      cell(beamNumber(found.scores[i]), "best", found.scores[i]),
      isOneWay ? null : el("td", {}, el("span", { class: "tokens" }, boxes)));
  });
  const heads = [
    { en: "answer", zh: "答案" }, { en: "probability P", zh: "概率 P" },
    { en: "score", zh: "得分" },
    ...(isOneWay ? [] : [{ en: "token by token", zh: "逐个词元" }]),
  ];
  return el("div", { class: "scroll" }, el("table", { class: "plain found" },
    el("thead", {}, el("tr", {}, heads.map((text) =>
      el("th", { scope: "col", text: words(text) })))),
    el("tbody", {}, rows)));
}

/** The choice between greedy and beam, and the tree. */
export function beamFigure(app, side) {
  const set = (changes) => app.store.set({ beam: { ...app.store.get().beam, ...changes } });
  const widths = Array.from({ length: 8 }, (_, i) => el("option", {
    value: i + 1, text: i === 0 ? words({ en: "1: greedy", zh: "1：贪心" }) : i + 1,
  }));
  const width = el("select", { onchange: () => set({ width: Number(width.value) }) }, widths);
  const alpha = el("input", {
    type: "range", min: 0, max: 2, step: 0.1, oninput: () => set({ alpha: Number(alpha.value) }),
  });
  const alphaShown = el("output", { class: "number" });
  const controls = el("div", { class: "writing-controls" },
    el("label", {}, `${words({ en: "width", zh: "宽度" })} `, width),
    el("label", {}, `${words({ en: "length penalty alpha", zh: "长度惩罚 alpha" })} `, alpha,
      alphaShown));
  const texts = el("div", { class: "beam-found" });
  const tree = el("div", { class: "beam-found" });
  const sentence = phrase({
    en: "Greedy decoding (width 1) takes the likeliest token at each step. {0} keeps the best " +
      "few texts, and prunes the others: so one sees the whole answers that it would have " +
      "written otherwise. A text's probability P is the product of its tokens'. Its score is " +
      "ln P over a length penalty; this way long texts are not at a loss.",
    zh: "贪心解码（宽度 1）每一步取最可能的词元。{0}保留最好的几个文本，剪去其余：" +
      "这样就看得见它本来还会写出哪些完整的答案。文本的概率 P 是各词元概率之积，" +
      "得分是 ln P 除以长度惩罚，这样长文本不会吃亏。",
  }, term("beam search", words({ en: "Beam search", zh: "束搜索" })));
  const score = formula(words({ en: "score", zh: "得分" }), "=", ["frac", ["row", "ln", "P"], ["sup",
    ["row", "(", ["frac", ["row", 5, "+", words({ en: "length", zh: "长度" })], 6], ")"], "alpha"]]);
  const element = el("section", { class: "beam-figure" },
    el("h3", { text: words({
      en: "How sure was it, and what would it have written otherwise?",
      zh: "它有多大把握？不然会写出什么？",
    }) }),
    el("div", { class: "beside" }, el("div", {}, el("p", {}, sentence), controls, score), texts),
    tree);
  let drawn = null;
  let waiting = null;

  function update() {
    const state = app.store.get();
    width.value = state.beam.width;
    alpha.value = state.beam.alpha;
    alphaShown.textContent = state.beam.alpha.toFixed(1);
    clearTimeout(waiting);
    const isLong = isLongSearch(side, state);
    element.setAttribute("aria-busy", isLong); // which hides what was found before
    if (isLong) waiting = setTimeout(draw, TYPING_PAUSE);
    else draw();
  }

  function draw() {
    const state = app.store.get();
    const wanted = state.beam;
    const found = searched(side, state);
    element.setAttribute("aria-busy", false);
    if (found.key === drawn) return;
    drawn = found.key;
    const detail = el("p", { class: "note", "aria-live": "polite" });
    const show = (node) => (detail.textContent = nodeSentence(side, node, wanted.alpha));
    show(found.layout.winner);
    const best = side.task.name === "characters" ? "" : ` --best ${wanted.width}`;
    const options = ` --beam ${wanted.width}${best} --alpha ${wanted.alpha}`;
    const command = el("code", {
      text: `transformer solve ${side.data.run} ${repr(side.explanation.question)}${options}`,
    });
    const plain = {
      en: "The best score first. With parts switched off: transformer solve always has all on.",
      zh: "得分最高的在先。这是关掉了一些部分的结果：transformer solve 总是全部开着。",
    };
    const same = state.edits.length > 0 ? plain : side.task.name === "characters"
      ? { en: "The best score first. {0} begins with the first.",
        zh: "得分最高的在先。{0} 的开头就是第一个。" }
      : { en: "The best score first; {0} prints the same.",
        zh: "得分最高的在先；{0} 打印的是同样的。" };
    texts.replaceChildren(
      foundTexts(side, found), el("p", { class: "note scroll" }, phrase(same, command)));
    tree.replaceChildren(
      el("div", { class: "scroll" }, beamTree(side, found.layout, wanted.alpha, show)), detail);
  }
  return { element, update };
}
