// The board of switches: every head, some hidden units, and each sublayer as a whole.

import { editName, sameTarget, strongestUnits } from "../arithmetic/edits.js";
import { isInEncoder, sublayersOf } from "../arithmetic/model.js";
import { el } from "../widgets.js";
import { words } from "../words.js";
import { partLabel, partText } from "./part_names.js";

const SHOWN_UNITS = 6;
const BLOCKED = {
  en: "The encoder reads the question once, for all steps: choose \"at all positions\".",
  zh: "编码器只读一遍问题，供所有步骤使用：请选“所有位置”。",
};

/**
 * `change(target)` is called to switch off what is on. `step`: its row says which units are
 * strongest; `complain(text)`: on a number that is none.
 */
export function switchBoard(app, side, { step, isStepOnly, change, complain }) {
  const { model, clean: { trace } } = side;
  const { edits } = app.store.get();

  function toggle(target) {
    const others = edits.filter((edit) => !sameTarget(edit, target));
    if (others.length < edits.length) app.store.set({ edits: others });
    else change(target);
  }

  function switchOf(target, text, name = partText(side.boxes, editName(target))) {
    const isOff = edits.some((edit) => sameTarget(edit, target));
    const isBlocked = isStepOnly && isInEncoder(model, target.path);
    const state = isBlocked ? BLOCKED : isOff
      ? { en: "{0}: off", zh: "{0}：已关" }
      : { en: "{0}: on", zh: "{0}：开着" };
    return el("button", {
      type: "button", role: "switch", class: "part-switch", disabled: isBlocked && !isOff,
      "aria-checked": String(!isOff), "aria-label": name, text, title: words(state, name),
      onclick: () => toggle(target),
    });
  }

  function whole(path) {
    return switchOf(
      { kind: "sublayer", path }, words({ en: "all of it", zh: "整个" }),
      words({ en: "{0}, all of it", zh: "{0}，整个" }, partText(side.boxes, path)));
  }

  function heads(path) {
    return Array.from({ length: model.config.n_heads }, (_, index) =>
      switchOf({ kind: "head", path, index }, String(index + 1)));
  }

  function units(path) {
    const row = isInEncoder(model, path) ? null : step.row;
    const edited = edits.filter((edit) => edit.kind === "unit" && edit.path === path);
    const strongest = strongestUnits(trace, path, row, SHOWN_UNITS);
    const shown = [...new Set([...strongest, ...edited.map(({ index }) => index)])];
    const { d_ff } = model.config;
    const add = el("input", {
      type: "text", inputmode: "numeric", class: "unit-number",
      placeholder: words({ en: "no.", zh: "编号" }),
      "aria-label": words({
        en: "{0}: number of another unit, 1 to {1}", zh: "{0}：另一个单元的编号，1 到 {1}",
      }, partText(side.boxes, path), d_ff),
      onkeydown: (event) => event.stopPropagation(),
      onchange: () => {
        const index = Number(add.value) - 1;
        if (Number.isInteger(index) && index >= 0 && index < d_ff) {
          toggle({ kind: "unit", path, index });
        } else {
          complain(words({
            en: "There is no unit \"{0}\": they go from 1 to {1}.",
            zh: "没有单元“{0}”：编号从 1 到 {1}。",
          }, add.value, d_ff));
        }
      },
    });
    const unit = (index) => switchOf({ kind: "unit", path, index }, String(index + 1));
    return [...shown.map(unit), add];
  }

  function line({ path, kind }) {
    const isMlp = kind === "mlp";
    const what = isMlp ? { en: "units", zh: "单元" } : { en: "heads", zh: "头" };
    const name = partText(side.boxes, path);
    return el("div", { class: "board-line", role: "group", "aria-label": name },
      el("span", { class: "board-name" }, partLabel(side.boxes, path)),
      el("span", { class: "board-switches" },
        el("span", { class: "quiet board-kind", text: words(what) }),
        isMlp ? units(path) : heads(path)),
      whole(path));
  }

  return el("div", { class: "board" }, sublayersOf(model).map(line));
}
