// The formulas of the boxes, as `formula` in widgets.js takes them.

import { words } from "../words.js";

const upright = (text) => ["text", text];
const FORMULA_NAMES = {
  mask: "掩码", weights: "权重", heads: "头", output: "输出", token: "词元", position: "位置",
};
/** A word in a formula, in the reader's language. */
const called = (en) => upright(words({ en, zh: FORMULA_NAMES[en] }));
const under = (x, i) => ["sub", x, i];
const call = (f, ...x) => [upright(f), "(", ...x, ")"];

/** The formulas of a box: a list of parts each. */
export function formulasOf(box, config) {
  const make = FORMULAS[box.kind];
  return make ? make(config, box) : [];
}

const FORMULAS = {
  embedding: ({ positions, d_model }) => [[
    "x", "=", ...(positions === "sinusoidal" ? [["sqrt", d_model], "·"] : []),
    under("E", called("token")),
    ...(positions === "rotary" ? [] : ["+", under("P", called("position"))]),
  ]],

  attention: ({ d_head, bias }, { causal }) => {
    const score = ["frac", ["row", ["asks", "q"], "·", ["answers", "k"]], ["sqrt", d_head]];
    const shares = call("softmax", score, ...(causal ? ["+", called("mask")] : []));
    const mixed = ["(", called("weights"), "·", ["value", "v"], ")"];
    const heads = ["munder", "∑", called("heads")];
    return [
      [called("weights"), "=", ...shares],
      [called("output"), "=", heads, ...mixed, "·", under("W", "O"), ...plus(bias, "b")],
    ];
  },

  mlp: ({ activation, bias }) => {
    const widened = ["x", under("W", 1), ...plus(bias, under("b", 1))];
    const hidden = {
      relu: call("max", 0, ",", ...widened),
      swiglu: ["(", ...call("silu", ...widened), "·", "(", "x", "V", ...plus(bias, "c"), ")", ")"],
    }[activation] ?? call("GELU", ...widened);
    return [["y", "=", ...hidden, "·", under("W", 2), ...plus(bias, under("b", 2))]];
  },

  add_norm: (config, { name }) => {
    const sublayer = (...x) => call(name === "mlp" ? "MLP" : "attention", ...x);
    return config.pre_norm
      ? [
        ["x", "←", "x", "+", ...sublayer(...call("norm", "x"))],
        [...call("norm", "x"), "=", ...normalised("x", config)],
      ]
      : [
        ["x", "←", ...call("norm", "x", "+", ...sublayer("x"))],
        [...call("norm", "s"), "=", ...normalised("s", config)],
      ];
  },

  norm: (config) => [["y", "=", ...normalised("x", config)]],

  head: ({ bias }) => [
    ["y", "=", ...call("norm", ...call("GELU", "x", "W", ...plus(bias, "b")))],
  ],

  output: ({ tie_embeddings: tied, bias }, { hasBias }) => [
    [upright("logits"), "=", "x", tied ? ["sup", "E", "T"] : "W", ...plus(bias && hasBias, "b")],
  ],

  probabilities: () => {
    const power = (i) => ["sup", "e", under("z", i)];
    const sum = ["row", ["munder", "∑", "j"], power("j")];
    return [[under("p", "i"), "=", ["frac", power("i"), sum]]];
  },
};

function plus(bias, b) {
  return bias ? ["+", b] : [];
}

function normalised(x, { norm, bias }) {
  if (norm === "rms") {
    const square = ["row", ...call("mean", ["sup", x, 2]), "+", "ε"];
    return [["frac", x, ["sqrt", square]], "·", "w"];
  }
  const deviation = ["sqrt", ["row", ...call("variance", x), "+", "ε"]];
  return [["frac", ["row", x, "−", ...call("mean", x)], deviation], "·", "w", ...plus(bias, "b")];
}
