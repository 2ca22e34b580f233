// Training and use side by side: the same model, fed in two ways.

import { decodeIds, rightAnswer } from "../arithmetic/tasks.js";
import { answerInTraining, answerInUse } from "../sides.js";
import { derived, el, number, phrase, term, token, visible } from "../widgets.js";
import { words } from "../words.js";
import { anySecret } from "./guess.js";

/** The causal mask as a table: ✓ where a row's token may look at a column's. */
export function maskTable(side, current, onRow) {
  const { rows } = side.explanation;
  const table = el("table", { class: "mask" },
    el("thead", {}, el("tr", {}, el("td"),
      rows.map((label) => el("th", { scope: "col", text: visible(label) })))),
    el("tbody", {}, rows.map((label, query) => el(
      "tr", { class: query === current ? "chosen" : "", onclick: () => onRow(query) },
      el("th", { scope: "row", text: visible(label) }),
      rows.map((_, key) => (key > query
        ? el("td", { class: "no", text: "·" })
        : el("td", { text: "✓" }))),
    ))));
  return el("div", { class: "mask-figure" },
    el("h3", {}, term("causal mask")),
    el("p", { class: "note", text: words({
      en: "A row asks, a column answers. ✓: it may look there; ·: hidden, it comes later.",
      zh: "行在问，列在答。✓：可以看；·：遮住，因为它在后面。",
    }) }),
    el("div", { class: "scroll" }, table));
}

/** The field in which the training's target is typed. */
export function targetField(app, side) {
  const input = el("input", {
    type: "text", spellcheck: "false", autocomplete: "off",
    oninput: () => app.store.set({ target: input.value === "" ? null : input.value }),
  });
  const isOwn = el("p", { class: "note", text: words({
    en: "The page does not know the right answer: this is the model's own. Type the right one.",
    zh: "页面不知道正确答案：这是模型自己的。可以改成正确的。",
  }) });
  const problem = el("p", { class: "error", role: "alert" });
  const element = el("div", { class: "target-field" },
    el("label", {}, `${words(side.task.reversed
      ? { en: "The target, units first", zh: "目标（先写个位）" }
      : { en: "The target", zh: "目标" })} `, input), isOwn, problem);
  function update() {
    const { steps } = side.explanation;
    if (document.activeElement !== input) {
      input.value = app.store.get().target ?? decodeIds(side.task, steps.map((step) => step.token));
    }
    isOwn.hidden = app.store.get().target !== null ||
      rightAnswer(side.task, side.explanation.source) !== null;
    problem.textContent = side.error ?? "";
    problem.hidden = side.error === null || app.store.get().target === null;
  }
  return { element, update };
}

/** The mean of the losses, in a sentence. */
export function lossSentence(steps) {
  const mean = steps.reduce((sum, { loss }) => sum + loss, 0) / steps.length;
  const shown = derived(el("span", { class: "number", text: number(mean) }), "loss:mean", mean);
  const texts = steps.length === 1
    ? { en: "The loss is its −ln p: {1}. Training changes the weights so that it falls.",
      zh: "损失是它的 −ln p：{1}。训练改变权重，使它下降。" }
    : { en: "One pass gives all {0} predictions. The loss is the mean of their −ln p: {1}. " +
        "Training changes the weights so that it falls.",
      zh: "一次计算就得到全部 {0} 个预测。损失是各个 −ln p 的平均：{1}。训练改变权重，使它下降。" };
  return el("p", {}, phrase(texts, steps.length, shown));
}

const tokenBoxes = (side, ids) =>
  el("span", { class: "tokens" }, Array.from(ids, (id) => token(side.explanation.label(id))));

/** The difference from which the others follow: in training the weights change. */
const weightsLine = ({ model }) => [
  words({ en: "the weights", zh: "权重" }),
  words({ en: "change: after each pass all {0} move a little, so that the loss falls",
    zh: "会变：每次计算之后，{0} 个权重都移动一点，使损失下降" }, model.parameters.toLocaleString()),
  words({ en: "stay as they are: the same for each question", zh: "不变：回答每个问题都用同样的权重" }),
];

/** What is said of each mode, beside this model's own tokens: [name, training, in use]. */
function modeLines(side, inUse, training) {
  const rowsOf = (explanation) => explanation.inputs.target ?? explanation.inputs.ids;
  const written = (explanation) => tokenBoxes(side, explanation.steps.map((step) => step.token));
  const isText = side.task.name === "characters";
  const T = rowsOf(training).length;
  const start = tokenBoxes(side, rowsOf(inUse).slice(0, inUse.steps[0].row + 1));
  return [
    weightsLine(side),
    [words({ en: "goes in", zh: "读入" }),
      phrase({ en: "{0} — all at once", zh: "{0}——一次全部读入" }, tokenBoxes(side, rowsOf(training))),
      phrase({ en: "{0} — then, one at a time, what it has written",
        zh: "{0}——然后是它自己写的，每次一个" }, start)],
    [words({ en: "comes out", zh: "输出" }),
      phrase({ en: "{0} — a probability for each of these", zh: "{0}——其中每一个的概率" },
        written(training)),
      phrase({ en: "{0} — each but the last is the next input", zh: "{0}——除最后一个外，每一个都是下一步的输入" },
        written(inUse))],
    [words({ en: "passes", zh: "计算次数" }),
      words({ en: "1, over {0} positions together", zh: "1 次，{0} 个位置一起算" }, T),
      words({ en: "{0}, one for each token", zh: "{0} 次，每个词元一次" }, inUse.steps.length)],
    [term("causal mask"),
      words({ en: "needed: it hides {0} of the {1} pairs, which would give the answer away",
        zh: "需要：{1} 对中遮住 {0} 对，否则答案就露出来了" }, (T * (T - 1)) / 2, T * T),
      words({ en: "what comes later does not exist yet", zh: "后面的还不存在，没有可遮的" })],
    [words({ en: "compared with", zh: "与什么比较" }),
      isText
        ? words({ en: "the next character (here: those of the target): loss −ln p; then " +
          "each weight moves a little",
          zh: "下一个字符（这里是目标中的）：损失 −ln p；然后每个权重移动一点" })
        : words({ en: "the right token, at each position of the answer: loss −ln p; then each " +
          "weight moves a little",
          zh: "答案的每个位置上的正确词元：损失 −ln p；然后每个权重移动一点" }),
      words({ en: "nothing: a wrong token is read on like a right one",
        zh: "不比较：写错的词元也照样读下去" })],
    [term("cache"),
      words({ en: "none: all keys and values are computed in the one pass",
        zh: "不用：所有的键和值在一次计算中得到" }),
      words({ en: "at the end, keys and values of {0} tokens in {1} blocks",
        zh: "最后存有 {1} 块、{0} 个词元的键和值" }, rowsOf(inUse).length, side.model.config.n_layers)],
    [words({ en: "ends", zh: "结束" }),
      words({ en: "at the end of the target", zh: "在目标的末尾" }),
      isText
        ? words({ en: "after {0} characters", zh: "写满 {0} 个字符时" }, inUse.steps.length)
        : words({ en: "when it writes </s>, or at the limit", zh: "写出 </s> 时，或到长度上限" })],
  ];
}

/** The same of a BERT, which fills a gap. */
function gapLines(side, inUse, training) {
  const read = tokenBoxes(side, inUse.inputs.ids);
  const written = ({ steps }) => tokenBoxes(side, [steps[0].token]);
  return [
    weightsLine(side),
    [words({ en: "goes in", zh: "读入" }),
      phrase({ en: "{0} — a word is hidden", zh: "{0}——藏起一个词" }, read.cloneNode(true)),
      phrase({ en: "{0} — a word is missing", zh: "{0}——缺一个词" }, read)],
    [words({ en: "comes out", zh: "输出" }),
      phrase({ en: "the probability of {0}", zh: "{0} 的概率" }, written(training)),
      phrase({ en: "the likeliest, {0}", zh: "最可能的 {0}" }, written(inUse))],
    [words({ en: "passes", zh: "计算次数" }), "1", "1"],
    [term("causal mask"),
      words({ en: "none: each token sees both sides", zh: "没有：每个词元看得见两边" }),
      words({ en: "none", zh: "没有" })],
    [words({ en: "compared with", zh: "与什么比较" }),
      words({ en: "the hidden word: loss −ln p; then each weight moves a little",
        zh: "藏起的词：损失 −ln p；然后每个权重移动一点" }),
      words({ en: "nothing", zh: "不比较" })],
    [term("cache"), words({ en: "none", zh: "不用" }),
      words({ en: "none: nothing it has written is read again", zh: "不用：写出的不再读入" })],
  ];
}

/** The two modes side by side, in the form of the notes' table; the present one is marked. */
export function modesTable(side, { mode, edits }) {
  const linesOf = side.model.kind === "BERT" ? gapLines : modeLines;
  const lines = linesOf(side, answerInUse(side, edits), answerInTraining(side, edits));
  const now = (which) => (which === mode ? "now" : "");
  return el("div", { class: "scroll" }, el("table", { class: "plain modes" },
    el("caption", { text: words({ en: "The same model, fed in two ways", zh: "同一个模型，两种喂法" }) }),
    el("thead", {}, el("tr", {}, el("td"),
      el("th", { scope: "col", class: now("training"), text: words({
        en: "in training",
        zh: "训练",
      }) }),
      el("th", { scope: "col", class: now("use"), text: words({ en: "in use", zh: "使用" }) }))),
    el("tbody", {}, lines.map(([name, training, use]) => el("tr", {},
      el("th", { scope: "row" }, name),
      el("td", { class: now("training") }, training), el("td", { class: now("use") }, use))))));
}

/** "In use and in training: what is the difference?", which opens the table. */
export function modesNote(app, side) {
  const summary = el("summary", { text: words({
    en: "In use, in training: what is the difference?", zh: "使用与训练，有什么不同？",
  }) });
  const body = el("div");
  const element = el("details", { class: "modes-note", ontoggle: () => update() }, summary, body);
  function update() {
    element.hidden = anySecret(app, side);
    if (element.open && side.explanation) body.replaceChildren(modesTable(side, app.store.get()));
  }
  return { element, update };
}
