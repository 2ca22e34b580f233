// A hidden unit: what it does for this token, what else excites it, and what it pushes.

import { streamSublayers } from "../arithmetic/attribution.js";
import { largestTerms, rowIds } from "../arithmetic/cell.js";
import { row } from "../arithmetic/tensor.js";
import { excitation, exampleInputs, unitAdds, unitPushes } from "../arithmetic/unit.js";
import { boxesOf } from "../boxes.js";
import {
  bars, declare, derived, el, formula, number, percent, phrase, term, token, visible,
} from "../widgets.js";
import { words } from "../words.js";
import { isSecret, secretNote } from "./guess.js";
import { editedPart, line, measured, quietLine, strips, termBars } from "./lines.js";
import { partSwitch } from "./part_switch.js";
import { stepOf } from "./tokens.js";

const PUSHED = 4; // tokens pushed up, and as many down
const EXCITING = 6;
const SLICE = 20; // milliseconds that reading takes at a time, and as many that it leaves

/**
 * Read the held-out examples while the page has nothing else to do. Returns a function that gives
 * what was found so far, {examples, means}, or null; `ready` is called once, at the end.
 */
export function readingExamples(element, side, boxes, ready) {
  const { model, data, task } = side;
  if (!model.weights || !data.examples?.length) return () => null;
  const examples = excitation(model, task, boxes, data.examples);
  let found = null;
  function read() {
    if (!element.isConnected) return; // the page was built anew, in another language
    for (const until = performance.now() + SLICE; performance.now() < until;) {
      const { value, done } = examples.next();
      if (done) return ready();
      found = value;
    }
    setTimeout(read, SLICE);
  }
  let started = false;
  return () => {
    if (!started) setTimeout(read, SLICE);
    started = true;
    return found;
  };
}

/** The lines for a unit, which `unit` describes as `hiddenUnits` does. */
export function unitPanel(app, side, box, index, unit, reading) {
  const { edits } = app.store.get();
  const edited = editedPart(edits, box, index, "unit", unit.unit);
  const c = { app, side, box, index, unit, edited, what: `unit:${box.id}.${index}.${unit.unit}` };
  return [
    el("h3", {}, words({ en: "Unit {0}", zh: "单元 {0}" }, unit.unit + 1)),
    partSwitch(app, side, { kind: "unit", path: box.id, index: unit.unit },
      { path: box.id, unit: unit.unit }) ?? "",
    el("ol", { class: "chain" },
      ...(side.model.weights ? [askLine(c)] : []), answerLine(c),
      ...(side.model.weights ? [addsLine(c), pushLine(c)] : []),
      ...(side.data.examples?.length ? [excitedLine(c, reading), examplesLine(c)] : [])),
  ];
}

const ASKS_VECTOR = {
  plain: {
    en: "It asks a question of the vector: how well do its {0} numbers fit those of the unit's " +
      "column {1} of W_1? The answer is their dot product{2}.",
    zh: "它向词元的向量提一个问题：向量的 {0} 个数和 W_1 的第 {1} 列（这个单元的那一列）有多合？回答就是它们的点积{2}。",
  },
  swiglu: {
    en: "Its gate asks a question of the vector: how well do its {0} numbers fit those of the " +
      "gate's column {1}? The answer is their dot product{2}.",
    zh: "它的门向词元的向量提一个问题：向量的 {0} 个数和门的第 {1} 列有多合？回答就是它们的点积{2}。",
  },
};

const THROUGH = {
  on: {
    en: "The answer {0} is positive: ReLU lets it through as it is.",
    zh: "回答 {0} 是正的：ReLU 让它原样通过。",
  },
  off: {
    en: "The answer {0} is not positive: ReLU makes it 0, and the unit stays off.",
    zh: "回答 {0} 不是正的：ReLU 把它变成 0，单元不亮。",
  },
  gelu: {
    en: "GELU multiplies the answer z = {0} by Φ(z): {2} of it gets through.",
    zh: "GELU 把回答 z = {0} 乘以 Φ(z)：放行其中的 {2}。",
  },
  swiglu: {
    en: "The answer z is {0}, and sigmoid(z) opens the gate to {2}. What passes is z times a " +
      "second number, {1}.",
    zh: "回答 z 是 {0}，sigmoid(z) 把门开到 {2}。通过的是 z 乘以第二个数 {1}。",
  },
};

const EDITED_UNIT = {
  unit: {
    en: "It is switched off or replaced: the unit's number here is what stands in its place.",
    zh: "它被关掉或换掉了：这里单元的数是现在放在它位置上的。",
  },
  sublayer: {
    en: "The whole MLP is switched off or replaced: what its units say does not count now.",
    zh: "整个 MLP 被关掉或换掉了：它的单元说什么，现在都不算数。",
  },
};

function biasText({ model }) {
  return model.config.bias ? words({ en: ", plus a bias", zh: "，再加偏置" }) : "";
}

/** The dot product, its largest terms: x · a column of W_1, plus a bias. */
function askLine({ side, box, index, unit, what }) {
  const { model: { weights, config }, explanation: { trace } } = side;
  const layer = `${box.id}.${config.activation === "swiglu" ? "gate" : "up"}`;
  const terms = largestTerms(
    row(trace.get(box.reads), index), row(weights[`${layer}.weight`], unit.unit));
  const bias = weights[`${layer}.bias`]?.data[unit.unit];
  const texts = ASKS_VECTOR[config.activation === "swiglu" ? "swiglu" : "plain"];
  const title = words({ en: "What it asks: a dot product", zh: "它问什么：点积" });
  return line(
    title, words(texts, terms.length, unit.unit + 1, biasText(side)),
    termBars(terms, `${what}.terms`, title, bias),
    declare(el("p", { class: "total", text: words(
      { en: "answer {0}", zh: "回答 {0}" }, number(unit.pre)) }), side,
    `${box.id}.pre_activation`, [index, unit.unit], [unit.pre]),
  );
}

function answerLine({ side, box, index, unit, edited, what }) {
  const { activation } = side.model.config;
  const { pre, up, value, share } = unit;
  const kind = activation.startsWith("gelu") ? "gelu" : activation;
  const through = kind === "relu" ? (pre > 0 ? "on" : "off") : kind;
  const name = { relu: "ReLU", gelu: "GELU", swiglu: "silu" }[kind];
  const factor = up === null ? [] : ["·", measured(up)];
  const scalar = (part, x) => declare(el("span", { class: "number", text: number(x) }), side,
    `${box.id}.${part}`, [index, unit.unit], [x]);
  return line(
    words({ en: "What gets through", zh: "放行多少" }),
    edited ? words(EDITED_UNIT[edited])
      : phrase(THROUGH[through], scalar("pre_activation", pre),
        up === null ? "" : scalar("up", up),
        derived(el("span", { text: percent(share) }), `${what}.share`, share)),
    edited ? null
      : formula(["text", name], "(", measured(pre), ")", ...factor, "=", measured(value)),
    el("p", { class: "total" }, phrase(
      { en: "unit {0}", zh: "单元 {0}" }, scalar("hidden", value))),
  );
}

function addsLine({ side, box, index, unit, what }) {
  const { trace } = side.explanation;
  const added = unitAdds(side.model, box.id, unit.unit, unit.value);
  const output = row(trace.get(`${box.id}.output`), index);
  const most = Math.max(...output.map(Math.abs), ...added.map(Math.abs));
  return line(
    phrase({ en: "What it adds to the {0}", zh: "它给{0}加上什么" }, term("residual")),
    words({
      en: "Its value times its row of W_2, row {2}: {0} numbers. The output of the MLP is the " +
        "sum of all units{1}.",
      zh: "它的值乘以 W_2 中它那一行，即第 {2} 行：{0} 个数。MLP 的输出就是所有单元之和{1}。",
    }, added.length, biasText(side), unit.unit + 1),
    formula(measured(unit.value), "·", ["sub", "W", "2"], "[", unit.unit + 1, "]"),
    strips(side, [
      { label: words({ en: "unit {0}", zh: "单元 {0}" }, unit.unit + 1),
        what: `${what}.added`, values: added },
      { label: words({ en: "the MLP", zh: "整个 MLP" }),
        trace: `${box.id}.output`, at: [index], values: output },
    ], most),
  );
}

/** Which tokens' logits grow by what the unit adds, and which shrink. */
function pushLine({ app, side, box, index, unit, edited, what }) {
  const { model, explanation } = side;
  const title = words({ en: "Which tokens it pushes", zh: "它推哪些词元" });
  if (!streamSublayers(model).some(({ path }) => path === box.id)) {
    return line(title, words({
      en: "None directly: no token is read off the encoder's vectors. What it adds reaches the " +
        "answer through cross-attention.",
      zh: "没有直接推谁：答案不是从编码器的向量读出来的。它加上的东西要经过交叉注意力才到答案。",
    }));
  }
  if (edited === "sublayer") return line(title, words(EDITED_UNIT.sublayer));
  const step = explanation.steps.indexOf(stepOf(explanation, box, index));
  if (isSecret(app, side, step)) return line(title, secretNote());
  const pushes = unitPushes(model, explanation.trace, box.id, index, unit.unit);
  const mean = pushes.reduce((sum, x) => sum + x, 0) / pushes.length;
  const factor = unit.value === 0 ? 1 : unit.value;
  const order = [...pushes.keys()].sort((i, j) => (pushes[j] - pushes[i]) * Math.sign(factor));
  const picked = order.filter((_, place) => place < PUSHED || place >= order.length - PUSHED);
  const items = picked.map((id) => ({
    label: token(explanation.label(id)), value: (pushes[id] - mean) * factor,
    what: `${what}.logit.${id}`,
  }));
  return line(title, words(unit.value === 0 ? {
    en: "It is off here and adds nothing. For each 1 of its value it would change the logits so, " +
      "against their mean, each norm's scale held at its value here.",
    zh: "它在这里是关着的，什么也不加。它的值每有 1，各个 logit 相对于平均会这样变化（各个归一化的缩放固定为此处的值）。",
  } : {
    en: "By its value of {0} it changes the logits so, against their mean, each norm's scale " +
      "held at its value here.",
    zh: "它的值是 {0}，各个 logit 相对于平均因此这样变化（各个归一化的缩放固定为此处的值）。",
  }, number(unit.value)), bars({ items, label: title }));
}

/** On which tokens it is on, on average over held-out examples. */
function excitedLine({ side, box, unit, what }, reading) {
  const found = reading();
  const title = words({ en: "Which tokens excite it", zh: "哪些词元让它亮" });
  if (!found) {
    return line(title, words({
      en: "The page is reading held-out examples …", zh: "页面正在读留出的例子……",
    }));
  }
  const means = [...found.means.get(box.id)].map(([id, { count, sums }]) => (
    { id, count, mean: sums[unit.unit] / count }));
  const size = side.model.config.activation === "swiglu" ? Math.abs : (x) => x; // its sign is free
  const items = means.filter(({ mean }) => size(mean) > 0)
    .sort((a, b) => size(b.mean) - size(a.mean)).slice(0, EXCITING)
    .map(({ id, count, mean }) => ({
      label: token(side.explanation.label(id)), value: mean, what: `${what}.mean.${id}`,
      title: words({ en: "met {0} times", zh: "出现 {0} 次" }, count),
    }));
  const answered = side.model.kind !== "BERT" && box.side !== "source";
  return line(title, words(answered ? {
    en: "Its mean value where that token stands, over {0} held-out examples, read with their " +
      "right answers.",
    zh: "在 {0} 个留出的例子里（连同正确答案一起读），它在该词元处的平均值。",
  } : {
    en: "Its mean value where that token stands, over {0} held-out examples.",
    zh: "在 {0} 个留出的例子里，它在该词元处的平均值。",
  }, found.examples), items.length ? bars({ items, label: title })
    : quietLine(words({
      en: "On no token is its mean above 0.", zh: "在任何词元上，它的平均值都不大于 0。",
    })));
}

/** The strongest held-out inputs, each with its text and the token marked. */
function examplesLine({ side, box, unit, what }) {
  const { model, data, task, explanation } = side;
  const strongest = data.units?.[box.id]?.[unit.unit] ?? [];
  const items = strongest.map(([example, place, value], i) => {
    const inputs = exampleInputs(model, task, data.examples[example]);
    const ids = rowIds(inputs, box);
    const before = box.side === "target" ? [...inputs.source.map(explanation.label), "→"] : [];
    return derived(
      el("li", {},
        el("span", { class: "number", text: number(value) }), " ",
        before.map((label) => el("bdi", { class: "context", text: visible(label) })),
        ids.map((id, t) => (t === place
          ? token(explanation.label(id), { class: "selected" })
          : el("bdi", { class: "context", text: visible(explanation.label(id)) })))),
      `${what}.strongest.${i}`, value);
  });
  return line(
    words({ en: "Its strongest held-out inputs", zh: "让它最亮的留出输入" }),
    words({
      en: "Of the examples that training did not see, those that excite it most, and the token " +
        "at which.",
      zh: "在训练没见过的例子里，最能让它亮的几个，以及是在哪个词元上。",
    }),
    items.length ? el("ol", { class: "strongest" }, items)
      : quietLine(words({ en: "None excites it.", zh: "没有一个能让它亮。" })),
  );
}
