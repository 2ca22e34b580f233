import { words } from "../words.js";
import { el } from "../widgets.js";

export function mistakesView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "mistakes", title: { en: "Mistakes: where does it fail?", zh: "错误：它在哪里出错？" }, mount };
}
