import { words } from "../words.js";
import { el } from "../widgets.js";

export function learningView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "learning", title: { en: "Learning: how did it come to know?", zh: "学习：它是怎样学会的？" }, mount };
}
