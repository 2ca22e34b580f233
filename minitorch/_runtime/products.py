"""Matrix products, sums as matrix products, and maxima, in the form in which they are fastest.

NumPy sets up a loop for each row that it sums. For rows of 8 to 256 elements that takes longer than
the sum itself, and a matrix product with a vector of ones takes a fifth to a tenth of the time. A
call of `dot` takes half a microsecond less than `@`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..dtypes import Array

FEW, MANY = 8, 64
"""For fewer rows of a than FEW, or more of b than MANY, `matmul_transposed` makes no copy."""

SHORT = 32
"""Rows of up to so many elements, `max_last` turns into columns."""


@lru_cache(maxsize=32)
def constant(n: int, value: float, dtype: np.dtype[Any]) -> Array:
    """A vector of n equal numbers, read-only. The last 32 are kept."""
    vector = np.full(n, value, dtype)
    vector.flags.writeable = False
    return vector


def sum_last(x: Array) -> Array:
    """Sum over the last dimension, and keep it: (..., n) → (..., 1)."""
    *batch, n = x.shape
    sums = x.reshape(math.prod(batch), n).dot(constant(n, 1.0, x.dtype))
    return sums.reshape(*batch, 1)  # type: ignore[no-any-return]


def sum_first(x: Array) -> Array:
    """Sum over the first dimension: (m, n) → (n)."""
    return x.T.dot(constant(len(x), 1.0, x.dtype))  # type: ignore[no-any-return]


def max_last(x: Array) -> Array:
    """The largest element of each row, kept as a column: (m, n) → (m, 1).

    Short rows are copied as columns, which are compared all at once.
    """
    largest: Array = x.max(1) if x.shape[1] > SHORT else np.ascontiguousarray(x.T).max(0)
    return largest[:, None]


def matmul_transposed(a: Array, b: Array, factor: float) -> Array:
    """The matrix product a bᵀ · factor: (..., m, k), (..., n, k) → (..., m, n).

    BLAS has faster kernels for small matrices if bᵀ lies in memory row by row. To copy it is worth
    it for many rows of a, not for the single one of a token that is being generated; and for short
    rows of bᵀ, as long ones take more time to copy than they save. Copying multiplies it by the
    factor, too.
    """
    by = b.dtype.type(factor)
    bT = b.swapaxes(-1, -2)
    if a.shape[-2] < FEW or b.shape[-2] > MANY:
        return (a * by) @ bT  # type: ignore[no-any-return]
    return a @ np.multiply(bT, by, out=np.empty(bT.shape, b.dtype))  # type: ignore[no-any-return]


def matmul_like(a: Array, b: Array, like: Array) -> Array:
    """The matrix product a b: (..., m, k), (..., k, n) → (..., m, n), laid out as `like` is.

    If the matrices of `like` are the heads of longer vectors, side by side in memory, then so are
    those of the product, and nothing needs to be copied where the heads are put together again.
    """
    batch, other = a.shape[:-2], b.shape[:-2]
    if batch != other:
        batch = np.broadcast_shapes(batch, other)
    shape = (*batch, a.shape[-2], b.shape[-1])
    return np.matmul(a, b, out=np.empty_like(like, shape=shape))
