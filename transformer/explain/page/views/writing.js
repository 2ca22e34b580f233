// Writing: how the answer comes about, token by token; and how the same model is trained.

import { bars, derived, el, percent, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { beamFigure, wholeChance } from "./beam.js";
import { cacheFigure } from "./cache.js";
import { anySecret, guessGate, isHidden, secretNote } from "./guess.js";
import { lossSentence, maskTable, modesTable, targetField } from "./modes.js";
import { said } from "./said.js";
import { decoderRows, moveIntoInput, scrollInto, sourceLine, tokenRows } from "./token_rows.js";

const PLAY_PAUSE = 1200; // milliseconds between two steps of playing

/** Play, back, step and a slider over the steps; state.step is the whole page's. */
function transport(app, side) {
  let timer = null;
  const last = () => side.explanation.steps.length - 1;
  const go = (step) => app.store.set({ step: Math.max(0, Math.min(step, last())) });
  const play = el("button", { type: "button", class: "play", onclick: () => toggle() });
  const back = el("button", { type: "button", text: "←", onclick: () => move(-1) });
  const forth = el("button", { type: "button", text: "→", onclick: () => move(1) });
  const slider = el("input", {
    type: "range", min: 0, step: 1, oninput: () => { stop(); go(Number(slider.value)); },
  });
  const place = el("span", { class: "note" });
  const element = el("div", { class: "writing-controls" }, play, back, forth, slider, place);

  function stop() {
    clearInterval(timer);
    timer = null;
    update();
  }
  function move(by) {
    stop();
    go(app.store.get().step + by);
  }
  function toggle() {
    if (timer !== null) {
      stop();
      return;
    }
    if (app.store.get().step >= last()) go(0);
    timer = setInterval(() => {
      if (!element.isConnected) clearInterval(timer); // the page was built anew
      if (!element.isConnected || isHidden(app, side, "token")) return; // it waits for a guess
      go(app.store.get().step + 1);
      if (app.store.get().step >= last()) stop();
    }, PLAY_PAUSE);
    update();
  }
  function onKey(event) {
    const isUsed = event.target.matches(event.key === " " ? "button, input" : "input");
    const keys = {
      " ": toggle, ArrowLeft: () => move(-1), ArrowRight: () => move(1),
      Home: () => move(-Infinity), End: () => move(Infinity),
    };
    if (isUsed || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }
  function update() {
    const { step } = app.store.get();
    const name = timer === null ? { en: "Play", zh: "播放" } : { en: "Pause", zh: "暂停" };
    play.textContent = words(name);
    back.setAttribute("aria-label", words({ en: "one step back", zh: "后退一步" }));
    forth.setAttribute("aria-label", words({ en: "one step on", zh: "前进一步" }));
    slider.setAttribute("aria-label", words({ en: "step", zh: "步" }));
    slider.max = last();
    slider.value = step;
    back.disabled = step <= 0;
    forth.disabled = step >= last();
    const texts = app.store.get().mode === "training"
      ? { en: "position {0} of {1}", zh: "第 {0} 个位置，共 {1} 个" }
      : { en: "step {0} of {1}", zh: "第 {0} 步，共 {1} 步" };
    place.textContent = words(texts, Math.min(step, last()) + 1, last() + 1);
  }
  return { element, update, onKey };
}

/** The choice between "in use" and "training". */
function modeSwitch(app) {
  const choices = [
    ["use", { en: "In use", zh: "使用中" }],
    ["training", { en: "In training", zh: "训练时" }],
  ].map(([mode, text]) => ({
    mode, text,
    button: el("button", { type: "button", onclick: () => app.store.set({ mode }) }),
  }));
  const element = el("div", { class: "choice", role: "group" },
    choices.map(({ button }) => button));
  function update() {
    for (const { mode, text, button } of choices) {
      button.textContent = words(text);
      button.setAttribute("aria-pressed", app.store.get().mode === mode);
    }
  }
  return { element, update };
}

/** The likeliest five tokens of a step, and the one that it chose. */
function probabilityBars(side, step, index, training) {
  const { label } = side.explanation;
  const ids = Array.from(step.probabilities.keys());
  ids.sort((a, b) => step.probabilities[b] - step.probabilities[a] || a - b);
  const shown = ids.slice(0, 5);
  if (!shown.includes(step.token)) shown.push(step.token);
  const chosen = training ? { en: "the right one", zh: "正确的" } : { en: "chosen", zh: "选中的" };
  return bars({
    label: words({ en: "probabilities of the next token", zh: "下一个词元的概率" }),
    colour: "weight",
    items: shown.map((id) => ({
      label: token(label(id)), value: step.probabilities[id], text: percent(step.probabilities[id]),
      what: `probability:${index}:${id}`, selected: id === step.token,
      title: id === step.token ? words(chosen) : undefined,
    })),
  });
}

const WRITING_SENTENCES = {
  use: {
    en: "In use it writes one token at a time: what it has written is its next input, until {0}.",
    zh: "使用时，它一次写一个词元：写出的就是下一步的输入，直到 {0}。",
  },
  useText: {
    en: "In use it writes one token at a time: what it has written is its next input.",
    zh: "使用时，它一次写一个词元：写出的就是下一步的输入。",
  },
  training: {
    en: "In training the whole target is given at once, shifted right behind {0}: each position " +
      "must write the token that the next one reads ({1}).",
    zh: "训练时，目标一次全部给出，右移一位，前面放 {0}：每个位置应写出下一个位置读入的词元（{1}）。",
  },
  trainingText: {
    en: "In training the whole text is given at once: each position must write the token that " +
      "the next one reads ({1}).",
    zh: "训练时，整段文字一次给出：每个位置应写出下一个位置读入的词元（{1}）。",
  },
  gap: {
    en: "This model writes nothing token by token: it reads the whole text at once, on both " +
      "sides of the gap, and gives the probability of each token in the gap. So it has no cache, " +
      "no beam and no causal mask; in training the word that was hidden is the target.",
    zh: "这个模型不逐个写词元：它一次读完空处两边的全部文字，给出空处每个词元的概率。" +
      "所以没有缓存，没有束搜索，也没有因果掩码；训练时，被藏起的词就是目标。",
  },
};

/** What happens in this mode, in a sentence. */
function modeSentence(side, training) {
  const name = `${training ? "training" : "use"}${side.task.name === "characters" ? "Text" : ""}`;
  return phrase(WRITING_SENTENCES[name], token(training ? "<s>" : "</s>"), term("teacher forcing"));
}

/** Over the bars: which token they are about. */
function chosenSentence(side, step, training) {
  const chosen = token(side.explanation.label(step.token), { class: "selected" });
  return el("p", {}, training
    ? phrase({ en: "Here it must write {0}. What it expects:", zh: "这里应写出 {0}。它预期的是：" }, chosen)
    : phrase({ en: "Here it takes the likeliest token, {0}.", zh: "这里它取最可能的词元 {0}。" }, chosen));
}

/** How likely the whole answer was. */
function wholeSentence({ task, explanation: { steps, text } }) {
  const p = steps.reduce((product, step) => product * step.probabilities[step.token], 1);
  const chance = el("span", { class: "number", text: wholeChance(p) });
  const shown = derived(chance, "answer:probability", p);
  return el("p", {}, phrase({
    en: "The whole answer, {0}, had a probability of {1}: the product of its {2} steps'.",
    zh: "整个答案 {0} 的概率是 {1}：{2} 步的概率之积。",
  }, said(task, text), shown, steps.length));
}

function gapView(app, side, element) {
  const modes = modeSwitch(app);
  const target = targetField(app, side);
  const body = el("div");
  const table = el("div");
  element.append(
    modes.element, table, el("p", { text: words(WRITING_SENTENCES.gap) }), target.element, body);
  const gate = guessGate(app, side, "token", body);
  return () => {
    if (!side.explanation) return;
    const { steps, rows } = side.explanation;
    const training = app.store.get().mode === "training";
    const read = el("p", { class: "tokens" }, rows.map((label, row) =>
      token(label, { class: row === steps[0].row ? "selected" : "" })));
    modes.update();
    target.element.hidden = !training;
    target.update();
    body.replaceChildren(read, chosenSentence(side, steps[0], training),
      probabilityBars(side, steps[0], 0, training), ...(training ? [lossSentence(steps)] : []));
    gate();
    table.hidden = anySecret(app, side);
    table.replaceChildren(modesTable(side, app.store.get()));
  };
}

function textView(app, side, element) {
  const store = app.store;
  const modes = modeSwitch(app);
  const steps = transport(app, side);
  const sentence = el("p", { class: "lead" });
  const rowsBox = el("div", {
    class: "scroll rows-box", tabindex: "0", role: "group", "aria-label": words({
      en: "what is read and written; Space plays, the arrow keys step",
      zh: "读入与写出；空格键播放，方向键前进后退",
    }),
  });
  const result = el("div", { class: "step-result" });
  const target = targetField(app, side);
  const forUse = el("div");
  const forTraining = el("div");
  const beamPlace = el("div");
  const table = el("div");
  const player = el("div", { class: "player" }, steps.element, rowsBox);
  player.addEventListener("keydown", steps.onKey);
  element.append(modes.element, table, sentence, target.element,
    el("div", { class: "beside" }, player, el("div", {}, result)), forUse, forTraining);
  const gate = guessGate(app, side, "token", result);
  const beams = side.data.weights ? beamFigure(app, side) : null;
  let cache = null;
  let drawn = { explanation: null, step: 0 };

  function drawRows(index, training, row) {
    const rows = decoderRows(side.explanation);
    const focused = rowsBox.contains(document.activeElement) && document.activeElement.dataset.key;
    const grid = tokenRows(side, {
      shown: training ? rows : rows.slice(0, row + 1), training, current: index,
      hidden: isHidden(app, side, "token"), onStep: (step) => store.set({ step }),
    });
    rowsBox.replaceChildren(...[sourceLine(side), grid].filter(Boolean));
    if (focused) rowsBox.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
    scrollInto(rowsBox, grid.querySelector(`[data-reads="${row}"]`));
    const stepped = drawn.explanation === side.explanation && index === drawn.step + 1;
    if (stepped && !training) moveIntoInput(grid, drawn.step, row);
  }

  function update() {
    const { explanation } = side;
    if (!explanation) return;
    const training = store.get().mode === "training";
    const index = Math.min(store.get().step, explanation.steps.length - 1);
    const step = explanation.steps[index];
    const secret = anySecret(app, side);
    modes.update();
    steps.update();
    sentence.replaceChildren(...modeSentence(side, training));
    drawRows(index, training, step.row);
    result.replaceChildren(chosenSentence(side, step, training),
      probabilityBars(side, step, index, training),
      ...(training || secret ? [] : [wholeSentence(side)]));
    gate();
    target.element.hidden = forTraining.hidden = !training;
    forUse.hidden = training;
    const changed = drawn.explanation !== explanation;
    if (training) {
      target.update();
      const choose = (row) => {
        const chosen = explanation.steps.findIndex((other) => other.row === row);
        if (chosen >= 0) store.set({ step: chosen });
      };
      forTraining.replaceChildren(
        lossSentence(explanation.steps), maskTable(side, step.row, choose));
    } else {
      if (changed) {
        cache = cacheFigure(side);
        forUse.replaceChildren(beamPlace, cache.element);
      }
      cache.update(index);
      if (!secret) beams?.update();
    }
    beamPlace.replaceChildren(...(secret ? [secretNote()] : beams ? [beams.element] : []));
    table.hidden = secret;
    if (changed) table.replaceChildren(modesTable(side, store.get()));
    if (!changed && index !== drawn.step && !isHidden(app, side, "token")) {
      app.announce(words({ en: "step {0}: {1}", zh: "第 {0} 步：{1}" }, index + 1,
        explanation.label(step.token)));
    }
    drawn = { explanation, step: index };
  }
  return update;
}

export function writingView(app) {
  return {
    id: "writing",
    title: {
      en: "Writing: how does the answer come about, token by token?",
      zh: "书写：答案是怎样一个词元一个词元写出来的？",
    },
    mount: (element, side) =>
      (side.model.kind === "BERT" ? gapView : textView)(app, side, element),
  };
}
