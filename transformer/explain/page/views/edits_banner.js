// A line at the head of the page while any part is switched off, so that nobody forgets it.

import { el } from "../widgets.js";
import { words } from "../words.js";

/** {element, update}: the element is hidden while nothing is changed. */
export function editsBanner({ store, payload, show }) {
  const text = el("a", { href: "#why", onclick: (event) => {
    event.preventDefault();
    show("why");
  } });
  const reset = el("button", {
    type: "button", text: words({ en: "Switch all on again", zh: "全部恢复" }),
    onclick: () => store.set({ edits: [] }),
  });
  const element = el(
    "p", { class: "edits-banner", role: "status", hidden: true }, text, " ", reset);

  function update() {
    const { edits } = store.get();
    element.hidden = edits.length === 0 || payload.weights === null; // without weights, all is on
    const off = edits.filter(({ from }) => from === undefined).length;
    const put = edits.length - off;
    const parts = [
      off === 1 && words({ en: "One part is switched off.", zh: "有 1 个部分被关掉。" }),
      off > 1 && words(
        { en: "{0} parts are switched off.", zh: "有 {0} 个部分被关掉。" }, off),
      put === 1 && words({
        en: "One part is replaced by what it computed for another input.",
        zh: "有 1 个部分换成了它对另一个输入的计算结果。",
      }),
      put > 1 && words({
        en: "{0} parts are replaced by what they computed for another input.",
        zh: "有 {0} 个部分换成了它们对另一个输入的计算结果。",
      }, put),
    ];
    text.textContent = parts.filter(Boolean).join(" ");
  }

  return { element, update };
}
