"""Where everything stands: a layered drawing (Sugiyama, Tagawa and Toda 1981), box by box.

Each box is laid out for itself, the innermost first, and is then an item like any other in the one
around it. In a box,

    ranks      what an item is computed from stands in a rank above it, and as near as possible
    wires      a value runs from its item down through the ranks to all that use it: one wire,
               which branches. In each rank on the way it has a *slot*, as items have, so that
               nothing else is put there. At a box's border it passes through a *port*, a slot of
               the first or last rank
    order      in its rank, an item goes to the mean place of what it is connected with, downwards
               and upwards in turns, as long as that saves crossings
    x          the same with coordinates, where no two may overlap

Heights are left open here: they change when a box is folded (`geometry.py`).
"""

from __future__ import annotations

from bisect import bisect, insort
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from .structure import Box, Item, Net, Picture, Vertex, nets

GAP = 26.0  # between two items beside each other
LANE = 14.0  # the width of a wire that passes
SWEEPS = 10  # an even number: the last one goes downwards


class Slot:
    """A place in a rank: of an item, of a wire on its way, or of a port.

    Attributes:
        item: what stands there; None for a wire.
        rank: the rank's number, from the top.
        x: the middle, from the left side of the box.
        width: of the place, without the gap beside it.
    """

    def __init__(self, item: Item | None, rank: int, width: float) -> None:
        self.item, self.rank, self.width = item, rank, width
        self.x = 0.0


class Wire(NamedTuple):
    """A piece of a wire, from a slot of one rank to a slot of the next; and whose value it is."""

    above: Slot
    below: Slot
    value: Vertex


class Level:
    """The layout of what is inside one box.

    Attributes:
        ranks: the slots from the top down, each rank from left to right.
        wires: all pieces.
        entries, exits: the port of each value that comes in, and of each that goes out.
        width: of the box.
    """

    def __init__(self) -> None:
        self.ranks: list[list[Slot]] = []
        self.wires: list[Wire] = []
        self.entries: dict[Vertex, Slot] = {}
        self.exits: dict[Vertex, Slot] = {}
        self.width = 0.0

    def add(self, item: Item | None, rank: int, width: float = 0.0) -> Slot:
        """Add a slot at the right end of a rank."""
        slot = Slot(item, rank, width)
        self.ranks[rank].append(slot)
        return slot


Levels = dict[Box, Level]


def _is_leaf(item: Item | None) -> bool:
    return isinstance(item, Vertex) and not item.inputs


def _ranks(items: list[Item], ways: dict[Vertex, Net]) -> dict[Item, int]:
    """Number the ranks of items, in the order of computation, from 1 at the top."""
    users: dict[Item, set[Item]] = defaultdict(set)
    for net in ways.values():
        if net.source is not None:
            users[net.source].update(net.users)
    height: dict[Item, int] = {}  # above the bottom: the longest way down
    for item in [*reversed(items), *filter(_is_leaf, items)]:  # leaves may stand after their users
        height[item] = max((height[user] + 1 for user in users[item] if user in height), default=0)
    top = max(height.values(), default=0)
    return {item: top - h + 1 for item, h in height.items()}


def port(levels: Levels, slot: Slot, wire: Wire) -> float:
    """Return the x at which a wire comes into or out of a box, from the left side of the box."""
    assert isinstance(slot.item, Box)
    level = levels[slot.item]
    return (level.exits if slot is wire.above else level.entries)[wire.value].x


def _crossings(wires: list[list[Wire]], place: dict[Slot, int]) -> int:
    """Count how often pieces of wire between the same two ranks cross."""
    count = 0
    for between in wires:
        ends: list[int] = []
        for _, below in sorted((place[w.above], place[w.below]) for w in between):
            count += len(ends) - bisect(ends, below)
            insort(ends, below)
    return count


def _order(level: Level) -> None:
    """Order each rank, to have few crossings."""
    ups: dict[Slot, list[Slot]] = defaultdict(list)
    downs: dict[Slot, list[Slot]] = defaultdict(list)
    wires: list[list[Wire]] = [[] for _ in level.ranks]
    for wire in level.wires:
        ups[wire.below].append(wire.above)
        downs[wire.above].append(wire.below)
        wires[wire.above.rank].append(wire)
    place = {slot: i for rank in level.ranks for i, slot in enumerate(rank)}
    best, fewest = [list(rank) for rank in level.ranks], _crossings(wires, place)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        neighbours = downs if sweep % 2 else ups
        for rank in reversed(level.ranks) if sweep % 2 else level.ranks:
            mean = {
                slot: sum(place[n] for n in near) / len(near) if (near := neighbours[slot]) else i
                for i, slot in enumerate(rank)
            }
            rank.sort(key=mean.__getitem__)
            place.update({slot: i for i, slot in enumerate(rank)})
        count = _crossings(wires, place)
        if count < fewest:
            best, fewest = [list(rank) for rank in level.ranks], count
    level.ranks = best


def spread(wanted: list[tuple[float, float, float]]) -> list[float]:
    """Return the x nearest to what is wanted at which nothing overlaps, in the given order.

    Weighted least squares. With the widths subtracted, it says that x must not decrease, and so is
    isotonic regression: neighbours that would be in the wrong order are moved to their mean.

    Args:
        wanted: for each (x, width, weight), the width with the gap.
    """
    runs: list[list[float]] = []  # each: mean, weight, number of members
    offsets, offset = [], 0.0
    for i, (x, width, weight) in enumerate(wanted):
        offset += (wanted[i - 1][1] + width) / 2 if i else 0.0
        offsets.append(offset)
        runs.append([x - offset, weight, 1])
        while len(runs) > 1 and runs[-2][0] > runs[-1][0]:
            mean, heavy, members = runs.pop()
            last = runs[-1]
            last[0] = (last[0] * last[1] + mean * heavy) / (last[1] + heavy)
            last[1] += heavy
            last[2] += members
    means = [run[0] for run in runs for _ in range(int(run[2]))]
    return [mean + o for mean, o in zip(means, offsets, strict=True)]


def _weight(slot: Slot) -> float:
    """Return how much it counts that a slot is in line with what it is connected with."""
    return 0.01 if _is_leaf(slot.item) else 1.0


def _move(rank: list[Slot], wanted: list[float], weights: list[float]) -> None:
    """Give the slots of a rank the x that is wanted, as far as they leave each other room."""
    widths = [slot.width + (LANE if slot.item is None else GAP) for slot in rank]
    xs = spread(list(zip(wanted, widths, weights, strict=True)))
    for slot, x in zip(rank, xs, strict=True):
        slot.x = x


def _coordinates(level: Level, levels: Levels) -> None:
    """Give each slot its x: in line with what it is connected with, upwards and downwards in turns.

    A slot counts as much where others are put in line with it as where it gives way to others.
    Otherwise, blocks with a wire around them would drift to one side.
    """
    ups: dict[Slot, list[tuple[Slot, float]]] = defaultdict(list)
    downs: dict[Slot, list[tuple[Slot, float]]] = defaultdict(list)
    for wire in level.wires:
        aside = [
            port(levels, slot, wire) - levels[slot.item].width / 2
            if isinstance(slot.item, Box)
            else 0.0
            for slot in (wire.above, wire.below)
        ]
        ups[wire.below].append((wire.above, aside[0] - aside[1]))
        downs[wire.above].append((wire.below, aside[1] - aside[0]))

    def in_line(slot: Slot, near: dict[Slot, list[tuple[Slot, float]]]) -> float:
        ends = [(_weight(other), other.x + shift) for other, shift in near[slot]]
        total = sum(weight for weight, _ in ends)
        return sum(weight * x for weight, x in ends) / total if ends else slot.x

    for sweep in range(SWEEPS):
        near, ranks = (ups, level.ranks) if sweep % 2 else (downs, level.ranks[::-1])
        for rank in ranks:
            _move(rank, [in_line(slot, near) for slot in rank], [_weight(slot) for slot in rank])
    for rank in level.ranks:  # at the end, leaves go as near to their users as the others let them
        leaves = [_is_leaf(slot.item) for slot in rank]
        wanted = [in_line(s, downs) if leaf else s.x for s, leaf in zip(rank, leaves, strict=True)]
        _move(rank, wanted, [1.0 if leaf else 1000.0 for leaf in leaves])


def lay_out(picture: Picture, width_of: Callable[[Item], float], margin: float) -> Levels:
    """Lay out all boxes of a picture.

    Args:
        picture: what is drawn.
        width_of: gives the width of a vertex, and of a box that is folded.
        margin: between what is inside a box and its sides.
    """
    levels: Levels = {}
    ways = nets(picture)
    for box in reversed(picture.whole.boxes()):
        level = levels[box] = Level()
        ranks = _ranks(box.inside, ways[box])
        last = max(ranks.values(), default=0) + 1
        level.ranks = [[] for _ in range(last + 1)]
        slots: dict[Item, Slot] = {}
        for item in box.inside:
            width = width_of(item)
            if isinstance(item, Box):
                width = max(width, levels[item].width)
            slots[item] = level.add(item, ranks[item], width)
        for value, net in ways[box].items():
            if net.source is None:
                level.entries[value] = at = level.add(None, 0)
            else:
                at = slots[net.source]
            users = sorted(net.users, key=ranks.__getitem__)
            targets = [slots[user] for user in users]
            if net.leaves:
                level.exits[value] = level.add(None, last)
                targets.append(level.exits[value])
            for target in targets:
                while at.rank < target.rank - 1:
                    on = level.add(None, at.rank + 1)
                    level.wires.append(Wire(at, on, value))
                    at = on
                level.wires.append(Wire(at, target, value))
        for rank in level.ranks:  # to begin with, leaves stand at the right
            rank.sort(key=lambda slot: _is_leaf(slot.item))
        _order(level)
        _coordinates(level, levels)
        left = min((s.x - s.width / 2 for rank in level.ranks for s in rank), default=0.0)
        right = max((s.x + s.width / 2 for rank in level.ranks for s in rank), default=0.0)
        level.width = max(right - left + 2 * margin, width_of(box))
        for rank in level.ranks:
            for slot in rank:
                slot.x += (level.width - right - left) / 2
    return levels
