// Of each edit: what the sum predicts, what is measured, and where the two part, why.

import { parts, streamSublayers } from "../arithmetic/attribution.js";
import {
  editName, logitGap, predictedChange, replacedRows, sameTarget,
} from "../arithmetic/edits.js";
import { isInEncoder, run } from "../arithmetic/model.js";
import { derived, el, phrase, token, visible } from "../widgets.js";
import { words } from "../words.js";
import { effectTable } from "./effects.js";
import { partLabel, partText, signed } from "./part_names.js";
import { rivalChip } from "./rival_chip.js";

/** Elements: a table of the edits, and a sentence on each. `edited`: the trace with all of them. */
export function editsReport(app, side, step, edited) {
  const { model, edits, clean: { inputs, trace, label } } = side;
  const at = [step.row, step.token, step.rival];
  const alone = (edit) => (edits.length === 1 ? edited : run(model, inputs, [edit]));
  const found = edits.map((edit) => ({
    edit,
    name: editName(edit),
    predicted: isInEncoder(model, edit.path) ? null : predictedChange(model, trace, edit, ...at),
    measured: logitGap(alone(edit), ...at) - logitGap(trace, ...at),
  }));
  const rows = found.map((entry) => ({
    ...entry,
    label: [partLabel(side.boxes, entry.name), manner(side, entry.edit)],
    remove: remover(app, side, entry),
  }));
  if (found.length > 1) {
    rows.push({
      label: el("em", { text: words({ en: "all of them together", zh: "全部一起" }) }),
      name: "together",
      measured: logitGap(edited, ...at) - logitGap(trace, ...at),
    });
  }
  const lost = app.store.get().edits.length - edits.length;
  return [
    ...(found.length === 0 ? [] : [
      el("p", {}, phrase({
        en: "By how much the logit of {0} less that of its rival {1} changes at this step. " +
          "Predicted is that the part's term leaves the sum of the whole model, and nothing else " +
          "changes:",
        zh: "在这一步，{0} 的 logit 减去对手 {1} 的，变化了多少。“预测”是指：从完整模型的求和里去掉这一项，其余都不变：",
      }, token(label(step.token)), token(label(step.rival))), " ", rivalChip(app, side)),
      effectTable(rows),
    ]),
    lost > 0 ? el("p", { class: "why-note", text: words({
      en: "Left out: {0} of the parts, which this model does not have, or whose other question " +
        "it cannot read.",
      zh: "略去 {0} 个部分：这个模型没有它们，或者读不了给它们的另一个问题。",
    }, lost) }) : null,
    el("ul", { class: "reasons" }, found.flatMap(({ edit, name, predicted, measured }) =>
      [
        rowsSentence(side, edit), biasSentence(model, trace, step, edit, predicted),
        reason(model, step, edit, predicted, measured),
      ]
        .filter(Boolean)
        .map((text) => (
          el("li", {}, el("strong", { text: partText(side.boxes, name) }), ": ", text))))),
  ].filter(Boolean);
}

function remover({ store }, { boxes }, { edit, name }) {
  return el("button", {
    type: "button", class: "plain", text: "×",
    "aria-label": words({ en: "switch on again: {0}", zh: "恢复：{0}" }, partText(boxes, name)),
    onclick: () => {
      store.set({ edits: store.get().edits.filter((other) => !sameTarget(other, edit)) });
    },
  });
}

/** ", at place 3 (6) only", ", as for 1+2": what a row of the table says besides the part. */
function manner({ clean: { rows, columns }, model }, { path, kind, row, from }) {
  const labels = isInEncoder(model, path) ? columns : rows;
  return [
    kind === "sublayer" && words({ en: ", all of it", zh: "，整个" }),
    row !== undefined && words(
      { en: ", at position {0} ({1}) only", zh: "，只在第 {0} 个位置（{1}）" },
      row + 1, visible(labels[row] ?? "–")),
    from !== undefined && words(
      { en: ", as for \"{0}\"", zh: "，用“{0}”的" }, visible(from)),
  ].filter(Boolean).map((text) => el("span", { class: "quiet", text }));
}

/** Where another question has fewer rows than this one, which of them are replaced. */
function rowsSentence({ clean: { trace } }, edit) {
  const { rows, replaced } = replacedRows(trace, edit);
  if (edit.row >= rows) {
    return words({
      en: "this text has no such position: nothing is changed.",
      zh: "这段文本没有这个位置：什么也没变。",
    });
  }
  if (edit.row >= replaced) {
    return words({
      en: "\"{0}\" has only {1} positions here, and none in the place of this one: nothing is " +
        "changed.",
      zh: "“{0}”在这里只有 {1} 个位置，没有与这个位置对应的：什么也没变。",
    }, visible(edit.from), replaced);
  }
  if (edit.row !== undefined || replaced === rows) return null;
  return words({
    en: "\"{0}\" has {1} positions here, and this question {2}: the first {1} are put in place, " +
      "the others stay as they are.",
    zh: "“{0}”在这里有 {1} 个位置，这个问题有 {2} 个：换上前 {1} 个，其余保持原样。",
  }, visible(edit.from), replaced, rows);
}

/** A sublayer that is off takes its bias along: how much of the prediction is which. */
function biasSentence(model, trace, step, edit, predicted) {
  const { kind, path, replacement } = edit;
  if (kind !== "sublayer" || replacement || !predicted) return null;
  const terms = parts(model, trace, step.row, step.token, step.rival).parts
    .filter(({ box }) => box === path);
  const sum = terms.reduce((total, { value }) => total + value, 0);
  const bias = -predicted - sum;
  if (Math.abs(bias) < 0.0005) return null;
  const shown = (what, x) =>
    derived(el("span", { class: "number", text: signed(x) }), `${what}:${path}`, x);
  return phrase(terms.length > 1 ? {
    en: "its heads' terms in the sum are together {0}; its bias, which the sum lists under " +
      "\"biases\", is {1}. Both go.",
    zh: "它各个头在求和里合计 {0}；它的偏置是 {1}，列在求和的“偏置”里。两者一起去掉。",
  } : {
    en: "its term in the sum is {0}; its bias, which the sum lists under \"biases\", is {1}. " +
      "Both go.",
    zh: "它在求和里的那一项是 {0}；它的偏置是 {1}，列在求和的“偏置”里。两者一起去掉。",
  }, shown("term", sum), shown("bias", bias));
}

/** Why prediction and measurement part, or that they do not. */
export function reason(model, step, { path, row }, predicted, measured) {
  if (isInEncoder(model, path)) {
    return words({
      en: "the encoder adds nothing to this stream itself. It acts through what cross-attention " +
        "reads of it, which the sum does not foresee.",
      zh: "编码器本身不往这条残差流里加东西。它通过交叉注意力读到的内容起作用，这一点求和看不到。",
    });
  }
  if (row !== undefined && row !== step.row) {
    return words({
      en: "another position is changed. It reaches this step only through attention that looks " +
        "there, which the sum does not foresee.",
      zh: "改的是另一个位置。只有看向那里的注意力才会把它带到这一步，这一点求和看不到。",
    });
  }
  const larger = Math.max(Math.abs(predicted), Math.abs(measured));
  if (Math.abs(predicted - measured) <= Math.max(0.1 * larger, 0.01)) {
    return words({
      en: "prediction and measurement agree: what the part adds reaches the output directly.",
      zh: "预测与实测一致：这个部分加进去的东西直接到达输出。",
    });
  }
  if (path === streamSublayers(model).at(-1).path) {
    return words({
      en: "no later sublayer reads it. What changes besides its term is the scale of the norms " +
        "behind it, which the sum holds.",
      zh: "后面没有别的层读它。除了它那一项，变的只是它后面归一化的系数，而求和把系数固定住了。",
    });
  }
  if (followsAlone(model, path)) {
    return phrase({
      en: "it stands in the last block, where no other position reads it any more. Only {0} and " +
        "the norms still do, at this position: without it they give something else.",
      zh: "它在最后一块，别的位置不再读它。还会读它的，只有这个位置上{0}，还有归一化：没有它，它们的结果就不同了。",
    }, words(followsAlone(model, path)));
  }
  if (predicted * measured < 0) {
    return words({
      en: "the measurement points the other way. Later layers read what this part adds, and what " +
        "they make of it outweighs its own term.",
      zh: "实测与预测方向相反。后面的层会读取这个部分加进去的东西，它们由此做出的事超过了它自己那一项。",
    });
  }
  if (Math.abs(measured) < Math.abs(predicted)) {
    return words({
      en: "the change is smaller than its own term. Later layers read what was taken away and " +
        "may make up for some of it; and the norms rescale what is left.",
      zh: "变化比它自己那一项小。后面的层察觉到少了什么，可能补上了一部分；归一化也重新缩放了剩下的。",
    });
  }
  return words({
    en: "the change is larger than its own term. Later layers read what it adds, here or at " +
      "other positions, and do something else without it; and the norms rescale what is left.",
    zh: "变化比它自己那一项大。后面的层会读取它加进去的东西，在这里或在别的位置；没有它，它们做的事就不同了。归一化也重新缩放了剩下的。",
  });
}

/**
 * What reads a part of the last block before the output: the sublayers behind it in that block, as
 * texts for `words`. Null for a part of another block, which other positions read too.
 */
function followsAlone(model, path) {
  const sublayers = streamSublayers(model);
  const block = path.replace(/\.\w+$/, "");
  if (!sublayers.at(-1).path.startsWith(`${block}.`)) return null;
  const isSelf = path.endsWith(".self_attention");
  return isSelf
    ? { en: "cross-attention and the MLP of its block", zh: "同一块的交叉注意力和 MLP" }
    : { en: "the MLP of its block", zh: "同一块的 MLP" };
}
