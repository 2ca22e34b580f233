import { words } from "../words.js";
import { el } from "../widgets.js";

export function attentionView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "attention", title: { en: "Attention: whom does a token look at?", zh: "注意力：词元在看谁？" }, mount };
}
