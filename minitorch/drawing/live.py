"""What makes the SVG look as it does, on light and on dark, and fold at a click.

`SCRIPT` does again what `geometry.py` did first, for the boxes that are folded now. It is written
without `<` and `&`, which XML and HTML read differently.
"""

from .geometry import MARGIN
from .layout import GAP, LANE

COLOURS = {  # fill and stroke on light, fill and stroke on dark
    "paper": ("#ffffff", "none", "#16191d", "none"),
    "operation": ("#f6f8fa", "#8a97a6", "#242a31", "#6e7b8a"),
    "input": ("#e2f3e6", "#3f8f55", "#16331f", "#58b274"),
    "parameter": ("#fdf0d2", "#bf8a1c", "#3a2d0f", "#d3a23c"),
    "constant": ("#ffffff", "#a9b4bf", "#16191d", "#59646f"),
    "output": ("#e3edfd", "#2763c4", "#152a4a", "#6ea0f5"),
    "module": ("#eef3fb", "#9db4d6", "#1b222c", "#4c6388"),
    "name": ("#1c2530", "#eef3fb", "#e8ebee", "#1b222c"),
    "ink": ("#1c2530", "none", "#e8ebee", "none"),
    "muted": ("#66727f", "none", "#98a4b0", "none"),
    "gradient": ("#bd3f0b", "none", "#ff9b66", "none"),
    "wire": ("none", "#7c8998", "none", "#8390a0"),
    "tip": ("#7c8998", "none", "#8390a0", "none"),
}

RULES = """\
.mt-graph text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
white-space:pre}
.mt-graph .mt-title,.mt-graph .mt-name{font-weight:600}
.mt-graph .mt-name{paint-order:stroke;stroke-width:5}
.mt-graph .mt-end{text-anchor:end}
.mt-graph .mt-wire{stroke-width:1.3}
.mt-graph .mt-output{stroke-width:2.2}
.mt-graph .mt-constant{stroke-dasharray:3 3}
.mt-graph .mt-head{cursor:pointer}
.mt-graph .mt-folded>.mt-inside,.mt-graph .mt-folded>.mt-head>.mt-open,\
.mt-graph .mt-box:not(.mt-folded)>.mt-head>.mt-shut{display:none}"""


def style() -> str:
    """Return the style sheet; the dark colours hold where the reader prefers dark pages."""
    light, dark = (
        "\n".join(
            f".mt-graph .mt-{name}{{fill:{colours[i]};stroke:{colours[i + 1]}}}"
            for name, colours in COLOURS.items()
        )
        for i in (0, 2)
    )
    return f"{light}\n@media (prefers-color-scheme:dark){{\n{dark}\n}}\n{RULES}"


SCRIPT = """\
for (const svg of document.querySelectorAll('svg.mt-graph:not([data-live])')) {
  svg.dataset.live = 1;
  const numbers = text => text.split(' ').filter(t => t).map(Number);
  const folded = g => g.classList.contains('mt-folded');
  const child = (g, name) => [...g.children].find(c => c.classList.contains(name));
  const opened = g => g.classList.contains('mt-box') ? !folded(g) : false;
  const size = g => {
    const inner = g.classList.contains('mt-box') ? stack(g) : null;
    const [w, h] = opened(g) ? inner : numbers(g.dataset.size);
    if (inner) resize(child(g, 'mt-module'), w, h);
    return [w, h];
  };
  const resize = (what, w, h) => {
    what.setAttribute('width', w);
    what.setAttribute('height', h);
  };
  const stack = g => {
    const inside = [...child(g, 'mt-inside').children];
    const items = inside.filter(i => i.dataset.rank), sizes = items.map(size);
    const gaps = numbers(g.dataset.gaps), heights = gaps.map(() => 0), tops = [];
    let height = Number(g.dataset.head), end = -Infinity;
    items.forEach((item, i) => {
      heights[item.dataset.rank] = Math.max(heights[item.dataset.rank], sizes[i][1]);
    });
    gaps.forEach((gap, r) => { tops[r] = height; height += heights[r] + gap; });
    const bottom = r => tops[r] + heights[r];
    const wanted = items.map((item, i) => {
      const [x, left, room] = numbers(item.dataset.room), w = sizes[i][0];
      const before = opened(item) ? item.at(x - left) : w / 2;
      return Math.min(Math.max(x - before, left), left + room - w);
    });
    const taken = wanted.map((x, i) => [x, x + sizes[i][0]]);
    for (const x of numbers(g.dataset.lanes)) taken.push([x - LANE / 2, x + LANE / 2]);
    const runs = [];
    for (const [start, stop] of taken.sort((a, b) => a[0] - b[0])) {
      if (!runs.length) runs.push([start, MARGIN - start]);
      else if (start > end + GAP) runs.push([start, runs.at(-1)[1] + end + GAP - start]);
      end = Math.max(end, stop);
    }
    const drawn = end + runs.at(-1)[1] + MARGIN;
    const width = Math.max(drawn, Number(g.dataset.least));
    for (const run of runs) run[1] += (width - drawn) / 2;
    const at = g.at = x => x + (runs.findLast(run => x >= run[0]) || runs[0])[1];
    const lefts = wanted.map(at);
    const uppers = items.map((item, i) => bottom(item.dataset.rank) - sizes[i][1]);
    items.forEach((item, i) => {
      item.setAttribute('transform', `translate(${lefts[i]} ${uppers[i]})`);
    });
    const reach = (i, x, aside) => {
      const box = i >= 0 ? items[i].classList.contains('mt-box') : false;
      if (!box) return at(x) + aside;
      return lefts[i] + (folded(items[i]) ? sizes[i][0] / 2 + aside : items[i].at(x));
    };
    for (const path of inside.filter(p => p.dataset.wire)) {
      const [r, i, x, s, j, z, aside] = numbers(path.dataset.wire);
      const x1 = reach(i, x, 0), x2 = reach(j, z, aside), top = bottom(r), below = tops[s];
      const m = (top + below) / 2, last = j >= 0 ? uppers[j] : bottom(s);
      path.setAttribute('d',
        `M${x1} ${r ? top : 0}V${top}C${x1} ${m} ${x2} ${m} ${x2} ${below}V${last}`);
    }
    return [width, height];
  };
  svg.addEventListener('click', event => {
    const head = event.target.closest('.mt-head');
    if (!head) return;
    head.parentNode.classList.toggle('mt-folded');
    const [w, h] = stack(child(svg, 'mt-box'));
    svg.setAttribute('viewBox', `0 0 ${w} ${h}`);
    resize(svg, w, h);
    resize(child(svg, 'mt-paper'), w, h);
  });
}"""


def script() -> str:
    """Return the script, which needs some measures of the layout."""
    return f"{{ const GAP = {GAP}, LANE = {LANE}, MARGIN = {MARGIN};\n{SCRIPT}\n}}"
