"""RMSprop (Tieleman and Hinton 2012): as Adagrad, but older gradients count less."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..dtypes import Array
from ..tensor import Tensor
from . import checks
from .adam import average
from .optimizer import Optimizer


class RMSprop(Optimizer):
    """Each element is divided by the root of the mean of its squared gradients ("RMS").

        v ← α v + (1 - α) g²       x ← x - lr · g / (√v + eps)

    The sign of g says where to go, and hardly says how far: the size of gradients differs between
    parameters, and changes during training. Divided by their own size in the last 1 / (1 - α) steps
    or so, all elements take steps of about lr. `Adam` does the same with an average of g in the
    place of g, and corrects what is wrong here at first: v starts at 0 and is too small, by the
    factor 1 - αᵗ, so that the first step is not lr but lr / √(1 - α), 10 times as much.

    Centered, the divisor is the standard deviation instead: √(v - m²), with m ← α m + (1 - α) g.
    With momentum μ, the steps are summed as in `SGD`: b ← μ b + g / (√v + eps), and x ← x - lr · b.

    Source: Tieleman and Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning",
    https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf; centered: Graves 2013,
    https://arxiv.org/abs/1308.0850.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        alpha: α, the decay rate of the averages.
        eps: keeps the denominator from 0.
        weight_decay: λ of L2 regularisation: adds λ · x to g.
        momentum: μ.
        centered: see above.
        maximize: go up the gradient instead of down.

    Raises:
        ValueError: an option is out of range.
    """

    keeps = ("step", "square_avg", "momentum_buffer", "grad_avg")
    check_options = staticmethod(checks.options)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def update(self, x: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
        """Take the step for one parameter; `Optimizer.step` calls this for each."""
        alpha, momentum = float(options["alpha"]), float(options["momentum"])
        names = {"square_avg": True, "momentum_buffer": momentum, "grad_avg": options["centered"]}
        for name, wanted in names.items():
            if wanted and name not in state:
                state[name] = Tensor._wrap(np.zeros_like(x))
        state["step"] = state.get("step", 0) + 1
        if options["maximize"]:
            g = -g
        if options["weight_decay"]:
            g = g + float(options["weight_decay"]) * x
        v = state["square_avg"].array
        average(v, g * g, alpha)
        if options["centered"]:
            m = state["grad_avg"].array
            average(m, g.copy(), alpha)
            v = np.maximum(v - m * m, 0)  # below 0 by rounding only
        step = g / (np.sqrt(v) + float(options["eps"]))
        if momentum:
            b = state["momentum_buffer"].array
            b *= momentum
            b += step
            step = b
        x -= float(options["lr"]) * step
