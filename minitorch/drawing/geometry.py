"""Where everything is, with some boxes open and some folded.

`layout.py` has put things side by side as if all boxes were open; what is folded leaves room. So
the ranks of each box are stacked by the heights that things have now; and where nothing stands in
any rank, the picture is drawn together sideways. The order stays, and what is in line stays so.

When a reader folds a box, the script in the picture does the same again (`live.py`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from .layout import GAP, LANE, Levels, Slot, Wire, port
from .structure import Box, Item, Picture

MARGIN = 14.0  # around everything, and between a box and what is inside
HEAD = 27.0  # of a box, above what is inside
RANKS = 26.0  # between two ranks

Size = tuple[float, float]


class Room(NamedTuple):
    """What an item may take up, as laid out: it stays in line with x, and inside the width."""

    x: float
    left: float
    width: float


class Place:
    """Where things are inside a box, seen from its upper left corner.

    Attributes:
        width, height: of the box.
        head: how far down the ranks begin.
        gaps: what is free below each rank.
        tops, heights: of the ranks.
        lefts, uppers: where each item is.
        lanes: the x, as laid out, of each wire that passes and of each port.
    """

    def __init__(self, head: float, gaps: list[float], heights: list[float]) -> None:
        self.head, self.gaps, self.heights = head, gaps, heights
        self.tops: list[float] = []
        self.height = head
        for height, gap in zip(heights, gaps, strict=True):
            self.tops.append(self.height)
            self.height += height + gap
        self.width = 0.0
        self.lefts: dict[Slot, float] = {}
        self.uppers: dict[Slot, float] = {}
        self.lanes: list[float] = []
        self._starts: list[float] = []
        self._shifts: list[float] = []

    def draw_together(self, taken: list[tuple[float, float]], least: float) -> None:
        """Close the gaps between what is taken, from one x to another; at least `least` wide."""
        end = -math.inf
        for start, stop in sorted(taken):
            if not self._starts:
                self._starts.append(start)
                self._shifts.append(MARGIN - start)
            elif start > end + GAP:
                self._starts.append(start)
                self._shifts.append(self._shifts[-1] + end + GAP - start)
            end = max(end, stop)
        width = self.at(end) + MARGIN
        self.width = max(width, least)
        self._shifts = [shift + (self.width - width) / 2 for shift in self._shifts]

    def at(self, x: float) -> float:
        """Return where an x of the layout is now."""
        return x + self._shifts[max(bisect_right(self._starts, x) - 1, 0)]

    def bottom(self, rank: int) -> float:
        """Return how far down a rank ends."""
        return self.tops[rank] + self.heights[rank]


class Geometry:
    """The places of all boxes.

    Args:
        levels: the layout.
        closed: gives the size of a vertex, and of a box that is folded.
        head: how far down the ranks of the whole picture begin.
    """

    def __init__(
        self, picture: Picture, levels: Levels, closed: Callable[[Item], Size], head: float
    ) -> None:
        self.levels, self.closed = levels, closed
        self.places: dict[Box, Place] = {}
        for box in reversed(picture.whole.boxes()):
            self.places[box] = self._place(box, HEAD if box.module is not None else head)

    def size(self, item: Item) -> Size:
        """Return width and height of an item as it is now."""
        if isinstance(item, Box) and not item.folded:
            return self.places[item].width, self.places[item].height
        return self.closed(item)

    def room(self, slot: Slot) -> Room:
        """Return the room of an item. A box stays in line with the wire that comes in first."""
        left, x = slot.x - slot.width / 2, slot.x
        if isinstance(slot.item, Box):
            level = self.levels[slot.item]
            ports = [*level.entries.values(), *level.exits.values()]
            x = left + ports[0].x if ports else x
        return Room(x, left, slot.width)

    def _place(self, box: Box, head: float) -> Place:
        level = self.levels[box]
        sizes = {s: self.size(s.item) for rank in level.ranks for s in rank if s.item is not None}
        heights = [0.0] * len(level.ranks)
        for slot, (_, height) in sizes.items():
            heights[slot.rank] = max(heights[slot.rank], height)
        gaps = [RANKS] * len(level.ranks)
        gaps[0] = RANKS if level.entries else 0.0
        gaps[-2:] = [RANKS, 0.0] if level.exits else [MARGIN, 0.0]
        place = Place(head, gaps, heights)
        wanted = {}
        for slot, (width, height) in sizes.items():
            x, left, room = self.room(slot)
            before = width / 2
            if isinstance(slot.item, Box) and not slot.item.folded:
                before = self.places[slot.item].at(x - left)
            wanted[slot] = min(max(x - before, left), left + room - width)
            place.uppers[slot] = place.bottom(slot.rank) - height
        place.lanes = [s.x for rank in level.ranks for s in rank if s.item is None]
        taken = [(x, x + sizes[slot][0]) for slot, x in wanted.items()]
        taken += [(x - LANE / 2, x + LANE / 2) for x in place.lanes]
        place.draw_together(taken, self.closed(box)[0])
        place.lefts = {slot: place.at(x) for slot, x in wanted.items()}
        return place

    def end(self, place: Place, slot: Slot, wire: Wire, aside: float) -> float:
        """Return the x of an end of a wire, `aside` from the middle of an item that has several."""
        if not isinstance(slot.item, Box):
            return place.at(slot.x) + aside
        if slot.item.folded:
            return place.lefts[slot] + self.closed(slot.item)[0] / 2 + aside
        inside = self.places[slot.item]
        return place.lefts[slot] + inside.at(port(self.levels, slot, wire))
