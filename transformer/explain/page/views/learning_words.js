// What is said of an example of the training: whether the training has shown it, whether what was
// written is right.

import { rightAnswer } from "../arithmetic/tasks.js";
import { el, phrase } from "../widgets.js";
import { words } from "../words.js";
import { said } from "./said.js";

/** Was the example in training? And is it what the page is asked? */
export function ofTraining({ data, task, explanation: { source } }, { held_out: isHeldOut }) {
  const isRecorded = data.learning.examples.some((example) => (
    task.name === "characters" ? source.endsWith(example.source) : source === example.source
  ));
  const texts = isHeldOut === null
    ? { en: "Whether training has shown this question, the page cannot tell.",
      zh: "训练里有没有出现过这道题，页面无从知道。" }
    : isHeldOut
      ? { en: "Training never shows this question: it is held out.",
        zh: "这道题是留出的，训练里从没出现过。" }
      : { en: "Training may have shown this question: it draws at random from all that are not " +
          "held out.",
        zh: "训练里可能出现过这道题：训练题是从所有没有留出的题里随机抽的。" };
  return [words(texts), ...(isRecorded ? [] : [" ", ...phrase({
    en: "The question at the top, {0}, is another one: of it nothing was recorded while the " +
      "model learned.",
    zh: "页首现在的题是 {0}，它不在其中：学习途中没有记录它。",
  }, said(task, source))])];
}

/** Has somebody said what is right, or can it be computed? */
export const isKnown = (task, { source, target, known }) =>
  known || rightAnswer(task, source) === target;

/**
 * Did it write what is right? A text can go on in many ways; and where nobody has said what is
 * right, the trained model's answer is the measure.
 */
export function judged(task, example, { answer }) {
  const isRight = answer === example.target;
  if (task.name === "characters" && example.known) {
    return words(isRight
      ? { en: "= the text itself", zh: "= 原文" } : { en: "≠ the text itself", zh: "≠ 原文" });
  }
  if (isKnown(task, example)) {
    return isRight ? words({ en: "✓ right", zh: "✓ 对" }) : words({ en: "✗ wrong", zh: "✗ 错" });
  }
  return words(isRight
    ? { en: "= as in the end", zh: "= 与最后相同" } : { en: "≠ not yet", zh: "≠ 还不是" });
}

/** Of a run whose checkpoints were not kept. */
export function nothingKept({ data }) {
  const command = `transformer train ${data.task.name} --keep 12`;
  return el("p", {}, phrase({
    en: "How this model was while it learned was not kept. {0} trains one and keeps its weights " +
      "at twelve steps of the training; a page of that run goes through them here.",
    zh: "这个模型学习途中的样子没有保存下来。{0} 会训练一个模型，并在途中的十二个时刻保存权重；用那次运行生成的页面，可以在这里逐个回看。",
  }, el("code", { class: "said", text: command })));
}
