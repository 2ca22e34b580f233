"""Comparing whole tensors, exactly or within a tolerance. These have no derivative."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from . import arguments, operand, scalars

if TYPE_CHECKING:
    from ..tensor import Tensor

_ISCLOSE = arguments.Shapes("isclose", input="*", other="*")


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """|input - other| <= atol + rtol · |other|, elementwise.

    Args:
        input, other: of one dtype and of shapes that broadcast.
        rtol, atol: the tolerances, relative and absolute; not negative.
        equal_nan: NaN is close to NaN.
    """
    _ISCLOSE(input, other)
    rtol, atol = dtypes.real("isclose", rtol), dtypes.real("isclose", atol)
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(f"isclose: {rtol=} and {atol=} must not be negative")
    scalars.flag("isclose", "equal_nan", equal_nan)
    close: Any = partial(np.isclose, rtol=rtol, atol=atol, equal_nan=equal_nan)
    return input._wrap(operand.apply("isclose", close, input.array, other.array))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Are all elements close? The arguments are those of `isclose`."""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Have both tensors the same shape and the same elements? The dtypes may differ."""
    a, b = arguments.tensor("equal", "input", input), arguments.tensor("equal", "other", other)
    return bool(np.array_equal(a.array, b.array))
