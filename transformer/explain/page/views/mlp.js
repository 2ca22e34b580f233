import { words } from "../words.js";
import { el } from "../widgets.js";

export function mlpView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "mlp", title: { en: "The MLP: what does a token make of it?", zh: "MLP：词元拿它做了什么？" }, mount };
}
