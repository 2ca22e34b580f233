import { words } from "../words.js";
import { el } from "../widgets.js";

export function writingView(app) {
  function mount(element, side) {
    element.append(el("p", { class: "quiet", text: words({ en: "…", zh: "…" }) }));
    return () => {};
  }
  return { id: "writing", title: { en: "Writing: how does an answer come about?", zh: "书写：答案是怎样写出来的？" }, mount };
}
