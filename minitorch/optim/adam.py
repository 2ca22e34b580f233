"""Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980), and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..dtypes import Array
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
        self._flat: dict[tuple[str, Tensor], tuple[list[int], Array]] = {}

    def update_all(self, params: list[Tensor], options: dict[str, Any]) -> None:
        """Take the step for all parameters of a group.

        Most parameters are so small that NumPy takes longer to be called than to compute. Those
        take their step together, laid end to end.
        """
        together: dict[Any, list[Tensor]] = {}
        for p in params:
            state = self.state[p]
            if not state:
                zeros = {name: Tensor._wrap(np.zeros_like(p.array)) for name in _names(options)}
                state.update(step=0, **zeros)
            state["step"] += 1
            alone = p if p.array.size > SMALL else None
            together.setdefault((alone, p.array.dtype, state["step"]), []).append(p)
        for (_, dtype, t), bundle in together.items():
            self._update_bundle(bundle, dtype, t, options)

    def _update_bundle(
        self, bundle: list[Tensor], dtype: np.dtype[Any], t: int, options: dict[str, Any]
    ) -> None:
        """Take step t for parameters of one dtype.

        The factors of the hats are taken out of the quotient, which saves passes over memory:

            lr · m̂ / (√v̂ + eps) = c · m / (√v + eps · r)   with r = √(1 - β2ᵗ), c = lr r / (1 - β1ᵗ)
        """
        beta1, beta2 = map(float, options["betas"])
        lr, weight_decay = float(options["lr"]), float(options["weight_decay"])
        g = _end_to_end([p.grad.array for p in bundle if p.grad is not None])
        if options["maximize"]:
            g = -g
        if weight_decay and self._decoupled:
            for p in bundle:
                p.array *= 1 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * _end_to_end([p.array for p in bundle])

        r = math.sqrt(1 - beta2**t)
        work = self._workspace(g.size, dtype)
        m, v, *largest = (self._average(name, bundle) for name in _names(options))
        np.multiply(g, 1 - beta1, out=work)
        m *= beta1
        m += work
        np.multiply(g, g, out=work)
        work *= 1 - beta2
        v *= beta2
        v += work
        if largest:
            v = np.maximum(largest[0], v, out=largest[0])
        np.sqrt(v, out=work)
        work += float(options["eps"]) * r
        np.divide(m, work, out=work)
        work *= lr * r / (1 - beta1**t)
        for p, step in zip(bundle, _pieces(work, bundle), strict=True):
            p.array -= step

    def _average(self, name: str, bundle: list[Tensor]) -> Array:
        """Return an average of all parameters of a bundle end to end; theirs become views of it."""
        tensors = [self.state[p][name] for p in bundle]
        order = [id(t) for t in tensors]
        known, flat = self._flat.get((name, bundle[0]), (None, None))
        if flat is None or known != order or any(t.array.base is not flat for t in tensors):
            flat = np.concatenate([t.array.reshape(-1) for t in tensors])
            self._flat[name, bundle[0]] = order, flat
            for t, piece in zip(tensors, _pieces(flat, bundle), strict=True):
                t.array = piece
        return flat

    def _workspace(self, size: int, dtype: np.dtype[Any]) -> Array:
        """An array with anything in it, of memory that is kept from call to call."""
        spare = self._spare.get(dtype)
        if spare is None or spare.size < size:
            spare = self._spare[dtype] = np.empty(size, dtype)
        return spare[:size]


SMALL = 2**15
"""The most elements of a parameter that takes its step together with others."""


def _names(options: dict[str, Any]) -> list[str]:
    return ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * options["amsgrad"]


def _end_to_end(arrays: list[Array]) -> Array:
    """Return the elements of all arrays in one dimension; a single array is not copied."""
    flat = [a.reshape(-1) for a in arrays]
    return flat[0] if len(flat) == 1 else np.concatenate(flat)


def _pieces(flat: Array, like: list[Tensor]) -> Iterator[Array]:
    """Cut what was laid end to end into pieces of the shapes of tensors."""
    start = 0
    for p in like:
        stop = start + p.array.size
        yield flat[start:stop].reshape(p.array.shape)
        start = stop


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
