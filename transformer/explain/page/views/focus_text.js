// What the focus panel says of a box: what goes in, what happens, what comes out.

import { phrase, term } from "../widgets.js";
import { words } from "../words.js";

/** {goesIn, happens, comesOut}: nodes */
export function textOf(box, { config, kind }) {
  const [goesIn, happens, comesOut] = FOCUS_TEXTS[textKey(box, config)](config, box, kind);
  return { goesIn, happens, comesOut };
}

function textKey(box, { pre_norm }) {
  if (box.kind === "attention") return box.cross ? "cross" : box.causal ? "causal" : "attention";
  if (box.kind === "add_norm") return pre_norm ? "pre_norm" : "post_norm";
  return box.kind;
}

const normTerm = ({ norm }) => term(norm === "rms" ? "RMSNorm" : "LayerNorm");

const FOCUS_TEXTS = {
  tokens: (config, box, kind) => [
    box.side === "target"
      ? phrase({
        en: "The answer so far, after {0}: each token that the model writes is read again for " +
          "the next one.",
        zh: "已经写出的答案，前面加上 {0}：模型每写一个词元，下一步都会把它读回来。",
      }, term("<s>"))
      : phrase({ en: "The text, as it was typed.", zh: "输入的文字。" }),
    phrase({
      en: "It is cut into {0}s, and each is looked up in the {1}.",
      zh: "切成一个个{0}，再到{1}里查编号。",
    }, term("token"), term("vocabulary")),
    kind === "BERT"
      ? phrase({
        en: "A number for each token, its id. The gap is a token too.",
        zh: "每个词元一个编号。空格处也是一个词元。",
      })
      : phrase({ en: "A number for each token, its id.", zh: "每个词元一个编号。" }),
  ],
  embedding: (config) => [
    phrase({ en: "The ids of the tokens.", zh: "词元的编号。" }),
    config.positions === "rotary"
      ? phrase({
        en: "Each id is replaced by its row of a learned table, the {0}. Where a token stands is " +
          "told later: attention turns its {1} and {2} by an angle that grows with the {3}.",
        zh: "每个编号换成一张学出来的表（{0}）里对应的一行。词元的位置要到后面才知道：注意力会把它的{1}和{2}转一个角度，{3}越靠后转得越多。",
      }, term("embedding"), term("query"), term("key"), term("position"))
      : phrase({
        en: "Each id is replaced by its row of a learned table, the {0}. A second row, which " +
          "says the {1}, is added: without it, the same tokens in another order would look the " +
          "same.",
        zh: "每个编号换成一张学出来的表（{0}）里对应的一行，再加上表示{1}的一行。没有后者，同样的词元换个顺序，看起来就一样了。",
      }, term("embedding"), term("position")),
    phrase({
      en: "A {0} of {1} numbers for each token. Here its {2} begins.",
      zh: "每个词元一个{0}，共 {1} 个数。它的{2}从这里开始。",
    }, term("vector"), config.d_model, term("residual")),
  ],
  attention: (config) => [
    phrase({ en: "A vector for each token.", zh: "每个词元一个向量。" }),
    askAndAnswer(config, {
      en: "Each token asks with its {0}. All tokens answer with their {1}s. Where the two fit, " +
        "it takes over much of the other's {2}. {3} {4}s do so side by side, each in its own way.",
      zh: "每个词元用自己的{0}发问，所有词元用各自的{1}来应答；越合拍，取来的{2}就越多。{3} 个{4}并排做这件事，各有各的找法。",
    }),
    gathered(),
  ],
  causal: (config) => [
    phrase({ en: "A vector for each token so far.", zh: "到目前为止的每个词元各有一个向量。" }),
    askAndAnswer(config, {
      en: "Each token asks with its {0}. It and those before it answer with their {1}s; the {5} " +
        "hides those after it. Where query and key fit, it takes over much of the other's {2}. " +
        "{3} {4}s do so side by side.",
      zh: "每个词元用自己的{0}发问，它自己和前面的词元用{1}来应答，后面的被{5}挡住。越合拍，取来的{2}就越多。{3} 个{4}并排做这件事。",
    }),
    gathered(),
  ],
  cross: (config) => [
    phrase({
      en: "The vectors of the answer so far, which ask; and the encoder's {0} of the question, " +
        "which answers.",
      zh: "已写答案的向量，由它们发问；还有编码器对问题的{0}，由它来答。",
    }, term("memory")),
    askAndAnswer(config, {
      en: "Each token of the answer asks with its {0}. The question's tokens answer with their " +
        "{1}s. Where the two fit, it takes over much of the other's {2}. {3} {4}s do so side by " +
        "side.",
      zh: "答案里的每个词元用自己的{0}发问，问题里的词元用{1}来应答；越合拍，取来的{2}就越多。{3} 个{4}并排做这件事。",
    }),
    gathered(),
  ],
  mlp: (config) => [
    phrase({
      en: "A vector for each token. Each goes through alone: nothing passes from one to another " +
        "here.",
      zh: "每个词元一个向量，各走各的：在这里，词元之间不传递任何东西。",
    }),
    config.activation === "relu"
      ? phrase({
        en: "{0} {1}s each look for something in the vector. {2} keeps those that find it; each " +
          "of them adds its own direction, the more the surer it is.",
        zh: "{0} 个{1}各在向量里找一样东西。{2} 只留下找到了的；每一个都往结果里加上自己的方向，找得越准加得越多。",
      }, config.d_ff, term("unit"), term("ReLU"))
      : phrase({
        en: "{0} {1}s each look for something in the vector. Those that find it open, and each " +
          "adds its own direction, the more the surer it is.",
        zh: "{0} 个{1}各在向量里找一样东西。找到了的打开，往结果里加上自己的方向，找得越准加得越多。",
      }, config.d_ff, term("unit")),
    phrase({
      en: "For each token a vector of what it has made of what it knew. It is added to the " +
        "stream next.",
      zh: "每个词元一个向量：它从已知的东西里得出了什么。接着加进残差流。",
    }),
  ],
  pre_norm: (config, box) => [
    phrase({
      en: "The {0}, and what {1} computed.",
      zh: "{0}，以及{1}算出的结果。",
    }, term("residual"), changeTerm(box)),
    phrase({
      en: "Norm: before the sublayer reads it, each token's vector is brought to a common scale " +
        "by {0}. Add: afterwards the result is added to the stream itself, which no norm has " +
        "touched.",
      zh: "归一化：子层读取之前，先用 {0} 把每个词元的向量调到同样的尺度。相加：算完之后，结果加回未经归一化的残差流。",
    }, normTerm(config)),
    phrase({ en: "The stream, richer by one step.", zh: "多了一步内容的残差流。" }),
  ],
  post_norm: (config, box) => [
    phrase({
      en: "The {0}, and what {1} computed.",
      zh: "{0}，以及{1}算出的结果。",
    }, term("residual"), changeTerm(box)),
    phrase({
      en: "Add: the two are added, number by number. Norm: {0} brings the sum of each token to a " +
        "common scale.",
      zh: "相加：两者逐个数相加。归一化：{0} 把每个词元的和调到同样的尺度。",
    }, normTerm(config)),
    phrase({ en: "The stream, richer by one step.", zh: "多了一步内容的残差流。" }),
  ],
  norm: (config) => [
    phrase({
      en: "The {0} after the last block: a sum of all that was added on the way.",
      zh: "最后一块之后的{0}：一路上加进来的所有东西之和。",
    }, term("residual")),
    phrase({
      en: "{0} brings each token's vector to a common scale once more.",
      zh: "{0} 再一次把每个词元的向量调到同样的尺度。",
    }, normTerm(config)),
    phrase({ en: "For each token a vector, ready to be read.", zh: "每个词元一个可供读取的向量。" }),
  ],
  head: (config) => [
    phrase({ en: "What the encoder has made of each token.", zh: "编码器对每个词元的理解。" }),
    phrase({
      en: "BERT's head: one more matrix, GELU, and {0}, before the output.",
      zh: "BERT 的预测头：输出之前，再经过一个矩阵、GELU 和 {0}。",
    }, normTerm(config)),
    phrase({ en: "For each token a vector, ready to be read.", zh: "每个词元一个可供读取的向量。" }),
  ],
  output: (config) => [
    phrase({ en: "The finished vector of each token.", zh: "每个词元最终的向量。" }),
    phrase({
      en: "It is compared with a learned row for each of the {0} tokens of the {1}.",
      zh: "把它与{1}里 {0} 个词元各自学出来的一行相比较。",
    }, config.vocab_size, term("vocabulary")),
    phrase({
      en: "The {0}: a number for each token that could come here, the higher, the likelier.",
      zh: "{0}：每个可能的词元一个数，越大越可能。",
    }, term("logits")),
  ],
  probabilities: (config, box, kind) => [
    phrase({ en: "The {0} of the chosen step.", zh: "所选这一步的 {0}。" }, term("logits")),
    phrase({
      en: "{0} turns them into shares that add up to 1.",
      zh: "{0} 把它们变成和为 1 的份额。",
    }, term("softmax")),
    kind === "BERT"
      ? phrase({
        en: "A {0} for each token. The likeliest goes into the gap.",
        zh: "每个词元一个{0}。最可能的填进空处。",
      }, term("probability"))
      : phrase({
        en: "A {0} for each token. The likeliest is written, and read again at the next step.",
        zh: "每个词元一个{0}。写出最可能的那个，下一步再读进来。",
      }, term("probability")),
  ],
};

function askAndAnswer({ n_heads }, texts) {
  return phrase(
    texts, term("query"), term("key"), term("value"), n_heads, term("head"), term("causal mask"));
}

function gathered() {
  return phrase({
    en: "For each token a vector of what it has gathered. It is added to the stream next.",
    zh: "每个词元一个向量：它收集到的东西。接着加进残差流。",
  });
}

function changeTerm({ name }) {
  if (name === "mlp") return term("MLP", words({ en: "the MLP", zh: "MLP" }));
  return term({ cross_attention: "cross-attention" }[name] ?? "self-attention");
}
