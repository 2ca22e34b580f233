// The head of the page: one sentence, in which the question can be typed over and each token of the
// answer chooses its step; what is wrong with a question; language, light and dark.

import { forgetColours } from "../paint.js";
import { isSecret } from "./guess.js";
import { el, percent, phrase, token } from "../widgets.js";
import { words } from "../words.js";
import { editsBanner } from "./edits_banner.js";

const SENTENCE = {
  Transformer: {
    en: "Your model read {0} and wrote {1}. Here is everything that happened in between.",
    zh: "你的模型读了 {0}，写出 {1}。中间发生的一切都在这里。",
  },
  BERT: {
    en: "Your model read {0} and filled the gap with {1}. Here is everything that happened in between.",
    zh: "你的模型读了 {0}，在空处填上 {1}。中间发生的一切都在这里。",
  },
};

const TRAINING = {
  en: "In training your model reads {0} and the right answer {1} at once. Here is everything that happens.",
  zh: "训练时，你的模型一次读入 {0} 和正确答案 {1}。其间发生的一切都在这里。",
};

export function headerView(app, sections) {
  const { store, payload } = app;

  function themeButton() {
    const dark = () => document.documentElement.dataset.theme === "dark" ||
      (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    const button = el("button", { type: "button", class: "plain", onclick: () => {
      document.documentElement.dataset.theme = dark() ? "light" : "dark";
      forgetColours();
      name();
      app.redraw();
    } });
    const name = () => {
      button.textContent = dark() ? words({ en: "Light", zh: "浅色" }) : words({ en: "Dark", zh: "深色" });
    };
    name();
    return button;
  }

  function mount(element, side) {
    const input = el("input", {
      type: "text", class: "question", autocomplete: "off", spellcheck: "false", autocapitalize: "off",
      maxlength: "2000", "aria-label": words({ en: "The question: type another", zh: "问题：可以改" }),
      "aria-describedby": "question-error", disabled: payload.weights === null,
      oninput: () => store.set({ question: input.value, edits: [], target: null }),
    });
    const rest = el("span", { class: "rest", title: words({ en: "what the model reads besides", zh: "模型还会读到的部分" }) });
    const answer = el("span", { class: "answer", role: "group", "aria-label": words({ en: "The answer, token by token", zh: "答案，逐个词元" }) });
    const reading = el("span", { class: "quiet" });
    const sentence = el("h1", { class: "sentence" });
    let phrased = null; // the mode of which the sentence speaks

    function say(mode) {
      phrased = mode;
      const texts = mode === "training" ? TRAINING : SENTENCE[payload.kind] ?? SENTENCE.Transformer;
      const parts = phrase(texts, el("span", { class: "asked" }, input, rest), el("span", {}, answer, reading));
      const last = parts.pop();
      const cut = last.search(/[.。]/) + 1;
      sentence.replaceChildren(...parts, last.slice(0, cut), el("span", { class: "tail", text: last.slice(cut) }));
    }

    const error = el("p", { id: "question-error", class: "error", role: "alert", hidden: true });

    const language = el("button", {
      type: "button", class: "plain", lang: store.get().lang === "en" ? "zh" : "en",
      text: store.get().lang === "en" ? "中文" : "English",
      onclick: () => store.set({ lang: store.get().lang === "en" ? "zh" : "en" }),
    });
    const guess = el("button", {
      type: "button", class: "plain switch", role: "switch",
      text: words({ en: "Guess first", zh: "先猜一猜" }),
      title: words({ en: "Be asked before each step shows its result", zh: "每一步先猜，再看结果" }),
      onclick: () => store.set({ guess: !store.get().guess }),
    });
    const contents = el("nav", { "aria-label": words({ en: "Sections", zh: "各节" }) },
      sections.map(({ id, title }) => el("a", { href: `#${id}`, text: words(title).split(/[:：]/)[0], onclick: (event) => {
        event.preventDefault();
        document.getElementById(id).scrollIntoView();
        const heading = document.getElementById(`${id}-title`);
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
      } })));
    const banner = editsBanner(app);
    element.append(
      sentence, error, banner.element,
      el("div", { class: "controls" }, contents, el("div", { class: "switches" }, guess, language, themeButton())),
    );

    function move(event) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      const step = Math.min(side.explanation.steps.length - 1, Math.max(0, store.get().step + by));
      store.set({ step });
      requestAnimationFrame(() => answer.children[step]?.focus());
      event.preventDefault();
    }

    function box({ token: id, probabilities }, i) {
      const state = store.get();
      const secret = isSecret(app, side, i);
      const label = secret ? "?" : side.explanation.label(id);
      const chance = secret ? "?" : percent(probabilities[id]);
      return token(label, {
        class: `step${i === state.step ? " selected" : ""}`, role: "button", "aria-pressed": String(i === state.step),
        tabindex: i === state.step ? "0" : "-1", "data-step": i, onclick: () => store.set({ step: i }),
        title: words({ en: "step {0}: {1}, with {2}", zh: "第 {0} 步：{1}，概率 {2}" }, i + 1, label, chance),
        onkeydown: (event) => (event.key === "Enter" || event.key === " ") ? store.set({ step: i }) : move(event),
      });
    }

    return () => {
      const state = store.get();
      if (state.mode !== phrased) say(state.mode);
      if (document.activeElement !== input || input.value !== state.question) input.value = state.question;
      input.style.setProperty("width", `${Math.max(3, Math.min(60, [...input.value].length + 1))}ch`);
      guess.setAttribute("aria-checked", String(state.guess));
      banner.update();
      error.hidden = side.error === null;
      error.textContent = side.error ?? "";
      element.classList.toggle("wrong", side.error !== null);
      if (!side.explanation) return;
      const { source, question, text, steps, label } = side.explanation;
      rest.textContent = source.startsWith(question) ? source.slice(question.length) : "";
      answer.replaceChildren(...steps.map(box));
      const written = steps.map(({ token: id }) => label(id)).filter((x) => x !== "</s>").join("");
      const secret = steps.some((_, i) => isSecret(app, side, i));
      const same = secret || text === written || state.mode === "training";
      reading.textContent = same ? "" : words({ en: ", which is {0}", zh: "，也就是 {0}" }, text);
      document.title = words({ en: "{0} → {1}", zh: "{0} → {1}" }, question, secret ? "?" : text);
    };
  }

  return { id: "top", title: { en: "The question and the answer", zh: "问题与答案" }, mount };
}
