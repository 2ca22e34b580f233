"""The drawing as SVG: one file, complete where no script runs, in which a click folds a module."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import wrap
from typing import NamedTuple
from unicodedata import east_asian_width

from .geometry import HEAD, MARGIN, Geometry, Place
from .labels import gradient, parameters, shape, title, value
from .layout import Slot, Wire, lay_out, port
from .live import script, style
from .structure import Box, Item, Picture, Vertex, leaving

CHARACTER = 7.3  # the width of one, of 12 px
LINE = 17.0
PADDING = 9.0
REMARK = 60  # characters in a line


class Line(NamedTuple):
    """A line of writing: something at the left and something at the right, each with its class."""

    left: str
    left_class: str
    right: str
    right_class: str


def _width(text: str) -> float:
    """Return about how wide a text is, in a font whose characters all have one width."""
    return CHARACTER * sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _n(x: float) -> str:
    """Write a coordinate."""
    return f"{x:.1f}".removesuffix(".0")


def _all(numbers: Iterable[float]) -> str:
    return " ".join(map(_n, numbers))


def _text(x: float, y: float, kind: str, text: str) -> str:
    return f'<text class="mt-{kind}" x="{_n(x)}" y="{_n(y)}">{escape(text)}</text>'


def _rectangle(kind: str, width: float, height: float, corner: float) -> str:
    size = f'width="{_n(width)}" height="{_n(height)}" rx="{_n(corner)}"'
    return f'<rect class="mt-{kind}" {size}/>'


class _Writer:
    """Writes the elements of a picture."""

    def __init__(self, picture: Picture) -> None:
        self.leaving = leaving(picture)
        self.remarks = [line for text in picture.remarks for line in wrap(text, REMARK)]
        levels = lay_out(picture, lambda item: self.closed(item)[0], MARGIN)
        head = MARGIN + LINE * len(self.remarks)
        self.geometry = Geometry(picture, levels, self.closed, head)

    def lines(self, item: Item) -> list[Line]:
        """Return what is written at a vertex, or at a box that is folded."""
        if isinstance(item, Box):
            if item.module is None:
                return [Line(remark, "muted", "", "") for remark in self.remarks]
            shapes = ", ".join(shape(vertex) for vertex in self.leaving[item])
            name = Line(f"▸ {title(item)}", "title", "", "")
            return [name, Line(parameters(item), "muted", shapes, "muted")]
        kind = "ink" if item.value is not None else "muted"
        values, gradients = value(item), gradient(item)
        beside = len(values) == 1
        lines = [Line(title(item), "title", values[0] if beside else "", kind)]
        lines += [] if beside else [Line("", "", line, kind) for line in values]
        lines += [Line("changed since", "muted", "", "")] if item.changed else []
        grad = ["grad"] + [""] * len(gradients)
        return lines + [
            Line(left, "gradient", right, "gradient")
            for left, right in zip(grad, gradients, strict=False)
        ]

    def closed(self, item: Item) -> tuple[float, float]:
        """Return width and height of a vertex, or of a box that is folded."""
        lines = self.lines(item)
        texts = [f"{line.left}  {line.right}".strip() for line in lines]
        return max(map(_width, texts), default=0.0) + 2 * PADDING, LINE * len(lines) + PADDING

    def written(self, item: Item, width: float) -> str:
        """Write the lines of a vertex or folded box."""
        found = []
        for i, line in enumerate(self.lines(item)):
            y = PADDING / 2 + LINE * (i + 0.76)
            if line.left:
                kind = "ink mt-title" if line.left_class == "title" else line.left_class
                found.append(_text(PADDING, y, kind, line.left))
            if line.right:
                found.append(_text(width - PADDING, y, f"{line.right_class} mt-end", line.right))
        return "".join(found)

    def vertex(self, vertex: Vertex, attributes: str) -> str:
        """Write a vertex."""
        width, height = self.closed(vertex)
        kind = "output" if vertex.output else vertex.kind
        corner = height / 2 if vertex.kind == "constant" and height < 2 * LINE else 6
        return (
            f"<g {attributes}>{_rectangle(kind, width, height, corner)}"
            f"{self.written(vertex, width)}</g>"
        )

    def box(self, box: Box, attributes: str) -> str:
        """Write a box, open or folded, with all that is inside."""
        place = self.geometry.places[box]
        width, _ = self.closed(box)
        frame = head = ""
        if box.module is not None:
            frame = _rectangle("module", *self.geometry.size(box), 8)
            head = (
                f'<g class="mt-head"><rect width="{_n(width)}" height="{_n(HEAD)}" '
                f'fill-opacity="0"/><g class="mt-open">'
                f"{_text(PADDING, 18, 'name', f'▾ {title(box)}')}</g>"
                f'<g class="mt-shut">{self.written(box, width)}</g></g>'
            )
        return (
            f'<g class="mt-box{" mt-folded" if box.folded else ""}" {attributes} '
            f'data-least="{_n(width)}" data-head="{_n(place.head)}" data-gaps="{_all(place.gaps)}" '
            f'data-lanes="{_all(place.lanes)}">{frame}'
            f'<g class="mt-inside">{self.wires(box)}{self.items(box)}</g>{head}</g>'
        )

    def items(self, box: Box) -> str:
        """Write what is inside a box."""
        place, found = self.geometry.places[box], []
        for slot, x in place.lefts.items():
            assert slot.item is not None
            attributes = (
                f'data-rank="{slot.rank}" data-room="{_all(self.geometry.room(slot))}" '
                f'data-size="{_all(self.closed(slot.item))}" '
                f'transform="translate({_n(x)} {_n(place.uppers[slot])})"'
            )
            if isinstance(slot.item, Box):
                found.append(self.box(slot.item, attributes))
            else:
                found.append(self.vertex(slot.item, attributes))
        return "".join(found)

    def wires(self, box: Box) -> str:
        """Write the wires inside a box: down from an item, over to the next rank, down again."""
        place = self.geometry.places[box]
        number = {slot: i for i, slot in enumerate(place.lefts)}
        arriving: dict[Slot, list[Wire]] = {}
        for wire in sorted(self.geometry.levels[box].wires, key=lambda wire: wire.above.x):
            arriving.setdefault(wire.below, []).append(wire)
        found = []
        for slot, wires in arriving.items():
            width = self.closed(slot.item)[0] if slot.item is not None else 0.0
            apart = min(16.0, (width - 2 * PADDING) / len(wires))
            for i, wire in enumerate(wires):
                aside = (i - (len(wires) - 1) / 2) * apart
                path = self.path(place, wire, aside)
                data: list[float] = []
                for end in (wire.above, slot):
                    is_box = isinstance(end.item, Box)
                    x = port(self.geometry.levels, end, wire) if is_box else end.x
                    data += [end.rank, number.get(end, -1), x]
                tip = ' marker-end="url(#mt-tip)"' if isinstance(slot.item, Vertex) else ""
                found.append(
                    f'<path class="mt-wire"{tip} data-wire="{_all([*data, aside])}" d="{path}"/>'
                )
        return "".join(found)

    def path(self, place: Place, wire: Wire, aside: float) -> str:
        """Return the way of a wire from one rank to the next."""
        above, below, _ = wire
        x = self.geometry.end(place, above, wire, 0.0)
        z = self.geometry.end(place, below, wire, aside)
        top, bottom = place.bottom(above.rank), place.tops[below.rank]
        start = top if above.rank else 0.0
        end = place.uppers[below] if below.item is not None else place.bottom(below.rank)
        middle = (top + bottom) / 2
        return (
            f"M{_n(x)} {_n(start)}V{_n(top)}C{_n(x)} {_n(middle)} {_n(z)} {_n(middle)} "
            f"{_n(z)} {_n(bottom)}V{_n(end)}"
        )


def to_svg(picture: Picture) -> str:
    """Return the picture as an SVG file."""
    writer = _Writer(picture)
    place = writer.geometry.places[picture.whole]
    w, h = place.width, place.height
    remarks = writer.written(picture.whole, w)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mt-graph" width="{_n(w)}" '
        f'height="{_n(h)}" viewBox="0 0 {_n(w)} {_n(h)}"><style>{style()}</style>'
        '<defs><marker id="mt-tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" '
        'markerHeight="8" markerUnits="userSpaceOnUse" orient="90">'
        '<path class="mt-tip" d="M0 .8L8 4L0 7.2z"/></marker></defs>'
        f"{_rectangle('paper', w, h, 8)}{remarks}{writer.box(picture.whole, '')}"
        f"<script>{script()}</script></svg>\n"
    )
