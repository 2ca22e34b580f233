// The words of the glossary about answers: how one is read off, taken apart, written and learned.

export const ANSWER_WORDS = {
  logits: {
    name: { en: "logits", zh: "logits" },
    text: {
      en: "A number for each token of the vocabulary: the higher, the more likely it comes next.",
      zh: "词表里每个词元一个数：越大，就越可能是下一个。",
    },
  },
  probability: {
    name: { en: "probability", zh: "概率" },
    text: {
      en: "The logits after softmax: shares that add up to 1.",
      zh: "logits 经过 softmax 以后：加起来等于 1 的份额。",
    },
  },
  "logit lens": {
    name: { en: "logit lens", zh: "logit 透镜" },
    text: {
      en: "The final norm and the output layer, applied to the stream too early: what the model " +
        "would say if it ended here.",
      zh: "把最后的归一化和输出层提前用在残差流上：假如模型到此为止，它会说什么。",
    },
  },
  "direct logit attribution": {
    name: { en: "direct logit attribution", zh: "logit 的直接归因" },
    text: {
      en: "A logit is a sum over all that was added to the stream. This lists the terms: how " +
        "much each part pushed, directly.",
      zh: "logit 是往残差流里加的所有东西之和。把各项列出来，就知道每一部分直接推了多少。",
    },
  },
  ablation: {
    name: { en: "ablation", zh: "消融" },
    text: {
      en: "Switch a part off, and see what changes. It measures what the sum only predicts, " +
        "because later parts react.",
      zh: "关掉一个部分，看结果怎么变。求和只是预测，这才是测量，因为后面的部分会跟着变。",
    },
  },
  "activation patching": {
    name: { en: "activation patching", zh: "激活替换" },
    text: {
      en: "Put in a part's place what it computed for another question. What changes tells what " +
        "the part carries.",
      zh: "把一个部分换成它在另一个问题里算出来的结果。看什么变了，就知道它携带着什么。",
    },
  },
  cache: {
    name: { en: "key/value cache", zh: "键值缓存" },
    text: {
      en: "Keys and values of the tokens so far, kept: a new token need not compute them again.",
      zh: "把已有词元的键和值留着，新词元来了不必重算。",
    },
  },
  "teacher forcing": {
    name: { en: "teacher forcing", zh: "教师强制" },
    text: {
      en: "In training the model reads the right answer so far, whatever it would have written " +
        "itself.",
      zh: "训练时，不管模型自己会写什么，读到的前文总是正确答案。",
    },
  },
  greedy: {
    name: { en: "greedy decoding", zh: "贪心解码" },
    text: {
      en: "At each step, write the likeliest token.",
      zh: "每一步都写概率最大的词元。",
    },
  },
  "beam search": {
    name: { en: "beam search", zh: "束搜索" },
    text: {
      en: "Follow several beginnings of an answer at once, and keep the likeliest ones after " +
        "each step.",
      zh: "同时跟着几个答案的开头往下写，每一步只留下最可能的几个。",
    },
  },
  loss: {
    name: { en: "loss", zh: "损失" },
    text: {
      en: "−ln of the probability that the model gave to the right token: 0 if it was certain of " +
        "it. Training makes it small.",
      zh: "模型给正确词元的概率取 −ln：完全肯定时是 0。训练就是把它变小。",
    },
  },
  checkpoint: {
    name: { en: "checkpoint", zh: "检查点" },
    text: {
      en: "The model's weights as they were at some step of the training.",
      zh: "训练到某一步时保存下来的模型权重。",
    },
  },
  "<s>": {
    name: { en: "<s>", zh: "<s>" },
    text: {
      en: "The token that starts an answer. Behind it the first real token is predicted.",
      zh: "答案开头的标记。模型在它后面预测第一个真正的词元。",
    },
  },
  "</s>": {
    name: { en: "</s>", zh: "</s>" },
    text: {
      en: "The token by which the model says that its answer is complete.",
      zh: "模型写出它，表示答案写完了。",
    },
  },
};
