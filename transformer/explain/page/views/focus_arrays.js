// Which arrays of the trace the focus panel shows of a box, in the order of computation; but of an
// attention its scores and weights first, for which one opens it.

import { words } from "../words.js";

const ARRAY_TITLES = {
  stream: { en: "in: the residual stream", zh: "输入：残差流" },
  reads: { en: "in: what it reads", zh: "输入：它读取的" },
  memory: { en: "in: the memory, which answers", zh: "输入：记忆，由它来答" },
  tokens: { en: "the tokens' vectors", zh: "词元的向量" },
  scaled_tokens: { en: "the tokens' vectors, times √d_model", zh: "词元的向量，乘以 √d_model" },
  positions: { en: "+ the positions' vectors", zh: "＋ 位置的向量" },
  segments: { en: "+ the segments' vectors", zh: "＋ 段落的向量" },
  sum: { en: "= their sum, before the norm", zh: "＝ 相加，归一化之前" },
  embedded: { en: "out: the residual stream begins", zh: "输出：残差流从这里开始" },
  q: { en: "queries: what each token asks", zh: "查询：每个词元问什么" },
  k: { en: "keys: what each can be found by", zh: "键：每个词元凭什么被找到" },
  v: { en: "values: what each hands over", zh: "值：每个词元交出什么" },
  turned_q: { en: "queries, turned by their positions", zh: "查询，按位置旋转之后" },
  turned_k: { en: "keys, turned by their positions", zh: "键，按位置旋转之后" },
  scores: { en: "scores: query · key / √d_head", zh: "得分：查询 · 键 / √d_head" },
  early_scores: {
    en: "scores; struck out: what the mask hides", zh: "得分；划去的：被掩码遮住",
  },
  weights: { en: "weights: softmax of each row", zh: "权重：每行取 softmax" },
  masked_weights: { en: "weights: softmax, behind the mask", zh: "权重：加掩码后取 softmax" },
  mixed: { en: "mixed: the values, in these shares", zh: "混合：按份额取各个值" },
  heads: { en: "what this head adds, after W_O", zh: "这个头加进去的（乘 W_O 之后）" },
  output: { en: "out: the heads added up, and the bias", zh: "输出：所有头相加，再加偏置" },
  plain_output: { en: "out: the heads added up", zh: "输出：所有头相加" },
  change: { en: "what the sublayer computed", zh: "子层算出的结果" },
  norm_input: { en: "before the norm", zh: "归一化之前" },
  mean: { en: "its mean, subtracted", zh: "均值，要减去" },
  scale: { en: "its scale: 1 / √(variance + ε), multiplied", zh: "尺度：1 / √(方差 + ε)，要乘上" },
  rms_scale: { en: "its scale: 1 / √(mean square + ε), multiplied", zh: "尺度：1 / √(均方 + ε)，要乘上" },
  norm_output: { en: "after the norm: what the sublayer reads", zh: "归一化之后：子层读取的" },
  norm_last: { en: "out: after the norm", zh: "输出：归一化之后" },
  residual: { en: "out: the residual stream, after Add", zh: "输出：相加之后的残差流" },
  residual_normed: { en: "out: the residual stream, after Add & Norm", zh: "输出：相加并归一化之后的残差流" },
  pre_activation: { en: "hidden units, before the activation", zh: "隐藏单元，激活之前" },
  gate: { en: "the gate, before silu", zh: "门，silu 之前" },
  up: { en: "what passes through the gate", zh: "通过门的内容" },
  hidden: { en: "hidden units: what is left of them", zh: "隐藏单元：激活之后留下的" },
  mlp_output: { en: "out: what the units add, and the bias", zh: "输出：各单元所加之和，再加偏置" },
  plain_mlp_output: { en: "out: what the units add", zh: "输出：各单元所加之和" },
  head_pre: { en: "after the matrix", zh: "乘矩阵之后" },
  head_hidden: { en: "after GELU", zh: "经过 GELU 之后" },
  logits: { en: "out: logits", zh: "输出：logits" },
  read_logits: { en: "in: logits", zh: "输入：logits" },
};

/**
 * [{title, trace, at, rows: "own" or "memory", group}]; arrays of one group stand side by side.
 * `head`: the head of an attention that is shown.
 */
export function arraysOf(box, { config }, trace, head) {
  const list = [];
  const show = (title, name, more = {}) => {
    if (!trace.has(name)) return;
    list.push({ title: words(ARRAY_TITLES[title]), trace: name, at: [], rows: "own", ...more });
  };
  const norm = (path, last, before = "norm_input") => {
    show(before, `${path}.input`);
    show("mean", `${path}.mean`, { group: "scale" });
    show(config.norm === "rms" ? "rms_scale" : "scale", `${path}.scale`, { group: "scale" });
    show(last, `${path}.output`);
  };
  switch (box.kind) {
    case "embedding":
      show(
        config.positions === "sinusoidal" ? "scaled_tokens" : "tokens",
        `embedding.tokens${box.suffix}`,
      );
      show("positions", `embedding.positions${box.suffix}`);
      show("segments", `embedding.segments${box.suffix}`);
      if (box.normalised) norm("embedding.norm", "norm_last", "sum");
      show("embedded", box.writes);
      break;
    case "attention": {
      const shared = [Math.floor(head / (config.n_heads / config.n_kv_heads))];
      const answering = box.cross ? "memory" : "own";
      const turned = config.positions === "rotary" && !box.cross ? "turned_" : "";
      const own = { at: [head] };
      const theirs = { at: shared, rows: answering, group: "qkv" };
      const square = { ...own, columns: answering, group: "weights" };
      show(box.causal ? "early_scores" : "scores", `${box.id}.scores`, square);
      show(box.causal ? "masked_weights" : "weights", `${box.id}.weights`, square);
      show(`${turned}q`, `${box.id}.q`, { ...own, group: "qkv", colour: "asks" });
      show(`${turned}k`, `${box.id}.k`, { ...theirs, colour: "answers" });
      show("v", `${box.id}.v`, { ...theirs, colour: "value" });
      show("reads", box.reads, { group: "in" });
      if (box.cross) show("memory", box.memory, { rows: "memory", group: "in" });
      show("mixed", `${box.id}.mixed`, { ...own, group: "out" });
      show("heads", `${box.id}.heads`, { ...own, group: "out" });
      show(config.bias ? "output" : "plain_output", `${box.id}.output`, { group: "out" });
      break;
    }
    case "mlp":
      show("reads", box.reads);
      show(config.activation === "swiglu" ? "gate" : "pre_activation", `${box.id}.pre_activation`);
      show("up", `${box.id}.up`);
      show("hidden", `${box.id}.hidden`);
      show(config.bias ? "mlp_output" : "plain_mlp_output", `${box.id}.output`);
      break;
    case "add_norm":
      if (config.pre_norm) {
        norm(`${box.id}.norm`, "norm_output", "stream");
        show("change", box.change);
        show("residual", box.writes);
      } else {
        show("stream", box.reads);
        show("change", box.change);
        norm(`${box.id}.norm`, "residual_normed", "sum");
      }
      break;
    case "norm":
      norm(box.id, "norm_last", "stream");
      break;
    case "head":
      show("reads", box.reads);
      show("head_pre", "head.pre_activation");
      show("head_hidden", "head.hidden");
      norm("norm", "norm_last");
      break;
    case "output":
      show("reads", box.reads);
      show("logits", "logits", { columns: "vocabulary" });
      break;
    case "probabilities":
      show("read_logits", "logits", { columns: "vocabulary" });
      break;
    default:
  }
  return list;
}
