"""Traces: the named activations of a forward pass.

An activation is an intermediate result, such as the attention weights of a layer. The code of a
model has a hook point at each that one may want to see: `probe("weights", w)` returns w, and shows
it to whoever watches (`minitorch/ops/probe.py`). `trace` watches and records what it is shown.

The full name of an activation is the path of the module that computes it and the name at its hook
point: "decoder.blocks.0.cross_attention" and "weights". So hook points need to know nothing of the
model around them. While a trace runs, each module says when it is entered and left, by forward
hooks, and the module entered last is the one that computes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from minitorch import nn
from minitorch.autograd import Array
from minitorch.fused import definitions
from minitorch.ops.probe import watching

if TYPE_CHECKING:
    from minitorch import Tensor


class Trace(dict[str, Array]):
    """Activations by their full names.

    `trace["decoder.blocks.0.cross_attention.weights"]` is an array (batch, heads, T_q, T_k). Of an
    activation that is computed several times, this is the last; `every` has them all.

    Attributes:
        every: for each name, its activations in the order in which they were computed. Those of an
            encoder–decoder's "embedding.tokens" are the source's and the target's; of a text that
            is generated, all steps stay in memory.
    """

    def __init__(self) -> None:
        super().__init__()
        self.every: dict[str, list[Array]] = {}

    def add(self, name: str, activation: Array) -> None:
        """Record an activation."""
        self[name] = activation
        self.every.setdefault(name, []).append(activation)

    def named(self) -> dict[str, Array]:
        """Return every activation by a name of its own: "logits"; of several, "logits[0]", ….

        >>> import numpy as np
        >>> t = Trace()
        >>> for name in ("tokens", "tokens", "logits"):
        ...     t.add(name, np.zeros(3))
        >>> list(t.named())
        ['tokens[0]', 'tokens[1]', 'logits']
        """
        return {
            name if len(activations) == 1 else f"{name}[{i}]": activation
            for name, activations in self.every.items()
            for i, activation in enumerate(activations)
        }

    def __missing__(self, name: str) -> Array:
        recorded = ", ".join(self) or "none: the model has not run inside the `with` block"
        raise KeyError(f"there is no activation {name!r}; recorded are {recorded}")


@contextmanager
def trace(model: nn.Module) -> Iterator[Trace]:
    """Record every named activation that the model computes inside the `with` block.

        with trace(model) as t:
            model(source, target)
        t["encoder.blocks.0.attention.weights"]    # (batch, heads, T, T)

    The definitions of fused operations run instead of their kernels, which never compute some of
    the activations.

    Args:
        model: any module; names are relative to it.

    Yields:
        the trace, which fills as the model computes.

    Raises:
        TypeError: the model is no module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"only an nn.Module can be traced, not {type(model).__name__}")
    record = Trace()
    inside: list[str] = []  # the paths of the modules that have been entered and not yet left

    def see(name: str, x: Tensor) -> None:
        record.add(".".join([*filter(None, inside[-1:]), name]), x.detach().numpy().copy())

    def enter(path: str) -> Any:
        return lambda module, args: inside.append(path)

    def leave(module: nn.Module, args: Any, result: Any) -> None:
        inside.pop()

    with ExitStack() as stack:
        for path, module in model.named_modules():
            stack.callback(module.register_forward_pre_hook(enter(path)).remove)
            stack.callback(module.register_forward_hook(leave).remove)
        stack.enter_context(definitions())
        stack.enter_context(watching(see))
        yield record
