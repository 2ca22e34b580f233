"""Stochastic gradient descent: a step against the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..dtypes import Array
from ..tensor import Tensor
from .optimizer import Optimizer, check_lr


class SGD(Optimizer):
    """x ← x - lr · g; with momentum, the average b of gradients is in the place of g.

        b ← momentum · b + (1 - dampening) · g

    b starts as the first gradient. `weight_decay` adds weight_decay · x to g.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        momentum: how much of the way so far is kept up.
        dampening: how little of the gradient is added to it.
        weight_decay: how strongly parameters are drawn to 0.
        nesterov: take the step g + momentum · b, which looks ahead (Sutskever et al. 2013).
        maximize: go up instead of down.

    Raises:
        ValueError: an option is out of range.
    """

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
        check_lr(lr)
        if not momentum >= 0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if not weight_decay >= 0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
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
        """Take the step for one parameter."""
        momentum = float(options["momentum"])
        if options["maximize"]:
            g = -g
        if options["weight_decay"]:
            g = g + float(options["weight_decay"]) * x
        if momentum:
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = Tensor._wrap(g.copy())
                b = state["momentum_buffer"].array
            else:
                b = state["momentum_buffer"].array
                b *= momentum
                b += (1 - float(options["dampening"])) * g
            g = g + momentum * b if options["nesterov"] else b
        x -= float(options["lr"]) * g
