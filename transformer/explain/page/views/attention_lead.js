// What attention says first: which head counts most for the token that is written, at whom it looks
// there, and why.

import { directAttentions } from "../arithmetic/leading.js";
import { argmax, row } from "../arithmetic/tensor.js";
import { boxPlace } from "../boxes.js";
import { declare, derived, el, number, percent, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { leadingOf } from "./leading.js";
import { signed } from "./part_names.js";
import { againstRival, stepTable } from "./step_table.js";
import { answeringTokens, tokenAt, whoAsks } from "./tokens.js";

const COUNTS = {
  for: {
    en: "{0}, {1} speaks most for {2} against {3}: {4}.",
    zh: "{0}，{1}最有力：它支持 {2}、反对 {3}，为 {4}。",
  },
  against: {
    en: "{0}, {1} counts most, and it speaks for {3} against {2}: {4}.",
    zh: "{0}，{1}作用最大，却支持 {3}、反对 {2}，为 {4}。",
  },
  secret: {
    en: "{0}, {1} counts most for what is written here.",
    zh: "{0}，{1}对这里写什么作用最大。",
  },
};

const OF = {
  question: { en: "Of the {0} heads that read the question", zh: "在读问题的 {0} 个头里" },
  all: { en: "Of the {0} heads", zh: "在 {0} 个头里" },
};

/** "block 2's head 3": all these heads are of one stack, which is not said. */
const nameOf = (box, head) => words(
  { en: "{0}'s head {1}", zh: "{0}的头 {1}" }, words(boxPlace({ ...box, side: "text" })), head + 1);

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
    { en: "most by", zh: "作用最大的头" }, { en: "which looks at", zh: "它看" },
    { en: "and adds to what is written", zh: "给所写的词元加上" },
  ], (_, i) => {
    const { step, lead } = leadingOf(app, side, i);
    if (lead.value === null) return null;
    const box = side.boxes.find(({ id }) => id === lead.path);
    const { at, share } = strongestOf(side, lead, step.row, "span");
    const added = derived(el("span", { text: signed(lead.value) }),
      `sum_at:${i}:${lead.path}.heads.${lead.head}`, lead.value);
    return [nameOf(box, lead.head), [at, " ", share], againstRival(added, label(step.rival))];
  });
}

/** What is said first; nothing on a page without weights. step, lead: those of `leadingOf`. */
export function leadSentence(app, side, { i, step, lead, isSecret }, open) {
  if (lead.value === null) return [];
  const { model, explanation, boxes } = side;
  const { label } = explanation;
  const box = boxes.find(({ id }) => id === lead.path);
  const paths = directAttentions(model);
  const heads = words(OF[box.cross ? "question" : "all"], paths.length * model.config.n_heads);
  const head = el("button", {
    type: "button", class: "lead-head",
    text: nameOf(box, lead.head),
    onclick: () => open({ path: lead.path, head: lead.head, query: null, key: null }),
  });
  const value = derived(el("strong", { text: signed(lead.value) }),
    `sum_at:${i}:${lead.path}.heads.${lead.head}`, lead.value);
  const { at, share } = strongestOf(side, lead, step.row, "strong");
  const counts = COUNTS[isSecret ? "secret" : lead.value < 0 ? "against" : "for"];
  return [
    el("p", { class: "lead" },
      phrase(counts, heads, head, token(label(step.token)), token(label(step.rival)), value), " ",
      phrase({ en: "In it {0} looks with {1} at {2}.", zh: "在这个头里，{0}有 {1} 的注意力在看 {2}。" },
        whoAsks(app, side, box, step.row, true), share, at)),
    ...headOfEachStep(app, side),
    el("p", { class: "quiet" }, phrase({
      en: "The number is the head's term in {0}: what it adds to the logit of the written token " +
        "less that of the runner-up. It stands below each map.",
      zh: "这个数是该头在{0}里的一项：它给所写词元的 logit 减去第二名的 logit 加了多少。每张图下面都写着这个数。",
    }, term("direct logit attribution", words({ en: "the sum", zh: "求和" })))),
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
