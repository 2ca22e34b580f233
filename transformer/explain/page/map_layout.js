// Where the boxes and lines of the map stand.
//
// The residual stream is a line from top to bottom, at the outer edge of each column. A sublayer is
// a branch of it: it leads out to the sublayer and back to ⊕, where the result is added. With
// pre-norm the norm stands on the branch, before the sublayer; with post-norm on the stream itself,
// after ⊕. The encoder's memory runs between the columns, to each cross-attention.

const STEM = 32; // from the stream to the sublayers
const STREAM = 12; // from a column's edge to its stream
const SPACE = 14;
const NORM = 22;
const HEIGHTS = {
  tokens: 50, embedding: 42, attention: 74, mlp: 48, norm: 28, head: 28, output: 28,
  probabilities: 88,
};
const WIDE = { ...HEIGHTS, embedding: 28, attention: 62 }; // where name and shape fit on one line

/**
 * {places: [{box, part, x, y, w, h}], edges: [{to, d}], frames: [{block, x, y, w, h}],
 *  memory: {x, y} or null, height}
 * part: "box", or "norm" and "add" of an Add & Norm. An edge leads to the box with the id `to`.
 */
export function layOutMap({ kind, config }, boxes, width) {
  const two = kind === "Transformer";
  const gap = width < 400 ? 30 : 44; // between the columns
  const w = two ? (width - gap) / 2 : Math.min(width, 430);
  const pre = config.pre_norm;
  if (!two) return layOutColumn(boxes, pre, 0, w, false);
  const source = layOutColumn(boxes.filter((box) => box.side === "source"), pre, 0, w, false);
  const targets = boxes.filter((box) => box.side === "target");
  const target = layOutColumn(targets, pre, w + gap, w, true);
  const down = source.height + 10;
  const memory = target.places
    .filter(({ box }) => box.cross)
    .map(({ box, x, y, h }) => ({
      to: box.id, arrow: true, memory: true,
      d: `M${STREAM} ${source.height}V${down}H${w + gap / 2}V${y + h / 2}H${x - 1}`,
    }));
  return {
    places: [...source.places, ...target.places],
    frames: [...source.frames, ...target.frames],
    edges: [...source.edges, ...target.edges, ...memory],
    memory: { x: STREAM + 8, y: down + 4 },
    height: Math.max(source.height + 40, target.height),
  };
}

function layOutColumn(boxes, preNorm, x, w, mirrored) {
  const stream = mirrored ? x + w - STREAM : x + STREAM;
  const body = mirrored ? x : x + STEM;
  const edge = mirrored ? body + w - STEM : body; // where a branch meets its sublayer
  const heights = w > 260 ? WIDE : HEIGHTS;
  const places = [];
  const edges = [];
  const frames = [];
  let y = 0;
  let from = null; // where the stream was left: below the last box on it
  let frame = null;
  let plus = 0;

  const arrive = (id, to) => from !== null && edges.push({ to: id, d: `M${stream} ${from}V${to}` });
  function onStream(box, h, part = "box") {
    arrive(box.id, y);
    places.push({ box, part, x, y, w, h });
    from = y + h;
    y = from + SPACE;
  }

  for (const box of boxes) {
    if (box.kind === "attention" || box.kind === "mlp") {
      if (frame?.block !== box.block) {
        frame = { block: box.block, x: x - 7, y: y - 2, w: w + 14, h: 0 };
        frames.push(frame);
        y += 20;
      }
      const top = preNorm ? NORM : 0;
      const h = heights[box.kind];
      const branch = y + (preNorm ? NORM / 2 : 16);
      edges.push({ to: box.id, d: `M${stream} ${from}V${branch}H${edge}`, arrow: true, mirrored });
      places.push({ box, part: "box", x: body, y: y + top, w: w - STEM, h });
      plus = y + top + h - 16;
      edges.push({ to: box.id.replace(/([^.]+)$/, "add_$1"), d: `M${stream} ${branch}V${plus}` });
      edges.push({ to: box.id.replace(/([^.]+)$/, "add_$1"), d: `M${edge} ${plus}H${stream}` });
      continue;
    }
    if (box.kind !== "add_norm") {
      onStream(box, heights[box.kind]);
      continue;
    }
    const { y: top, h } = places[places.length - 1];
    places.push({ box, part: "add", x: stream - 10, y: plus - 10, w: 20, h: 20 });
    from = plus + 10;
    y = top + h + SPACE;
    if (preNorm) places.push({ box, part: "norm", x: body, y: top - NORM, w: w - STEM, h: NORM });
    else onStream(box, NORM, "norm");
    if (box.name === "mlp") {
      frame.h = y - frame.y - 4;
      y += 12;
    }
  }
  return { places, edges, frames, memory: null, height: from };
}
