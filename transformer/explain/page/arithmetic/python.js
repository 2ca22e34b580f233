// What Python's strings do otherwise than JavaScript's; and its error.

/** What Python raises for a question that is none, or an edit that does not fit: a line to show. */
export class ValueError extends Error {}

/** What str.split and str.strip take for white space, as the inside of a character class. */
export const WHITE_SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** The characters of a text; one beyond U+FFFF is one, though JavaScript counts two. */
export function characters(text) {
  return [...text];
}

/** str.split(): the words between white space. */
export function splitWords(text) {
  return text.split(new RegExp(`[${WHITE_SPACE}]+`, "u")).filter((word) => word !== "");
}

/** str.strip(): without the white space at both ends. */
export function strip(text) {
  return text.replace(new RegExp(`^[${WHITE_SPACE}]+|[${WHITE_SPACE}]+$`, "gu"), "");
}

/** repr(str): in quotes, with escapes for quotes, backslashes, and what cannot be printed. */
export function repr(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const named = { "\\": "\\\\", [quote]: `\\${quote}`, "\t": "\\t", "\n": "\\n", "\r": "\\r" };
  const escaped = characters(text).map((c) => {
    if (c in named) return named[c];
    if (c === " " || !/^[\p{C}\p{Z}]$/u.test(c)) return c; // str.isprintable()
    const code = c.codePointAt(0);
    const [letter, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
  });
  return `${quote}${escaped.join("")}${quote}`;
}
