"""Recording what happens inside a model in one forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from minitorch import Tensor, nn
from minitorch.autograd import Array
from minitorch.fused import definitions
from minitorch.ops.probe import watching


class Trace(dict[str, Array]):
    """Intermediates by name: the path of the module, and what it calls them.

    `trace["decoder.blocks.0.cross_attention.weights"]` is an array (batch, heads, T_q, T_k). What
    is computed several times keeps the last.
    """


@contextmanager
def trace(model: nn.Module) -> Iterator[Trace]:
    """Record every named intermediate of what the model computes inside the block.

        with trace(model) as t:
            model(source, target)
        t["encoder.blocks.0.attention.weights"]    # (batch, heads, T, T)

    Definitions run instead of kernels, so that each intermediate exists.
    """
    record = Trace()
    inside: list[str] = []

    def see(name: str, x: Tensor) -> None:
        record[".".join([*filter(None, inside[-1:]), name])] = x.detach().numpy().copy()

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
