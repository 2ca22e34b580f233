"""Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980), and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..dtypes import Array
from ..tensor import Tensor
from . import checks
from .bundles import Bundles
from .optimizer import Optimizer


def average(mean: Array, new: Array, beta: float) -> None:
    """Exponential moving average: mean ← β · mean + (1 - β) · new, in place. `new` is used up."""
    new *= 1 - beta
    mean *= beta
    mean += new


def adam(
    x: Array, g: Array, m: Array, v: Array, t: int,
    lr: float, beta1: float, beta2: float, eps: float, largest: Array | None = None,
) -> None:  # fmt: skip
    """Take Adam's step number t for a parameter x with gradient g. Changes x, m and v in place.

        m ← β1 m + (1 - β1) g           first moment: the moving average of the gradients
        v ← β2 v + (1 - β2) g²          second moment: that of their squares
        x ← x - lr · m̂ / (√v̂ + eps)     with  m̂ = m / (1 - β1ᵗ)  and  v̂ = v / (1 - β2ᵗ)

    **Bias correction**, the hats. m starts at 0, so after t steps it is (1 - β1) Σᵢ β1ᵗ⁻ⁱ gᵢ. The
    weights of the gradients in this sum do not add up to 1, but to

        (1 - β1) (1 + β1 + … + β1ᵗ⁻¹) = 1 - β1ᵗ        (a geometric series)

    and m is too small by this factor: with β1 = 0.9, it is g / 10 after the first step. Divided by
    the factor it is a weighted average, and after the first step g itself. So is v, with β2 and g².

    **As computed.** With r = √(1 - β2ᵗ), so that √v̂ = √v / r, the fraction can be written such that
    the corrections are numbers, and cost no passes over the arrays:

        lr · m̂ / (√v̂ + eps)  =  lr · r / (1 - β1ᵗ) · m / (√v + eps · r)

    Args:
        x, g, m, v: arrays of one shape, with at least one dimension, and one dtype.
        t: the number of this step, from 1.
        lr, beta1, beta2, eps: see `Adam`.
        largest: the largest v so far, for AMSGrad: takes the place of v in the step.
    """
    average(m, g.copy(), beta1)
    average(v, g * g, beta2)
    if largest is not None:
        v = np.maximum(largest, v, out=largest)
    r = math.sqrt(1 - beta2**t)
    step = np.sqrt(v)  # changed in place from here on: to fill new arrays takes longer
    step += eps * r
    np.divide(m, step, out=step)
    step *= lr * r / (1 - beta1**t)
    x -= step


class Adam(Optimizer):
    """Steps of about the size lr for each element, whatever the scale of its gradients.

    The formula and its derivation stand at `adam`, above.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        betas: (β1, β2), the decay rates of the averages of gradients and of their squares.
        eps: keeps the denominator from 0.
        weight_decay: λ of L2 regularisation: adds λ · x to g.
        amsgrad: divide by the largest v so far (Reddi et al. 2018, https://arxiv.org/abs/1904.09237).
        maximize: go up the gradient instead of down.

    Raises:
        ValueError: an option is out of range.
    """

    _decoupled = False
    keeps = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    check_options = staticmethod(checks.options)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)
        self._bundles = Bundles()

    def update(self, x: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
        """Take the step for one parameter; `Optimizer.step` calls this, through `update_all`."""
        lr, weight_decay = float(options["lr"]), float(options["weight_decay"])
        beta1, beta2 = map(float, options["betas"])
        names = ["exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if options["amsgrad"] else [])]
        for name in names:
            if name not in state:
                state[name] = Tensor._wrap(np.zeros_like(x))
        state["step"] = state.get("step", 0) + 1
        if options["maximize"]:
            g = -g
        if weight_decay and self._decoupled:
            x *= 1 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * x
        m, v, *largest = (state[name].array for name in names)
        adam(x, g, m, v, state["step"], lr, beta1, beta2, float(options["eps"]), *largest)

    def update_all(self, params: list[Tensor], options: dict[str, Any]) -> None:
        """Call `update` for each; small parameters share a call, for speed (see `bundles.py`)."""
        self._bundles.update_all(self.update, params, self.state, options)


class AdamW(Adam):
    """Adam with decoupled weight decay: x ← x - lr · λ · x comes before the step.

    Added to the gradient, as in `Adam`, the decay is divided by √v̂ too, and so the parameters with
    large gradients decay less than others. Here all decay alike. The arguments are those of `Adam`.

    Source: Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101.
    """

    _decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
