// Ask why: switch a part off, or put in its place what it computed for another question, and see
// what becomes of the answer.

import { probabilitiesAt } from "../arithmetic/edits.js";
import { comparedStep, likeliest } from "../arithmetic/explanation.js";
import { isInEncoder, run } from "../arithmetic/model.js";
import { asSource } from "../arithmetic/tasks.js";
import { derived, el, percent, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { switchBoard } from "./board.js";
import { answersOf, consequence } from "./edits_answer.js";
import { editsReport } from "./edits_report.js";
import { anySecret, secretNote } from "./guess.js";
import { otherQuestion } from "./other_question.js";
import { withoutWeights } from "./part_names.js";
import { rankingPanel } from "./ranking.js";

const SHOWN_LIKELY = 4;

export function whyView(app) {
  const { store } = app;

  function mount(element, side) {
    if (!side.model.weights) return () => element.replaceChildren(withoutWeights());
    const chosen = { isStepOnly: false, isPatch: false, from: otherQuestion(side) };
    const box = () => el("div");
    const [board, result] = [box(), box()];
    const note = el("p", { class: "why-note", role: "status" });
    const ranking = rankingPanel(app, side);

    const option = (texts, changes) => el("button", {
      type: "button", text: words(texts), onclick: () => choose(changes),
    });
    const group = (texts, ...buttons) =>
      el("div", { class: "choice", role: "group", "aria-label": words(texts) }, buttons);
    const everywhere = option({ en: "at all positions", zh: "所有位置" }, { isStepOnly: false });
    const isBert = side.model.kind === "BERT";
    const thisStep = option(isBert
      ? { en: "at the gap only", zh: "只在空处" }
      : { en: "at this step only", zh: "只在这一步" }, { isStepOnly: true });
    const zero = option({ en: "nothing: zeros", zh: "全零" }, { isPatch: false });
    const patch = option(
      { en: "what it computed for", zh: "它对另一个问题算出的结果：" }, { isPatch: true });
    const other = el("input", {
      type: "text", value: chosen.from, autocomplete: "off", spellcheck: "false", maxlength: "2000",
      "aria-label": words({ en: "the other question", zh: "另一个问题" }),
      onkeydown: (event) => event.stopPropagation(),
      oninput: () => choose({ isPatch: true, from: other.value }),
    });

    element.append(
      el("p", {}, phrase({
        en: "Switch a part off, and see what the answer owes to it: an {0}. Or put in its place " +
          "what it computed for another question: {1}.",
        zh: "关掉一个部分，看看答案有多少要归功于它：这叫{0}。也可以换上它对另一个问题的计算结果：{1}。",
      }, term("ablation"), term("activation patching"))),
      el("div", { class: "why-controls" },
        el("span", {
          class: "quiet why-note", text: words({ en: "In its place stands", zh: "换成" }),
        }),
        el("span", { class: "why-other" },
          group({ en: "What stands in the place of a part", zh: "用什么代替" }, zero, patch),
          other),
        group({ en: "Where a part is switched off", zh: "在哪里关掉" }, everywhere, thisStep)),
      note, board, result, ranking.element,
    );

    /** What an edit of this path has besides its target. */
    function how(path, step) {
      const isRow = chosen.isStepOnly && !isInEncoder(side.model, path);
      const row = isRow ? { row: step.row } : {};
      return chosen.isPatch ? { ...row, from: chosen.from } : row;
    }

    /** Change how edits are made: those that there are, too. */
    function choose(changes) {
      Object.assign(chosen, changes);
      const mistake = chosen.isPatch ? mistakeIn(side, chosen.from) : null;
      say(mistake ?? "");
      if (mistake !== null) return;
      const step = comparedStep(side.clean, store.get());
      store.set({ edits: store.get().edits.map(({ kind, path, index }) => (
        { kind, path, ...(index === undefined ? {} : { index }), ...how(path, step) }
      )) });
      draw();
    }

    function say(text) {
      note.textContent = text;
      note.hidden = text === "";
    }

    function press(button, isPressed) {
      button.setAttribute("aria-pressed", String(isPressed));
    }

    function draw() {
      if (!side.clean) return;
      const state = store.get();
      const { edits } = state;
      const step = comparedStep(side.clean, state);
      if (edits.length > 0) {
        chosen.isStepOnly = edits.some(({ row }) => row === step.row);
        const { from } = edits.find((edit) => edit.from !== undefined) ?? {};
        if (document.activeElement !== other) {
          chosen.isPatch = from !== undefined;
          other.value = chosen.from = from ?? chosen.from;
        }
      }
      press(zero, !chosen.isPatch);
      press(patch, chosen.isPatch);
      press(thisStep, chosen.isStepOnly);
      press(everywhere, edits.every(({ row }) => row === undefined) && !chosen.isStepOnly);
      if (!chosen.isPatch || mistakeIn(side, chosen.from) === null) say("");
      board.replaceChildren(switchBoard(app, side, {
        step, isStepOnly: chosen.isStepOnly, complain: say,
        change: (target) => {
          if (chosen.isPatch && mistakeIn(side, chosen.from) !== null) return;
          store.set({ edits: [...store.get().edits, { ...target, ...how(target.path, step) }] });
        },
      }));
      const hadResult = result.childElementCount > 1;
      result.replaceChildren(...(edits.length > 0 ? whatCameOfIt(step) : [invitation()]));
      if (hadResult && edits.length === 0) keepInView();
      ranking.update(step);
    }

    /** Where the reader looks at what has gone, lead to the switches. */
    function keepInView() {
      const { top, bottom } = element.getBoundingClientRect();
      const hasLeft = board.getBoundingClientRect().bottom < innerHeight / 5;
      const isNear = top < innerHeight && bottom > -innerHeight;
      if (hasLeft && isNear) board.scrollIntoView({ block: "center" });
    }

    const invitation = () => el("p", { class: "quiet", text: words({
      en: "All parts are on. Press a number above to switch that part off.",
      zh: "现在所有部分都开着。按上面的数字，就能关掉那个部分。",
    }) });

    function whatCameOfIt(step) {
      const { model, clean, explanation, edits } = side;
      const isSameText = JSON.stringify(explanation.inputs) === JSON.stringify(clean.inputs);
      const edited = isSameText ? explanation.trace : run(model, clean.inputs, edits);
      const isTraining = store.get().mode === "training";
      if (side.edits.length === 0) return editsReport(app, side, step, edited); // none can be made
      return [
        ...(anySecret(app, side) ? [secretNote()] : [
          consequence(side, edited, isTraining, (i) => store.set({ step: i })),
          answersOf(side, isTraining),
        ]),
        shiftOfProbabilities(step, edited),
        ...editsReport(app, side, step, edited),
      ];
    }

    function captionOf() {
      if (store.get().mode === "training") {
        return {
          en: "Probability of the token at the position where {0} is right",
          zh: "在应当是 {0} 的位置上，各词元的概率",
        };
      }
      return isBert
        ? {
          en: "Probability of the token in the gap, where {0} stood before",
          zh: "空处原来填的是 {0}，现在各词元的概率",
        }
        : {
          en: "Probability of the next token at the step that wrote {0}, after the same tokens " +
            "as before",
          zh: "写出 {0} 的那一步，在同样的前文之后，下一个词元的概率",
        };
    }

    /** The likely tokens' probabilities at this step, after the same tokens as before. */
    function shiftOfProbabilities(step, edited) {
      const before = step.probabilities;
      const after = probabilitiesAt(edited, step.row);
      const likely = [before, after].flatMap((p) => likeliest(p, SHOWN_LIKELY));
      const ids = [...new Set(likely)].sort((a, b) => before[b] - before[a]);
      const { label } = side.clean;
      const bar = (what, p) => {
        const filled = el("span", { class: `bar ${what}` });
        filled.style.setProperty("width", percentOf(p));
        return el("span", { class: "bar-track" }, filled);
      };
      const share = (what, id, p) =>
        derived(el("td", { class: what, text: percent(p) }), `${what}:${label(id)}`, p);
      const column = (texts) => el("th", { scope: "col", text: words(texts) });
      return el("table", { class: "shift" },
        el("caption", { class: "quiet" }, phrase(captionOf(), token(label(step.token)))),
        el("thead", {}, el("tr", {}, el("td"), el("td", { class: "pair-place" }),
          column({ en: "before", zh: "原来" }), column({ en: "after", zh: "现在" }))),
        el("tbody", {}, ids.map((id) => el("tr", {},
          el("th", { scope: "row" }, token(label(id))),
          el("td", { class: "pair-place", "aria-hidden": "true" },
            el("span", { class: "pair" }, bar("before", before[id]), bar("after", after[id]))),
          share("before", id, before[id]), share("after", id, after[id])))));
    }

    return draw;
  }

  const title = { en: "Ask why: what breaks if a part is off?", zh: "追问：关掉一个部分，会坏什么？" };
  return { id: "why", title, mount };
}

const percentOf = (p) => `${100 * p}%`;

/** What is wrong with a question, in the words of `transformer solve`; null if nothing is. */
function mistakeIn({ task }, question) {
  try {
    asSource(task, question);
    return null;
  } catch (error) {
    return error.message;
  }
}
