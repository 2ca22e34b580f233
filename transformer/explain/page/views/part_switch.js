// A switch for one part of the model, beside what shows it: a head, a hidden unit, a whole MLP.

import { sameTarget } from "../arithmetic/edits.js";
import { el, phrase } from "../widgets.js";
import { words } from "../words.js";
import { anySecret } from "./guess.js";
import { partText } from "./part_names.js";

const isOff = (store, target) => store.get().edits.some((edit) => sameTarget(edit, target));

/** Switch a part off; or on, whatever stood in its place. `changes`: of the state, besides. */
function togglePart(store, target, changes = {}) {
  const { edits } = store.get();
  const others = edits.filter((edit) => !sameTarget(edit, target));
  store.set({ edits: others.length < edits.length ? others : [...edits, target], ...changes });
}

const SWITCH_TEXT = {
  head: { en: "Switch this head off", zh: "关掉这个头" },
  unit: { en: "Switch this unit off", zh: "关掉这个单元" },
  sublayer: { en: "Switch this MLP off", zh: "关掉这个 MLP" },
  on: { en: "Switch it on again", zh: "重新打开" },
};

/**
 * The switch, and while the part is off, what came of it and where more is told; null on a page
 * that cannot compute. `target`: an edit, {kind, path, index}; `shown`: of the state, so that the
 * same part is still looked at.
 */
export function partSwitch(app, side, target, shown) {
  const { store } = app;
  if (!side.model.weights) return null;
  const off = isOff(store, target);
  const button = el("button", {
    type: "button", "aria-pressed": String(off),
    text: words(SWITCH_TEXT[off ? "on" : target.kind]),
    onclick: () => togglePart(store, target, shown),
  });
  return el("p", { class: "part-off" }, button, off ? whatCame(app, side) : null);
}

/** The answers before and now, and a link to the rest. */
function whatCame(app, side) {
  const [before, now] = [side.clean.text, side.explanation.text];
  const said = (text) => el("bdi", { class: "said", text: text === "" ? "∅" : text });
  const more = el("button", {
    type: "button", class: "plain", text: words({ en: "What breaks ↓", zh: "看坏了什么 ↓" }),
    onclick: () => app.show("why"),
  });
  const isGiven = anySecret(app, side) || app.store.get().mode === "training";
  const text = before === now
    ? { en: "Off: the answer is still {1}.", zh: "已关：答案还是 {1}。" }
    : { en: "Off: the answer was {0}, now it is {1}.", zh: "已关：答案原来是 {0}，现在是 {1}。" };
  return el("span", { role: "status" },
    isGiven ? words({ en: "It is off.", zh: "已关。" }) : phrase(text, said(before), said(now)),
    " ", more);
}

/** A small switch at the end of a part's row: ✕, and while it is off, ↺. */
export function smallSwitch(app, side, name, target, changes) {
  const off = isOff(app.store, target);
  const text = off
    ? { en: "{0}: switch it on again", zh: "{0}：重新打开" }
    : { en: "{0}: switch it off", zh: "{0}：关掉" };
  const label = words(text, partText(side.boxes, name));
  return el("button", {
    type: "button", class: "small-switch", "aria-pressed": String(off), "aria-label": label,
    title: label, text: off ? "↺" : "✕", onclick: () => togglePart(app.store, target, changes),
  });
}
