import { words } from "../words.js";
import { el } from "../widgets.js";

export function sumView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "sum", title: { en: "The sum: which part pushed the answer?", zh: "求和：是哪一部分推动了答案？" }, mount };
}
