// The loss over a training, drawn on a logarithmic scale. Steps stand at their square roots: so the
// early part, in which much is learned, has room, and the kept steps stand at equal distances.

import { el, number, phrase, svg, term } from "../widgets.js";
import { words } from "../words.js";

const SERIES_NAMES = {
  loss: { en: "training", zh: "训练" },
  held_out_loss: { en: "held out", zh: "留出" },
  example: { en: "this example", zh: "这个例子" },
};
const CURVE = { height: 226, left: 52, right: 16, top: 22, bottom: 46 };
const LEAST_LOSS = 1e-6; // of what is drawn: a smaller one stands at the bottom

/** 0.01 ≤ 0.02, 0.05, 0.1, …: the round numbers of a range, on a logarithmic scale. */
function roundLosses(least, most) {
  const found = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power++) {
    const digits = most / least > 300 ? [1] : [1, 2, 5];
    found.push(...digits.map((digit) => Number(`${digit}e${power}`)));
  }
  return found.filter((x) => x >= least && x <= most);
}

/** Steps to write below the axis: round ones, which do not touch each other. */
function roundSteps(last, x) {
  const unit = 10 ** Math.floor(Math.log10(last));
  const candidates = [last, 0, ...[5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02].map((n) => n * unit)];
  const found = [];
  for (const step of candidates) {
    const isFree = found.every((other) => Math.abs(x(other) - x(step)) > 44);
    if (Number.isInteger(step) && step <= last && isFree) found.push(step);
  }
  return found;
}

/**
 * metrics: the rows of metrics.csv; points: [{step, loss}] of an example, one for each checkpoint;
 * chosen: the place of one of them; what: the name under which the example's numbers are declared.
 */
export function lossCurve({ metrics, points, chosen, what, width, onSelect }) {
  const { height, left, right, top, bottom } = CURVE;
  const series = ["loss", "held_out_loss"].map((name) => ({
    name, what: `learning:metrics.${name}`,
    points: metrics.filter((row) => name in row)
      .map((row) => ({ step: row.step, loss: row[name] })),
  }));
  series.push({ name: "example", what, points });
  const all = series.flatMap((one) => one.points);
  const losses = all.map(({ loss }) => Math.max(loss, LEAST_LOSS));
  const [least, most] = [Math.min(...losses) / 1.15, Math.max(...losses) * 1.15];
  const last = Math.max(1, ...all.map(({ step }) => step));
  const x = (step) => left + (width - left - right) * Math.sqrt(step / last);
  const share = (loss) => Math.log(Math.max(loss, LEAST_LOSS) / least) / Math.log(most / least);
  const y = (loss) => top + (height - top - bottom) * (1 - share(loss));

  const grid = roundLosses(least, most).flatMap((loss) => [
    svg("line", { class: "curve-grid", x1: left, x2: width - right, y1: y(loss), y2: y(loss) }),
    tick(left - 8, y(loss) + 4, "end", String(loss)),
  ]);
  const steps = roundSteps(last, x).map((step) =>
    tick(x(step), height - 26, "middle", String(step)));
  const lines = series.slice(0, 2).map(({ name, what: declared, points: list }) => svg(
    "g",
    { class: `curve-series ${name}`, "data-what": declared, "data-values": lossValues(list) },
    svg("polyline", { points: list.map(({ step, loss }) => `${x(step)},${y(loss)}`).join(" ") }),
    list.map(({ step, loss }) => svg("circle", { cx: x(step), cy: y(loss), r: 2 })),
  ));
  const dots = svg(
    "g", { class: "curve-series example", "data-what": what, "data-values": lossValues(points) },
    points.map(({ step, loss }, i) => svg(
      "circle",
      {
        cx: x(step), cy: y(loss), r: i === chosen ? 6 : 4, class: i === chosen ? "chosen" : "",
        onclick: () => onSelect(i),
      },
      svg("title", {}, words({
        en: "step {0}: loss {1}",
        zh: "第 {0} 步：损失 {1}",
      }, step, number(loss))),
    )),
  );
  const mark = points[chosen] && svg("line", {
    class: "curve-mark", x1: x(points[chosen].step), x2: x(points[chosen].step),
    y1: top - 8, y2: height - bottom + 4,
  });
  return svg(
    "svg",
    {
      class: "curve", width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": curveInWords(series),
    },
    grid, steps, mark ?? [], lines, dots, curveKey(series, width),
    svg("text", { class: "curve-tick", x: 0, y: 12 }, words({ en: "loss (log)", zh: "损失（对数）" })),
    tick((left + width - right) / 2, height - 6, "middle",
      words({ en: "step of the training", zh: "训练的步" })),
  );
}

function tick(x, y, anchor, text) {
  return svg("text", { class: "curve-tick", x, y, "text-anchor": anchor }, text);
}

const lossValues = (points) => points.map(({ loss }) => loss.toPrecision(8)).join(" ");

function curveInWords(series) {
  const shown = series.filter(({ points }) => points.length > 1);
  return shown.map(({ name, points }) => words(
    { en: "loss, {0}: {1} at step {2}, {3} at step {4}", zh: "损失（{0}）：第 {2} 步 {1}，第 {4} 步 {3}" },
    words(SERIES_NAMES[name]), number(points[0].loss), points[0].step,
    number(points.at(-1).loss), points.at(-1).step,
  )).join("; ");
}

/** What the lines are, above them on the right. */
function curveKey(series, width) {
  const shown = series.filter(({ points }) => points.length);
  const room = Math.min(112, (width - 36) / shown.length);
  return shown.map(({ name }, i) => {
    const at = width - room * (shown.length - i);
    const sampleWidth = room < 112 ? 14 : 22;
    const sample = name === "example"
      ? svg("circle", { cx: at + sampleWidth / 2 + 1, cy: 8, r: 4 })
      : svg("line", { x1: at, x2: at + sampleWidth, y1: 8, y2: 8 });
    return svg("g", { class: `curve-series ${name}` }, sample,
      tick(at + sampleWidth + 6, 12, "start", words(SERIES_NAMES[name])));
  });
}

/** What the lines and circles of the drawing are, and how they stand. */
export function whatIsDrawn(hasCircles, { model, task }) {
  const parts = [
    model.config.dropout > 0 ? {
      en: "{0} in training: the mean of the steps since the point before, each before its " +
        "update, and with dropout.",
      zh: "训练的{0}：上一个点以来各步的平均，每步都在更新之前算，并且带着 dropout。",
    } : {
      en: "{0} in training: the mean of the steps since the point before, each before its update.",
      zh: "训练的{0}：上一个点以来各步的平均，每步都在更新之前算。",
    },
    task.name === "fill-the-gap" ? {
      en: " Held out: gaps that one word alone fits, in sentences that training never shows. In " +
        "training any word may be hidden, also one in whose place others would do: of these " +
        "nobody can be sure, and so that loss stays higher.",
      zh: "留出：训练里从没出现过的句子，空处只有一个词填得上。训练时任何一个词都可能被藏起来，有的位置填别的词也行，谁也说不准，所以那里的损失一直较高。",
    } : {
      en: " Held out: on questions that training never shows, with the weights at that point; so " +
        "it can lie below.",
      zh: "留出：训练里从没出现过的题，用的是那一刻的权重，所以可能更低。",
    },
    hasCircles ? {
      en: " A circle: the mean over the tokens of this example's answer.",
      zh: "圆圈：这个例子的答案里各词元的平均。",
    } : { en: "", zh: "" },
    {
      en: " Steps stand at their square roots: the early ones, in which most is learned, have " +
        "room.",
      zh: "横轴按步数的平方根排列：学得最多的早期，占的地方大些。",
    },
  ];
  const loss = term("loss", words({ en: "Loss", zh: "损失" }));
  return el("p", { class: "quiet learning-key" }, parts.flatMap((texts) => phrase(texts, loss)));
}
