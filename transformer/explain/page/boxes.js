// The boxes of a model in the order of computation, read off its kind and configuration: what the
// map draws and the focus panel opens.

/**
 * A box: {id, kind, side, block, name, reads, writes, …}
 *   id      the path of its module, with [0] or [1] where a module works on both texts
 *   kind    tokens embedding attention add_norm mlp norm head output probabilities
 *   side    "source", "target" or "text"; block: its number, or null
 *   reads, writes   names in the trace (null: token ids), of shape (T, …)
 *   memory  for cross-attention: the name of what answers
 *   change  for an Add & Norm: the name of what is added; sublayer: the box that computed it
 */
export function boxesOf({ kind, config }) {
  if (kind === "Transformer") {
    const encoder = stackBoxes(config, "source", "encoder.blocks", "[0]", false);
    const decoder = stackBoxes(config, "target", "decoder.blocks", "[1]", false);
    const memory = finalNormBox(config, "source", "encoder.norm", lastBox(encoder).writes);
    const norm = finalNormBox(config, "target", "decoder.norm", lastBox(decoder).writes);
    const reads = (memory[0] ?? lastBox(encoder)).writes;
    for (const box of decoder) if (box.cross) box.memory = reads;
    const before = (norm[0] ?? lastBox(decoder)).writes;
    return [...encoder, ...memory, ...decoder, ...norm, ...outputBoxes("target", before)];
  }
  if (kind === "GPT") {
    const blocks = stackBoxes(config, "text", "blocks", "", false);
    const norm = finalNormBox(config, "text", "norm", lastBox(blocks).writes);
    return [...blocks, ...norm, ...outputBoxes("text", (norm[0] ?? lastBox(blocks)).writes)];
  }
  const blocks = stackBoxes(config, "text", "encoder.blocks", "", true);
  const norm = finalNormBox(config, "text", "encoder.norm", lastBox(blocks).writes);
  const reads = (norm[0] ?? lastBox(blocks)).writes;
  const writes = "norm.output";
  const head = { id: "head", kind: "head", side: "text", block: null, reads, writes };
  const [output, probabilities] = outputBoxes("text", writes);
  return [...blocks, ...norm, head, { ...output, hasBias: true }, probabilities];
}

const lastBox = (list) => list[list.length - 1];

/** Tokens, embedding, and the sublayers of each block, each followed by its Add & Norm. */
function stackBoxes(config, side, path, suffix, normalised) {
  const stream = `embedding.residual${suffix}`;
  const boxes = [
    { id: `tokens${suffix}`, kind: "tokens", side, block: null, reads: null, writes: null },
    {
      id: `embedding${suffix}`, kind: "embedding", side, block: null, reads: null, writes: stream,
      suffix, normalised,
    },
  ];
  const attentions = side === "target" ? ["self_attention", "cross_attention"] : ["attention"];
  let x = stream;
  for (let block = 0; block < config.n_layers; block++) {
    for (const name of [...attentions, "mlp"]) {
      const [module, around] = [`${path}.${block}.${name}`, `${path}.${block}.add_${name}`];
      const reads = config.pre_norm ? `${around}.norm.output` : x;
      const sublayer = {
        id: module, kind: name === "mlp" ? "mlp" : "attention", side, block, name, reads,
        writes: `${module}.output`, cross: name === "cross_attention",
        causal: name === "self_attention" || path === "blocks",
      };
      const add = {
        id: around, kind: "add_norm", side, block, name, reads: x, change: `${module}.output`,
        writes: `${around}.residual`, sublayer: module,
      };
      boxes.push(sublayer, add);
      x = add.writes;
    }
  }
  return boxes;
}

function finalNormBox({ final_norm }, side, id, reads) {
  return final_norm ? [{ id, kind: "norm", side, block: null, reads, writes: `${id}.output` }] : [];
}

function outputBoxes(side, reads) {
  return [
    { id: "output", kind: "output", side, block: null, reads, writes: "logits" },
    { id: "probabilities", kind: "probabilities", side, block: null, reads: "logits" },
  ];
}

/** The box to which a part of the trace belongs: "embedding.positions", "…attention.heads" etc. */
export function boxOf(boxes, name) {
  const same = boxes.find((box) => box.id === name);
  if (same) return same;
  const inside = boxes.filter((box) => name.startsWith(`${box.id}.`));
  if (inside.length) return inside.reduce((a, b) => (b.id.length > a.id.length ? b : a));
  if (name.startsWith("embedding")) {
    const embeddings = boxes.filter((box) => box.kind === "embedding");
    return embeddings.find(({ suffix }) => suffix && name.endsWith(suffix)) ?? lastBox(embeddings);
  }
  if (name === "logits") return boxes.find((box) => box.kind === "output");
  return boxes.find((box) => box.kind === "head" && /^(head|norm|transform)\b/.test(name)) ?? null;
}

/** Of a model's boxes, the one most like a box of another model. */
export function nearestBox(boxes, other) {
  const likeness = (box) => 8 * (box.kind === other.kind) + 4 * (box.causal === other.causal) +
    2 * ((box.side === "source") === (other.side === "source")) -
    Math.abs((box.block ?? 0) - (other.block ?? 0)) / 100;
  return boxes.reduce((best, box) => (likeness(box) >= likeness(best) ? box : best));
}

const BOX_TITLES = {
  tokens: { en: "Tokens", zh: "词元" },
  embedding: { en: "Embedding + position", zh: "嵌入 + 位置" },
  attention: { en: "Self-attention", zh: "自注意力" },
  self_attention: { en: "Masked self-attention", zh: "带掩码的自注意力" },
  cross_attention: { en: "Cross-attention", zh: "交叉注意力" },
  mlp: { en: "MLP", zh: "MLP" },
  add_norm: { en: "Add & Norm", zh: "相加与归一化" },
  norm: { en: "Final norm", zh: "最后的归一化" },
  head: { en: "Head", zh: "预测头" },
  output: { en: "Output", zh: "输出" },
  probabilities: { en: "Probabilities", zh: "概率" },
};

/** The title of a box, as texts for `words`. */
export function boxTitle(box) {
  if (box.kind === "attention") {
    return BOX_TITLES[box.causal ? "self_attention" : box.name];
  }
  return BOX_TITLES[box.kind];
}

/** Where a box stands, "decoder, block 1", as texts for `words`; empty for one without a block. */
export function boxPlace(box) {
  const sides = { source: ["encoder", "编码器"], target: ["decoder", "解码器"], text: ["", ""] };
  const [en, zh] = sides[box.side];
  const number = box.block === null ? null : box.block + 1;
  return {
    en: [en, number && `block ${number}`].filter(Boolean).join(", "),
    zh: [zh, number && `第 ${number} 块`].filter(Boolean).join("，"),
  };
}
