// The hidden units of a token: how many are on, all of them as a profile, the largest, and those
// that count most for the token that is written.

import { unitsForToken } from "../arithmetic/unit.js";
import { bars, declare, derived, el, number, phrase, svg, term, token } from "../widgets.js";
import { words } from "../words.js";
import { rivalInMlp } from "./before_mlp.js";
import { isSecret } from "./guess.js";
import { editedPart } from "./lines.js";
import { stepOf, whoAsks } from "./tokens.js";

const LISTED = 8; // of the units, so many of the largest

const LET_THROUGH = {
  relu: {
    en: "{0} excites {1} of {2} hidden units: ReLU lets a positive answer through as it is, and " +
      "makes every other one 0.",
    zh: "{0}点亮了 {2} 个隐藏单元中的 {1} 个：ReLU 让正的回答原样通过，其余的都变成 0。",
  },
  gelu: {
    en: "{0} gets a positive answer from {1} of {2} hidden units: GELU lets more than half of " +
      "each of those through, and less than half of the others.",
    zh: "{0}从 {2} 个隐藏单元中的 {1} 个得到正的回答：GELU 让这些各通过一半以上，其余的各不到一半。",
  },
  swiglu: {
    en: "{0} opens the gates of {1} of {2} hidden units by more than half. A unit is silu of its " +
      "gate times a second number, so that it may be negative.",
    zh: "{0}把 {2} 个隐藏单元中 {1} 个的门开到一半以上。一个单元是门的 silu 乘以另一个数，所以可能是负的。",
  },
};

/**
 * A token's units, `list`, of which `order` has the largest first and `chosen` is opened beside;
 * speaking: as `unitsSpeaking` gives it; pick(unit) opens another.
 */
export function unitsPanel(app, side, box, index, { list, order, chosen, speaking }, pick) {
  const { activation } = side.model.config;
  const text = LET_THROUGH[activation.startsWith("gelu") ? "gelu" : activation];
  const on = list.filter(({ pre, share }) => pre > 0 && share > 0).length;
  const given = list.map(({ pre }) => pre);
  const largest = order.slice(0, LISTED).filter(({ value }) => value !== 0);
  const other = el("input", {
    type: "number", min: 1, max: list.length, value: chosen.unit + 1,
    onchange: (event) => {
      const unit = Number(event.target.value) - 1;
      if (list[unit]) pick(unit);
    },
  });
  return [
    el("p", { class: "says" }, phrase(text, whoAsks(app, side, box, index), on, list.length)),
    el("p", { class: "quiet", text: words(activation === "swiglu" ? {
      en: "W_1 has a column for each unit, which opens its gate; a second matrix has one that " +
        "says what passes. W_2 has a row for each: what it then adds, as far as it is on.",
      zh: "W_1 里每个单元有一列，决定门开多少；另一个矩阵里也有一列，决定通过什么。W_2 里每个单元有一行：它的值是多少，就按多少加上这一行。",
    } : {
      en: "W_1 has a column for each unit: what it looks for in a vector. W_2 has a row for " +
        "each: what it then adds, as far as it is on.",
      zh: "W_1 里每个单元有一列：它在向量里找什么。W_2 里每个单元有一行：它亮多少，就按多少加上这一行。",
    }) }),
    profile(side, box, index, list, chosen, pick),
    el("p", { class: "quiet profile-words" }, words({
      en: "All {0} units, sorted. Grey: what the activation is given, from {1} to {2}. Coloured: " +
        "the unit, what comes out.",
      zh: "全部 {0} 个单元，排好序。灰色：激活函数得到的数，从 {1} 到 {2}。有颜色的：出来的结果，也就是单元的值。",
    }, list.length, number(Math.max(...given)), number(Math.min(...given)))),
    ...(speaking ? speakers(side.explanation, box, index, speaking, chosen, pick) : []),
    el("h3", { text: words({ en: "The largest", zh: "最大的" }) }),
    unitBars(largest, chosen, pick, (unit) => `unit:${box.id}.hidden.${index}.${unit}`,
      words({ en: "The largest units", zh: "最大的单元" })),
    el("label", { class: "pick" },
      phrase({ en: "any {0}: {1}", zh: "任选一个{0}：{1}" }, term("unit"), other)),
  ];
}

function unitBars(units, chosen, pick, what, label) {
  return bars({
    label,
    items: units.map(({ unit, value }) => ({
      label: words({ en: "unit {0}", zh: "单元 {0}" }, unit + 1), value, what: what(unit),
      selected: unit === chosen.unit, onSelect: () => pick(unit),
    })),
  });
}

/**
 * What each unit adds to the logit of the token that the row writes, less its rival's, which is
 * that of the lead sentence: {token, rival, values}; null where that is nothing, or still to be
 * guessed.
 */
export function unitsSpeaking(app, side, box, index) {
  const { explanation, model } = side;
  const step = stepOf(explanation, box, index);
  if (!model.weights || !step) return null;
  const i = explanation.steps.indexOf(step);
  if (isSecret(app, side, i)) return null;
  if (editedPart(app.store.get().edits, box, index) === "sublayer") return null;
  const rival = rivalInMlp(app, side, box.id, i);
  const values = unitsForToken(model, explanation.trace, box.id, index, step.token, rival);
  return { token: step.token, rival, values };
}

/** Which units speak for the token that the row writes, and which for its rival. */
function speakers({ label }, box, index, { token: id, rival, values }, chosen, pick) {
  const units = Array.from(values, (value, unit) => ({ unit, value }))
    .filter(({ value }) => value !== 0).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const total = values.reduce((sum, x) => sum + x, 0);
  const what = (name) => `units:${box.id}.${index}.${id}.${rival}.${name}`;
  return [
    el("h3", {}, phrase({ en: "For {0} rather than {1}", zh: "支持 {0} 而不是 {1}" },
      token(label(id)), token(label(rival)))),
    derived(el("p", { class: "quiet" }, phrase({
      en: "All units together add {0} to the logit of the one less that of the other, each " +
        "norm's scale held at its value here. Those that count most:",
      zh: "所有单元合起来，使前者的 logit 减去后者的 logit 变化 {0}（各个归一化的缩放固定为此处的值）。作用最大的是：",
    }, el("strong", { text: number(total) }))), what("total"), total),
    unitBars(units.slice(0, LISTED), chosen, pick, what,
      words({ en: "The units that count most", zh: "作用最大的单元" })),
  ];
}

const PROFILE_HEIGHT = 110;

/** Every unit as a thin bar, in the order of what the activation was given. */
function profile(side, box, index, list, chosen, pick) {
  const order = [...list].sort((a, b) => b.pre - a.pre);
  const numbers = list.flatMap(({ pre, value }) => [pre, value, 0]);
  const [most, least] = [Math.max(...numbers), Math.min(...numbers)];
  const y = (x) => ((most - x) / (most - least || 1)) * PROFILE_HEIGHT;
  const outline = (of) => order.map((unit, i) => {
    const x = of(unit);
    return x ? `M${i} ${y(0)}V${y(x)}h1V${y(0)}z` : "";
  }).join("");
  const path = (name, of) => svg("path", { class: name, d: outline(of) });
  const values = svg("g", {},
    path("more", ({ value }) => Math.max(0, value)),
    path("less", ({ value }) => Math.min(0, value)));
  const answers = path("answer", ({ pre }) => pre);
  declare(answers, side, `${box.id}.pre_activation`, [index], list.map(({ pre }) => pre));
  declare(values, side, `${box.id}.hidden`, [index], list.map(({ value }) => value));
  const place = order.indexOf(chosen);
  return svg(
    "svg",
    {
      class: "profile", viewBox: `0 0 ${list.length} ${PROFILE_HEIGHT}`,
      preserveAspectRatio: "none", role: "img",
      "aria-label": words({
        en: "All hidden units, sorted: what the activation is given, and what it lets through",
        zh: "全部隐藏单元，排好序：激活函数得到的，和它放行的",
      }),
      onclick: (event) => {
        const { left, width } = event.currentTarget.getBoundingClientRect();
        const at = Math.floor(((event.clientX - left) / width) * order.length);
        pick(order[Math.max(0, Math.min(order.length - 1, at))].unit);
      },
    },
    answers, values,
    svg("path", { class: "axis", d: `M0 ${y(0)}H${list.length}` }),
    svg("rect", { class: "chosen", x: place, y: 0, width: 1, height: PROFILE_HEIGHT }),
  );
}
