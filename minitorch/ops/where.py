"""Choosing between two values, element by element: where, masked_fill, maximum, minimum, clamp.

The derivative of a choice is 1 for the value that was chosen and 0 for the other, so the gradient
goes to the one that was chosen.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import record
from . import arguments, operand
from .table import binary

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor
    from .operand import Operand


def _choose(mask: Array, a: Array, b: Array) -> Array:
    if mask.size + a.size + b.size < 10_000:
        return np.where(mask, a, b)
    # By bits: where the mask has no order, np.where takes ten times as long.
    x, y = a.view(f"i{a.itemsize}"), b.view(f"i{b.itemsize}")
    if y.ndim == 0 and y == 0:  # one pass less, for the gradient of relu
        return (x * mask.astype(x.dtype)).view(a.dtype)  # type: ignore[no-any-return]
    return (y ^ ((x ^ y) & -mask.view(np.int8))).view(a.dtype)  # type: ignore[no-any-return]


def where(condition: Tensor, input: Operand, other: Operand) -> Tensor:
    """`input` where the condition, a bool tensor, holds, and `other` elsewhere; all are broadcast.

    Raises:
        TypeError: the condition is not a bool tensor.
    """
    mask = arguments.mask("where", "condition", condition)
    if not arguments.is_tensor(input) and not arguments.is_tensor(other):
        input = operand.beside("where", condition, input)  # two numbers: make one a tensor
    a, b = operand.pair_exactly("where", input, other)
    left, right = operand.common(a.array, b.array)
    return record(
        "where",
        operand.apply("where", partial(_choose, mask), left, right),
        (a, lambda g, condition: where(condition, g, 0.0), condition),
        (b, lambda g, condition: where(condition, 0.0, g), condition),
    )


def masked_fill(input: Tensor, mask: Tensor, value: Operand) -> Tensor:
    """`value` where the mask is true and `input` elsewhere: what hides a position from attention.

    Args:
        input: any shape.
        mask: bool, of a shape that broadcasts with `input`.
        value: a number or a 0-d tensor, converted to the dtype of `input`.
    """
    x = arguments.tensor("masked_fill", "input", input)
    arguments.mask("masked_fill", "mask", mask)
    return where(mask, operand.filling("masked_fill", x, value), x)


# -------------------------------------------------------------------- the larger, or the smaller


def _won(g: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """The gradient g of maximum(a, b), for a: g where a > b, 0 where a < b, g/2 where a = b."""
    return where(a < b, 0.0, where(a == b, g / 2, g))


# fmt: off
#                                          dL/da, and then, or below it, dL/db
maximum = binary("maximum", np.maximum,    _won, lambda g, a, b: _won(g, b, a),
    "The larger of a and b. Where they are equal, each gets half of the gradient.", numbers=False)
minimum = binary("minimum", np.minimum,    lambda g, a, b: _won(g, b, a), _won,
    "The smaller of a and b. Where they are equal, each gets half of the gradient.", numbers=False)
_at_least = binary("clamp", np.maximum,    lambda g, a, b: where(a >= b, g, 0.0),
                                           lambda g, a, b: where(a < b, g, 0.0),
    "The larger of a and b; where they are equal, a.")
_at_most = binary("clamp", np.minimum,     lambda g, a, b: where(a <= b, g, 0.0),
                                           lambda g, a, b: where(a > b, g, 0.0),
    "The smaller of a and b; where they are equal, a.")
# fmt: on


def clamp(input: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """min(max(x, `min`), `max`): x, kept between two bounds.

    The gradient goes to x where it lies between them, ends included, and to the bound elsewhere.

    Args:
        input: any shape.
        min, max: numbers or tensors that broadcast with `input`; None for no bound. Where `min`
            is above `max`, the result is `max`.

    Raises:
        RuntimeError: neither bound is given.
    """
    x = arguments.tensor("clamp", "input", input)
    low = None if min is None else operand.pair_exactly("clamp", x, min)[1]
    high = None if max is None else operand.pair_exactly("clamp", x, max)[1]
    if low is None:
        if high is None:
            raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
        return _at_most(x, high)
    if high is None:
        return _at_least(x, low)
    y = _at_least(x, low)
    return record(
        "clamp",
        operand.apply("clamp", np.minimum, *operand.common(y.array, high.array)),
        (y, lambda g, y, high: where(y <= high, g, 0.0), y, high),
        (high, lambda g, x, low, high: where((x > high) | (low > high), g, 0.0), x, low, high),
    )
