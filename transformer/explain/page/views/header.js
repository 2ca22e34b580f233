// The head of the page: one sentence, in which the question can be typed over and each token of the
// answer chooses its step; what is wrong with a question; language, light and dark.

import { forgetColours } from "../paint.js";
import { copyAddress, hasAddress } from "../place.js";
import { hideTip, showTip } from "../tips.js";
import { el, percent, token, visible } from "../widgets.js";
import { words } from "../words.js";
import { editsBanner } from "./edits_banner.js";
import { anySecret, isSecret, shownSteps } from "./guess.js";
import { asRead } from "./said.js";

const SENTENCES = {
  use: {
    en: "Your model read {0} and wrote {1}. Here is everything that happened in between.",
    zh: "你的模型读了 {0}，写出 {1}。中间发生的一切都在这里。",
  },
  gap: {
    en: "Your model read {0} and put {1} into the gap. " +
      "Here is everything that happened in between.",
    zh: "你的模型读了 {0}，在空处填上 {1}。中间发生的一切都在这里。",
  },
  training: {
    en: "In training your model reads {0} and the right answer {1} at once. " +
      "Here is everything that happens.",
    zh: "训练时，你的模型一次读入 {0} 和正确答案 {1}。其间发生的一切都在这里。",
  },
  wrong: { // {2}: the question that is still shown
    en: "Your model cannot read {0}. Still showing {2} → {1}.",
    zh: "你的模型读不了 {0}。下面仍是 {2} → {1}。",
  },
};

export function headerView(app, sections) {
  const { store, payload } = app;

  function mount(element, side) {
    const input = el("input", {
      type: "text", class: "question", autocomplete: "off", spellcheck: "false",
      autocapitalize: "off", maxlength: "2000", disabled: payload.weights === null,
      "aria-label": words({ en: "The question: type another", zh: "问题：可以改" }),
      "aria-describedby": "question-error",
      oninput: () => store.set({ question: input.value, target: null }),
    });
    const rest = el("span", {
      class: "rest", title: words({ en: "what the model reads besides", zh: "模型还会读到的部分" }),
    });
    const answer = el("span", {
      class: "answer", role: "group",
      "aria-label": words({ en: "The answer, token by token", zh: "答案，逐个词元" }),
    });
    const reading = el("span", { class: "quiet" });
    const [begin, between, end] = ["begin", "between", "end"].map(() => el("span"));
    const tail = el("span", { class: "tail" });
    const sentence = el("h1", { class: "sentence" },
      begin, el("span", { class: "asked" }, input, rest), between,
      el("span", { class: "written" }, answer, reading), end, " ", tail);

    /** Word the sentence around what stands in it, which does not move: one may be typing. */
    function say(texts, answered) {
      const [before, middle, after] = words(texts, "\0", "\0", answered).split("\0");
      const stop = after.search(/[.。]/) + 1;
      begin.textContent = before;
      between.textContent = middle;
      end.textContent = after.slice(0, stop);
      tail.textContent = after.slice(stop).trim();
    }

    const error = el("p", { id: "question-error", class: "error", role: "alert", hidden: true });
    const guess = guessSwitch(store);
    const banner = editsBanner(app);
    const switches = el("div", { class: "switches" },
      guess, ...(hasAddress() ? [linkButton()] : []), languageButton(store), themeButton(app));
    const controls = el("div", { class: "controls" }, contents(app, sections), switches);
    element.append(
      sentence, error, ...notes(payload), controls, banner.element);

    // What stays below the head, and where a link leads, depends on how high it is.
    const { style } = document.documentElement;
    const head = element.closest("header");
    const measure = () => { // a part of it may scroll away
      const { top } = getComputedStyle(head);
      style.setProperty("--head", `${head.offsetHeight + parseFloat(top)}px`);
    };
    new ResizeObserver(() => requestAnimationFrame(measure)).observe(head);

    let heard = null; // the answer that was last said to those who hear the page

    function press(event, i) {
      if (event.key === "Enter" || event.key === " ") store.set({ step: i });
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) {
        const step = Math.min(answer.children.length - 1, Math.max(0, i + by));
        store.set({ step });
        requestAnimationFrame(() => answer.children[step]?.focus());
      }
      if (by || event.key === " ") event.preventDefault();
    }

    function stepBox({ token: id, probabilities }, i, chosen) {
      const secret = isSecret(app, side, i);
      const label = secret ? "?" : side.explanation.label(id);
      const chance = secret ? "?" : percent(probabilities[id]);
      const texts = { en: "step {0}: {1}, with {2}", zh: "第 {0} 步：{1}，概率 {2}" };
      return token(label, {
        class: i === chosen ? "step selected" : "step", role: "button", "data-step": i,
        "aria-pressed": String(i === chosen), tabindex: i === chosen ? "0" : "-1",
        title: words(texts, i + 1, label, chance),
        onclick: () => store.set({ step: i }), onkeydown: (event) => press(event, i),
      });
    }

    return () => {
      const { question, step, guess: isGuessing } = store.get();
      const mode = side.explanation?.steps[0].loss === undefined ? "use" : "training";
      if (input.value !== question) input.value = question;
      const letters = Math.max(3, Math.min(60, [...question].length + 1));
      input.style.setProperty("width", `${letters}ch`);
      banner.update();
      guess.setAttribute("aria-checked", String(isGuessing));
      error.hidden = side.error === null;
      error.textContent = side.error ?? "";
      element.classList.toggle("wrong", side.error !== null);
      if (!side.explanation) return;
      const { source, question: answered, text, steps, label } = side.explanation;
      const isWrong = side.error !== null && answered !== question;
      const isGap = mode === "use" && payload.kind === "BERT";
      say(SENTENCES[isWrong ? "wrong" : isGap ? "gap" : mode], visible(answered));
      const isRest = !isWrong && source.startsWith(answered);
      rest.textContent = isRest ? source.slice(answered.length) : "";
      answer.replaceChildren(...shownSteps(app, side).map((each, i) => stepBox(each, i, step)));
      const chosen = answer.children[step];
      if (chosen) answer.scrollLeft = chosen.offsetLeft - answer.clientWidth / 2;
      const written = steps.map(({ token: id }) => label(id)).filter((x) => x !== "</s>").join("");
      const secret = anySecret(app, side);
      reading.textContent = secret ? "" : asRead(side.task, text, written);
      const said = words({ en: "The model wrote {0}", zh: "模型写出 {0}" }, secret ? "?" : text);
      if (heard !== null && said !== heard) app.announce(said);
      heard = said;
      document.title = `${answered} → ${secret ? "?" : text}`;
    };
  }

  return { id: "top", title: { en: "The question and the answer", zh: "问题与答案" }, mount };
}

/** What a page says that cannot compute: typing is off; and of a task whose texts are drawn. */
function notes({ weights, task: { sampling } }) {
  const recorded = {
    en: "This model is too large to be computed here. The page shows what NumPy computed for " +
      "this question; another one cannot be typed.",
    zh: "这个模型太大，不能在网页里计算。这里展示的是 NumPy 对这个问题的计算记录，不能改问题。",
  };
  const greedy = {
    en: "Here the likeliest character is taken each time. transformer solve draws one instead " +
      "({0}), and so writes another text.",
    zh: "这里每次取最可能的字符；transformer solve 则按概率抽取（{0}），写出的文字因此不同。",
  };
  const drawn = Object.entries(sampling ?? {}).map((one) => one.join(" ").replace("_", "-"));
  return [
    ...(weights === null ? [words(recorded)] : []),
    ...(sampling ? [words(greedy, drawn.join(", "))] : []),
  ].map((text) => el("p", { class: "recorded", text }));
}

/** Links to the sections. */
function contents(app, sections) {
  const go = (event, id) => {
    event.preventDefault();
    app.show(id);
    const heading = document.getElementById(`${id}-title`);
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };
  return el("nav", { "aria-label": words({ en: "Sections", zh: "各节" }) }, sections.map(
    ({ id, title }) => el("a", {
      href: `#${id}`, text: words(title).split(/[:：]/)[0], onclick: (event) => go(event, id),
    })));
}

function guessSwitch(store) {
  return el("button", {
    type: "button", class: "plain switch", role: "switch",
    text: words({ en: "Guess first", zh: "先猜一猜" }),
    title: words({
      en: "Be asked before each step shows its result", zh: "每一步先猜，再看结果",
    }),
    onclick: () => store.set({ guess: !store.get().guess }),
  });
}

/** Copies the address, which holds all that one has chosen; what to send with it is said. */
function linkButton() {
  const button = el("button", {
    type: "button", class: "plain", text: words({ en: "Copy link", zh: "复制链接" }),
    title: words({
      en: "The address holds what you see: the question, the step, what is open and switched off",
      zh: "地址里记着现在看到的一切：问题、第几步、打开了什么、关掉了什么",
    }),
    onclick: async () => showTip(button, words(await copyAddress() ? {
      en: "Copied: the link leads to what you see now. For someone else, send this file too; " +
        "what counts in the link is its end, from # on.",
      zh: "已复制：链接会打开现在看到的内容。发给别人时请附上这个文件；链接里起作用的是 # 及其后的部分。",
    } : {
      en: "The browser does not let the page copy. The link is the page's address, in the " +
        "browser's address bar.",
      zh: "浏览器不允许网页复制。链接就是浏览器地址栏里的地址。",
    })),
    onmouseleave: hideTip, onblur: hideTip,
  });
  return button;
}

function languageButton(store) {
  const [lang, text] = store.get().lang === "en" ? ["zh", "中文"] : ["en", "English"];
  return el("button", {
    type: "button", class: "plain", lang, text, onclick: () => store.set({ lang }),
  });
}

function themeButton({ redraw }) {
  const { dataset } = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (dataset.theme ? dataset.theme === "dark" : prefersDark.matches);
  const name = () =>
    words(isDark() ? { en: "Light", zh: "浅色" } : { en: "Dark", zh: "深色" });
  return el("button", { type: "button", class: "plain", text: name(), onclick: () => {
    dataset.theme = isDark() ? "light" : "dark";
    forgetColours();
    redraw();
  } });
}
