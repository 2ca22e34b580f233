"""The drawing in characters: a line for each operation and leaf, and before it the wires.

    ●    a             3  grad  44
    │ ●  b             2  grad  66
    ├─╯
    ●    mul           6  grad  22
    │ ○  5
    ├─╯
    ●    add          11  grad  22
    ●    L = square  121  grad   1

Time runs downwards. A value has a lane, from the line where it was computed to the last that uses
it. Where that is in another lane, a row of corners leads there; it passes behind other lanes.
"""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from textwrap import wrap
from typing import NamedTuple

from .labels import gradient, parameters, shape, title, value
from .structure import Box, Item, Picture, Vertex, leaving, seen, shown_as

WIDTH = 100
MOST_LANES = 10  # with more, a line names what it uses instead
LONGEST = 32  # characters of a value; of one that is longer with two digits, the shape is shown

ARMS = "0000 1100 0011 1101 1110 1001 1010 0101 0110 1011 0111 1111"  # up, down, left, right
CORNERS = dict(zip(ARMS.split(), " │─├┤╰╯╭╮┴┬┼", strict=True))
ASCII = str.maketrans("●○▸▾│─├┤╰╯╭╮┴┬┼×…←", "*o>v|-||`'.,'.+x~<")


class Row(NamedTuple):
    """A line of the drawing.

    Attributes:
        lanes: the wires, two characters for each lane.
        title: what it is; "" in a row of corners.
        value, gradient, note: the columns beside it.
    """

    lanes: str
    title: str = ""
    value: str = ""
    gradient: str = ""
    note: str = ""


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _columns(item: Item, shapes: dict[Box, list[Vertex]]) -> list[tuple[str, str, str]]:
    """Return, in lines, value and gradient of a vertex, or shape and parameters of a folded box."""
    if isinstance(item, Box):
        shapes_of = ", ".join(shape(vertex) for vertex in shapes[item])
        return [(_short(shapes_of, LONGEST), "", parameters(item))]
    for digits in (3, 2):
        values, gradients = value(item, digits), gradient(item, digits)
        if all(len(line) <= LONGEST for line in values + gradients):
            break
    else:
        values, gradients = [shape(item)], []
    notes = ["changed since"] if item.changed else []
    return list(zip_longest(values, gradients, notes, fillvalue="")) or [("", "", "")]


class _Lanes:
    """The values that are still to be used, each in a lane."""

    def __init__(self) -> None:
        self.lanes: list[Item | None] = []
        self.most = 0

    def _put(self, item: Item, lane: int) -> None:
        self.lanes += [None] * (lane + 1 - len(self.lanes))
        self.lanes[lane] = item
        self.most = max(self.most, len(self.lanes))

    def __str__(self) -> str:
        return "".join("  " if item is None else "│ " for item in self.lanes)

    def add(self, item: Item, sources: list[Item], closing: set[Item]) -> list[str]:
        """Give an item a lane, and close those that it is the last to use.

        Returns:
            the wires of its line, and before that of the row of corners, if there is one.
        """
        before = list(self.lanes)
        columns = {lane for lane, x in enumerate(before) if x in sources}
        self.lanes = [None if x in closing else x for x in before]
        last = [lane for lane in columns if self.lanes[lane] is None]
        free = self.lanes.index(None) if None in self.lanes else len(self.lanes)
        lane = min(last, default=free)
        self._put(item, lane)
        rows = [self._corners(before, columns, lane)] if columns - {lane} else []
        mark = "○" if isinstance(item, Vertex) and item.kind == "constant" else "●"
        mark = "▸" if isinstance(item, Box) else mark
        rows.append(str(self)[: 2 * lane] + mark + str(self)[2 * lane + 1 :])
        while self.lanes and self.lanes[-1] is None:
            self.lanes.pop()
        return rows

    def _corners(self, before: list[Item | None], columns: set[int], lane: int) -> str:
        ends = columns | {lane}
        row = ""
        for i in range(max(len(before), lane + 1)):
            used = i < len(before) and before[i] is not None
            after = self.lanes[i] is not None
            left, right = min(ends) < i <= max(ends), min(ends) <= i < max(ends)
            if i in ends:
                row += CORNERS[f"{i in columns:d}{after:d}{left:d}{right:d}"]
            elif used:
                row += "│"
            else:
                row += "─" if left else " "
            row += "─" if right else " "
        return row

    def close(self, item: Item) -> None:
        """End the lane of an item that nothing uses."""
        self.lanes = [None if x is item else x for x in self.lanes]


def _rows(picture: Picture) -> tuple[list[Row], int]:
    """Return the rows, and how many lanes there are at most."""
    shapes, items, lanes = leaving(picture), seen(picture), _Lanes()
    sources = {item: list(dict.fromkeys(map(shown_as, inputs))) for item, inputs in items.items()}
    uses = Counter(source for found in sources.values() for source in found)
    rows, headed = [], {picture.whole}
    for item in items:
        around = item.box.around() if item.box is not None else []
        for box in reversed(around):
            if box not in headed:
                headed.add(box)
                rows.append(Row(str(lanes), f"{'  ' * (box.level - 1)}▾ {title(box)}"))
        uses.subtract(sources[item])
        closing = {source for source in sources[item] if not uses[source]}
        *corners, line = lanes.add(item, sources[item], closing)
        rows += [Row(row) for row in corners]
        name = "  " * (len(around) - 1) + title(item)
        for columns in _columns(item, shapes):
            rows.append(Row(line, name, *columns))
            line, name = str(lanes), ""
        if not uses[item]:
            lanes.close(item)
    return rows, lanes.most


def _list(picture: Picture) -> list[Row]:
    """Return rows without wires: each line has a number, by which others name it."""
    shapes, items = leaving(picture), seen(picture)
    number = {item: i for i, item in enumerate(items, 1)}
    rows = []
    for item, inputs in items.items():
        used = ", ".join(f"{number[x]}" for x in dict.fromkeys(map(shown_as, inputs)))
        name = f"{number[item]}  {title(item)}" + (f" ← {used}" if used else "")
        for columns in _columns(item, shapes):
            rows.append(Row("", name, *columns))
            name = ""
    return rows


def to_text(picture: Picture, ascii: bool = False) -> str:
    """Return the drawing as text of at most 100 columns."""
    rows, lanes = _rows(picture)
    if lanes > MOST_LANES:
        rows, lanes = _list(picture), 0
    values, gradients, notes = (max(len(row[column]) for row in rows) for column in (2, 3, 4))
    beside = 2 * lanes + 2 + values + max(notes + 2, gradients + 8)
    names = min(max(len(row.title) for row in rows), WIDTH - beside)
    lines = []
    for row in rows:
        line = f"{row.lanes:{2 * lanes}} {_short(row.title, names):{names}}  {row.value:>{values}}"
        if row.gradient:
            label = "grad" if row.title else ""
            line += f"  {label:4}  {row.gradient:>{gradients}}"
        lines.append(f"{line}  {row.note}".rstrip())
    remarks = [line for remark in picture.remarks for line in wrap(remark, WIDTH)]
    text = "\n".join([*lines, *remarks])
    return text.translate(ASCII) if ascii else text
