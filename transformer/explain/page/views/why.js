import { words } from "../words.js";
import { el } from "../widgets.js";

export function whyView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "why", title: { en: "Ask why: what if it were not there?", zh: "追问：没有它会怎样？" }, mount };
}
