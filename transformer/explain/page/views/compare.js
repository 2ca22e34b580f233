import { words } from "../words.js";
import { el } from "../widgets.js";

export function compareView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "compare", title: { en: "Two side by side: what differs?", zh: "并排对照：哪里不同？" }, mount };
}
