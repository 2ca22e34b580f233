"""Stochastic gradient descent (SGD), with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..dtypes import Array
from ..tensor import Tensor
from . import checks
from .optimizer import Optimizer


class SGD(Optimizer):
    """A step against the gradient: x ← x - lr · g.

    With momentum μ, the step is a running sum b of the gradients, in which older ones count less:

        b ← μ b + (1 - dampening) g       x ← x - lr · b

    b starts as the first gradient. Where gradients keep their direction, b grows up to 1 / (1 - μ)
    times as long as one of them; where they swing to and fro, they cancel out in it. With Nesterov
    momentum the step is g + μ b, which looks one step ahead.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep
    learning". There the learning rate is inside the sum, b ← μ b - lr · g and x ← x + b: the same
    as long as it is constant.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        momentum: μ, the factor by which older gradients decay at each step.
        dampening: the new gradient enters b with weight 1 - dampening.
        weight_decay: λ of L2 regularisation: adds λ · x to g.
        nesterov: use Nesterov momentum.
        maximize: go up the gradient instead of down.

    Raises:
        ValueError: an option is out of range.
    """

    keeps = ("momentum_buffer",)
    check_options = staticmethod(checks.options)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def update(self, x: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
        """Take the step for one parameter; `Optimizer.step` calls this for each."""
        momentum, dampening = float(options["momentum"]), float(options["dampening"])
        if options["maximize"]:
            g = -g
        if options["weight_decay"]:
            g = g + float(options["weight_decay"]) * x
        if momentum:
            if "momentum_buffer" in state:
                b = state["momentum_buffer"].array
                b *= momentum
                b += (1 - dampening) * g
            else:
                state["momentum_buffer"] = Tensor._wrap(g.copy())
                b = state["momentum_buffer"].array
            g = g + momentum * b if options["nesterov"] else b
        x -= float(options["lr"]) * g
