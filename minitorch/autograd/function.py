"""Custom functions: operations of your own, with a vector–Jacobian product of your own.

    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * y

    y = Exp.apply(x)

As `backward` is written in differentiable operations, it can be differentiated in its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .engine import tensors_of
from .grad_mode import no_grad
from .graph import NO_VJP, Edge, Node, mode, record

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .graph import NodeOrLeaf


class FunctionCtx:
    """What `forward` hands to `backward`. Numbers and the like may be set as attributes.

    Attributes:
        needs_input_grad: for each argument, whether it needs a gradient.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.to_save: tuple[Any, ...] = ()
        self.non_differentiable: tuple[Tensor, ...] = ()
        self._unpacked: tuple[Any, ...] | None = None  # while `backward` runs

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given. There only in `backward`."""
        if self._unpacked is None:
            raise RuntimeError("saved_tensors: they are there only while backward runs")
        return self._unpacked

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`. If one is changed in place, `backward` raises.

        Raises:
            TypeError: one is neither a tensor nor None.
        """
        self.to_save = tensors_of("save_for_backward", "what it saves", tensors, optional=True)

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """Declare that outputs have no derivative. Integer outputs have none anyway."""
        self.non_differentiable = tensors_of("mark_non_differentiable", "the outputs", outputs)


class JointNode(Node):
    """An operation with several outputs, whose vjps take the gradients of all of them together.

    To the graph it has one output: all of them laid end to end. Each output is a piece of that.
    """

    __slots__ = ("dtypes", "shapes", "wrap")

    def __init__(self, name: str, outputs: Sequence[Tensor], edges: Any) -> None:
        self.wrap = outputs[0]._wrap
        self.shapes = [y.array.shape for y in outputs]
        self.dtypes = [y.array.dtype for y in outputs]
        if len(outputs) == 1:
            super().__init__(name, outputs[0], edges)
        else:
            size = sum(y.array.size for y in outputs)
            end_to_end = np.broadcast_to(np.zeros((), np.result_type(*self.dtypes)), (size,))
            super().__init__(name, self.wrap(end_to_end), edges)
        for i, y in enumerate(outputs):
            y._node, y._requires_grad = self.piece(i), True

    def pieces(self) -> list[slice]:
        """Return where each output lies, when they are laid end to end."""
        ends = np.cumsum([0] + [int(np.prod(shape)) for shape in self.shapes]).tolist()
        return [slice(start, end) for start, end in pairwise(ends)]

    def piece(self, i: int) -> Node:
        """Return a node for output i."""
        if len(self.shapes) == 1:
            return self
        where, shape, dtype = self.pieces()[i], self.shape, self.dtype

        def vjp(g: Tensor) -> Tensor:
            whole = g._wrap(np.zeros(shape, dtype))
            whole[where] = g.reshape(-1)
            return whole

        joint = self.wrap(np.broadcast_to(np.zeros((), dtype), shape))
        joint._node, joint._requires_grad = self, True
        part = np.broadcast_to(np.zeros((), self.dtypes[i]), self.shapes[i])
        y = record(self.name, part, (joint, vjp))
        assert y._node is not None
        return y._node

    def split(self, g: Tensor) -> list[Tensor]:
        """Cut the gradient into one for each output."""
        if len(self.shapes) == 1:
            return [g]
        layout = zip(self.pieces(), self.shapes, self.dtypes, strict=True)
        return [g[where].reshape(shape).to(dtype) for where, shape, dtype in layout]


class FunctionNode(JointNode):
    """A `Function` that was applied."""

    __slots__ = ("ctx", "function", "layout", "needing", "positions", "saved")

    def __init__(
        self,
        function: type[Function],
        ctx: FunctionCtx,
        args: tuple[Any, ...],
        outputs: list[Any],
        positions: list[int],
    ) -> None:
        self.function, self.ctx, self.positions = function, ctx, positions
        self.needing = [i for i, needs in enumerate(ctx.needs_input_grad) if needs]
        edges = tuple([Edge(args[i]._node or args[i], NO_VJP, ()) for i in self.needing])
        recorded = [outputs[i] for i in positions]
        super().__init__(function.__name__, recorded, edges)
        # What `backward` gets where no gradient can arrive: zeros like the output, if a tensor.
        self.layout = [
            (y.array.shape, y.array.dtype) if hasattr(y, "_requires_grad") else None
            for y in outputs
        ]
        # A saved output is kept as its number and memory. Keeping the tensor would be a cycle.
        self.saved = [self._packed(x, recorded) for x in ctx.to_save]
        ctx.to_save = ctx.non_differentiable = ()

    @staticmethod
    def _packed(x: Any, outputs: list[Any]) -> Any:
        for i, y in enumerate(outputs):
            if x is y:
                return i, y.array, y._version
        return x

    def _unpacked(self, x: Any) -> Any:
        if isinstance(x, tuple):
            i, array, version = x
            x = self.wrap(array)
            x._version = version
            if mode.grad:
                x._node, x._requires_grad = self.piece(i), True
        return x

    def vjps(self, g: Tensor) -> list[tuple[NodeOrLeaf, Tensor | None]]:
        """Call `backward`, with a gradient for each output."""
        assert self.edges is not None
        arriving = [None if a is None else self.wrap(np.zeros(*a)) for a in self.layout]
        for i, g_i in zip(self.positions, self.split(g), strict=True):
            arriving[i] = g_i
        tensors = [self._unpacked(x) for x in self.saved]
        self.unpack(tuple([x for x in tensors if x is not None]))
        self.ctx._unpacked = tuple(tensors)
        try:
            result = self.function.backward(self.ctx, *arriving)
        finally:
            self.ctx._unpacked = None
        found = list(result) if isinstance(result, tuple) else [result]
        expected = len(self.ctx.needs_input_grad)
        if len(found) < expected or any(d is not None for d in found[expected:]):
            raise RuntimeError(
                f"function {self.name}Backward returned an incorrect number of gradients "
                f"(expected {expected}, got {len(found)}): one for each argument of forward"
            )
        for d in found:
            if d is not None and not hasattr(d, "_requires_grad"):
                raise TypeError(
                    f"function {self.name}Backward: expected a Tensor or None for each argument of "
                    f"forward (got {type(d).__name__})"
                )
        return [(edge.node, found[i]) for edge, i in zip(self.edges, self.needing, strict=True)]

    def release(self) -> None:
        """Free what was saved."""
        if self.saved:
            self.edges, self.saved = None, []


def _is_differentiable(y: Any, ctx: FunctionCtx) -> bool:
    return (
        hasattr(y, "_requires_grad")
        and y.array.dtype.kind == "f"
        and not any(y is other for other in ctx.non_differentiable)
    )


class Function:
    """An operation of your own: subclass it, define `forward` and `backward`, call `apply`.

    `forward(ctx, *args)` computes one tensor or a tuple of them from arguments of any kind; what it
    does is not recorded. Or write both `forward(*args)` and `setup_context(ctx, inputs, output)`.
    `backward(ctx, *gs)` maps the gradients of the outputs, zeros where none arrived, to one for
    each argument of `forward`; None for those that are no tensors or need none.
    """

    setup_context: Any = None

    @staticmethod
    def forward(*args: Any) -> Any:
        """Compute the outputs."""
        raise NotImplementedError("You must implement forward for a custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Compute the gradients of the arguments."""
        raise NotImplementedError("You must implement backward for a custom autograd.Function.")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Carry out the operation, and record it."""
        tensors = [a for a in args if hasattr(a, "_requires_grad")]
        ctx = FunctionCtx(tuple([hasattr(a, "_requires_grad") and a._requires_grad for a in args]))
        with no_grad():
            if cls.setup_context is None:
                result = cls.forward(ctx, *args)
            else:
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
        outputs = list(result) if isinstance(result, tuple) else [result]
        for i, y in enumerate(outputs):
            if any(y is x for x in tensors):  # an argument keeps its own place in the graph
                outputs[i] = y._wrap(y.array)
                outputs[i]._version = y._version
        if mode.grad and any(ctx.needs_input_grad):
            positions = [i for i, y in enumerate(outputs) if _is_differentiable(y, ctx)]
            if positions:
                FunctionNode(cls, ctx, args, outputs, positions)
        if mode.watch is not None:
            for y in outputs:
                if hasattr(y, "_requires_grad"):
                    mode.watch(cls.__name__, y, tensors)
        return tuple(outputs) if isinstance(result, tuple) else outputs[0]
