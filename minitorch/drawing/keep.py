"""keep_values(): what the graph itself does not hold, noted while it is made.

A node of the graph knows its shape, but not its value; only what some vjp needs is in memory. It
does not know the constants among its inputs, either, nor which module computed it. Inside
`keep_values()` all this is noted at each node. Outside, nobody asks and nothing is kept.

The modules at work are those whose `Module.__call__` is on the call stack. A call that was under
way at the last operation, and still is, is the same call; each other one is new.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..autograd.anomaly import and_others, note
from ..autograd.graph import mode
from ..nn.module import Module

if TYPE_CHECKING:
    from ..autograd.graph import NodeOrLeaf
    from ..dtypes import Array
    from ..tensor import Tensor

LONGEST_SHOWN = 6
"""Of a tensor with more rows or columns, only the shape is shown."""


class Call:
    """A module at work, called inside another call or, if `outer` is None, by the user."""

    def __init__(self, module: Module, outer: Call | None, given: Iterable[Any]) -> None:
        self.module, self.outer = module, outer
        self.given = {id(x) for x in given}

    def home(self, x: Tensor) -> Call | None:
        """Return the innermost call that a tensor used here does not come into as an argument."""
        call: Call | None = self
        while call is not None and id(x) in call.given:
            call = call.outer
        return call


class Kept(NamedTuple):
    """What is noted at a node.

    Attributes:
        value: its output, a copy; None if that is large.
        call: the call of a module in which it was computed.
        inputs: the nodes or leaves that it was computed from, also those that need no gradient.
    """

    value: Array | None
    call: Call | None
    inputs: list[NodeOrLeaf]


def is_small(shape: tuple[int, ...]) -> bool:
    """Are there so few elements that all of them are shown?"""
    columns = shape[-1] if shape else 1
    return columns <= LONGEST_SHOWN and math.prod(shape[:-1]) <= LONGEST_SHOWN


class keep_values:
    """Keep the values of small tensors for `draw_graph`: `with keep_values(): loss = ...`.

    Kept, as long as the graph lives, are also the constants among the inputs of each operation, and
    which module called what. Outside, all that this costs is one test of `mode.watch`.
    """

    def __enter__(self) -> None:
        self.frames: list[FrameType] = []
        self.calls: list[Call] = []
        self.before, mode.watch = mode.watch, and_others(self._see)

    def __exit__(self, *exc: object) -> None:
        mode.watch = self.before
        self.frames, self.calls = [], []  # frames hold all local variables

    def _see(self, name: str, out: Tensor, inputs: list[Tensor]) -> None:
        if out._node is not None:
            call = self._innermost_call()
            value = out.array.copy() if is_small(out.array.shape) else None
            given = [x._node or x for x in inputs]
            note(out._node, "kept", Kept(value, call, given))

    def _innermost_call(self) -> Call | None:
        frames: list[FrameType] = []
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if frame.f_code is Module.__call__.__code__:
                frames.insert(0, frame)
            frame = frame.f_back
        known = 0
        while known < min(len(frames), len(self.frames)) and frames[known] is self.frames[known]:
            known += 1
        del self.calls[known:]
        for frame in frames[known:]:
            local = frame.f_locals
            given = [*local["args"], *local["kwargs"].values()]
            self.calls.append(Call(local["self"], self.calls[-1] if self.calls else None, given))
        self.frames = frames
        return self.calls[-1] if self.calls else None
