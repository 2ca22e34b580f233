// The sum: a token's logit less its rival's, as what each part of the model added to it.

import { heldScales, parts, runningTotal } from "../arithmetic/attribution.js";
import { hasPart } from "../arithmetic/edits.js";
import { comparedStep, likeliest } from "../arithmetic/explanation.js";
import { at } from "../arithmetic/tensor.js";
import { declare, derived, el, number, percent, phrase, term, token, visible } from "../widgets.js";
import { words } from "../words.js";
import { earlierRival } from "./before_mlp.js";
import { lensSection } from "./lens.js";
import { partLabel, partText, signed, withoutWeights } from "./part_names.js";
import { smallSwitch } from "./part_switch.js";
import { rivalChip } from "./rival_chip.js";

export function sumView(app) {
  const { store } = app;

  function mount(element, side) {
    let isBySize = false;
    const order = new Map([false, true].map((bySize) => [bySize, el("button", {
      type: "button", onclick: () => { isBySize = bySize; draw(); },
      text: bySize
        ? words({ en: "by size", zh: "按大小" })
        : words({ en: "in the order of computation", zh: "按计算次序" }),
    })]));
    const choice = el("div", {
      class: "choice", role: "group",
      "aria-label": words({ en: "Order of the bars", zh: "排列次序" }),
    }, ...order.values());
    const [asked, told, last] = ["div", "div", "div"].map((tag) => el(tag));
    element.append(el("div", { class: "sum-and-lens" }, el("div", {}, asked, choice, told), last));

    function draw() {
      if (!side.explanation) return;
      if (!side.model.weights) {
        element.replaceChildren(withoutWeights());
        return;
      }
      const step = comparedStep(side.explanation, store.get());
      const { trace } = side.explanation;
      const sum = parts(side.model, trace, step.row, step.token, step.rival, side.edits);
      for (const [bySize, button] of order) {
        button.setAttribute("aria-pressed", String(bySize === isBySize));
      }
      asked.replaceChildren(question(step), ...earlierRival(app, side, step));
      told.replaceChildren(waterfall(sum, step), check(sum), scales(step.row));
      last.replaceChildren(lensSection(app, side, step));
    }

    /** "Why 6, and not [5]?" */
    function question(step) {
      const { label } = side.explanation;
      const choose = el("select", {
        class: "rival",
        "aria-label": words({ en: "the rival: any other token", zh: "对手：任何别的词元" }),
        onchange: () => store.set({ rival: choose.value === "" ? null : Number(choose.value) }),
      });
      const others = likeliest(step.probabilities).filter((id) => id !== step.token);
      choose.append(...others.map((id) => el("option", {
        value: id, selected: id === step.rival,
        text: `${visible(label(id))}   ${percent(step.probabilities[id])}`,
      })));
      return el("p", { class: "sum-question" }, phrase({
        en: "Why {0}, and not {1}? Each part of the model adds a vector to the {2}, and the {3} " +
          "are read off the sum of all of them. So the difference of their two logits is a sum " +
          "too, with a term for each part: {4}.",
        zh: "为什么是 {0}，而不是 {1}？模型的每一部分都往{2}里加一个向量，{3} 从它们的总和里读出来。因此这两个词元的 logit 之差也是一个和，每一部分占一项：" +
          "这叫{4}。",
      }, token(label(step.token)), choose, term("residual"), term("logits"),
      term("direct logit attribution")), " ", rivalChip(app, side));
    }

    /** A bar begins where the one before it ended; the last shows where they have led. */
    function waterfall(sum, step) {
      const steps = runningTotal(sum.parts, isBySize);
      const ends = [0, ...steps.map(({ after }) => after)];
      const [least, most] = [Math.min(...ends), Math.max(...ends)];
      const across = (x) => (100 * (x - least)) / (most - least || 1);
      const bar = (from, to, colour) => {
        const [left, right] = [Math.min(from, to), Math.max(from, to)].map(across);
        const box = el("span", { class: `bar ${colour}${to < from ? " less" : ""}` });
        box.style.setProperty("left", `${left}%`);
        box.style.setProperty("width", `${right - left}%`);
        return box;
      };
      const line = (x, name) => {
        const mark = el("span", { class: name });
        mark.style.setProperty("left", `${across(x)}%`);
        return mark;
      };
      const rows = steps.map(({ name, box, head, value, before, after }) => {
        const row = el("button", {
          type: "button", class: "fall-row",
          title: words(
            { en: "{0}: {1}; the sum so far: {2}", zh: "{0}：{1}；累计：{2}" },
            partText(side.boxes, name), signed(value), signed(after)),
          onclick: () => app.open(box, head === undefined ? {} : { head, query: null, key: null }),
        }, partLabel(side.boxes, name, true),
        el("span", { class: "bar-track" },
          line(0, "zero"), bar(before, after, "sign"), line(after, "fall-edge")),
        el("span", { class: "number", text: signed(value) }),
        el("span", { class: "number quiet so-far", text: signed(after) }));
        const off = switchOf(name, box, head, step.rival);
        const isOut = off?.getAttribute("aria-pressed") === "true";
        return el("li", { class: isOut && "is-off" }, derived(row, `sum:${name}`, value), off);
      });
      const { label } = side.explanation;
      const total = derived(el("div", { class: "fall-row total" },
        el("span", { class: "part-name" }, phrase(
          { en: "logit of {0} less that of {1}", zh: "{0} 的 logit 减去 {1} 的" },
          token(label(step.token)), token(label(step.rival)))),
        el("span", { class: "bar-track" }, line(0, "zero"), bar(0, sum.total, "whole")),
        el("span", { class: "number", text: signed(sum.total) }), el("span")),
      "sum:total", sum.total);
      return el("ol", { class: "waterfall" },
        el("li", { class: "fall-head quiet", "aria-hidden": "true" },
          el("span", { text: words({ en: "part", zh: "部分" }) }),
          el("span", { class: "fall-sides" },
            el("span", {}, "← ", token(label(step.rival))),
            el("span", {}, token(label(step.token)), " →")),
          el("span", { text: words({ en: "adds", zh: "加上" }) }),
          el("span", { class: "so-far", text: words({ en: "so far", zh: "累计" }) }), el("span")),
        rows, el("li", {}, total));
    }

    /** A switch for a head or a sublayer; the other parts have none. The rival stays the same. */
    function switchOf(name, box, head, rival) {
      const target = head === undefined
        ? { kind: "sublayer", path: box } : { kind: "head", path: box, index: head };
      return hasPart(side.model, target) ? smallSwitch(app, side, name, target, { rival }) : null;
    }

    function check({ parts: { length }, total, difference }) {
      const value = (what, x, text) => derived(el("span", { class: "number", text }), what, x);
      const apart = Math.abs(total - difference);
      return el("p", {}, phrase({
        en: "They add up: the {0} parts give {1}, and the model's own two logits differ by {2}. " +
          "What lies between these two numbers, {3}, is rounding.",
        zh: "各项加起来正好相等：{0} 个部分合计 {1}，模型算出的两个 logit 之差是 {2}。两数相差 {3}，只是舍入误差。",
      }, length, value("sum:total", total, signed(total, 6)),
      value("sum:difference", difference, signed(difference, 6)),
      value("sum:error", apart, number(apart))));
    }

    /** A norm is linear but for its scale; which norms those are, and their scales here. */
    function scales(row) {
      const { model, explanation: { trace } } = side;
      const names = heldScales(model, trace);
      const held = names.map((name) => {
        const scale = at(trace.get(name), row, 0);
        const shown = el("span", { class: "number", text: number(scale) });
        declare(shown, side, name, [row], [scale]);
        return el("li", {}, el("code", { text: name }), " ", shown);
      });
      const reason = {
        final: {
          en: "On its way to the logits every part goes through the final norm, which divides by " +
            "the size of the whole vector. So that each part keeps a term of its own, the norm's " +
            "scale, 1/√(variance + ε), is held at the value that it has here:",
          zh: "每一部分在到达 logit 之前都要经过最后的归一化，它用整个向量的大小去除。为了让每一部分各占一项，归一化的系数 1/√(方差 + ε) 固定为它在这里的值：",
        },
        later: {
          en: "On its way to the logits every part goes through each later norm, and a norm " +
            "divides by the size of the whole vector. So that each part keeps a term of its own, " +
            "each norm's scale, 1/√(variance + ε), is held at the value that it has here:",
          zh: "每一部分在到达 logit 之前都要经过后面的每一个归一化，而归一化用整个向量的大小去除。为了让每一部分各占一项，每个归一化的系数 1/√(方差 + ε) " +
            "都固定为它在这里的值：",
        },
      };
      const isLater = !model.config.pre_norm || model.kind === "BERT";
      const gate = model.kind === "BERT" && el("p", { class: "quiet", text: words({
        en: "The head's GELU is z · Φ(z): its factor Φ(z) is held at its value here too.",
        zh: "预测头里的 GELU 是 z · Φ(z)，其中的因子 Φ(z) 也固定为这里的值。",
      }) });
      return el("div", { class: "held" },
        names.length > 0 ? el("p", { text: words(reason[isLater ? "later" : "final"]) }) : null,
        el("ul", { class: "held-scales" }, held), gate || null);
    }

    return draw;
  }

  const title = { en: "The sum: which part pushed the answer?", zh: "求和：是哪一部分推动了答案？" };
  return { id: "sum", title, mount };
}
