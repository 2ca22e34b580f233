"""Help for training: gradients kept within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import autograd
from .._compat import missing
from .._runtime.quiet import quietly
from ..dtypes import Array
from ..tensor import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients together so that their norm, as one vector, is at most `max_norm`.

    Args:
        parameters: those whose gradients are scaled, in place. Those without one are left out.
        max_norm: the bound.
        norm_type: p of the p-norm; inf for the largest absolute value.
        error_if_nonfinite: raise if the norm is NaN or infinite, before anything is scaled.

    Returns:
        The norm before scaling, 0-d.

    Raises:
        RuntimeError: the norm is not finite, and `error_if_nonfinite` is set.
    """
    grads = _gradients(parameters)
    if not grads:
        return Tensor._wrap(np.zeros((), np.float32))
    total = quietly(_norm, [g.array.reshape(-1) for g in grads], norm_type)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is {total}, so "
            "it cannot be clipped. Set error_if_nonfinite=False to scale the gradients anyway."
        )
    scale = max_norm / (total + 1e-6)
    if not scale >= 1:
        for g in grads:
            g.array *= scale
            g._version[0] = next(autograd.version_counter)
    return Tensor._wrap(total)


def _norm(vectors: list[Array], p: float) -> np.floating[Any]:
    """The p-norm of vectors laid end to end."""
    dtype = vectors[0].dtype
    if p == 2:  # as np.linalg.norm does it, without what that takes to be called
        return np.sqrt(np.sum([v.dot(v) for v in vectors], dtype=dtype))  # type: ignore[no-any-return]
    return np.linalg.norm([np.linalg.norm(v, p) for v in vectors], p).astype(dtype)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring each element of the gradients to between -clip_value and clip_value, in place."""
    for g in _gradients(parameters):
        np.clip(g.array, -clip_value, clip_value, out=g.array)
        g._version[0] = next(autograd.version_counter)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in parameters if p.grad is not None]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise AttributeError(missing.sentence(__name__, name, __all__))
