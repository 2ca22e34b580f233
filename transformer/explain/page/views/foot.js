// The foot of the page: in what it computes, and how far that is from NumPy.

import { fromBase64 } from "../arithmetic/tensor.js";
import { computeSide, createSide } from "../sides.js";
import { words } from "../words.js";
import { derived, el, number } from "../widgets.js";

/** Every n-th row of each matrix of a tensor. */
function everyRow({ shape, data }, n) {
  const [rows, columns] = shape.slice(-2);
  return data.filter((_, i) => (Math.floor(i / columns) % rows) % n === 0);
}

/** The largest difference between what the page computes and NumPy's reference, over all names. */
function largestDifference(data) {
  const side = createSide("reference", data);
  computeSide(side, { question: data.question, target: null, mode: "use", edits: [] });
  let most = 0;
  const names = Object.keys(data.reference);
  for (const name of names) {
    const expected = fromBase64(data.reference[name]).data;
    const found = everyRow(side.clean.trace.get(name), data.reference_step);
    expected.forEach((x, i) => {
      if (x !== found[i]) most = Math.max(most, Math.abs(x - found[i]));
    });
  }
  return { most, names: names.length };
}

function recorded({ parameters }) {
  return words({
    en: "This model has {0} parameters, too many for a page. What is shown was computed by NumPy " +
      "in float64.",
    zh: "这个模型有 {0} 个参数，放不进一个网页。这里展示的是 NumPy 以 float64 算好的结果。",
  }, parameters.toLocaleString());
}

function computed(data, { most, names }) {
  const { parameters, question, reference_step: step, float32_difference: rounding } = data;
  const rows = step === 1
    ? ""
    : words({ en: " (of each, one row in {0})", zh: "（每 {0} 行取一行）" }, step);
  return words({
    en: "This page computes the model itself, offline, from its {0} weights, with about 16 " +
      "digits (float64). Python computed the same for {1}: no number in between, in {2} " +
      "arrays{5}, is further from this page's than {3}. Training computed with about 7 digits " +
      "(float32); so the numbers there were up to {4} away from these.",
    zh: "本页离线计算整个模型：用的是它的 {0} 个权重，约 16 位有效数字（float64）。" +
      "对 {1}，Python 也算了一遍：中间的 {2} 个数组{5}里，没有一个数与本页相差超过 {3}。" +
      "训练时用的是约 7 位有效数字（float32），那里的数与这里最多相差 {4}。",
  }, parameters.toLocaleString(), question, names, number(most), number(rounding), rows);
}

export function footView({ runs }) {
  function mount(element) {
    for (const data of runs) {
      if (data.weights === null) element.append(el("p", { text: recorded(data) }));
      else {
        const difference = largestDifference(data);
        const text = el("p", { text: computed(data, difference) });
        element.append(derived(text, "difference", difference.most));
      }
      element.append(el("p", { class: "quiet", text: data.run }));
    }
    return () => {};
  }
  return { id: "foot", title: { en: "Numbers", zh: "数" }, mount };
}
