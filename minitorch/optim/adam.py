"""Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980), and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..autograd import Array
from ..tensor import Tensor
from .optimizer import Optimizer, check_lr


class Adam(Optimizer):
    """Steps of about the size lr in each coordinate, whatever the scale of its gradients.

        m ← β1 m + (1 - β1) g           v ← β2 v + (1 - β2) g²
        x ← x - lr · m̂ / (√v̂ + eps)     with  m̂ = m / (1 - β1ᵗ)  and  v̂ = v / (1 - β2ᵗ)

    Both averages start at 0; the hats undo what that does to them at the first steps t = 1, 2, ….

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        betas: (β1, β2), how slowly the averages forget.
        eps: keeps the division from 0.
        weight_decay: adds weight_decay · x to g.
        amsgrad: divide by the largest v so far (Reddi et al. 2018, https://arxiv.org/abs/1904.09237).
        maximize: go up instead of down.

    Raises:
        ValueError: an option is out of range.
    """

    _decoupled = False

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
        check_lr(lr)
        if not eps >= 0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        if len({isinstance(beta, Tensor) for beta in betas}) > 1:
            raise ValueError("betas must be either both floats or both Tensors")
        for i, beta in enumerate(betas):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
        if not weight_decay >= 0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)
        self._spare: dict[np.dtype[Any], Array] = {}

    def update(self, x: Array, g: Array, state: dict[str, Any], options: dict[str, Any]) -> None:
        """Take the step for one parameter.

        The factors of the hats are taken out of the quotient, which saves passes over memory:

            lr · m̂ / (√v̂ + eps) = c · m / (√v + eps · r)

        with r = √(1 - β2ᵗ) and c = lr · r / (1 - β1ᵗ).
        """
        beta1, beta2 = map(float, options["betas"])
        lr, weight_decay = float(options["lr"]), float(options["weight_decay"])
        if not state:
            names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * options["amsgrad"]
            state.update(step=0, **{name: Tensor._wrap(np.zeros_like(x)) for name in names})
        state["step"] += 1
        m, v = state["exp_avg"].array, state["exp_avg_sq"].array
        if options["maximize"]:
            g = -g
        if weight_decay and self._decoupled:
            x *= 1 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * x

        work = self._workspace(x)
        np.multiply(g, 1 - beta1, out=work)
        m *= beta1
        m += work
        np.multiply(g, g, out=work)
        work *= 1 - beta2
        v *= beta2
        v += work
        if options["amsgrad"]:
            v = np.maximum(state["max_exp_avg_sq"].array, v, out=state["max_exp_avg_sq"].array)
        r = math.sqrt(1 - beta2 ** state["step"])
        np.sqrt(v, out=work)
        work += float(options["eps"]) * r
        np.divide(m, work, out=work)
        work *= lr * r / (1 - beta1 ** state["step"])
        x -= work

    def _workspace(self, x: Array) -> Array:
        """An array like x with anything in it, of memory that is kept from call to call."""
        spare = self._spare.get(x.dtype)
        if spare is None or spare.size < x.size:
            spare = self._spare[x.dtype] = np.empty(x.size, x.dtype)
        return spare[: x.size].reshape(x.shape)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: x ← x - lr · weight_decay · x comes first.

    Source: Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101. The arguments are those of
    `Adam`.
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
