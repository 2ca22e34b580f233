// Learning: what the model did with a few examples at each step of its training whose parameters
// were kept. All numbers here were recorded by Python from those checkpoints.

import { asAnswer } from "../arithmetic/tasks.js";
import { bars, derived, el, number, percent, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { bounded, learnedAttention } from "./learning_attention.js";
import { lossCurve, whatIsDrawn } from "./learning_curve.js";
import { isKnown, judged, nothingKept, ofTraining } from "./learning_words.js";
import { partLabel, signed } from "./part_names.js";
import { said, saidText } from "./said.js";

const PAUSE = 900; // milliseconds between two checkpoints, while they are played

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function learningView(app) {
  const { store } = app;

  function mount(element, side) {
    const { learning, task } = side.data;
    if (!learning?.checkpoints.length) {
      element.append(nothingKept(side));
      if (learning?.metrics.length) {
        const { metrics } = learning;
        const options = { metrics, points: [], chosen: null, width: roomFor(element) };
        element.append(lossCurve(options), whatIsDrawn(false, side));
      }
      return () => {};
    }
    const { checkpoints, examples } = learning;
    let further = null; // {which, step, at}: chosen at a step of the page, and beyond its answer
    const attention = learnedAttention(app, side);
    let timer = null;

    const slider = el("input", {
      type: "range", min: 0, max: checkpoints.length - 1, step: 1, class: "learning-slider",
      "aria-label": words({ en: "the step of the training", zh: "训练的步" }),
      oninput: () => go(Number(slider.value)),
    });
    const play = el("button", { type: "button", onclick: togglePlay });
    const now = el("output", { class: "learning-now" });
    const curve = el("div", {});
    const choice = el("div", {
      class: "choice learning-choice", role: "group",
      "aria-label": words({ en: "An example", zh: "例子" }),
    });
    const sentence = el("p", { class: "learning-verdict" });
    const asked = el("p", { class: "quiet" });
    const history = el("div", { class: "scroll" });
    const below = el("div", { class: "learning-below" });
    element.append(
      el("p", {}, phrase({
        en: "The model's weights were kept at {0} steps of its training. Each is a {1}: move " +
          "through them, and watch one example go from a guess to an answer.",
        zh: "训练途中，模型的权重在 {0} 个时刻被保存下来，每一份叫一个{1}。拖动滑块，看同一个例子怎样从瞎猜变成答案。",
      }, checkpoints.length, term("checkpoint"))),
      choice, asked,
      el("div", { class: "learning-above" },
        el("div", {}, curve, el("div", { class: "learning-time" }, play, slider, now), sentence,
          whatIsDrawn(true, side)),
        history),
      below,
    );

    /** What is shown: the checkpoint and the example of the state, and all that belongs to them. */
    function shown() {
      const state = store.get();
      const at = bounded(state.checkpoint ?? checkpoints.length - 1, checkpoints.length);
      const which = bounded(state.example, examples.length);
      const { step, examples: all } = checkpoints[at];
      return { at, which, step, example: examples[which], then: all[which] };
    }

    /** The token of the example's answer that is looked at: that of the page's step. */
    function stepOf({ which, then }) {
      const { step } = store.get();
      const chosen = further?.which === which && further.at === step ? further.step : step;
      return bounded(chosen, then.steps.length);
    }

    function go(at) {
      store.set({ checkpoint: at });
    }

    function stop() {
      clearInterval(timer);
      timer = null;
    }

    /** Play from here, or from the beginning; where motion is not wanted, go on by one. */
    function togglePlay() {
      const last = checkpoints.length - 1;
      const { at } = shown();
      if (isStill()) go(at === last ? 0 : at + 1);
      else if (timer !== null) stop();
      else {
        go(at === last ? 0 : at);
        timer = setInterval(() => {
          const next = shown().at + 1;
          if (!element.isConnected || next >= last) stop();
          if (element.isConnected) go(Math.min(next, last));
        }, PAUSE);
      }
      update();
    }

    function update() {
      const one = shown();
      slider.value = one.at;
      play.textContent = isStill() ? words({ en: "Next", zh: "下一个" })
        : timer === null ? words({ en: "Play", zh: "播放" }) : words({ en: "Pause", zh: "暂停" });
      now.textContent = words(
        { en: "training step {0} of {1}", zh: "训练第 {0} 步，共 {1} 步" },
        one.step, checkpoints.at(-1).step);
      const answer = one.then ? `: ${one.then.answer}` : "";
      slider.setAttribute("aria-valuetext", now.textContent + answer);
      choice.replaceChildren(...examples.map(({ source }, i) => el("button", {
        type: "button", "aria-pressed": String(i === one.which), text: saidText(task, source),
        onclick: () => store.set({ example: i }),
      })));
      const lossAt = ({ step, examples: all }) => ({ step, loss: meanLoss(all[one.which]) });
      const points = one.example ? checkpoints.map(lossAt) : [];
      curve.replaceChildren(lossCurve({
        metrics: learning.metrics, points, chosen: one.at, width: roomFor(element),
        what: `learning:${one.which}:loss`, onSelect: go,
      }));
      if (!one.example) return;
      sentence.replaceChildren(...verdict(one));
      asked.replaceChildren(...ofTraining(side, one.example));
      history.replaceChildren(answersSoFar(one));
      below.replaceChildren(
        el("div", {},
          el("h3", { text: words({ en: "Whom the tokens looked at", zh: "词元在看谁" }) }),
          forced(one.example), attention(one, stepOf(one))),
        el("div", {}, el("h3", { text: words({ en: "The sum", zh: "求和" }) }), theSum(one)),
      );
    }

    // ------------------------------------------------------------------------ the answers

    function verdict({ step, example, then }) {
      const evaluated = learning.metrics.findLast((row) =>
        "exact_match" in row && row.step <= step);
      const text = step === 0 ? {
        en: "Before its first step it read {1} and wrote {2}: {3}.",
        zh: "还没开始训练时，它读了 {1}，写出 {2}：{3}。",
      } : {
        en: "After step {0} it read {1} and wrote {2}: {3}.",
        zh: "第 {0} 步之后，它读了 {1}，写出 {2}：{3}。",
      };
      const held = evaluated && derived(
        el("span", { class: "number", text: percent(evaluated.exact_match) }),
        `learning:metrics.exact_match.${evaluated.step}`, evaluated.exact_match);
      const wrote = said(task, asAnswer(task, then.answer));
      return [
        ...phrase(text, step, said(task, example.source), wrote, judged(task, example, then)), " ",
        el("span", { class: "quiet" }, evaluated ? phrase({
          en: "Of questions that training never shows, it answered {0} rightly at step {1}.",
          zh: "训练里从没出现过的题，第 {1} 步时它答对了 {0}。",
        }, held, evaluated.step) : []),
      ];
    }

    /** A line for each checkpoint; a click goes there. */
    function answersSoFar({ at, which, example }) {
      const head = [
        { en: "training step", zh: "训练步" }, { en: "it wrote", zh: "写出" }, { en: "", zh: "" },
        isKnown(task, example)
          ? { en: "loss of the right answer", zh: "正确答案的损失" }
          : { en: "loss of the last answer", zh: "最后答案的损失" },
      ];
      const rows = checkpoints.map(({ step, examples: all }, i) => {
        const loss = meanLoss(all[which]);
        return el("tr", { class: i === at ? "selected" : "", onclick: () => go(i) },
          el("td", {}, el("button", {
            type: "button", class: "plain", text: step, "aria-current": i === at && "true",
          })),
          el("td", {}, said(task, asAnswer(task, all[which].answer))),
          el("td", { text: judged(task, example, all[which]) }),
          derived(el("td", { class: "number", text: number(loss) }),
            `learning:${which}:${step}:loss`, loss));
      });
      return el("table", { class: "learning-history" },
        el("thead", {}, el("tr", {}, head.map((text) =>
          el("th", { scope: "col", text: words(text) })))),
        el("tbody", {}, rows));
    }

    // ---------------------------------------------------------------------- the attention

    /** Why rows can be compared from one checkpoint to the next. */
    function forced(example) {
      if (side.model.kind === "BERT") {
        return el("p", { text: words({
          en: "A row stands for the same token at every checkpoint: the model reads the question " +
            "alone, whatever it writes into the gap.",
          zh: "同一行在每个检查点都代表同一个词元：不管往空处填什么，模型读的只有问题。",
        }) });
      }
      return el("p", {}, phrase({
        en: "The model is given {0}, as in training ({1}): so a row stands for the same token at " +
          "every checkpoint, whatever it would have written itself.",
        zh: "这里像训练时那样，让模型读{0}（{1}）：不管它自己会写什么，同一行在每个检查点都代表同一个词元。",
      }, words(isKnown(task, example)
        ? { en: "the right answer", zh: "正确答案" }
        : { en: "the answer that it writes in the end", zh: "它最后写出的答案" }),
      term("teacher forcing")));
    }

    // ---------------------------------------------------------------------------- the sum

    function theSum(one) {
      const { which, step, then } = one;
      const i = stepOf(one);
      const { token: id, rival, probability, difference, sum } = then.steps[i];
      const label = (x) => token(task.tokens[x]);
      const name = `learning:${which}:${step}:${i}`;
      const tokens = then.steps.map(({ token: x }, j) => token(task.tokens[x], {
        class: j === i ? "selected" : "", role: "button", tabindex: "0",
        "aria-pressed": String(j === i), onclick: () => choose(j),
        onkeydown: (event) => [" ", "Enter"].includes(event.key) && choose(j),
      }));
      function choose(j) {
        const { step: at } = store.get();
        if (j < side.explanation.steps.length) {
          further = null;
          store.set({ step: j });
        } else further = { which, step: j, at };
        update();
        below.querySelector(".token.selected").focus();
      }
      const everywhere = checkpoints.flatMap(({ examples: all }) => all[which].steps[i].sum);
      const items = learning.parts.map((part, j) => ({
        label: partLabel(side.boxes, part, true), value: sum[j], what: `${name}:sum:${part}`,
      }));
      const value = (what, x, text) =>
        derived(el("span", { class: "number", text }), `${name}:${what}`, x);
      return [
        el("p", {}, words({ en: "A token of the answer:", zh: "答案里的词元：" }), " ",
          tokens.flatMap((box) => [box, " "])),
        el("p", {}, phrase({
          en: "At step {5} it gave {0} a probability of {1}. The likeliest other token was {2}. " +
            "The {3} of the one less that of the other was {4}, and these are its parts, drawn " +
            "to the same scale at every checkpoint.",
          zh: "第 {5} 步时它给 {0} 的概率是 {1}。其余词元里最可能的是 {2}。两者的 {3} 之差是 {4}，下面是它的各个部分，各检查点用同一个尺度。",
        }, label(id), value("probability", probability, percent(probability)), label(rival),
        term("logits", "logit"), value("difference", difference, signed(difference)), step)),
        bars({
          items, label: words({ en: "The parts of the sum", zh: "求和的各部分" }),
          digits: signed, range: everywhere,
        }),
      ];
    }

    return update;
  }

  const title = { en: "Learning: how did it come to know?", zh: "学习：它是怎样学会的？" };
  return { id: "learning", title, mount };
}

const roomFor = (element) => bounded(element.clientWidth || 340, 760);

/** The mean of −ln P over the tokens of the right answer. */
function meanLoss({ steps }) {
  return steps.reduce((sum, { probability }) => sum - Math.log(probability), 0) / steps.length;
}
