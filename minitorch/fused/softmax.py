"""Softmax and its logarithm: from scores, also called logits, to probabilities.

    softmax(x)_i = e^x_i / Σ_j e^x_j        log_softmax(x)_i = x_i - ln Σ_j e^x_j

where j runs over all elements along one dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._runtime.products import sum_last
from ..dtypes import Array
from ..ops.arguments import dim_of, floating_point
from .registry import Backward, Fused, Gradients

if TYPE_CHECKING:
    from .. import dtypes
    from ..tensor import Tensor

LOWEST = -60.0
"""Of x above it, e^x is far from where float32 underflows, near e^-87."""


def _largest(x: Array, dim: int) -> Array:
    """The largest element along `dim`; -inf where the dimension is empty."""
    largest: Array = x.max(dim, keepdims=True, initial=-np.inf)
    return largest


# ------------------------------------------------------------------------------------- softmax


def softmax_definition(x: Tensor, *, dim: int) -> Tensor:
    """Compute e^x / Σ e^x in tensor operations."""
    # The shift avoids overflow. It cancels, so it may be a constant without a graph: `_wrap`.
    e = (x - x._wrap(_largest(x.array, dim))).exp()
    return e / e.sum(dim, keepdim=True)


def softmax_probabilities(x: Array, allowed: Array | None = None) -> Array:
    """Compute softmax along the last dimension, where `allowed`; a row without any gets zeros.

    Any shift of a row's scores cancels; it is there only to avoid overflow. Where no score is below
    LOWEST and no sum overflows, none is needed. Otherwise each row gets its own: one that rows
    share would let those underflow that lie far below the others.
    """
    y = np.exp(x)
    if allowed is not None:
        y *= allowed.astype(x.dtype)
    total = sum_last(y)
    if not (x.min(initial=0) > LOWEST and total.max(initial=0) < np.inf):
        x = x if allowed is None else np.where(allowed, x, x.dtype.type(-np.inf))
        y = np.exp(x - np.maximum(_largest(x, -1), np.finfo(x.dtype).min))
        total = sum_last(y)
    if allowed is not None:
        total[total == 0] = 1
    y /= total
    return y


def softmax_kernel(x: Array, *, dim: int) -> tuple[Array, Backward]:
    """Compute y = softmax(x) along `dim`.

    The Jacobian ∂y_i/∂x_j = y_i (δ_ij - y_j) is symmetric, so that the vjp is

        dx = y · (g - Σ_j g_j y_j)

    and needs only y.
    """
    rows = x.reshape(x.shape or 1).swapaxes(dim, -1)  # a number is a row of its own
    y = softmax_probabilities(rows).swapaxes(dim, -1).reshape(x.shape)

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        dx = g * y
        dx -= y * dx.sum(dim, keepdims=True)
        return (dx,)

    return y, backward


# --------------------------------------------------------------------------------- log_softmax


def log_softmax_definition(x: Tensor, *, dim: int) -> Tensor:
    """Compute x - ln Σ e^x in tensor operations."""
    z = x - x._wrap(_largest(x.array, dim))
    return z - z.exp().sum(dim, keepdim=True).log()


def log_softmax_kernel(x: Array, *, dim: int) -> tuple[Array, Backward]:
    """Compute y = ln softmax(x) along `dim`.

    The Jacobian is ∂y_i/∂x_j = δ_ij - softmax(x)_j, so that the vjp is dx = g - e^y Σ_i g_i.
    """
    y = x - _largest(x, dim)
    y -= np.log(np.exp(y).sum(dim, keepdims=True))

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        dx = np.exp(y)
        dx *= -g.sum(dim, keepdims=True)
        dx += g
        return (dx,)

    return y, backward


SOFTMAX = Fused("softmax", softmax_definition, softmax_kernel, keeps_result=True)
LOG_SOFTMAX = Fused("log_softmax", log_softmax_definition, log_softmax_kernel, keeps_result=True)


def _scores(name: str, input: Tensor, dim: int, dtype: dtypes.dtype | None) -> Tensor:
    """Return the input, converted if a dtype is given; it must be floating-point and have `dim`."""
    x = floating_point(name, "input", input if dtype is None else input.to(dtype))
    dim_of(name, dim, x.array.ndim)
    return x


def softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None) -> Tensor:
    """Turn scores into probabilities: positive numbers that sum to 1 along `dim`.

        y_i = e^x_i / Σ_j e^x_j

    Args:
        input: floating-point, any shape.
        dim: the dimension along which the probabilities sum to 1.
        dtype: convert the input to it first.

    Raises:
        RuntimeError: the dtype is not floating-point.
        IndexError, TypeError: there is no dimension `dim`.
    """
    return SOFTMAX(_scores("softmax", input, dim, dtype), dim=dim)


def log_softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None) -> Tensor:
    """ln softmax(x) = x - ln Σ_j e^x_j along `dim`, without the rounding of log(softmax(x)).

    Arguments and errors are those of `softmax`.
    """
    return LOG_SOFTMAX(_scores("log_softmax", input, dim, dtype), dim=dim)
