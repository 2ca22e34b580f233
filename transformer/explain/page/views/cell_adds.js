// The end of a cell's arithmetic: through the head's part of W_O, and into the token's vector.

import { readDifference, streamSublayers } from "../arithmetic/attribution.js";
import { addedByKeys, largestTerms, outputColumn } from "../arithmetic/cell.js";
import { dot, row } from "../arithmetic/tensor.js";
import { boxesOf } from "../boxes.js";
import { bars, derived, el, formula, number, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { isSecret, secretNote } from "./guess.js";
import { line, measured, placed, quietLine, strips, termBars, totalLine } from "./lines.js";
import { stepOf } from "./tokens.js";

const KEYS = 6; // of a row, so many are written out

export function outputLine({ side, box, head, weighted, weight, added, what }) {
  const sizes = Array.from(added, Math.abs);
  const largest = sizes.indexOf(Math.max(...sizes));
  const terms = largestTerms(weighted, outputColumn(side.model, box, head, largest));
  return line(
    words({ en: "Through this head's part of W_O", zh: "经过 W_O 中这个头的部分" }),
    words({
      en: "W_O turns the {0} numbers into {1}, as many as the token's vector has. Number {2} is " +
        "the largest of them; it is this sum:",
      zh: "W_O 把这 {0} 个数变成 {1} 个，和词元的向量一样长。其中第 {2} 个数最大，它是这些项的和：",
    }, weighted.length, added.length, largest + 1),
    formula("(", measured(weight), "·", ["value", "v"], ")", 
      ["sub", "W", ["row", "O", ["text", words({ en: ", head {0}", zh: "，头 {0}" }, head + 1)]]]),
    termBars(terms, `${what}.output.${largest}`,
      words({ en: "Terms of its largest number", zh: "最大的那个数的各项" })),
    totalLine(words({ en: "together {0}", zh: "合计 {0}" }, number(added[largest])),
      `${what}.added.${largest}`, added[largest]),
    strips(side, [
      { label: words({ en: "adds", zh: "加上" }), what: `${what}.added`, values: added },
    ]),
  );
}

/** The stream before and after, and in between this pair, its head, and all heads. */
export function streamLine({ side, box, head, query, trace, cells, added, edited, what }) {
  const { model } = side;
  const around = boxesOf(model).find(({ sublayer }) => sublayer === box.id);
  const part = row(trace.get(`${box.id}.heads`), head, query);
  const pairs = addedByKeys(model, trace, box, head, query);
  const sum = part.map((_, i) => pairs.reduce((all, vector) => all + vector[i], 0));
  const after = model.config.pre_norm ? around.writes : `${around.id}.norm.input`;
  const numbers = (name, ...at) => ({ trace: name, at, values: row(trace.get(name), ...at) });
  const stream = [
    { label: words({ en: "before", zh: "之前" }), ...numbers(around.reads, query) },
    { label: words({ en: "after", zh: "之后" }), ...numbers(after, query) },
  ];
  const changes = [
    { label: words({ en: "this pair", zh: "这一对" }), what: `${what}.added`, values: added },
    { label: words({ en: "head {0}", zh: "头 {0}" }, head + 1),
      ...numbers(`${box.id}.heads`, head, query) },
    { label: words({ en: "all heads", zh: "所有头" }), ...numbers(`${box.id}.output`, query) },
  ];
  const over = (text) => ["munder", "∑", ["text", words(text)]];
  const most = (list) => Math.max(...list.flatMap(({ values }) => Array.from(values, Math.abs)));
  const difference = Math.max(...sum.map((x, i) => Math.abs(x - part[i])));
  return line(
    phrase({ en: "Into the token's vector, the {0}", zh: "加进词元的向量，也就是{0}" }, term("residual")),
    sumText(cells.filter(({ hidden }) => !hidden).length, head, model.config.bias, edited),
    formula("x", "←", "x", "+", over({ en: "heads", zh: "头" }), over({ en: "keys", zh: "键" }),
      ["row", "w", "·", ["value", "v"]], ["sub", "W", "O"],
      ...(model.config.bias ? ["+", ["sub", "b", "O"]] : [])),
    strips(side, changes, most(changes)),
    strips(side, stream, most(stream)),
    edited === "head" ? null : derived(quietLine(words({
      en: "Largest difference between the sum over the keys and the head's part: {0}.",
      zh: "对所有键求和，与这个头的部分相差最多 {0}。",
    }, number(difference))), `${what}.difference`, difference),
    model.config.pre_norm ? null : quietLine(words({
      en: "Then the norm after the sum gives the vector that the next box reads.",
      zh: "相加之后再归一化，得到下一个框读到的向量。",
    })),
  );
}

/**
 * What the pair adds to the logit of the token that the row writes less another's, beside the other
 * keys of the row: weight and effect are two things.
 */
export function logitLine(c) {
  const { app, side, box, head, query, key, trace, cells, labels, edited, what } = c;
  const { model, explanation } = side;
  const step = stepOf(explanation, box, query);
  const title = words({ en: "For the token that it writes", zh: "对它写的那个词元" });
  if (!step || !streamSublayers(model).some(({ path }) => path === box.id)) {
    return line(title, words({
      en: "Nothing directly: no token is read off this row. What it gathers here reaches the " +
        "answer through later attention.",
      zh: "没有直接的作用：答案不是从这一行读出来的。它在这里收集到的，要经过后面的注意力才到答案。",
    }));
  }
  if (edited) {
    return line(title, words({
      en: "Nothing: this is switched off or replaced. Under \"Ask why\" stands what that changes.",
      zh: "什么也没有：它被关掉或换掉了。这改变了什么，见“追问”一节。",
    }));
  }
  if (isSecret(app, side, explanation.steps.indexOf(step))) return line(title, "", secretNote());
  const d = readDifference(model, trace, step.row, step.token, step.rival).places.get(box.id);
  const values = addedByKeys(model, trace, box, head, query).map((added) =>
    dot(added, 0, d, 0, d.length));
  const order = [...values.keys()].filter((j) => !cells[j].hidden || j === key)
    .sort((i, j) => Math.abs(values[j]) - Math.abs(values[i]));
  const shown = order.filter((j, place) => place < KEYS || j === key);
  const others = order.filter((j) => !shown.includes(j));
  const items = shown.map((j) => ({
    label: placed(labels, j), value: values[j], selected: j === key,
    what: `cell:${box.id}.${head}.${query}.${j}.logit`,
  }));
  if (others.length) items.push({
    label: words({ en: "the other {0}", zh: "其余 {0} 个" }, others.length),
    value: others.reduce((sum, j) => sum + values[j], 0), what: `${what}.logit.others`,
  });
  const total = values.reduce((sum, x) => sum + x, 0);
  const tokenOf = (id) => token(explanation.label(id));
  return line(
    title,
    phrase({
      en: "The logit of {0} less that of {1} changes by {2} through this pair, each norm's scale " +
        "held at its value here. A large weight need not mean a large effect: it depends on what " +
        "the value says.",
      zh: "{0} 的 logit 减去 {1} 的 logit，因为这一对变化了 {2}（各个归一化的缩放固定为此处的值）。权重大不等于作用大，还要看那个值说的是什么。",
    }, tokenOf(step.token), tokenOf(step.rival), el("strong", { text: number(values[key]) })),
    bars({ items, label: words({ en: "What each key of the row adds", zh: "这一行的每个键加了什么" }) }),
    totalLine(words({ en: "head {0} together {1}", zh: "头 {0} 合计 {1}" }, head + 1, number(total)),
      `${what}.logit.total`, total),
  );
}

const EDITED_ATTENTION = {
  head: {
    en: "This head is switched off or replaced: the lines say what it would add, and the strips " +
      "what stands in its place.",
    zh: "这个头被关掉或换掉了：上面各行说的是它本来会加上什么，下面各条是现在放在它位置上的数。",
  },
  sublayer: {
    en: "This whole attention is switched off or replaced: the lines say what the head would " +
      "add, and the strip of all heads what stands in its place.",
    zh: "整个注意力被关掉或换掉了：上面各行说的是这个头本来会加上什么，“所有头”那一条是现在放在它位置上的数。",
  },
};

function sumText(keys, head, bias, edited) {
  return words(edited ? EDITED_ATTENTION[edited] : {
    en: "The same is done for all {0} keys that the mask lets through, and added: head {1}'s " +
      "part. All heads{2} make the change that attention adds to the vector. The first three " +
      "strips have one scale of colour, before and after another.",
    zh: "对掩码放行的 {0} 个键都这样算，加起来就是头 {1} 的部分。所有头{2}，就是注意力加给向量的改变。前三条用同一种颜色刻度，之前和之后用另一种。",
  }, keys, head + 1, words(bias ? { en: " and a bias", zh: "再加一个偏置" } : { en: "", zh: "加起来" }));
}

/** In the place of these lines on a page that holds what was recorded alone. */
export function recordedLine() {
  return line(
    words({ en: "Through W_O, into the token's vector", zh: "经过 W_O，加进词元的向量" }),
    words({
      en: "This page holds no weights, as the model is large: what the pair adds cannot be " +
        "computed here.",
      zh: "模型很大，这个页面里没有权重，所以这里算不出这一对加了什么。",
    }),
  );
}
