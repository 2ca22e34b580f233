// A line at the head of the page while any part is switched off, so that nobody forgets it.

import { editName, hasPart } from "../arithmetic/edits.js";
import { el, visible } from "../widgets.js";
import { words } from "../words.js";
import { partText } from "./part_names.js";

const MOST_NAMED = 2; // parts that the line names

/** {element, update}: the element is hidden while nothing is changed. */
export function editsBanner(app) {
  const { store, payload, boxes } = app;
  const text = el("a", { href: "#why", onclick: (event) => {
    event.preventDefault();
    app.show("why");
  } });
  const reset = el("button", {
    type: "button", text: words({ en: "Switch all on again", zh: "全部恢复" }),
    onclick: () => store.set({ edits: [] }),
  });
  const element = el(
    "p", { class: "edits-banner", role: "status", hidden: true }, text, " ", reset);

  function update() {
    const edits = payload.weights === null ? [] : store.get().edits.filter((edit) =>
      app.sides.some(({ model }) => hasPart(model, edit))); // a link may name what is not there
    element.hidden = edits.length === 0;
    const named = edits.slice(0, MOST_NAMED).map(nameOf);
    const more = edits.length - named.length;
    if (more) named.push(words({ en: "and {0} more", zh: "另外 {0} 个" }, more));
    const isReplaced = edits.some(({ from }) => from !== undefined);
    text.textContent = words(isReplaced
      ? { en: "Replaced: {0}.", zh: "已替换：{0}。" }
      : { en: "Switched off: {0}.", zh: "已关掉：{0}。" }, named.join(words({ en: "; ", zh: "；" })));
  }

  /** "decoder, block 2 · MLP, all of it, at place 3 only, as for “1+2”" */
  function nameOf(edit) {
    const { kind, row, from } = edit;
    const name = [
      partText(boxes, editName({ kind, path: edit.path, index: edit.index })),
      kind === "sublayer" && words({ en: "all of it", zh: "整个" }),
      row !== undefined && words({ en: "at position {0} only", zh: "只在第 {0} 个位置" }, row + 1),
      from !== undefined && words({ en: "as for \"{0}\"", zh: "用“{0}”的" }, visible(from)),
    ];
    return name.filter(Boolean).join(words({ en: ", ", zh: "，" }));
  }

  return { element, update };
}
