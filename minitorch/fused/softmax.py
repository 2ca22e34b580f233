"""Softmax and its logarithm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import dtypes
from ..dtypes import Array
from ..ops import arguments
from ..ops.arguments import dims_of
from .registry import Fused, WayBack
from .sums import row_sums

if TYPE_CHECKING:
    from ..tensor import Tensor


def softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None) -> Tensor:
    """Turn scores into shares: y_i = e^x_i / Σ_j e^x_j along `dim`. They are positive and sum to 1.

    Args:
        input: floating-point, any shape.
        dim: the dimension along which the shares sum to 1.
        dtype: convert the input to it first.
    """
    return SOFTMAX(_floating("softmax", input, dtype), dim=_axis("softmax", input, dim))


def log_softmax(input: Tensor, dim: int, dtype: dtypes.dtype | None = None) -> Tensor:
    """ln softmax(x) = x - ln Σ_j e^x_j along `dim`, without the rounding of log(softmax(x)).

    The arguments are those of `softmax`.
    """
    return LOG_SOFTMAX(_floating("log_softmax", input, dtype), dim=_axis("log_softmax", input, dim))


def _axis(name: str, x: Tensor, dim: int) -> int:
    """Check the dimension, and count it from the back, as NumPy's reductions are fastest there."""
    dims_of(name, x.array.ndim, dim)
    return dim


def _floating(name: str, x: Tensor, dtype: dtypes.dtype | None) -> Tensor:
    x = arguments.tensor(name, "input", x) if dtype is None else x.to(dtype)
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"{name}: the dtype must be floating-point, not {x.dtype}: .float()?")
    return x


def softmax_definition(x: Tensor, *, dim: int) -> Tensor:
    """Compute e^x / Σ e^x in tensor operations."""
    e = (x - x._wrap(_largest(x.array, dim))).exp()  # the shift cancels, and avoids overflow
    return e / e.sum(dim, keepdim=True)


def softmax_kernel(x: Array, *, dim: int) -> tuple[Array, WayBack]:
    """dy_i/dx_j = y_i (δ_ij - y_j), so dx = y · (g - Σ_j g_j y_j): only y is needed."""
    y = shares(x.swapaxes(dim, -1)).swapaxes(dim, -1) if x.ndim else np.ones_like(x)

    def back(g: Array, needs: list[bool]) -> tuple[Array | None, ...]:
        dx = g * y
        dx -= y * dx.sum(dim, keepdims=True)
        return (dx,)

    return y, back


def shares(x: Array) -> Array:
    """Compute softmax along the last dimension; a row of nothing but -inf gets zeros.

    The largest element of each row is a slow thing to ask for, that of the whole array is not. As a
    shift of all rows it serves as well if no row lies far below it: then no sum is tiny, and what
    was lost in rounding is nothing that counts.
    """
    largest = x.max(initial=-np.inf)
    y = np.exp(x) if abs(largest) < SAFE else np.exp(x - largest)
    total = row_sums(y)
    if not total.min(initial=np.inf) > math.exp(-SAFE):
        y = np.exp(x - np.maximum(_largest(x, -1), np.finfo(x.dtype).min))
        total = row_sums(y)
        total[total == 0] = 1
    y /= total
    return y


SAFE = 30.0
"""For smaller x, e^x and e^-x and their sums are far from under- and overflow, in float32 too."""


def log_softmax_definition(x: Tensor, *, dim: int) -> Tensor:
    """Compute x - ln Σ e^x in tensor operations."""
    z = x - x._wrap(_largest(x.array, dim))
    return z - z.exp().sum(dim, keepdim=True).log()


def log_softmax_kernel(x: Array, *, dim: int) -> tuple[Array, WayBack]:
    """dy_i/dx_j = δ_ij - softmax_j, so dx = g - e^y Σ_i g_i."""
    y = x - _largest(x, dim)
    y -= np.log(np.exp(y).sum(dim, keepdims=True))

    def back(g: Array, needs: list[bool]) -> tuple[Array | None, ...]:
        dx = np.exp(y)
        dx *= -g.sum(dim, keepdims=True)
        dx += g
        return (dx,)

    return y, back


def _largest(x: Array, dim: int) -> Array:
    """The largest element along `dim`; an empty dimension has none, and needs none."""
    largest: Array = x.max(dim, keepdims=True, initial=-np.inf)
    return largest


SOFTMAX = Fused("softmax", softmax_definition, softmax_kernel, keeps_result=True)
LOG_SOFTMAX = Fused("log_softmax", log_softmax_definition, log_softmax_kernel, keeps_result=True)
