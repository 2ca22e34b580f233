"""Fast kernels beside their definitions.

The operations in which a Transformer spends its time exist twice. The *definition* is a few lines
in the library's own operations: it is what the operation means, and what people read. The *kernel*
computes the same in fewer passes over memory, on bare arrays, and returns with the result a
function for the way back, derived by hand. A `Fused` pairs the two and is called like a function.

    the kernel runs      always, except
    the definition runs  inside `definitions()`, so that every intermediate is a tensor to look at;
                         and for second derivatives, which the kernel's way back cannot give

The tests walk `minitorch.fused.REGISTRY` and hold each kernel to its definition.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from ..autograd import Array, Edge, Node, grad, mode, record

if TYPE_CHECKING:
    from ..tensor import Tensor

WayBack: TypeAlias = Callable[..., "tuple[Array | None, ...]"]


class Fused:
    """An operation in two forms that compute the same.

    Args:
        name: its name.
        definition: `definition(*tensors, **options) -> Tensor`, in differentiable operations.
        kernel: `kernel(*arrays, **options) -> (array, back)`. `back(g, needs)` takes the gradient
            of the result to a gradient for each input in turn, or None where `needs` is False.
            Each must be a fresh array. A tensor that is left out (no bias, no mask) is None.
    """

    def __init__(
        self,
        name: str,
        definition: Callable[..., Tensor],
        kernel: Callable[..., tuple[Array, WayBack]],
    ) -> None:
        self.name = name
        self.definition = definition
        self.kernel = kernel

    def __call__(self, *inputs: Tensor | None, **options: Any) -> Tensor:
        if _choice.definitions:
            return self.definition(*inputs, **options)
        y, back = self.kernel(*[None if x is None else x.array for x in inputs], **options)
        first: Any = inputs[0]
        out: Tensor = first._wrap(y)
        if mode.grad and any([x is not None and x._requires_grad for x in inputs]):
            out._node = FusedNode(self, out, inputs, options, back)
            out._requires_grad = True
        return out

    def __repr__(self) -> str:
        return f"<fused {self.name}>"


class FusedNode(Node):
    """A fused operation in the graph: one way back for all of its inputs together."""

    __slots__ = ("back", "fused", "inputs", "options")

    def __init__(
        self,
        fused: Fused,
        out: Tensor,
        inputs: tuple[Tensor | None, ...],
        options: dict[str, Any],
        back: WayBack,
    ) -> None:
        # The paths carry no rules of their own; each saves its input, for the definition.
        paths = tuple(
            [(x._node or x, None, (x,)) for x in inputs if x is not None and x._requires_grad]
        )
        super().__init__(fused.name, out, paths)
        self.fused, self.inputs, self.options, self.back = fused, inputs, options, back

    def gradients(self, g: Tensor) -> list[tuple[Edge, Tensor | None]]:
        saved = tuple([x for x in self.inputs if x is not None])
        self.unpack(saved)
        if mode.grad:
            return self._through_definition(g)
        needs = [x is not None and x._requires_grad for x in self.inputs]
        arrays = self.back(g.array, needs)
        return [
            (x._node or x, None if array is None else g._wrap(array))
            for x, array in zip(self.inputs, arrays, strict=True)
            if x is not None and x._requires_grad
        ]

    def _through_definition(self, g: Tensor) -> list[tuple[Edge, Tensor | None]]:
        """Differentiate the definition instead, recording it, so that the result has a graph.

        Each input enters through an identity of its own: an input that was computed from another
        must not have its gradient counted in the other's here.
        """
        aliases = [
            record("alias", x.array, (x, lambda g: g)) if x is not None and x._requires_grad else x
            for x in self.inputs
        ]
        wanted = [a for a in aliases if a is not None and a._requires_grad]
        y = self.fused.definition(*aliases, **self.options)
        found = grad(y, wanted, g, create_graph=True, allow_unused=True)
        assert self.paths is not None
        return [(edge, d) for (edge, _, _), d in zip(self.paths, found, strict=True)]

    def release(self) -> None:
        super().release()
        self.inputs, self.options = (), {}
        del self.back


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
