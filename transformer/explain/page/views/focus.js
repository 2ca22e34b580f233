// The focus panel: one box of the map, opened: what goes in, what happens, what comes out, the
// formula, its arrays, and the lines of our own Python.

import { hiddenPairs } from "../arithmetic/cell.js";
import { likeliest } from "../arithmetic/explanation.js";
import { sub } from "../arithmetic/tensor.js";
import { boxPlace, boxTitle, nearestBox } from "../boxes.js";
import { canvasKeeper } from "../paint.js";
import { bars, derived, el, formula, heatMap, percent, token } from "../widgets.js";
import { words } from "../words.js";
import { arraysOf } from "./focus_arrays.js";
import { followReader } from "./focus_place.js";
import { formulasOf } from "./focus_formulas.js";
import { textOf } from "./focus_text.js";
import { isBoxSecret, secretNote } from "./guess.js";
import { headShown, leadingOf } from "./leading.js";
import { rowsThere } from "./tokens.js";

const MOST_PROBABILITIES = 12;
const FURTHER = {
  attention: { id: "attention", en: "Open any weight to its arithmetic ↓", zh: "把任何一个权重拆开来算 ↓" },
  mlp: { id: "mlp", en: "See what each hidden unit does ↓", zh: "看每个隐藏单元做了什么 ↓" },
  add_norm: { id: "sum", en: "See what each part adds to the answer ↓", zh: "看每一部分给答案加了多少 ↓" },
  output: { id: "sum", en: "See which part pushed which logit ↓", zh: "看哪个部分推动了哪个 logit ↓" },
  probabilities: {
    id: "writing", en: "See how one token is chosen after another ↓", zh: "看词元怎样一个接一个选出来 ↓",
  },
};

export function focusView(app) {
  const { store } = app;

  function mount(element, side) {
    const { boxes } = side;
    const opened = new Set(); // the files whose lines are unfolded
    const canvasOf = canvasKeeper();
    let last = null; // the box that was shown last
    const bringHere = followReader(element.closest(".side"));

    function heading(box) {
      const i = boxes.indexOf(box);
      const go = (to, sign, texts) => el("button", {
        type: "button", class: "plain", text: sign, "aria-label": words(texts), title: words(texts),
        disabled: !boxes[to], onclick: () => app.open(boxes[to].id),
      });
      return el("div", { class: "focus-head" },
        el("div", {},
          el("h2", { text: words(boxTitle(box)) }),
          el("p", { class: "quiet", text: words(boxPlace(box)) })),
        el("div", { class: "focus-steps" },
          el("button", {
            type: "button", class: "plain to-map", text: words({ en: "↑ The map", zh: "↑ 全图" }),
            onclick: () => app.show("map"),
          }),
          go(i - 1, "←", { en: "The box before", zh: "前一个" }),
          go(i + 1, "→", { en: "The next box", zh: "后一个" })));
    }

    function sentences({ goesIn, happens, comesOut }) {
      const line = (texts, nodes) => [el("dt", { text: words(texts) }), el("dd", {}, nodes)];
      return el("dl", { class: "focus-text" },
        line({ en: "in", zh: "输入" }, goesIn),
        line({ en: "what happens", zh: "发生什么" }, happens),
        line({ en: "out", zh: "输出" }, comesOut));
    }

    function headChoice(box, chosen) {
      const buttons = Array.from({ length: side.data.config.n_heads }, (_, i) => el("button", {
        type: "button", text: String(i + 1), "aria-pressed": String(i === chosen),
        onclick: () => store.set({ path: box.id, head: i }),
      }));
      const name = words({ en: "Head", zh: "头" });
      return el("div", { class: "focus-heads" },
        el("span", { class: "quiet", text: name }),
        el("div", { class: "choice", role: "group", "aria-label": name }, buttons));
    }

    /** Heat maps of the arrays, those of a group side by side. */
    function pictures(box, head, state) {
      const { trace, rows, columns, steps } = side.explanation;
      const isSource = box.side === "source";
      const labels = {
        own: isSource ? columns : rows, memory: columns, vocabulary: side.task.tokens,
      };
      const { row } = steps[Math.min(state.step, steps.length - 1)];
      const groups = [];
      for (const [i, array] of arraysOf(box, side.data, trace, head).entries()) {
        const values = sub(trace.get(array.trace), ...array.at);
        const picture = heatMap(side, {
          trace: array.trace, at: array.at, values, rows: labels[array.rows],
          columns: values.shape[1] === 1 ? undefined : labels[array.columns] ?? null,
          scale: array.trace.endsWith(".weights") ? "weight" : "signed",
          select: array.rows === "own" && !isSource ? { row } : {},
          there: array.rows === "own" ? rowsThere(side, box, state) : undefined,
          hidden: isPairs(array) && hiddenPairs(side.model, side.explanation.inputs, box),
          ...cellSize(array, values),
          caption: el("span", { class: array.colour, text: array.title }), label: array.title,
          canvas: canvasOf(i),
        });
        const { group } = array;
        if (group && groups.at(-1)?.group === group) groups.at(-1).pictures.push(picture);
        else groups.push({ group, pictures: [picture] });
      }
      return groups.map(({ pictures: together }) => el("div", { class: "focus-row" }, together));
    }

    function tokenTable(box) {
      const { inputs, rows, columns, steps } = side.explanation;
      const labels = (box.side === "source" && columns) || rows;
      const { row } = steps[Math.min(store.get().step, steps.length - 1)];
      const chosen = box.side === "source" ? -1 : row;
      const there = rowsThere(side, box, store.get());
      const ids = inputs.ids ?? inputs[box.side];
      const items = ids.map((id, i) => el("li", { class: i >= there && "later" },
        token(labels[i], { class: i === chosen ? "selected" : "" }),
        el("span", { class: "number", text: labels[i] === "?" ? "" : String(id) })));
      return el("div", { class: "scroll" }, el("ol", { class: "focus-tokens" }, items));
    }

    function probabilityBars(state) {
      const { steps, label } = side.explanation;
      const index = Math.min(state.step, steps.length - 1);
      const { probabilities, token: written } = steps[index];
      return bars({
        label: words({ en: "Probabilities", zh: "概率" }), colour: "weight", digits: percent,
        items: likeliest(probabilities, MOST_PROBABILITIES).map((id) => ({
          label: token(label(id)), value: probabilities[id], selected: id === written,
          what: `probability:${index}:${id}`,
        })),
      });
    }

    /** A link to the section that goes on where the box ends. */
    function further({ kind }) {
      if (!(kind in FURTHER)) return "";
      const { id, ...texts } = FURTHER[kind];
      return el("p", { class: "focus-further" }, el("button", {
        type: "button", text: words(texts),
        onclick: () => app.show(id),
      }));
    }

    function code(box) {
      const kind = { norm: "add_norm", head: "output" }[box.kind] ?? box.kind;
      return (side.data.code[kind] ?? []).map(({ file, line, text }) => {
        const place = `${file}:${line}`;
        const numbered = text.split("\n").map((x, i) =>
          el("span", { class: "code-line", "data-line": line + i, text: `${x}\n` }));
        const toggled = ({ target }) => (target.open ? opened.add(place) : opened.delete(place));
        const title = words({ en: "Our Python", zh: "我们的 Python" });
        return el("details", { class: "code", open: opened.has(place), ontoggle: toggled },
          el("summary", {}, el("span", { text: title }), " ", el("code", { text: place })),
          el("pre", { tabindex: "0" }, numbered));
      });
    }

    return () => {
      const state = store.get();
      const asked = app.boxes.find(({ id }) => id === state.box);
      const box = boxes.find(({ id }) => id === asked.id) ?? nearestBox(boxes, asked);
      const text = textOf(box, side.data);
      const formulas = formulasOf(box, side.data.config).map((parts) => formula(...parts));
      const head = box.kind === "attention"
        ? headShown(side, leadingOf(app, side), box.id, state.head) : null;
      const isHiding = isBoxSecret(app, side, box);
      const shown = box.kind === "tokens" ? [tokenTable(box)] : pictures(box, head, state);
      if (box.kind === "probabilities") shown.push(probabilityBars(state));
      element.replaceChildren(
        heading(box),
        ...(box.id === asked.id ? [] : [el("p", { class: "quiet", text: words({
          en: "This model has no such box as the other. This is the one that is most like it.",
          zh: "这个模型没有对方的那个部分。这是和它最像的一个。",
        }) })]),
        sentences(text),
        el("div", { class: "focus-formulas" }, formulas),
        ...(box.kind === "attention" ? [headChoice(box, head)] : []),
        ...(isHiding ? [secretNote()] : shown),
        further(box),
        ...code(box),
      );
      if (box !== last && last !== null) bringHere();
      last = box;
    };
  }
  return { id: "focus", title: { en: "The chosen box", zh: "选中的部分" }, mount };
}

const isPairs = ({ trace }) => /\.(scores|weights)$/.test(trace);

/** The sizes of cells: small where arrays stand side by side, wide for a single number a token. */
function cellSize({ group, columns }, { shape: [height, width] }) {
  const line = Math.max(4, Math.min(16, Math.floor(320 / height)));
  if (width === 1 || (columns === "vocabulary" && width <= 20)) return { cell: 44, line: 16 };
  const isSquare = group === "weights" && columns; // of tokens by tokens
  const room = isSquare ? 320 : { in: 300, out: 300, qkv: 176, weights: 176 }[group] ?? 440;
  return { cell: Math.max(3, Math.min(isSquare ? 22 : 12, Math.floor(room / width))), line };
}
