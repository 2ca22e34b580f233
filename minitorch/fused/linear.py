"""The linear layer's map, y = x Wᵀ + b."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dtypes import Array
from ..ops import arguments
from .registry import Fused, WayBack
from .sums import sum_of_rows

if TYPE_CHECKING:
    from ..tensor import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x Wᵀ + b: each output is a weighted sum of the inputs, and a constant.

    Args:
        input: (*, in_features).
        weight: (out_features, in_features), or (in_features) for a single output.
        bias: (out_features), or None.

    Returns:
        (*, out_features), or (*) where weight has one dimension.

    Raises:
        RuntimeError: sizes or dtypes do not fit together.
    """
    x = arguments.tensor("linear", "input", input).array
    w = arguments.tensor("linear", "weight", weight).array
    b = None if bias is None else arguments.tensor("linear", "bias", bias).array
    if not x.ndim or w.ndim not in (1, 2) or x.shape[-1] != w.shape[-1]:
        raise RuntimeError(
            f"linear: input of shape {x.shape} and weight of shape {w.shape} do not fit: the "
            "input's last size must be the weight's, which is (out_features, in_features)"
        )
    if w.ndim == 1:
        y = input @ weight
        return y if bias is None else y + bias
    if b is not None and b.shape != w.shape[:1]:
        raise RuntimeError(f"linear: bias must have shape {w.shape[:1]}, not {b.shape}")
    if w.dtype != x.dtype or (b is not None and b.dtype != x.dtype):
        raise RuntimeError(
            f"linear: the dtypes differ: input {input.dtype}, weight {weight.dtype}"
            + ("" if bias is None else f", bias {bias.dtype}")
        )
    return LINEAR(input, weight, bias)


def definition(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Compute y = x Wᵀ + b in tensor operations."""
    y = x @ weight.mT
    return y if bias is None else y + bias


def kernel(x: Array, weight: Array, bias: Array | None) -> tuple[Array, WayBack]:
    """One matrix product for all leading dimensions together.

    y_n = Σ_m W_nm x_m + b_n gives  dx = g W,  dW = gᵀ x  and  db = Σ_rows g. The last is a matrix
    product with ones: NumPy sums along the first axis more slowly.
    """
    rows = x.reshape(-1, x.shape[-1])
    y = rows @ weight.T
    if bias is not None:
        y += bias

    def back(g: Array, needs: list[bool]) -> tuple[Array | None, ...]:
        g = g.reshape(-1, weight.shape[0])
        return (
            (g @ weight).reshape(x.shape) if needs[0] else None,
            g.T @ rows if needs[1] else None,
            sum_of_rows(g) if needs[2] else None,
        )

    return y.reshape(*x.shape[:-1], weight.shape[0]), back


LINEAR = Fused("linear", definition, kernel)
