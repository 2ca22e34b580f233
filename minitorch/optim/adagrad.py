"""Adagrad (Duchi, Hazan and Singer 2011): steps divided by the size of an element's gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..dtypes import Array
from ..tensor import Tensor
from . import checks
from .optimizer import Optimizer


class Adagrad(Optimizer):
    """Each element is divided by the root of the sum of its squared gradients.

        s ← s + g²       x ← x - lr / (1 + (t - 1) · lr_decay) · g / (√s + eps)

    An element whose gradients are rare or small takes larger steps: what a rare word teaches is not
    drowned by frequent ones. But s only grows, and so the steps shrink like 1 / √t, also where they
    should not. That is what `RMSprop` changes.

    Source: Duchi, Hazan and Singer 2011, https://jmlr.org/papers/v12/duchi11a.html.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        lr_decay: see the formula; t is the number of the step, from 1.
        weight_decay: λ of L2 regularisation: adds λ · x to g.
        initial_accumulator_value: what s starts as.
        eps: keeps the denominator from 0.
        maximize: go up the gradient instead of down.

    Raises:
        ValueError: an option is out of range.
    """

    keeps = ("step", "sum")
    check_options = staticmethod(checks.options)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def update(self, x: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
        """Take the step for one parameter; `Optimizer.step` calls this for each."""
        if "sum" not in state:
            start = float(options["initial_accumulator_value"])
            state["sum"] = Tensor._wrap(np.full_like(x, start))
        state["step"] = state.get("step", 0) + 1
        if options["maximize"]:
            g = -g
        if options["weight_decay"]:
            g = g + float(options["weight_decay"]) * x
        s = state["sum"].array
        s += g * g
        rate = float(options["lr"]) / (1 + (state["step"] - 1) * float(options["lr_decay"]))
        x -= rate * g / (np.sqrt(s) + float(options["eps"]))
