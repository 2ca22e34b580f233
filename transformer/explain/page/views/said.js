// Questions and answers in the middle of a sentence or in a table.

import { el, visible } from "../widgets.js";
import { words } from "../words.js";

/** A text with what is invisible in it made visible; between words, a space is only a space. */
export function saidText({ tokenizer }, text) {
  if (text === "") return "∅";
  return tokenizer === "words" ? text.split(" ").map(visible).join(" ") : visible(text);
}

export const said = (task, text) => el("bdi", { class: "said", text: saidText(task, text) });

/** How people read what was written, ", units first: 125"; "" where it says so itself. */
export function asRead({ reversed }, text, written) {
  if (reversed && text.length > 1) {
    return words({ en: ", units first: {0}", zh: "（先写个位），即 {0}" }, text);
  }
  return text === written ? "" : words({ en: ", which is {0}", zh: "，即 {0}" }, text);
}
