// Questions and answers in the middle of a sentence or in a table.

import { el, visible } from "../widgets.js";

/** A text with what is invisible in it made visible; between words, a space is only a space. */
export function saidText({ tokenizer }, text) {
  if (text === "") return "∅";
  return tokenizer === "words" ? text.split(" ").map(visible).join(" ") : visible(text);
}

export const said = (task, text) => el("bdi", { class: "said", text: saidText(task, text) });
