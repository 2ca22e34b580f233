"""Computing twice instead of remembering (Chen et al. 2016, https://arxiv.org/abs/1604.06174)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import random
from . import Edge, Node, enable_grad, mode, version_counter
from .backward import walk
from .function import JointNode

if TYPE_CHECKING:
    from ..tensor import Tensor


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool = False,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Return `function(*args, **kwargs)`, keeping in memory nothing of what happens inside.

    `backward()` calls the function again for what it needs. The gradients are the same, also those
    of tensors that the function uses without being given them.

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
    if mode.grad:
        outputs = _recorded(result, start)
        if outputs:
            inputs = [a for a in (*args, *kwargs.values()) if hasattr(a, "_requires_grad")]

            def again() -> list[Tensor]:
                with enable_grad():
                    return _recorded(function(*args, **kwargs), 0)

            CheckpointNode(again, inputs, outputs, state, start)
    return result


def _recorded(result: Any, since: int) -> list[Tensor]:
    """Return those of the outputs that were computed since then, and need gradients."""
    outputs = result if isinstance(result, tuple) else (result,)
    tensors = [y for y in outputs if hasattr(y, "_requires_grad") and y._node is not None]
    return [y for y in tensors if y._node.number >= since]


class CheckpointNode(JointNode):
    """Stands in the graph for all that the function did, and does it again when walked through."""

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
        edges = _edges([y._node for y in outputs if y._node is not None], start)
        super().__init__("checkpoint", outputs, tuple([(edge, None, ()) for edge in edges]))

    def gradients(self, g: Tensor) -> list[tuple[Edge, Tensor | None]]:
        """Call the function again, and walk back through what it does."""
        self.unpack(tuple(self.inputs))
        before = random.get_rng_state()
        if self.state is not None:
            random.set_rng_state(self.state)
        start = next(version_counter)
        try:
            outputs = self.again()
        finally:
            random.set_rng_state(before)
        starts = [(y._node, d) for y, d in zip(outputs, self.split(g), strict=True) if y._node]
        return list(walk(starts, create_graph=mode.grad, since=start).items())

    def release(self) -> None:
        """Let go of the inputs."""
        self.paths, self.inputs = None, []
        del self.again


def _edges(nodes: list[Node], start: int) -> list[Edge]:
    """Return where the paths lead that leave what was computed since then."""
    inside, leaving = dict.fromkeys(nodes), dict[Edge, None]()
    todo = list(inside)
    for node in todo:  # the list grows while it is read
        for edge, _, _ in node.paths or ():
            if isinstance(edge, Node) and edge.number >= start:
                if edge not in inside:
                    inside[edge] = None
                    todo.append(edge)
            else:
                leaving[edge] = None
    return list(leaving)
