"""Are two tensors equal, exactly or nearly? Without a derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import arguments, operand

if TYPE_CHECKING:
    from ..tensor import Tensor


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """|input - other| <= atol + rtol · |other|, elementwise.

    Args:
        input, other: of one dtype and of shapes that broadcast.
        rtol, atol: the tolerances, relative and absolute; not negative.
        equal_nan: NaN is close to NaN.
    """
    a, b = arguments.tensor("isclose", "input", input), arguments.tensor("isclose", "other", other)
    if a.array.dtype != b.array.dtype:
        raise RuntimeError(f"isclose: the dtypes differ: {a.dtype} and {b.dtype}")
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: {rtol=} and {atol=} must not be negative")

    def close(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.isclose(x, y, rtol, atol, equal_nan)  # type: ignore[no-any-return]

    return a._wrap(operand.apply("isclose", close, a.array, b.array))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Are all elements close? The arguments are those of `isclose`."""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Have both tensors the same shape and the same elements?"""
    a, b = arguments.tensor("equal", "input", input), arguments.tensor("equal", "other", other)
    return bool(np.array_equal(a.array, b.array))
