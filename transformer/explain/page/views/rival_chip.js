// The rival that the reader chose for a token, where it acts, and a way back from it.

import { chosenRival } from "../arithmetic/explanation.js";
import { el, phrase, token } from "../widgets.js";
import { words } from "../words.js";

/** "against 3 ×": a click drops the rival; null where none was chosen at the present step. */
export function rivalChip(app, { explanation }) {
  const rival = chosenRival(explanation, app.store.get());
  const again = words({ en: "compare with the runner-up again", zh: "重新和第二名比较" });
  return rival === null ? null : el("button", {
    type: "button", class: "rival-chip", title: again,
    onclick: () => app.store.set({ rival: null }),
  }, phrase({ en: "against {0}", zh: "相对于 {0}" }, token(explanation.label(rival))),
  el("span", { "aria-hidden": "true", text: " ×" }),
  el("span", { class: "unseen", text: words({ en: ": ", zh: "：" }) + again }));
}
