// One cell of attention, taken apart: a line for each step of its arithmetic, from the numbers of
// query and key to what the pair adds to the token's vector.

import { cellArithmetic } from "../arithmetic/cell.js";
import {
  declare, derived, el, formula, number, percent, phrase, term, token,
} from "../widgets.js";
import { words } from "../words.js";
import { logitLine, outputLine, recordedLine, streamLine } from "./cell_adds.js";
import { numbersOf } from "./cell_numbers.js";
import { editedPart, line, measured, placed, strips, termBars, totalLine } from "./lines.js";
import { answeringTokens, askingTokens, whoAsks } from "./tokens.js";

const SOFTMAX_KEYS = 6; // of a row, so many are written out

/** With four digits behind the point, so that the shares can be computed again. */
const precise = (x) => (x >= 1 ? x.toFixed(4) : number(x));

/** The lines, for the head, the query's row and the key's. */
export function cellPanel(app, side, box, { head, query, key, edits }) {
  const { model, explanation } = side;
  const { trace, inputs } = explanation;
  const cell = cellArithmetic(model, trace, inputs, box, head, query, key);
  const labels = answeringTokens(explanation, box);
  const c = {
    ...cell, app, side, box, head, query, key, trace, labels,
    asks: askingTokens(explanation, box)[query],
    asked: labels[key],
    edited: editedPart(edits, box, query, "head", head),
    turned: model.config.positions === "rotary" && !box.cross,
    what: `cell:${box.id}.${head}.${query}.${key}`,
  };
  return [
    el("h3", {}, phrase(
      { en: "{0} looks at {1}: {2}", zh: "{0}在看 {1}：{2}" },
      whoAsks(app, side, box, query), token(labels[key]),
      el("strong", { text: percent(cell.weight) }),
    )),
    el("p", { class: "quiet rounded", text: words({
      en: "All numbers are shown rounded, to four digits, and computed in full: a product of two " +
        "that you see may differ in its last digit.",
      zh: "所有的数都按四位数字显示，计算时却不舍入：用看到的两个数相乘，最后一位可能不同。",
    }) }),
    el("ol", { class: "chain" },
      queryLine(c), keyLine(c), productLine(c), scoreLine(c), maskLine(c), softmaxLine(c),
      valueLine(c),
      ...(model.weights ? [outputLine(c), streamLine(c), logitLine(c)] : [recordedLine()])),
  ];
}

/** "x W + b", which makes a query, key or value of the vector at a place; R turns it by that. */
function projection({ side, turned }, x, place, matrix) {
  const bias = side.model.config.bias ? ["+", ["sub", "b", matrix]] : [];
  const sum = [["sub", x, place + 1], ["sub", "W", matrix], ...bias];
  return turned && matrix !== "V" ? ["(", ...sum, ")", ["sub", "R", place + 1]] : sum;
}

function queryLine(c) {
  const { side, box, head, query, asks, q, turned } = c;
  const normed = side.model.config.pre_norm
    ? words({ en: "normalised vector", zh: "归一化的向量" }) : words({ en: "vector", zh: "向量" });
  return line(
    phrase({ en: "{0} asks: the {1}", zh: "{0} 来问：{1}" },
      token(asks, { class: "asks" }), term("query")),
    words({
      en: "The token's {1} times W_Q, this head's part: {0} numbers that say what it looks for.",
      zh: "词元的{1}乘以 W_Q 中这个头的部分：{0} 个数，说它在找什么。",
    }, q.length, normed) + (turned ? words({
      en: " The position turns them, R: with rotary positions, query and key are those after that.",
      zh: " 再按位置旋转，记作 R：用旋转位置编码时，查询和键都是旋转之后的。",
    }) : ""),
    formula(["sub", ["asks", "q"], query + 1], "=", ...projection(c, "x", query, "Q")),
    strips(side, [{ label: "q", trace: `${box.id}.q`, at: [head, query], values: q }]),
    numbersOf(c, {
      name: "query", matrix: "Q", head, trace: `${box.id}.q`, at: [head, query], values: q,
      reads: box.reads, place: query, chosen: c.terms[0].i,
    }),
  );
}

function keyLine(c) {
  const { side, box, key, asked, k, kv, heads } = c;
  const shared = heads.length > 1 ? words({
    en: " Heads {0} share this key and its value: head {1} of keys and values.",
    zh: " 头 {0} 共用这个键和它的值：键值的第 {1} 个头。",
  }, heads.map((h) => h + 1).join(", "), kv + 1) : "";
  return line(
    phrase({ en: "{0} offers: the {1}", zh: "{0} 来应：{1}" },
      token(asked, { class: "answers" }), term("key")),
    (box.cross ? words({
      en: "Its vector in the memory, what the encoder made of it, times W_K: {0} numbers that " +
        "say by what it wants to be found.",
      zh: "它在记忆里的向量（编码器的结果）乘以 W_K：{0} 个数，说它凭什么被找到。",
    }, k.length) : words({
      en: "Its vector times W_K: {0} numbers that say by what it wants to be found.",
      zh: "它的向量乘以 W_K：{0} 个数，说它凭什么被找到。",
    }, k.length)) + shared,
    formula(["sub", ["answers", "k"], key + 1], "=",
      ...projection(c, box.cross ? "m" : "x", key, "K")),
    strips(side, [{ label: "k", trace: `${box.id}.k`, at: [kv, key], values: k }]),
    numbersOf(c, {
      name: "key", matrix: "K", head: kv, trace: `${box.id}.k`, at: [kv, key], values: k,
      reads: box.memory ?? box.reads, place: key, chosen: c.terms[0].i,
    }),
  );
}

function productLine({ terms, dot, what }) {
  return line(
    words({ en: "How well they fit: the dot product", zh: "合不合得来：点积" }),
    words({
      en: "Number by number, query times key, and all of it added. The largest terms first, with " +
        "their number in the vectors:",
      zh: "查询与键逐个数相乘，再全部加起来。先列最大的几项，前面是它在向量里的位置：",
    }),
    formula(["asks", "q"], "·", ["answers", "k"], "=", ["munder", "∑", "i"],
      ["sub", ["asks", "q"], "i"], ["sub", ["answers", "k"], "i"], "=",
      measured(dot)),
    termBars(terms, `${what}.terms`, words({ en: "Terms of the dot product", zh: "点积的各项" })),
    totalLine(words({ en: "together {0}", zh: "合计 {0}" }, number(dot)), `${what}.dot`, dot),
  );
}

/** √n, a whole number where it is one. */
const root = (n) => (Number.isInteger(Math.sqrt(n)) ? Math.sqrt(n) : number(Math.sqrt(n)));

function scoreLine({ side, box, head, query, key, q, dot, score }) {
  const text = words({ en: "score {0}", zh: "得分 {0}" }, number(score));
  const root_d = ["sqrt", ["sub", "d", ["text", "head"]]];
  return line(
    phrase({ en: "Divided by √{0}: the {1}", zh: "除以 √{0}：{1}" }, q.length, term("score")),
    words({
      en: "A sum of {0} terms grows with their number. Divided by √{0} = {1}, it does not drown " +
        "the softmax.",
      zh: "{0} 项相加，项越多数越大；除以 √{0} = {1}，softmax 才不会被大数淹没。",
    }, q.length, root(q.length)),
    formula(["frac", ["row", ["asks", "q"], "·", ["answers", "k"]], root_d], "=",
      ["frac", measured(dot), root(q.length)], "=", measured(score)),
    declare(el("p", { class: "total", text }), side, `${box.id}.scores`, [head, query, key],
      [score]),
  );
}

const MASKS = {
  causal: {
    en: "Hidden: this token comes later, and nobody may look at what is not yet written. Its " +
      "score counts as −∞.",
    zh: "被遮住：这个词元在后面，谁也不能看还没写出来的东西。它的得分当作 −∞。",
  },
  padding: {
    en: "Hidden: this is padding, which only fills the row up. Its score counts as −∞.",
    zh: "被遮住：这是填充，只用来补足长度。它的得分当作 −∞。",
  },
  later: {
    en: "Allowed: the causal mask hides only what comes later than the token that asks.",
    zh: "可以看：因果掩码只遮住比提问者更靠后的词元。",
  },
  free: {
    en: "Allowed: here every token may see every other; only padding would be hidden.",
    zh: "可以看：这里每个词元都能看见所有词元，只有填充会被遮住。",
  },
};

function maskLine({ box, hidden }) {
  return line(
    phrase({ en: "May it look? The {0}", zh: "能不能看？{0}" }, term("mask")),
    words(MASKS[hidden ?? (box.causal ? "later" : "free")]),
  );
}

function softmaxLine({ side, box, head, query, key, cells, largest, sum, weight, labels, what }) {
  const order = cells.map((_, j) => j).filter((j) => !cells[j].hidden || j === key);
  order.sort((i, j) => cells[j].weight - cells[i].weight);
  const shown = order.filter((j, place) => place < SOFTMAX_KEYS || j === key);
  const others = order.filter((j) => !shown.includes(j));
  const total = (name) => others.reduce((all, j) => all + cells[j][name], 0);
  const cellOf = (text) => el("td", { class: "number", text });
  const rows = shown.map((j) => el(
    "tr", { class: j === key && "selected" },
    el("th", { scope: "row" }, placed(labels, j)),
    cellOf(cells[j].hidden ? "−∞" : number(cells[j].score)),
    derived(cellOf(precise(cells[j].exponential)), `${what}.exponential.${j}`,
      cells[j].exponential),
    declare(cellOf(percent(cells[j].weight)), side, `${box.id}.weights`, [head, query, j],
      [cells[j].weight]),
  ));
  const sumRow = (name, text, exponential, share) => el(
    "tr", { class: name }, el("th", { scope: "row", text }), cellOf(""),
    derived(cellOf(precise(exponential)), `${what}.exponential.${name}`, exponential),
    derived(cellOf(percent(share)), `${what}.weight.${name}`, share));
  if (others.length) {
    const text = words({ en: "the other {0}", zh: "其余 {0} 个" }, others.length);
    rows.push(sumRow("others", text, total("exponential"), total("weight")));
  }
  rows.push(sumRow("total", words({ en: "sum", zh: "合计" }), sum, sum ? 1 : 0));
  const power = ["sup", "e", ["row", "s", "−", "max"]];
  const heads = [
    words({ en: "answers", zh: "谁来答" }), words({ en: "score", zh: "得分" }),
    "e^(s − max)", words({ en: "weight", zh: "权重" }),
  ];
  return line(
    phrase({ en: "Its share of the row: {0}", zh: "在这一行里占多少：{0}" }, term("softmax")),
    words({
      en: "e to the power of each score that the mask lets through, over the sum of all of them. " +
        "The row's largest score, {0}, is subtracted first: it cancels, and the numbers stay " +
        "small.",
      zh: "对掩码放行的每个得分取 e 的幂，再除以它们的总和。先减去这一行最大的得分 {0}：结果不变，数却不会太大。",
    }, Number.isFinite(largest) ? number(largest) : "−∞"),
    formula(["frac", power, ["row", "∑", power]], "=",
      ["frac", ["text", precise(cells[key].exponential)], ["text", precise(sum)]],
      "=", measured(weight)),
    el("table", { class: "softmax" },
      el("thead", {}, el("tr", {}, heads.map((text) => el("th", { scope: "col", text })))),
      el("tbody", {}, rows)),
  );
}

function valueLine(c) {
  const { side, box, kv, key, asked, v, weighted, weight, what } = c;
  const sizes = Array.from(v, Math.abs);
  return line(
    phrase({ en: "{0} answers: the {1}", zh: "{0} 的回答：{1}" },
      token(asked, { class: "answers" }), term("value")),
    words({
      en: "Its vector times W_V says what it has to tell: {0} numbers. Of them the token that " +
        "asks takes {1}.",
      zh: "它的向量乘以 W_V，是它要说的话：{0} 个数。提问的词元取走其中的 {1}。",
    }, v.length, percent(weight)),
    formula(measured(weight), "·", ["sub", ["value", "v"], key + 1], "=", measured(weight), "·",
      "(", ...projection(c, box.cross ? "m" : "x", key, "V"), ")"),
    strips(side, [
      { label: "v", trace: `${box.id}.v`, at: [kv, key], values: v },
      { label: `${percent(weight)} · v`, what: `${what}.weighted`, values: weighted },
    ], Math.max(...sizes)),
    numbersOf(c, {
      name: "value", matrix: "V", head: kv, trace: `${box.id}.v`, at: [kv, key], values: v,
      reads: box.memory ?? box.reads, place: key, chosen: sizes.indexOf(Math.max(...sizes)),
    }),
  );
}
