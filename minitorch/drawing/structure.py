"""What is drawn: operations and leaves as vertices, calls of modules as boxes around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..nn.module import Module

if TYPE_CHECKING:
    from ..dtypes import Array

MOST_SEEN = 40  # vertices and boxes; modules are folded until no more are seen
UNKNOWN_MODULES = (
    "Modules are known inside `with minitorch.keep_values():`, and to draw_graph(model, x)."
)


class Vertex:
    """An operation, or a leaf.

    Attributes:
        kind: "operation", "input", "parameter" or "constant".
        name: that of the tensor, or "".
        operation: what computed it, or "".
        shape, dtype: of the value.
        value, gradient: None where they are large or not known.
        inputs: what it was computed from, with the number of times that it was used.
        box: the call in which it was computed.
        output: is it one of those that were to be drawn?
        changed: was it changed after it was used?
    """

    def __init__(self, kind: str, operation: str, like: Any, box: Box) -> None:
        self.kind, self.operation, self.name, self.box = kind, operation, "", box
        self.shape: tuple[int, ...] = like.shape
        self.dtype = np.dtype(like.dtype)
        self.value: Array | None = None
        self.gradient: Array | None = None
        self.inputs: dict[Vertex, int] = {}
        self.output = self.changed = False


class Box:
    """A call of a module, with what was computed in it.

    Attributes:
        module: what was called. None for the whole picture.
        path: the module's, seen from the one around it.
        box: the call around it.
        level: 0 for the picture, 1 for a call by the user, 2 for one inside that, ….
        inside: vertices and boxes, in the order of computation.
        folded: is it drawn as one box, without what is inside?
    """

    def __init__(self, module: Module | None, path: str, box: Box | None) -> None:
        self.module, self.path, self.box = module, path, box
        self.level: int = 0 if box is None else box.level + 1
        self.inside: list[Vertex | Box] = []
        self.folded = False

    @property
    def kind(self) -> str:
        """The module's class."""
        return type(self.module).__name__

    def around(self) -> list[Box]:
        """This box and all around it, from the inside out."""
        found = [self]
        for box in found:  # the list grows while it is read
            found += [box.box] if box.box is not None else []
        return found

    def boxes(self) -> list[Box]:
        """This box and all inside it, each before those inside it."""
        found = [self]
        for box in found:  # the list grows while it is read
            found += [child for child in box.inside if isinstance(child, Box)]
        return found


Item: TypeAlias = Vertex | Box


class Picture:
    """All that is drawn, and a remark on what is not.

    Attributes:
        whole: the box around everything.
        vertices: in the order of computation, a leaf before what uses it first.
        remarks: what the reader should know.
    """

    def __init__(self, vertices: list[Vertex], whole: Box, remarks: list[str]) -> None:
        self.vertices, self.whole, self.remarks = vertices, whole, remarks


def shown_as(vertex: Vertex) -> Item:
    """Return what stands for a vertex: the outermost folded box around it, or itself."""
    folded: list[Item] = [box for box in vertex.box.around() if box.folded]
    return folded[-1] if folded else vertex


def leaving(picture: Picture) -> dict[Box, list[Vertex]]:
    """Return for each box the values that are computed in it and used outside, or wanted."""
    found: dict[Box, dict[Vertex, None]] = {box: {} for box in picture.whole.boxes()}
    for user in picture.vertices:
        if user.output:
            for box in user.box.around():
                found[box][user] = None
        around = set(user.box.around())
        for value in user.inputs:
            for box in value.box.around():
                if box not in around:
                    found[box][value] = None
    return {box: list(values) for box, values in found.items()}


def seen(picture: Picture) -> dict[Item, dict[Vertex, int]]:
    """Return the vertices and folded boxes that are seen, in the order of computation.

    Returns:
        for each the values that it is computed from, with the number of times that each is used.
    """
    found: dict[Item, dict[Vertex, int]] = {}
    for vertex in picture.vertices:
        item = shown_as(vertex)
        if item is not vertex or vertex.inputs:
            inputs = found.setdefault(item, {})
            for value, times in vertex.inputs.items():
                if shown_as(value) is not item:
                    inputs[value] = inputs.get(value, 0) + times
    order: dict[Item, dict[Vertex, int]] = {}
    for item, inputs in found.items():  # a leaf comes right before what uses it first
        for value in inputs:
            if not value.inputs and shown_as(value) is value:
                order.setdefault(value, {})
        order[item] = inputs
    return order


def fold_boxes(picture: Picture, depth: int | None, names: Sequence[str]) -> None:
    """Fold boxes: all below a depth, and those whose path or class is among the names.

    Args:
        picture: whose boxes are folded.
        depth: how many levels of modules are open. None: as many as can be seen at once.
        names: paths, seen from the module around, and classes.

    Raises:
        ValueError: no module has such a path or class.
    """
    boxes = picture.whole.boxes()[1:]
    known = {name for box in boxes for name in (box.path, box.kind)} - {""}
    for name in names:
        if name not in known:
            there = f"There are {', '.join(sorted(known))}." if known else UNKNOWN_MODULES
            raise ValueError(f"draw_graph: there is no module {name!r} in the graph. {there}")
    deepest = max((box.level for box in boxes), default=0)
    for d in range(deepest, -1, -1) if depth is None else [depth]:
        for box in boxes:
            box.folded = box.level > d or box.path in names or box.kind in names
        if len(seen(picture)) <= MOST_SEEN:
            break


class Net:
    """Inside one box, the way of a value.

    Attributes:
        source: the item that it comes from. None: it comes in from outside.
        users: the items that it goes to.
        leaves: does it go out?
    """

    def __init__(self) -> None:
        self.source: Item | None = None
        self.users: dict[Item, None] = {}
        self.leaves = False


def nets(picture: Picture) -> dict[Box, dict[Vertex, Net]]:
    """Return for each box the ways of all values in it."""
    found: dict[Box, dict[Vertex, Net]] = defaultdict(lambda: defaultdict(Net))
    for user in picture.vertices:
        for value in user.inputs:
            around = set(value.box.around())
            item: Item = user
            inward = [box for box in user.box.around() if box not in around]
            for box in inward:
                found[box][value].users[item] = None
                item = box
            meeting = item.box
            assert meeting is not None
            found[meeting][value].users[item] = None
            item = value
            for box in value.box.around():
                found[box][value].source = item
                if box is meeting:
                    break
                found[box][value].leaves = True
                item = box
    return found
