// Formulas, as trees of arrays: ["frac", 1, ["sqrt", "d"]].

const MATHML_SHORT = {
  frac: "mfrac", sub: "msub", sup: "msup", sqrt: "msqrt", row: "mrow",
  text: "mtext", asks: "mi", answers: "mi", value: "mi",
};

/** An element of MathML. */
export function makeMath(tag) {
  return document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
}

/** The element of a part of a formula; see `formula` in widgets.js. */
export function mathNode(part) {
  if (Array.isArray(part)) {
    const [tag, ...children] = part;
    const node = makeMath(MATHML_SHORT[tag] ?? tag);
    if (node.localName === "mi") node.setAttribute("class", tag);
    if (["mtext", "mi"].includes(node.localName)) node.textContent = children.join("");
    else node.append(...children.map(mathNode));
    return node;
  }
  const text = String(part);
  const kind = /^[\d.]+$/.test(text) ? "mn" : /^[\p{L}]+$/u.test(text) ? "mi" : "mo";
  const node = makeMath(kind);
  node.textContent = text;
  return node;
}
