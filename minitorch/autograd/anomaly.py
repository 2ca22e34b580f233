"""Anomaly detection: finding the operation that a NaN or an Inf came from.

Inside `detect_anomaly()` the result of every operation is checked in the forward pass, and every
gradient in the backward pass. Outside it, all that this costs is one test of `mode.watch`.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .graph import Node, mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..dtypes import Array
    from ..tensor import Tensor
    from .graph import NodeOrLeaf

    Watcher = Callable[[str, Tensor, list[Tensor]], None]

_hidden = [f"{Path(__file__).parents[1]}/"]
"""The directories of libraries, whose lines are not the user's code."""


class _Checked(threading.local):
    gradients = False


checked = _Checked()
"""Whether this thread is inside `detect_anomaly()`, so that backward passes look at gradients."""


def hide_frames(file: str) -> None:
    """Let errors name the line that called a package, given its `__file__`, not one inside it."""
    _hidden.append(f"{Path(file).parent}/")


def _problem(y: Array, inputs: list[Array]) -> str | None:
    """Return "NaN" if y holds one; "Inf" if y does and none of the inputs does; else None."""
    if y.dtype.kind != "f" or np.isfinite(y).all():
        return None
    if np.isnan(y).any():
        return "NaN"
    infinite = any(x.dtype.kind == "f" and np.isinf(x).any() for x in inputs)
    return None if infinite else "Inf"


def _shape(node: NodeOrLeaf) -> tuple[int, ...]:
    return node.shape if isinstance(node, Node) else node.array.shape


def _user_line() -> str:
    """Return the file, number and text of the user's line that is being carried out."""
    import linecache  # here, as `import minitorch` need not wait for it

    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(tuple(_hidden)):
        frame = frame.f_back
    path, line = frame.f_code.co_filename, frame.f_lineno
    return f"{path}:{line}: {linecache.getline(path, line).strip()}"


def note(node: Node, key: str, value: object) -> None:
    """Note something about a node, beside what others noted."""
    node.notes = {**(node.notes or {}), key: value}


def _check_result(name: str, out: Tensor, inputs: list[Tensor]) -> None:
    """Check the result of an operation, and note for the backward pass where it was called."""
    shapes = ", ".join(str(tuple(x.array.shape)) for x in inputs)
    origin = f"{name} of {shapes}, called at {_user_line()}"
    problem = _problem(out.array, [x.array for x in inputs])
    if problem:
        came_in = any(np.isnan(x.array).any() for x in inputs if x.array.dtype.kind == "f")
        source = "one of its inputs holds NaN" if came_in else "its inputs do not"
        raise RuntimeError(f"detect_anomaly: the result holds {problem}, {source}: {origin}")
    if out._node is not None:
        note(out._node, "origin", origin)


def and_others(see: Watcher) -> Watcher:
    """Return a watcher that calls `see`, and then the one that watches already, if any."""
    other = mode.watch
    if other is None:
        return see

    def both(name: str, out: Tensor, inputs: list[Tensor]) -> None:
        see(name, out, inputs)
        other(name, out, inputs)

    return both


class detect_anomaly:
    """Stop at the first NaN or Inf: `with detect_anomaly(): loss = ...; loss.backward()`.

    The error names the operation, forward or backward, the shapes of its inputs and the line that
    called it. An Inf among an operation's inputs counts as intended, as in a mask of -inf, and then
    its result may be infinite too; a NaN is always an error.

    Raises:
        RuntimeError: an operation gave NaN or Inf.
    """

    def __enter__(self) -> None:
        self.before = mode.watch, checked.gradients
        mode.watch, checked.gradients = and_others(_check_result), True

    def __exit__(self, *exc: object) -> None:
        mode.watch, checked.gradients = self.before


def checked_vjps(node: Node, g: Tensor) -> list[tuple[NodeOrLeaf, Tensor | None]]:
    """Compute a node's vector–Jacobian products, and check what they give.

    Raises:
        RuntimeError: a gradient holds NaN or Inf.
    """
    watch, mode.watch = mode.watch, None  # the vjps' own operations are not the user's
    checked.gradients = False
    try:
        found = node.vjps(g)
    finally:
        mode.watch, checked.gradients = watch, True
    origin = (node.notes or {}).get("origin", node.name)
    for i, (parent, gradient) in enumerate(found):
        problem = gradient is not None and _problem(gradient.array, [g.array])
        if problem:
            raise RuntimeError(
                f"detect_anomaly: Function '{node.name}' returned {problem.lower()} values in its "
                f"{i}th output: its gradient for an input of shape {_shape(parent)} holds "
                f"{problem}, that of its result does not: {origin}"
            )
    return found
