"""The linear layer's map, y = x Wᵀ + b."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._runtime.products import sum_first
from ..dtypes import Array
from ..ops.arguments import Shapes, is_tensor
from .registry import Backward, Fused, Gradients

if TYPE_CHECKING:
    from ..tensor import Tensor


def definition(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Compute y = x Wᵀ + b in tensor operations."""
    y = x @ weight.mT
    return y if bias is None else y + bias


def kernel(x: Array, weight: Array, bias: Array | None) -> tuple[Array, Backward]:
    """Compute one matrix product for all leading dimensions together.

    For a row, y_n = Σ_m W_nm x_m + b_n has the Jacobians ∂y_n/∂x_m = W_nm, ∂y_n/∂W_nm = x_m and
    ∂y_n/∂b_n = 1. For all rows together the vjps are

        dx = g W        dW = gᵀ x        db = Σ_rows g
    """
    m = -1 if x.size else math.prod(x.shape[:-1])  # which NumPy cannot tell from no elements
    rows = x.reshape(m, x.shape[-1])
    y = rows @ weight.T
    if bias is not None:
        y += bias

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        g = g.reshape(len(rows), weight.shape[0])
        return (
            (g @ weight).reshape(x.shape) if needs[0] else None,
            g.T @ rows if needs[1] else None,
            sum_first(g) if needs[2] else None,
        )

    return y.reshape(*x.shape[:-1], weight.shape[0]), backward


LINEAR = Fused("linear", definition, kernel)

SHAPES = Shapes("linear", optional="bias", input="* k", weight="n k", bias="n")
SHAPES_OF_ONE_OUTPUT = Shapes("linear", optional="bias", input="* k", weight="k", bias="")


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x Wᵀ + b: each output is a weighted sum of the inputs, and a constant.

    Args:
        input: (*, in_features).
        weight: (out_features, in_features), or (in_features) for a single output.
        bias: (out_features), or () for a single output, or None.

    Returns:
        (*, out_features), or (*) where weight has one dimension.

    Raises:
        RuntimeError: sizes or dtypes do not fit together.
    """
    if is_tensor(weight) and weight.array.ndim == 1:
        SHAPES_OF_ONE_OUTPUT(input, weight, bias)
        y = input @ weight
        return y if bias is None else y + bias
    SHAPES(input, weight, bias)
    return LINEAR(input, weight, bias)
