import { words } from "../words.js";
import { el } from "../widgets.js";

export function guessView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "guess", title: { en: "Guess first", zh: "先猜一猜" }, mount };
}
