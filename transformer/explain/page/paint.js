// Heat maps on a canvas. Colours of numbers are mixed from the custom properties of the style.

const SHADES = 128; // of each hue

let palette = null;

function readColour(style, name) {
  const hex = style.getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

/** Forget the colours that were read: light and dark have changed. */
export function forgetColours() {
  palette = null;
}

export function colours() {
  if (palette === null) {
    const style = getComputedStyle(document.documentElement);
    const names = ["cell", "ink", "quiet", "weight", "plus", "minus"];
    palette = Object.fromEntries(names.map((name) => [name, readColour(style, `--${name}`)]));
    const shades = ["weight", "plus", "minus"].map((hue) => [hue, shadesOf(palette[hue])]);
    palette.shades = Object.fromEntries(shades);
  }
  return palette;
}

/** From no colour to the full one. */
function shadesOf(full) {
  return Array.from({ length: SHADES + 1 }, (_, i) =>
    palette.cell.map((x, c) => Math.round(x + (full[c] - x) * (i / SHADES) ** 0.8)));
}

/** A colour [r, g, b] in the words of CSS, which it keeps. */
export function css(colour) {
  return (colour.css ??= `rgb(${colour.join(" ")})`);
}

/**
 * The colour of x as [r, g, b]. scale "weight": from 0, no colour, to `most`. "signed": two hues.
 */
export function colourOf(x, scale, most) {
  const hue = scale === "weight" ? "weight" : x < 0 ? "minus" : "plus";
  const share = most > 0 ? Math.min(1, Math.abs(x) / most) : 0;
  return colours().shades[hue][Math.round(share * SHADES)];
}

/** The colour of text on a cell of that colour. */
export function inkOn([r, g, b]) {
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#1a1916" : "#ffffff";
}

const LABEL_FONT = "12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const CELL_FONT = "11px system-ui, sans-serif";
const LONGEST_LABEL = 96;

const measuring = document.createElement("canvas").getContext("2d");

function labelWidth(labels) {
  measuring.font = LABEL_FONT;
  const widths = labels.map((label) => measuring.measureText(label).width);
  return Math.min(LONGEST_LABEL, Math.ceil(Math.max(0, ...widths)));
}

/**
 * Where the cells of a heat map stand. `columns` null: they are numbered, where there is room.
 * Returns {left, top, cell, line, width, height, upright}: a cell is `cell` wide and `line` high.
 */
export function heatLayout([height, width], { rows, columns, cell, line: given }) {
  const size = cell ?? Math.max(3, Math.min(24, Math.floor(400 / width)));
  const line = given ?? cell ?? Math.max(3, Math.min(18, Math.floor(480 / height)));
  const left = rows ? labelWidth(rows) + 8 : 0;
  const wide = columns ? labelWidth(columns) : 0;
  const upright = wide > size;
  const top = columns ? (upright ? wide : 12) + 6 : columns === null ? 16 : 0;
  return {
    left, top, cell: size, line, upright,
    width: left + width * size + 1, height: top + height * line + 1,
  };
}

function paintLabels(pen, layout, rows, columns, [height, width]) {
  const { left, top, cell, line, upright } = layout;
  const { ink, quiet } = colours();
  pen.font = LABEL_FONT;
  pen.textBaseline = "middle";
  pen.fillStyle = css(ink);
  pen.textAlign = "right";
  rows?.forEach((label, i) => {
    if (line >= 11) pen.fillText(label, left - 6, top + (i + 0.5) * line, LONGEST_LABEL);
  });
  pen.textAlign = upright ? "left" : "center";
  columns?.forEach((label, j) => {
    pen.save();
    pen.translate(left + (j + 0.5) * cell, top - (upright ? 5 : 9));
    if (upright) pen.rotate(-Math.PI / 2);
    if (cell >= 11) pen.fillText(label, 0, 0, LONGEST_LABEL);
    pen.restore();
  });
  if (columns !== null) return;
  pen.font = CELL_FONT;
  pen.fillStyle = css(quiet);
  pen.textAlign = "center";
  const room = Math.max(22, pen.measureText(width).width + 6);
  const every = [1, 4, 8, 16, 32, 64].find((n) => n * cell >= room) ?? 64;
  for (let j = every - 1; j < width; j += every) {
    const half = pen.measureText(j + 1).width / 2;
    pen.fillText(j + 1, Math.min(left + (j + 0.5) * cell, layout.width - half), top - 8);
  }
}

/** Paint the cells, with their numbers where there is room. */
export function paintHeat(canvas, layout, values, options) {
  const { rows, columns, scale, most, hidden } = options;
  const { left, top, cell, line } = layout;
  const [height, width] = values.shape;
  const { there = height } = options;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = layout.width * ratio;
  canvas.height = layout.height * ratio;
  canvas.style.setProperty("width", `${layout.width}px`);
  canvas.style.setProperty("height", `${layout.height}px`);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const gap = cell >= 8 && line >= 8 ? 1 : 0;
  pen.font = CELL_FONT;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const x = values.data[i * width + j];
      const [across, down] = [left + j * cell, top + i * line];
      const colour = colourOf(x, scale, most);
      pen.fillStyle = css(colour);
      pen.fillRect(across, down, cell - gap, line - gap);
      if (hidden && hidden(i, j)) hatch(pen, colour, [across, down, cell - gap, line - gap]);
      else if (cell >= 36 && i < there) {
        pen.fillStyle = inkOn(colour);
        pen.fillText(x.toFixed(2).replace("-", "−"), across + cell / 2, down + line / 2);
      }
    }
  }
  if (there < height) veil(pen, [left, top + there * line, width * cell, (height - there) * line]);
  paintLabels(pen, layout, rows, columns, [height, width]);
}

/** Fade and hatch what is not there yet. */
function veil(pen, place) {
  const { cell } = colours();
  pen.globalAlpha = 0.8;
  pen.fillStyle = css(cell);
  pen.fillRect(...place);
  pen.globalAlpha = 1;
  hatch(pen, cell, place);
}

/** Strike a cell of that colour out, with lines that go on in the next. */
function hatch(pen, colour, [left, top, width, height]) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.beginPath();
  const start = left - height;
  for (let x = start - ((start + top + height) % 5); x < left + width; x += 5) {
    pen.moveTo(x, top + height);
    pen.lineTo(x + height, top);
  }
  pen.globalAlpha = 0.5;
  pen.strokeStyle = inkOn(colour);
  pen.stroke();
  pen.restore();
}

/**
 * Canvases by name, each the same at every drawing: a browser takes ten times as long to set up a
 * new one as to paint it. A view has its own, as an element stands in one place.
 */
export function canvasKeeper() {
  const kept = new Map();
  return (name) => {
    if (!kept.has(name)) kept.set(name, document.createElement("canvas"));
    return kept.get(name);
  };
}

/** Paint a matrix with one pixel a cell; the style gives it its size. */
export function paintSmall(canvas, { shape: [height, width], data }, scale, most) {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  data.forEach((x, i) => {
    image.data.set(colourOf(x, scale, most), 4 * i);
    image.data[4 * i + 3] = 255;
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}
