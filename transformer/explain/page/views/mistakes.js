// Mistakes: the held-out questions that the model answers wrongly, and those about which it is
// least certain.

import { asAnswer } from "../arithmetic/tasks.js";
import { derived, el, number, phrase, term, token } from "../widgets.js";
import { words } from "../words.js";
import { anySecret, secretNote } from "./guess.js";
import { said, saidText } from "./said.js";

const SHOWN_MISTAKES = 10; // at first

export function mistakesView(app) {
  const { store } = app;

  function mount(element, side) {
    const { mistakes, task } = side.data;
    if (!mistakes?.tested) {
      element.append(el("p", { class: "quiet", text: words({
        en: "The page was made without held-out examples: they could not be had where it was " +
          "made, or the model is too large to be asked so many.",
        zh: "生成本页时没有用到留出的例子：当时得不到它们，或者模型太大，问不了这么多题。",
      }) }));
      return () => {};
    }
    const list = el("tbody", {});
    let isWhole = mistakes.list.length <= SHOWN_MISTAKES;
    const all = el("button", {
      type: "button", text: words({ en: "Show all {0}", zh: "显示全部 {0} 道" }, mistakes.list.length),
      onclick: () => {
        isWhole = true;
        draw();
        list.rows[SHOWN_MISTAKES].querySelector("button").focus();
      },
    });
    const heads = HEADS.map((text) => el("th", { scope: "col", text: words(text) }));
    element.append(summary(mistakes), reading(task), el("div", { class: "scroll" },
      el("table", { class: "mistakes" }, el("thead", {}, el("tr", {}, heads)), list)), all);

    const isOneToken = side.model.kind === "BERT" || task.name === "characters";
    function mistakeRow(one, i) {
      const isOpen = store.get().question === one.source;
      const button = el("button", {
        type: "button", class: "plain said", "aria-current": isOpen && "true",
        text: saidText(task, one.source),
        title: words({ en: "put it into the input", zh: "放进输入框" }),
      });
      const times = Math.exp(one.margin);
      const isRight = one.right
        ? { en: "✓ right", zh: "✓ 对" } : { en: "✗ wrong", zh: "✗ 错" };
      const numberCell = (text, what, value) =>
        derived(el("td", { class: "number", text }), `mistakes:${i}:${what}`, value);
      const told = [
        el("td", {}, said(task, asAnswer(task, one.answer))),
        el("td", { text: words(isRight) }),
        el("td", {}, said(task, asAnswer(task, one.target))),
        el("td", {}, token(task.tokens[one.token]), isOneToken ? null : el("span", {
          class: "quiet", text: words({ en: " step {0}", zh: " 第 {0} 步" }, one.step + 1),
        })),
        el("td", {}, token(task.tokens[one.rival])),
      ];
      const isAsked = side.explanation?.source === one.source && anySecret(app, side);
      return el("tr", { class: isOpen ? "selected" : "", onclick: () => openMistake(one) },
        el("td", {}, button), isAsked ? el("td", { colspan: told.length }, secretNote()) : told,
        numberCell(number(one.margin), "margin", one.margin),
        numberCell(words({ en: "{0} ×", zh: "{0} 倍" }, number(times)), "times", times));
    }

    function openMistake({ source, step }) {
      store.set({ question: source, step, target: null, rival: null, edits: [], mode: "use" });
      app.announce(words({ en: "{0} is now the question.", zh: "现在的问题是 {0}。" }, source));
    }

    function draw() {
      const shown = isWhole ? mistakes.list : mistakes.list.slice(0, SHOWN_MISTAKES);
      list.replaceChildren(...shown.map(mistakeRow));
      all.hidden = isWhole;
    }

    return draw;
  }

  return { id: "mistakes", title: {
    en: "Mistakes: where does it fail?",
    zh: "出错的题：它在哪里失手？",
  }, mount };
}

const HEADS = [
  { en: "question", zh: "问题" }, { en: "it wrote", zh: "写出" }, { en: "", zh: "" },
  { en: "right answer", zh: "正确答案" }, { en: "least certain token", zh: "最没把握的词元" },
  { en: "its rival", zh: "对手" },
  { en: "margin", zh: "差距" }, { en: "likelier by", zh: "可能性之比" },
];

function summary({ tested, wrong, list }) {
  const count = (what, n) => derived(el("span", { text: n }), `mistakes:${what}`, n);
  const numbers = [count("wrong", wrong), count("tested", tested), list.length];
  return el("p", {}, phrase(wrong === 0 ? {
    en: "Of {1} questions that training never shows, it answers every one rightly: {0} are " +
      "wrong. These are the {2} about which it was least certain.",
    zh: "训练里从没出现过的 {1} 道题，它全部答对，错 {0} 道。下面是它最没把握的 {2} 道。",
  } : {
    en: "Of {1} questions that training never shows, it answers {0} wrongly. Here are {2}: the " +
      "wrong ones first, then those about which it was least certain.",
    zh: "训练里从没出现过的 {1} 道题，它答错 {0} 道。这里列出 {2} 道：先是答错的，再是最没把握的。",
  }, ...numbers));
}

function reading(task) {
  const what = task.name === "characters" ? {
    en: "A text can go on in many ways; what is asked for here is the next character.",
    zh: "一段文字可以有很多种接法，这里只问下一个字符。",
  } : task.reversed ? {
    en: "Answers stand here as people read them; the model writes the units first: step 2 is the " +
      "tens.",
    zh: "这里的答案按人的读法写；模型先写个位，所以第 2 步是十位。",
  } : { en: "", zh: "" };
  return el("p", { class: "quiet" }, phrase({
    en: "The margin is the {0} of the written token less that of the second-likeliest, where it " +
      "is smallest: e to its power says how many times likelier the first was. Choose a line, " +
      "and the question goes into the input at the top.",
    zh: "差距，是写出的词元与第二可能的词元的 {0} 之差，取一个答案里最小的那一处；e 的这么多次方，就是前者的可能性是后者的多少倍。选一行，这道题就进入页首的输入框。",
  }, term("logits", "logit")), " ", words(what));
}
