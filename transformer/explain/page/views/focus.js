// The focus panel: one box of the map, opened.

import { boxPlace, boxTitle } from "../boxes.js";
import { words } from "../words.js";
import { el } from "../widgets.js";

export function focusView(app) {
  function mount(element, side) {
    return () => {
      const box = app.boxes.find(({ id }) => id === app.store.get().box) ?? app.boxes[0];
      element.replaceChildren(el("h2", { text: words(boxTitle(box)) }), el("p", { class: "quiet", text: words(boxPlace(box)) }));
    };
  }
  return { id: "focus", title: { en: "The focus", zh: "细看" }, mount };
}
