"""The graph: what an operation leaves behind for the walk back.

An operation on tensors that need gradients leaves a `Node`. A node knows the *paths* back to its
inputs, and each path is three things: where it leads, the rule for crossing it, and the tensors
which that rule needs. The rule for an input x of y = f(x) takes g = dL/dy to dL/dx:

    y = a * b       path to a:  lambda g, b: g * b,  saving b
                    path to b:  lambda g, a: g * a,  saving a

Rules are written in the library's own operations. Under `create_graph=True` those operations are
recorded in their turn, and the second derivative needs no second set of rules.

This file never imports `Tensor`. It asks a tensor only for its array, its node and its operators.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ContextDecorator
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from typing import Self

    from ..dtypes import Array
    from ..tensor import Tensor

VJP: TypeAlias = Callable[..., "Tensor | None"]
Hook: TypeAlias = Callable[["Tensor"], "Tensor | None"]
Edge: TypeAlias = "Node | Tensor"
"""Where a path leads: to the operation that made an input, or to the input itself, if a leaf."""

OUTPUT: Any = object()
"""Stands first among a path's saved tensors for the operation's own output: `exp` saves y."""

version_counter = count(1)
"""Numbers the nodes and versions the changes in place, so that the two can be put in order."""


class Node:
    """An operation that was carried out, as the walk back needs it.

    Attributes:
        name: the operation, as users write it: "mul".
        paths: for each input that needs a gradient, (edge, rule, saved): where the path leads, the
            rule `rule(g, *saved)` for crossing it, and the saved tensors. None once freed.
        shape, dtype: the output's. A gradient that arrives here is brought to them.
        number: counts nodes as they are made; an operation is younger than its inputs.
        output: what is needed to see the output again, if a path saved `OUTPUT`.
        hooks: what users want done with the gradient that arrives here.
        origin: the input shapes and the user's line, noted inside `detect_anomaly()`.
    """

    __slots__ = ("dtype", "hooks", "name", "number", "origin", "output", "paths", "shape")

    paths: tuple[tuple[Edge, VJP, tuple[Any, ...]], ...] | None

    def __init__(self, name: str, out: Tensor, paths: Any) -> None:
        self.name = name
        self.paths = paths
        self.shape: tuple[int, ...] = out.array.shape
        self.dtype: np.dtype[Any] = out.array.dtype
        self.number = next(version_counter)
        self.output: tuple[Any, ...] | None = None
        self.hooks: dict[int, Hook] | None = None
        self.origin: str | None = None

    def gradients(self, g: Tensor) -> list[tuple[Edge, Tensor | None]]:
        """Take the gradient of the output to those of the inputs: (edge, gradient) for each."""
        assert self.paths is not None
        return [
            (edge, rule(g, *self.unpack(saved)) if saved else rule(g))
            for edge, rule, saved in self.paths
        ]

    def unpack(self, saved: tuple[Any, ...]) -> list[Tensor]:
        """Return the saved tensors, or raise if one was changed in place since it was saved."""
        tensors = []
        for tensor in saved:
            if tensor is OUTPUT:
                tensor = self._output()
            tensors.append(tensor)
            if tensor._version[0] > self.number:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an "
                    f"inplace operation: {self.name} saved a tensor of shape "
                    f"{tuple(tensor.shape)}, which changed since. Change a copy (x = x + 1, or "
                    "x.clone() first), or change it after backward()."
                )
        return tensors

    def _output(self) -> Tensor:
        """See the output again, as this node's. Keeping the tensor itself would be a cycle."""
        assert self.output is not None
        wrap, array, version = self.output
        y: Tensor = wrap(array)
        y._node, y._requires_grad, y._version = self, True, version
        return y

    def release(self) -> None:
        """Let go of what was saved. A node that saved nothing can be walked again."""
        for _, _, saved in self.paths or ():
            if saved:
                self.paths = self.output = None
                return

    def __repr__(self) -> str:
        return f"<{self.name}>"


def record(name: str, array: Array, *paths: tuple[Any, ...]) -> Tensor:
    """Wrap the result of an operation, with the paths back to its inputs.

    Args:
        name: the operation's name.
        array: its result.
        paths: for each differentiable input, `(input, rule, *saved)`. Only those of inputs that
            need a gradient are kept, so what only the others would need is not held in memory.
    """
    out: Tensor = paths[0][0]._wrap(array)
    if mode.grad:
        # Sliced, as unpacking into x, rule, *saved takes four times as long.
        kept = tuple([(p[0]._node or p[0], p[1], p[2:]) for p in paths if p[0]._requires_grad])
        if kept:
            node = out._node = Node(name, out, kept)
            out._requires_grad = True
            for _, _, saved in kept:
                if saved and saved[0] is OUTPUT:
                    node.output = (out._wrap, out.array, out._version)
    if mode.watch is not None:
        mode.watch(name, out, [path[0] for path in paths])
    return out


def unrecorded(name: str, array: Array, *inputs: Tensor) -> Tensor:
    """Wrap the result of an operation whose inputs need no gradient, or while nothing is recorded.

    `record` would do the same. This is for those that are called so often, on the way back above
    all, that it pays to ask before the paths are put together.
    """
    out: Tensor = inputs[0]._wrap(array)
    if mode.watch is not None:
        mode.watch(name, out, list(inputs))
    return out


# ----------------------------------------------------------------------------- recording or not


class _Mode(threading.local):
    """What recording depends on; each thread has its own."""

    grad = True
    watch: Callable[[str, Tensor, list[Tensor]], None] | None = None  # set by detect_anomaly


mode = _Mode()


def is_grad_enabled() -> bool:
    """Say whether this thread records its operations."""
    return mode.grad


class set_grad_enabled:
    """Switch recording on or off: from here on or, in a `with`, until the end of the block."""

    def __init__(self, enabled: bool) -> None:
        self.before, mode.grad = mode.grad, enabled

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None:
        mode.grad = self.before


class no_grad(ContextDecorator):
    """Record nothing: a `with` block, or, as the decorator `@no_grad()`, a whole function."""

    enabled = False

    def __enter__(self) -> Self:
        self.before, mode.grad = mode.grad, self.enabled
        return self

    def __exit__(self, *exc: object) -> None:
        mode.grad = self.before

    def _recreate_cm(self) -> Self:
        return type(self)()  # a decorated function may call itself


class enable_grad(no_grad):
    """Record again inside `no_grad()`: a `with` block, or a decorator."""

    enabled = True
