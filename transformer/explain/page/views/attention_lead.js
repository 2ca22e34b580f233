// What attention says first: which head counts most for the token that is written, at whom it looks
// there, and why.

import { directAttentions } from "../arithmetic/leading.js";
import { argmax, row } from "../arithmetic/tensor.js";
import { declare, derived, el, number, percent, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { headOfBlock } from "./attention_maps.js";
import { leadingOf } from "./leading.js";
import { signed } from "./part_names.js";
import { againstRival, stepTable } from "./step_table.js";
import { answeringTokens, tokenAt, whoAsks } from "./tokens.js";

const COUNTS = {
  for: {
    en: "{0}, {1} directly adds most for {2} against {3}: {4}.",
    zh: "{0}，{1}的直接作用最大：它支持 {2}、反对 {3}，为 {4}。",
  },
  against: {
    en: "{0}, {1} directly counts most, and it speaks for {3} against {2}: {4}.",
    zh: "{0}，{1}的直接作用最大，却支持 {3}、反对 {2}，为 {4}。",
  },
  secret: {
    en: "{0}, {1} directly counts most for what is written here.",
    zh: "{0}，{1}对这里写什么直接作用最大。",
  },
};

const OF = {
  question: { en: "Of the {0} heads that read the question", zh: "在读问题的 {0} 个头里" },
  all: { en: "Of the {0} heads", zh: "在 {0} 个头里" },
};

/** A head by name, from here on: {path, head}. */
const nameOf = ({ boxes }, { path, head }) =>
  headOfBlock(boxes.find(({ id }) => id === path), head);

/** What a head adds at step i, which declares itself. */
const addedBy = (i, { path, head, value }, tag = "span") =>
  derived(el(tag, { text: signed(value) }), `sum_at:${i}:${path}.heads.${head}`, value);

/** The key at which a head looks most, from a row: {at: its token, share: its weight}. */
function strongestOf({ explanation, boxes }, { path, head }, index, tag) {
  const weights = row(explanation.trace.get(`${path}.weights`), head, index);
  const most = argmax(weights);
  const share = derived(el(tag, { text: percent(weights[most]) }),
    `weight:${path}.${head}.${index}.${most}`, weights[most]);
  const box = boxes.find(({ id }) => id === path);
  return { at: tokenAt(answeringTokens(explanation, box), most), share };
}

/** For each token of the answer: the head that counts most, at whom it looks, and what it adds. */
function headOfEachStep(app, side) {
  const { steps, label } = side.explanation;
  const chosen = Math.min(app.store.get().step, steps.length - 1);
  return stepTable(app, side, chosen, [
    { en: "directly most by", zh: "直接作用最大的头" }, { en: "which looks at", zh: "它看" },
    { en: "and adds to what is written", zh: "给所写的词元加上" },
  ], (_, i) => {
    const { step, lead, support } = leadingOf(app, side, i);
    if (lead.value === null) return null;
    const { at, share } = strongestOf(side, lead, step.row, "span");
    const adds = againstRival(addedBy(i, lead), label(step.rival));
    return [nameOf(side, lead), [at, " ", share], lead.value < 0 ? [
      adds, el("div", { class: "quiet" }, phrase(
        { en: "it speaks against {0}", zh: "它反对 {0}" }, token(label(step.token))),
      ...(support ? mostFor(side, i, support) : [])),
    ] : adds];
  });
}

/** After what speaks against a token: which head speaks most for it. */
const mostFor = (side, i, support, tag) => phrase({
  en: "; most for it: {0}, {1}", zh: "；最支持它的是{0}，{1}",
}, nameOf(side, support), addedBy(i, support, tag));

/** What is said first; nothing on a page without weights. step, lead: those of `leadingOf`. */
export function leadSentence(app, side, { i, step, lead, support, isSecret }, open) {
  if (lead.value === null) return [];
  const { model, explanation, boxes } = side;
  const { label } = explanation;
  const box = boxes.find(({ id }) => id === lead.path);
  const paths = directAttentions(model);
  const heads = words(OF[box.cross ? "question" : "all"], paths.length * model.config.n_heads);
  const head = el("button", {
    type: "button", class: "lead-head",
    text: nameOf(side, lead),
    onclick: () => open({ path: lead.path, head: lead.head, query: null, key: null }),
  });
  const value = [addedBy(i, lead, "strong"),
    ...(support ? mostFor(side, i, support, "strong") : [])];
  const { at, share } = strongestOf(side, lead, step.row, "strong");
  const counts = COUNTS[isSecret ? "secret" : lead.value < 0 ? "against" : "for"];
  return [
    el("p", { class: "lead" },
      phrase(counts, heads, head, token(label(step.token)), token(label(step.rival)),
        el("span", {}, value)), " ",
      phrase({ en: "In it {0} looks with {1} at {2}.", zh: "在这个头里，{0}有 {1} 的注意力在看 {2}。" },
        whoAsks(app, side, box, step.row, true), share, at)),
    ...headOfEachStep(app, side),
    el("p", { class: "quiet" }, phrase({
      en: "The number is the head's term in {0}: what it adds directly, past all later layers, " +
        "to the logit of the written token less that of the runner-up. It stands below each map. " +
        "What the head does through later layers too shows when it is switched off: {1}",
      zh: "这个数是该头在{0}里的一项：它给所写词元的 logit 减去第二名的 logit 直接加了多少，不经过后面的层。每张图下面都写着这个数。" +
        "它经过后面的层还起什么作用，关掉它才看得出来：{1}",
    }, term("direct logit attribution", words({ en: "the sum", zh: "求和" })), el("button", {
      type: "button", class: "plain", text: words({ en: "Ask why ↓", zh: "追问 ↓" }),
      onclick: () => app.show("why"),
    }))),
  ];
}

/** Why a row looks where it does: its query's scores with the two keys that fit best. */
export function whyItLooks(side, box, head, query) {
  const name = `${box.id}.scores`;
  const weights = row(side.explanation.trace.get(`${box.id}.weights`), head, query);
  const scores = row(side.explanation.trace.get(name), head, query);
  const labels = answeringTokens(side.explanation, box);
  const order = [...weights.keys()].filter((j) => weights[j] > 0)
    .sort((i, j) => weights[j] - weights[i]);
  if (order.length < 2) return null;
  const score = (j) => declare(el("span", { class: "number", text: number(scores[j]) }),
    side, name, [head, query, j], [scores[j]]);
  const [first, second] = order;
  return el("p", {}, phrase({
    en: "Why? Its {0} fits the {1} of {2} best: their {3} is {4}. Next comes {5} with {6}. {7} " +
      "turns these into shares.",
    zh: "为什么？它的{0}和 {2} 的{1}最合：{3}是 {4}；其次是 {5}，{6}。{7} 把得分变成份额。",
  }, term("query"), term("key"), tokenAt(labels, first, { class: "answers" }), term("score"),
  score(first), tokenAt(labels, second, { class: "answers" }), score(second),
  term("softmax", words({ en: "Softmax", zh: "softmax" }))));
}
