"""Fused operations: fast kernels beside their definitions.

Several operations are *fused* if they are carried out as one: one node in the graph, and fewer
passes over memory. The operations in which a Transformer spends its time exist twice.

definition
    A few lines in the library's own differentiable operations. It is what the operation means, and
    what people read.
kernel
    The same, fused, in NumPy, on bare arrays. It returns the output and `backward`, its backward
    pass, derived by hand: one vector–Jacobian product for all inputs. There, dx stands for dL/dx.

A `Fused` pairs the two, and is called like a function. The kernel runs, except where the definition
must:

    inside `definitions()`    so that every intermediate is a tensor to look at
    for second derivatives    as only the definition's gradients have a graph of their own

`minitorch.fused.REGISTRY` lists all of them. The tests go through the list, draw inputs for each,
and hold the kernel to its definition: the same values and the same gradients in float64 and
float32. In float64 they also agree with finite differences, once and twice differentiated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import compress
from typing import TYPE_CHECKING, Any, TypeAlias

from .._runtime.quiet import quietly
from ..autograd.engine import run_backward
from ..autograd.graph import NO_VJP, OUTPUT, Edge, Node, mode, new_tuple, version_counter
from ..dtypes import Array

if TYPE_CHECKING:
    from ..autograd.graph import NodeOrLeaf
    from ..tensor import Tensor

Gradients: TypeAlias = "tuple[Array | None, ...]"
"""The gradient of each input; None where it is not needed."""

Backward: TypeAlias = Callable[..., Gradients]
"""`backward(g, needs)`: maps the gradient g of the output to those of the inputs.

`needs` says for each input whether its gradient is needed.
"""


class _Choice(threading.local):
    definitions = False


_choice = _Choice()


@contextmanager
def definitions() -> Iterator[None]:
    """Run definitions instead of kernels inside the block, in this thread."""
    before, _choice.definitions = _choice.definitions, True
    try:
        yield
    finally:
        _choice.definitions = before


class FusedNode(Node):
    """A fused operation in the graph: one vjp for all of its inputs together."""

    __slots__ = ("backward", "fused", "inputs", "needs", "options")

    def __init__(
        self,
        fused: Fused,
        out: Tensor,
        inputs: tuple[Tensor | None, ...],
        needs: list[bool],
        options: dict[str, Any],
        backward: Backward,
    ) -> None:
        # The edges carry no vjps of their own; each saves its input, for the definition.
        needing: list[Any] = list(compress(inputs, needs))
        edges = tuple([new_tuple(Edge, (x._node or x, NO_VJP, (x,))) for x in needing])
        super().__init__(fused.name, out, edges)
        self.fused, self.inputs, self.needs = fused, inputs, needs
        self.options, self.backward = options, backward
        if fused.keeps_result:
            self.output = (out._wrap, out.array, out._version)

    def vjps(self, g: Tensor) -> list[tuple[NodeOrLeaf, Tensor | None]]:
        """Run the kernel's backward pass; or the definition's, if that is to be recorded."""
        saved = [x for x in self.inputs if x is not None]
        # only to check that none was changed in place
        self.unpack((OUTPUT, *saved) if self.fused.keeps_result else tuple(saved))
        if mode.grad:
            return self._through_definition(g)
        assert self.edges is not None
        arrays = quietly(self.backward, g.array, self.needs)
        return [
            (node, None if array is None else g._wrap(array))
            for (node, _, _), array in zip(self.edges, compress(arrays, self.needs), strict=True)
        ]

    def _through_definition(self, g: Tensor) -> list[tuple[NodeOrLeaf, Tensor | None]]:
        """Run the definition on the inputs again, and backpropagate through it, recording.

        Its nodes are numbered above `start`. A pass `since=start` visits only those, and ends at
        the nodes of the inputs: what arrived there is what `vjps` returns.
        """
        start = next(version_counter)
        y = self.fused.definition(*self.inputs, **self.options)
        assert y._node is not None
        gradients = run_backward([(y._node, g)], retain_graph=True, create_graph=True, since=start)
        return list(gradients.items())

    def release(self) -> None:
        """Free what was saved, and what the kernel kept."""
        self.edges = self.output = None
        self.inputs, self.options = (), {}
        del self.backward


class Fused:
    """An operation in two forms that compute the same thing.

    Args:
        name: its name.
        definition: `definition(*tensors, **options) -> Tensor`, in differentiable operations.
        kernel: `kernel(*arrays, **options) -> (array, backward)`. A tensor that is left out (no
            bias, no mask) is None. `backward(g, needs)` gives the gradient of each input in turn,
            each a fresh array, or None where `needs` is False.
        keeps_result: `backward` needs the result as it was: it is an error to call it after the
            result was changed in place.
    """

    def __init__(
        self,
        name: str,
        definition: Callable[..., Tensor],
        kernel: Callable[..., tuple[Array, Backward]],
        *,
        keeps_result: bool = False,
    ) -> None:
        self.name = name
        self.definition = definition
        self.kernel = kernel
        self.keeps_result = keeps_result

    def __call__(self, *inputs: Tensor | None, **options: Any) -> Tensor:
        """Run the kernel, or inside `definitions()` the definition, and record it."""
        if _choice.definitions:
            return self.definition(*inputs, **options)
        arrays = [x if x is None else x.array for x in inputs]
        y, backward = quietly(self.kernel, *arrays, **options)
        first: Any = inputs[0]
        out: Tensor = first._wrap(y)
        if mode.grad:
            needs = [x is not None and x._requires_grad for x in inputs]
            if True in needs:
                out._node = FusedNode(self, out, inputs, needs, options, backward)
                out._requires_grad = True
        if mode.watch is not None:
            mode.watch(self.name, out, [x for x in inputs if x is not None])
        return out

    def __repr__(self) -> str:
        return f"<fused {self.name}>"
