// The end of a cell's arithmetic: through the head's part of W_O, and into the token's vector.

import { addedByKeys, largestTerms, outputColumn } from "../arithmetic/cell.js";
import { row } from "../arithmetic/tensor.js";
import { boxesOf } from "../boxes.js";
import { derived, el, formula, number, phrase, term } from "../widgets.js";
import { words } from "../words.js";
import { line, measured, strips, termBars } from "./lines.js";

export function outputLine({ side, box, head, weighted, weight, added, what }) {
  const sizes = Array.from(added, Math.abs);
  const largest = sizes.indexOf(Math.max(...sizes));
  const terms = largestTerms(weighted, outputColumn(side.model, box, head, largest));
  return line(
    words({ en: "Through this head's part of W_O", zh: "经过 W_O 中这个头的部分" }),
    words({
      en: "W_O turns the {0} numbers into {1}, as many as the token's vector has. Number {2} is the largest of them; it is this sum:",
      zh: "W_O 把这 {0} 个数变成 {1} 个，和词元的向量一样长。其中第 {2} 个数最大，它是这些项的和：",
    }, weighted.length, added.length, largest),
    formula(["row", "(", measured(weight), "·", "v", ")"], ["subsup", "W", "O", ["row", ["text", `${head + 1}`]]]),
    termBars(terms, `${what}.output.${largest}`, words({ en: "Terms of its largest number", zh: "最大的那个数的各项" })),
    derived(el("p", { class: "total", text: words({ en: "together {0}", zh: "合计 {0}" }, number(added[largest])) }),
      `${what}.added.${largest}`, added[largest]),
    strips(side, [{ label: words({ en: "adds", zh: "加上" }), what: `${what}.added`, values: added }]),
  );
}

/** The stream before and after, and in between this pair, its head, and all heads. */
export function streamLine({ side, box, head, query, key, trace, added, asked, what }) {
  const { model } = side;
  const around = boxesOf(model).find(({ sublayer }) => sublayer === box.id);
  const part = row(trace.get(`${box.id}.heads`), head, query);
  const pairs = addedByKeys(model, trace, box, head, query);
  const sum = part.map((_, i) => pairs.reduce((all, vector) => all + vector[i], 0));
  const after = model.config.pre_norm ? around.writes : `${around.id}.norm.input`;
  const numbers = (name, ...place) => ({ trace: name, at: place, values: row(trace.get(name), ...place) });
  const list = [
    { label: words({ en: "before", zh: "之前" }), ...numbers(around.reads, query) },
    { label: words({ en: "this pair", zh: "这一对" }), what: `${what}.added`, values: added },
    { label: words({ en: "head {0}", zh: "头 {0}" }, head + 1), ...numbers(`${box.id}.heads`, head, query) },
    { label: words({ en: "all heads", zh: "所有头" }), ...numbers(`${box.id}.output`, query) },
    { label: words({ en: "after", zh: "之后" }), ...numbers(after, query) },
  ];
  const most = Math.max(...list.flatMap(({ values }) => Array.from(values, Math.abs)));
  const difference = Math.max(...sum.map((x, i) => Math.abs(x - part[i])));
  return line(
    phrase({ en: "Into the token's vector, the {0}", zh: "加进词元的向量，也就是{0}" }, term("residual")),
    sumText(pairs.length, head, difference),
    formula("x", "←", "x", "+", ["under", "∑", ["text", words({ en: "heads", zh: "头" })]], ["under", "∑", ["text", words({ en: "keys", zh: "键" })]],
      ["row", "w", "·", "v"], ["sub", "W", "O"], "+", ["sub", "b", "O"]),
    strips(side, list, most),
    derived(el("p", { class: "quiet", text: words({
      en: "Largest difference between the sum over the keys and the head's part: {0}.",
      zh: "对所有键求和，与这个头的部分相差最多 {0}。",
    }, number(difference)) }), `${what}.difference`, difference),
    model.config.pre_norm ? null : el("p", { class: "quiet", text: words({
      en: "Then the norm after the sum gives the vector that the next box reads.",
      zh: "相加之后再归一化，得到下一个框读到的向量。",
    }) }),
  );
}

function sumText(keys, head, difference) {
  if (difference > 1e-6) {
    return words({
      en: "This head is switched off or replaced: what stands in the place of its sum is not what these lines give.",
      zh: "这个头被关掉或换掉了：它的位置上放的不是上面算出来的和。",
    });
  }
  return words({
    en: "The same is done for all {0} keys of the row, and added: head {1}'s part. All heads and a bias make the change that attention adds to the vector. All strips have one scale of colour.",
    zh: "对这一行的 {0} 个键都这样算，加起来就是头 {1} 的部分。所有头再加一个偏置，就是注意力加给向量的改变。下面各条用同一种颜色刻度。",
  }, keys, head + 1);
}

/** In the place of these lines on a page that holds what was recorded alone. */
export function recordedLine() {
  return line(
    words({ en: "Through W_O, into the token's vector", zh: "经过 W_O，加进词元的向量" }),
    words({
      en: "This page holds no weights, as the model is large: what the pair adds cannot be computed here.",
      zh: "模型很大，这个页面里没有权重，所以这里算不出这一对加了什么。",
    }),
  );
}
