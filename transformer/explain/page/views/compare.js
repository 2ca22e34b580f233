// Two side by side: another question to the same model, or the same question to another run; and
// what differs between them.

import { lens } from "../arithmetic/attribution.js";
import { axesOf, largestDifferences, totalVariation } from "../arithmetic/compare.js";
import {
  bars, derived, el, heatMap, number, percent, phrase, token, visible,
} from "../widgets.js";
import { words } from "../words.js";
import { anySecret, secretNote } from "./guess.js";
import { otherQuestion } from "./other_question.js";
import { partLabel, partText, withoutWeights } from "./part_names.js";

const SHOWN_DIFFERENCES = 10;

/** "A  12+34= → 6 4": what stands above each of two columns; of two runs, the run's name too. */
export function sideName({ id, data, explanation }, isOfRun) {
  const { source, written } = explanation ?? { source: "", written: [] };
  return [
    el("span", { class: "side-letter", text: id.toUpperCase() }),
    isOfRun ? el("bdi", { class: "quiet", text: visible(data.run) }) : "",
    el("bdi", { class: "side-source", text: visible(source) }), "→",
    ...written.map((label) => token(label)),
  ];
}

export function compareView(app) {
  const { store, payload } = app;

  function mount(element, side) {
    if (payload.weights === null) return () => element.replaceChildren(withoutWeights());
    const isTwoRuns = payload.compare !== null;
    const input = el("input", {
      type: "text", autocomplete: "off", spellcheck: "false", maxlength: "2000",
      class: "second-question", "aria-describedby": "second-error",
      "aria-label": words({ en: "The second question", zh: "第二个问题" }),
      value: store.get().second ?? (isTwoRuns ? "" : otherQuestion(side)),
      oninput: () => store.get().second !== null && store.set({ second: input.value }),
    });
    const open = el("button", {
      type: "submit", text: words({ en: "Put side by side", zh: "并排对照" }),
    });
    const close = el("button", {
      type: "button", text: words({ en: "Close", zh: "关闭" }), onclick: () => begin(null),
    });
    const form = el("form", { class: "why-controls", onsubmit: (event) => {
      event.preventDefault();
      begin(input.value);
    } }, input, open, close);
    const mistake = el("p", { id: "second-error", class: "error", role: "alert" });
    const report = el("div", { class: "compare-report" });
    element.append(
      el("p", { text: isTwoRuns
        ? words({
          en: "Two runs, {0} and {1}, are asked the same question, the one at the top. Every " +
            "panel above stands twice: A, left, and B, right. Two questions to one model are " +
            "compared on the page of a single run.",
          zh: "两次训练得到的 {0} 与 {1}，回答同一个问题，就是页首那个。上面的每一栏都有两份：" +
            "左边是 A，右边是 B。要让一个模型对照两个问题，请用单独一次训练的页面。",
        }, visible(payload.run), visible(payload.compare.run))
        : words({
          en: "Ask the model a second question, and every panel of the page stands twice: A, " +
            "left, and B, right.",
          zh: "给模型第二个问题，页面上的每一栏就会有两份：左边是 A，右边是 B。",
        }) }),
      ...(isTwoRuns ? [] : [form, mistake]), report,
    );

    /** The page is built anew for one or two columns, and shows this section again. */
    function begin(second) {
      store.set({ second, section: "compare" });
      const back = () => document.querySelector(".second-question").focus({ preventScroll: true });
      requestAnimationFrame(() => requestAnimationFrame(back));
    }

    return () => {
      const { second } = store.get();
      const [a, b] = app.sides;
      open.hidden = second !== null;
      close.hidden = second === null;
      mistake.textContent = b?.error ?? "";
      mistake.hidden = !b?.error;
      const isReady = a.explanation && b?.explanation;
      const isSecret = isReady && (anySecret(app, a) || anySecret(app, b));
      report.replaceChildren(
        ...(isSecret ? [secretNote()] : isReady ? [answers(a, b), intermediates(a, b)] : []));
    };
  }

  /** The two answers, and the probabilities of the two tokens at each step. */
  function answers(a, b) {
    const count = Math.max(a.explanation.steps.length, b.explanation.steps.length);
    const { step: chosen } = store.get();
    const written = (side, other, i) => {
      const step = side.explanation.steps[i];
      if (!step) return [el("td", {}), el("td", { text: "–" })];
      const theirs = other.explanation.steps[i];
      const isOther = theirs?.token !== step.token;
      const p = step.probabilities[step.token];
      const label = side.explanation.label(step.token);
      return [
        el("td", {}, token(label, { class: isOther ? "changed" : "" })),
        derived(el("td", { text: percent(p), "data-side-id": side.id }),
          `probability:${i}:${step.token}`, p),
      ];
    };
    const apart = (i) => {
      const [p, q] = [a, b].map(({ explanation }) => explanation.steps[i]?.probabilities);
      if (!p || !q || p.length !== q.length) return el("td", { text: "–" });
      const distance = totalVariation(p, q);
      const bar = el("span", { class: "bar weight" });
      bar.style.setProperty("width", `${100 * distance}%`);
      return derived(el("td", { class: "apart" },
        el("span", { class: "number", text: percent(distance) }),
        el("span", { class: "bar-track", "aria-hidden": "true" }, bar)),
      `apart:probabilities:${i}`, distance);
    };
    const column = (texts, span) => el("th", { scope: "col", colspan: span, text: words(texts) });
    return el("section", {},
      el("h3", { text: words({ en: "The answers", zh: "两个答案" }) }),
      el("p", { class: "side-name" }, sideName(a, payload.compare !== null)),
      el("p", { class: "side-name" }, sideName(b, payload.compare !== null)),
      el("div", { class: "scroll" }, el("table", { class: "two-answers" },
        el("thead", {}, el("tr", {},
          column({ en: "step", zh: "步" }, 1), column({ en: "A writes", zh: "A 写" }, 2),
          column({ en: "B writes", zh: "B 写" }, 2),
          column(
            { en: "probability that would have to move", zh: "需要挪动多少概率才会相同" }, 1))),
        el("tbody", {}, Array.from({ length: count }, (_, i) => el("tr", {},
          el("th", { scope: "row" }, el("button", {
            type: "button", class: "step-number", text: String(i + 1),
            disabled: i >= a.explanation.steps.length, "aria-pressed": String(i === chosen),
            onclick: () => store.set({ step: i }),
          })), written(a, b, i), written(b, a, i), apart(i)))))));
  }

  function intermediates(a, b) {
    const [ours, theirs] = [a, b].map(({ explanation: { trace } }) => trace);
    const { compared, list } = largestDifferences(ours, theirs, SHOWN_DIFFERENCES);
    const all = ours.size;
    const sentences = [
      compared === 0 && words({
        en: "None of the {0} named intermediates has the same name and shape on both sides, and " +
          "so none can be subtracted: the two texts, or the two models, are not alike. What can " +
          "be compared is what each would have said after each of its sublayers.",
        zh: "{0} 个有名字的中间结果里，没有一个在两边名字和形状都相同，无法相减：" +
          "两段文本长度不同，或者两个模型结构不同。可以对照的是：在各自的每个子层之后，它们会写什么。",
      }, all),
      compared > 0 && words({
        en: "{0} of the {1} named intermediates have the same shape on both sides. ",
        zh: "{1} 个有名字的中间结果里，{0} 个在两边形状相同。",
      }, compared, all),
      compared > 0 && compared < all && words({
        en: "The others belong to texts of different lengths, or to models of different sizes, " +
          "and cannot be subtracted. ",
        zh: "其余的属于长度不同的文本，或大小不同的模型，不能相减。",
      }),
      compared > 0 && list.length === 0 && words(
        { en: "All their numbers are the same.", zh: "它们的数全都相同。" }),
      list.length > 0 && words({
        en: "These {0} differ most: 0 would be the same, 1.41 is as far as unrelated numbers are " +
          "apart, 2 the opposite.",
        zh: "其中差别最大的 {0} 个如下：0 表示相同，1.41 相当于毫不相干的两组数，2 表示正好相反。",
      }, list.length),
    ];
    return el("section", {},
      el("h3", { text: words({ en: "What differs most: B less A", zh: "差别最大的：B 减 A" }) }),
      el("p", { text: sentences.filter(Boolean).join("") }),
      payload.compare !== null && list.length > 0 ? el("p", { class: "quiet", text: words({
        en: "Two runs learn the same task in different directions: what head 1 does in A, " +
          "another may do in B. The logits mean the same in both; the numbers of one head, or of " +
          "a vector, need not.",
        zh: "两次训练用不同的方向学会同一件事：A 里头 1 做的事，B 里可能由别的头来做。logit 在两边含义相同；某一个头、向量里某一个数则未必。",
      }) }) : null,
      compared > 0
        ? el("div", { class: "differences" }, list.map((entry) => differenceMap(a, b, entry)))
        : el("div", { class: "sides two" }, [a, b].map(lensOf)));
  }

  /** By the logit lens, how probable a side's own token is after each of its sublayers. */
  function lensOf(side) {
    const { label, trace, steps } = side.explanation;
    const step = steps[Math.min(store.get().step, steps.length - 1)];
    const items = lens(side.model, trace, step.row).map(({ name, box, probabilities }) => ({
      label: partLabel(side.boxes, name, true), value: probabilities[step.token],
      what: `lens:${name}:${label(step.token)}`, onSelect: () => app.open(box),
    }));
    const title = words({ en: "Logit lens", zh: "logit 透镜" });
    return el("div", { "data-side-id": side.id },
      el("p", { class: "side-name" },
        el("span", { class: "side-letter", text: side.id.toUpperCase() }),
        phrase({ en: "How probable {0} is after each sublayer", zh: "每个子层之后 {0} 的概率" },
          token(label(step.token)))),
      bars({ items, label: title, colour: "weight", digits: percent, range: [1] }));
  }

  function differenceMap(a, b, { name, head, size, values }) {
    const axes = axesOf(a.model.kind, name);
    const labels = (axis) => {
      if (axis === null) return null;
      const [ours, theirs] = [a, b].map(({ explanation: { rows, columns } }) => (
        axis === "source" ? columns : rows));
      return ours.map((label, i) => (label === theirs[i] ? label : `${label}|${theirs[i]}`));
    };
    const full = head === null ? name : `${name}[${head}]`;
    const part = head === null ? name : name.replace(/\w+$/, `heads.${head}`);
    const figure = heatMap(a, {
      trace: name, values, rows: labels(axes.rows), columns: labels(axes.columns),
      scale: "signed", label: full, cell: axes.columns === null ? undefined : 32,
      caption: el("span", {}, el("code", { text: name }), phrase(
        { en: " · {0} · difference {1}", zh: " · {0} · 差别 {1}" },
        partText(a.boxes, part), el("span", { class: "number", text: number(size) }))),
    });
    for (const key of ["trace", "at", "side"]) delete figure.dataset[key]; // it is of no one trace
    return derived(figure, `apart:${full}`, size);
  }

  const title = { en: "Two side by side: what differs?", zh: "并排对照：哪里不同？" };
  return { id: "compare", title, mount };
}
