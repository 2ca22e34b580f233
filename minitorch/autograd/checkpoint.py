"""Gradient checkpointing: computing activations again instead of keeping them.

What a checkpointed function computes inside is not kept after the forward pass, but computed a
second time when the backward pass needs it: more time, less memory (Chen et al. 2016, "Training
deep nets with sublinear memory cost", https://arxiv.org/abs/1604.06174).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import random
from .engine import run_backward
from .function import JointNode
from .grad_mode import enable_grad
from .graph import NO_VJP, Edge, Node, mode, version_counter

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .graph import NodeOrLeaf


def _recorded(result: Any, since: int) -> list[Tensor]:
    """Return the outputs that need gradients and whose nodes are numbered from `since` on."""
    outputs = result if isinstance(result, tuple) else (result,)
    tensors = [y for y in outputs if hasattr(y, "_requires_grad") and y._node is not None]
    return [y for y in tensors if y._node.number >= since]


def _leaving(nodes: list[Node], start: int) -> list[NodeOrLeaf]:
    """Return the leaves, and nodes numbered below `start`, that edges of newer nodes lead to."""
    inside = dict.fromkeys(nodes)
    leaving: dict[NodeOrLeaf, None] = {}
    todo = list(inside)
    for node in todo:  # the list grows while it is read
        for parent, _, _ in node.edges or ():
            if isinstance(parent, Node) and parent.number >= start:
                if parent not in inside:
                    inside[parent] = None
                    todo.append(parent)
            else:
                leaving[parent] = None
    return list(leaving)


class CheckpointNode(JointNode):
    """Stands in the graph for a whole function, and calls it again in the backward pass."""

    __slots__ = ("again", "inputs", "state")

    def __init__(
        self,
        again: Callable[[], list[Tensor]],
        inputs: list[Tensor],
        outputs: list[Tensor],
        state: Any,
        start: int,
    ) -> None:
        self.again, self.inputs, self.state = again, inputs, state
        parents = _leaving([y._node for y in outputs if y._node is not None], start)
        edges = tuple([Edge(parent, NO_VJP, ()) for parent in parents])
        super().__init__("checkpoint", outputs, edges)

    def vjps(self, g: Tensor) -> list[tuple[NodeOrLeaf, Tensor | None]]:
        """Call the function again, and run a backward pass through what it does."""
        self.unpack(tuple(self.inputs))
        start = next(version_counter)
        with random.fork_rng():
            if self.state is not None:
                random.set_rng_state(self.state)
            outputs = self.again()
        first = [f"{n} {dtype}" for n, dtype in zip(self.shapes, self.dtypes, strict=True)]
        again = [f"{y.array.shape} {y.array.dtype}" for y in outputs]
        if first != again:
            raise RuntimeError(
                "checkpoint: the function did not do the same when it was called again. Its "
                f"outputs that need gradients are: first {first}, then {again}"
            )
        starts = [(y._node, d) for y, d in zip(outputs, self.split(g), strict=True) if y._node]
        return [*run_backward(starts, mode.grad, mode.grad, since=start).items()]

    def release(self) -> None:
        """Free the inputs."""
        self.edges, self.inputs = None, []
        del self.again


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool = False,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Return `function(*args, **kwargs)`, and keep nothing of what it computes inside in memory.

    `backward()` calls the function again. The gradients are the same, also those of tensors that
    the function uses though they are not among its arguments.

    Args:
        function: returns a tensor or a tuple of them. It must do the same when called again.
        use_reentrant: only False; PyTorch's other variant is not here.
        preserve_rng_state: draw the same random numbers the second time, for dropout.

    Raises:
        ValueError: `use_reentrant` is True.
    """
    if use_reentrant:
        raise ValueError("checkpoint: only use_reentrant=False is here, which PyTorch advises too")
    state = random.get_rng_state() if preserve_rng_state else None
    start = next(version_counter)
    result = function(*args, **kwargs)
    outputs = _recorded(result, start)
    if outputs:
        inputs = [a for a in (*args, *kwargs.values()) if hasattr(a, "_requires_grad")]

        def again() -> list[Tensor]:
            with enable_grad():
                return _recorded(function(*args, **kwargs), 0)

        CheckpointNode(again, inputs, outputs, state, start)
        if mode.watch is not None:
            for y in outputs:
                mode.watch("checkpoint", y, inputs)
    return result
