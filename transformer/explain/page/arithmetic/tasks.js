// The tasks: from a question to what the model reads, from what it writes to an answer. As in
// transformer/tasks and transformer/text/tokenizer.py, with the very words of Python's errors.

import {
  characters, repr, splitWords, strip, ValueError, WHITE_SPACE,
} from "./python.js";

const BOS = 1;
const EOS = 2;
const N_SPECIAL = 3; // <pad>, <s> and </s> come first in a vocabulary
const GAP_WORD = "___";
const MODULUS = 97;

// -------------------------------------------------------------------------------- the tokenizer

/** The id of each token but the special ones: no text is read as one of these. */
function vocabulary(task) {
  return new Map(task.tokens.slice(N_SPECIAL).map((token, i) => [token, N_SPECIAL + i]));
}

/** The ids of a text's characters, or of its words. */
export function encode(task, text) {
  const ids = vocabulary(task);
  if (task.tokenizer === "characters") {
    characters(text).forEach((c, i) => {
      if (ids.has(c)) return;
      throw new ValueError(
        `unknown character ${repr(c)} at position ${i + 1} of ${repr(text)}; ` +
        `known are ${repr([...ids.keys()].join(""))}`,
      );
    });
    return characters(text).map((c) => ids.get(c));
  }
  if (task.tokenizer === "words") {
    for (const word of splitWords(text)) {
      if (ids.has(word)) continue;
      throw new ValueError(
        `unknown word ${repr(word)} in ${repr(text)}; the vocabulary has ${ids.size} words, ` +
        `such as ${[...ids.keys()].slice(0, 5).join(", ")}`,
      );
    }
    return splitWords(text).map((word) => ids.get(word));
  }
  throw new ValueError(`this page cannot split a text into the tokens of ${task.name}`);
}

/** The text of ids up to the first </s>, without <s> and <pad>. */
export function decodeIds(task, ids) {
  const end = ids.indexOf(EOS);
  const tokens = (end < 0 ? ids : ids.slice(0, end)).filter((id) => id >= N_SPECIAL);
  return tokens.map((id) => task.tokens[id]).join(task.tokenizer === "words" ? " " : "");
}

// ------------------------------------------------------------------------------- the questions

function sumAsSource(task, question) {
  const text = strip(question).replace(/=$/, "");
  const unknown = text.match(new RegExp(`[^0-9+${WHITE_SPACE}]`, "u"));
  if (unknown) {
    throw new ValueError(
      `unknown character ${repr(unknown[0])} in ${repr(question)}: a sum is written with ` +
      `digits and one '+', such as ${task.question}`,
    );
  }
  const numbers = text.split("+").map(strip);
  if (numbers.length !== 2 || !numbers.every((number) => /^[0-9]+$/.test(number))) {
    throw new ValueError(
      `${repr(question)} is not a sum of two numbers, such as ${task.question}`,
    );
  }
  for (const number of numbers) {
    if (number.length <= task.digits) continue;
    throw new ValueError(
      `${number} in ${repr(question)} has ${number.length} digits; this model has learned ` +
      `numbers of up to ${task.digits}`,
    );
  }
  return `${BigInt(numbers[0])}+${BigInt(numbers[1])}=`;
}

function lettersAsSource(task, question) {
  const text = splitWords(question).join("");
  const n = characters(text).length;
  if (n < 1 || n > task.length) {
    throw new ValueError(
      `${repr(question)} has ${n} letters; this model has learned 1 to ${task.length}`,
    );
  }
  encode(task, text);
  return text;
}

function dateAsSource(task, question) {
  const source = splitWords(question).join(" ");
  const n = characters(source).length;
  if (n < 1 || n > task.longest[0]) {
    throw new ValueError(`${repr(question)} is not a date such as ${repr(task.question)}`);
  }
  encode(task, source);
  return source;
}

function numberAsSource(task, question) {
  const words = splitWords(question.toLowerCase().replace(/[-,]/g, " "));
  if (words.length < 1 || words.length > task.longest[0]) {
    throw new ValueError(`${repr(question)} is not a number in words, up to 99,999`);
  }
  const source = words.join(" ");
  encode(task, source);
  return source;
}

function modularSumAsSource(task, question) {
  const space = `[${WHITE_SPACE}]*`;
  const number = "0*([0-9]{1,2})";
  const form = `^${space}${number}${space}\\+${space}${number}${space}=?${space}$`;
  const [a, b] = question.match(new RegExp(form, "u"))?.slice(1).map(Number) ?? [MODULUS, 0];
  if (Math.max(a, b) >= MODULUS) {
    throw new ValueError(
      `${repr(question)} is not a sum of two numbers below ${MODULUS}, such as 77+30`,
    );
  }
  return `${a} + ${b}`;
}

function sentenceAsSource(task, question) {
  const words = splitWords(question.toLowerCase().replaceAll(".", " . "));
  if (words.filter((word) => word === GAP_WORD).length !== 1) {
    throw new ValueError(`a question has one gap, ${GAP_WORD}, such as ${repr(task.question)}`);
  }
  if (![".", GAP_WORD].includes(words.at(-1))) words.push(".");
  if (words.length > task.longest[0]) {
    throw new ValueError(`the longest sentence of this grammar has ${task.longest[0]} words`);
  }
  const source = words.join(" ");
  encode(task, source);
  return source;
}

function textAsSource(task, question) {
  encode(task, question);
  return question || task.tokens[N_SPECIAL];
}

/** The question of a task that this page does not know: as it is written, token by token. */
function anyAsSource(task, question) {
  if (!encode(task, question).length) {
    throw new ValueError(`${repr(question)} has no tokens: ask something`);
  }
  return question;
}

const AS_SOURCE = new Map([
  ["addition", sumAsSource],
  ["addition-gpt", sumAsSource],
  ["copy", lettersAsSource],
  ["reverse", lettersAsSource],
  ["sort", lettersAsSource],
  ["dates", dateAsSource],
  ["numbers", numberAsSource],
  ["modular-addition", modularSumAsSource],
  ["characters", textAsSource],
  ["fill-the-gap", sentenceAsSource],
]);

/** What the model reads for a question; a ValueError where it is none of this task. */
export function asSource(task, question) {
  return (AS_SOURCE.get(task.name) ?? anyAsSource)(task, question);
}

/** The ids from which a model of this kind writes its answer to a source. */
export function prompt(task, kind, source) {
  const ids = encode(task, source);
  if (task.name === "characters") return ids.slice(-Math.floor(task.context / 2));
  return kind === "GPT" ? [...ids, BOS] : ids;
}

/** The most tokens that it may write, </s> included. */
export function longestAnswer(task) {
  if (task.name === "characters") return Math.floor(task.context / 2);
  return task.architecture === "bert" ? 1 : task.longest[1] + 1;
}

/** The ids of a right answer, as the model learns to write it. */
export function targetIds(task, target) {
  const ids = encode(task, target);
  return task.name === "characters" || task.architecture === "bert" ? ids : [...ids, EOS];
}

/** The place of the gap in what a BERT reads. */
export function placeOfGap(task, ids) {
  return ids.indexOf(task.tokens.indexOf(GAP_WORD));
}

// --------------------------------------------------------------------------------- the answers

/** A target, as the model writes it, as people write it; of characters, what was written. */
export function asAnswer(task, target) {
  if (task.reversed) return characters(target).reverse().join("");
  return task.name === "numbers" ? target.replaceAll(" ", "") : target;
}

/** The digits of a + b, the last one first. */
function rightSum(source) {
  const [a, b] = source.slice(0, -1).split("+").map(BigInt);
  return [...String(a + b)].reverse().join("");
}

function rightModularSum(source) {
  const [a, b] = source.split(" + ").map(Number);
  return String((a + b) % MODULUS);
}

const RIGHT_ANSWERS = new Map([
  ["addition", rightSum],
  ["addition-gpt", rightSum],
  ["copy", (source) => source],
  ["reverse", (source) => [...source].reverse().join("")],
  ["sort", (source) => [...source].sort().join("")],
  ["modular-addition", rightModularSum],
]);

/** The right target for a source, as the model should write it; null where it is not computed. */
export function rightAnswer(task, source) {
  return RIGHT_ANSWERS.get(task.name)?.(source) ?? null;
}
