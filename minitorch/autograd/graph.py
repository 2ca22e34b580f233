"""The graph: what each operation leaves behind, so that gradients can be computed.

Take L = (a · b + 5)² for a = 3 and b = 2. Every operation of which an input needs a gradient leaves
a `Node`; an `Edge` leads from it to each such input. Values are computed from left to right.
Gradients, the derivatives of L with respect to each value, are computed from right to left:

    a = 3 ─────────┐
    dL/da = 44     │
                   ├── mul = 6 ────── add = 11 ────── square = 121 = L
    b = 2 ─────────┘   22             22              dL/dL = 1
    dL/db = 66

    >>> import minitorch
    >>> a = minitorch.tensor(3.0, requires_grad=True)
    >>> b = minitorch.tensor(2.0, requires_grad=True)
    >>> product = a * b
    >>> shifted = product + 5
    >>> L = shifted.square()
    >>> L.grad_fn, L.grad_fn.edges[0].node, L.grad_fn.edges[0].node.edges[0].node
    (<square>, <add>, <mul>)
    >>> product.retain_grad(), shifted.retain_grad(), L.retain_grad()
    (None, None, None)
    >>> L.backward()
    >>> [tensor.grad.item() for tensor in (L, shifted, product, a, b)]
    [1.0, 22.0, 22.0, 44.0, 66.0]

An edge carries a *vector–Jacobian product*, vjp for short. The Jacobian of an operation y = f(x) is
the matrix of all its derivatives, J[i, j] = ∂y_i/∂x_j; the vector is g = dL/dy. By the chain rule

    dL/dx_j = Σ_i dL/dy_i · ∂y_i/∂x_j        for all j at once        vjp(g) = gᵀ J

where i and j count all elements of y and x. J itself is never built: for an elementwise operation
it is diagonal, and gᵀ J is a product of two numbers for each element. For y = a · b the vjps are

    edge to a:  lambda g, b: g * b,  saving b        since ∂y/∂a = b
    edge to b:  lambda g, a: g * a,  saving a        since ∂y/∂b = a

Vjps are written in the library's own operations (but for those of `fused/registry.py`). When a
backward pass is recorded in its turn, second derivatives need no second set of vjps.

This file knows nothing of the class `Tensor`. Of a tensor x it needs `x.array`; `x._requires_grad`;
`x._node`, the node of the operation that made it, None for a leaf; `x._version`, a list of one
number (see `version_counter`); and `x._wrap(array)`, which makes a tensor of another array.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    from ..dtypes import Array
    from ..tensor import Tensor

VJP: TypeAlias = Callable[..., "Tensor | None"]
Hook: TypeAlias = Callable[["Tensor"], "Tensor | None"]
NodeOrLeaf: TypeAlias = "Node | Tensor"
"""Where an edge leads. A leaf, a tensor that no recorded operation made, stands for a node."""

OUTPUT: Any = object()
"""Stands first among an edge's saved tensors for the operation's own output: `exp` saves y."""
NO_VJP: Any = None
"""Stands in the edges of a node that computes the gradients of all its inputs together."""

version_counter = count(1)
"""Numbers the nodes in the order of their creation, and every change in place.

So the two can be compared: memory whose version, the number of its last change, is above a node's
number was changed after that node saved it.
"""


class Edge(NamedTuple):
    """An input of an operation, as the backward pass needs it.

    Attributes:
        node: the node of the operation that made the input, or the input itself, if it is a leaf.
        vjp: maps the gradient of the output to that of the input, given the saved tensors.
        saved: the tensors that the vjp needs besides.
    """

    node: NodeOrLeaf
    vjp: VJP
    saved: tuple[Any, ...]


class Node:
    """An operation that was carried out.

    Attributes:
        name: the operation, as users write it: "mul".
        edges: to those of its inputs that need a gradient. None once they were freed.
        shape, dtype: the output's. Gradients that arrive are summed to that shape, where something
            was broadcast, and converted to that dtype.
        number: its place in the order of creation, after those of the nodes that its edges lead to.
        output: what is needed to make the output again, if an edge saved `OUTPUT`.
        hooks: what users want done with the gradient that arrives here (see `hooks.py`).
        notes: what `detect_anomaly()` or `keep_values()` noted about it.
    """

    __slots__ = ("dtype", "edges", "hooks", "name", "notes", "number", "output", "shape")

    edges: tuple[Edge, ...] | None

    def __init__(self, name: str, out: Tensor, edges: tuple[Edge, ...]) -> None:
        self.name = name
        self.edges = edges
        self.shape: tuple[int, ...] = out.array.shape
        self.dtype: np.dtype[Any] = out.array.dtype
        self.number = next(version_counter)
        self.output: tuple[Any, ...] | None = None
        self.hooks: dict[int, Hook] | None = None
        self.notes: dict[str, Any] | None = None

    def vjps(self, g: Tensor) -> list[tuple[NodeOrLeaf, Tensor | None]]:
        """Map the gradient of the output to those of the inputs: (node, gradient) for each."""
        assert self.edges is not None
        return [
            (node, vjp(g, *self.unpack(saved)) if saved else vjp(g))
            for node, vjp, saved in self.edges
        ]

    def unpack(self, saved: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Return the saved tensors, the output in the place of `OUTPUT`.

        Raises:
            RuntimeError: one was changed in place since it was saved.
        """
        if saved and saved[0] is OUTPUT:
            saved = (self._output(), *saved[1:])
        for tensor in saved:
            if tensor._version[0] > self.number:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an "
                    f"inplace operation: {self.name} saved a tensor of shape {tensor.array.shape}, "
                    "which changed since. Change a copy (x = x + 1, or x.clone() first), or change "
                    "it after backward()."
                )
        return saved

    def _output(self) -> Tensor:
        """Make the output again.

        To keep the tensor itself would be a cycle, tensor → node → edge → tensor, which only the
        garbage collector frees.
        """
        assert self.output is not None
        wrap, array, version = self.output
        y: Tensor = wrap(array)
        y._node, y._requires_grad, y._version = self, True, version
        return y

    def release(self) -> None:
        """Free what was saved. A node that saved nothing stays, and can be passed again."""
        if [saved for _, _, saved in self.edges or () if saved]:
            self.edges = self.output = None

    def __repr__(self) -> str:
        return f"<{self.name}>"


class _Mode(threading.local):
    """What recording depends on; each thread has its own. `grad` is switched by `grad_mode.py`."""

    grad = True
    watch: Callable[[str, Tensor, list[Tensor]], None] | None = None  # see anomaly.py
    after_backward: list[Callable[[], None]]  # see engine.py

    def __init__(self) -> None:
        self.after_backward = []


mode = _Mode()
new_tuple = tuple.__new__


def record(name: str, array: Array, *given: tuple[Any, ...]) -> Tensor:
    """Wrap the result of an operation, and record a node with an edge to each of its inputs.

    Args:
        name: the operation's name.
        array: its result.
        given: for each differentiable input, `(input, vjp, *saved)`. Only inputs that need a
            gradient get an edge, so what only the others would need is not held in memory.
    """
    out: Tensor = given[0][0]._wrap(array)
    if mode.grad:
        # Edge(x._node or x, vjp, saved) for x, vjp, *saved in given if x._requires_grad, written
        # this way because it takes half the time.
        edges = tuple([
            new_tuple(Edge, (p[0]._node or p[0], p[1], p[2:])) for p in given if p[0]._requires_grad
        ])  # fmt: skip
        if edges:
            node = out._node = Node(name, out, edges)
            out._requires_grad = True
            for edge in edges:
                if edge.saved and edge.saved[0] is OUTPUT:
                    node.output = (out._wrap, out.array, out._version)
    if mode.watch is not None:
        mode.watch(name, out, [p[0] for p in given])
    return out


def unrecorded(name: str, array: Array, *inputs: Tensor) -> Tensor:
    """Wrap the result of an operation whose inputs need no gradient, or while nothing is recorded.

    `record` would do the same. This is for operations that are called so often, above all by vjps,
    that it pays to ask before the edges are put together.
    """
    out: Tensor = inputs[0]._wrap(array)
    if mode.watch is not None:
        mode.watch(name, out, list(inputs))
    return out
