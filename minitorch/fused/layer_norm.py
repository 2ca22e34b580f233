"""Layer normalisation (Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450).

    y = (x - mean) / √(variance + eps) · weight + bias

where mean and variance are those of each vector by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._runtime.parts import rows_in_parts
from .._runtime.products import constant, sum_first
from ..dtypes import Array
from ..ops.probe import probe
from ..ops.signatures import norm_shapes
from ..scalars import number
from .registry import Backward, Fused, Gradients

if TYPE_CHECKING:
    from ..tensor import Tensor


def definition(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, *, n_dims: int, eps: float
) -> Tensor:
    """Normalise over the last n_dims dimensions, in tensor operations."""
    dims = tuple(range(-n_dims, 0))
    x = probe("input", x)
    centred = x - probe("mean", x.mean(dims, keepdim=True))
    centred = centred - centred.mean(dims, keepdim=True)  # what rounding left of the mean
    variance = (centred * centred).mean(dims, keepdim=True)
    y = centred * probe("scale", (variance + eps).rsqrt())
    y = y if weight is None else y * weight
    return probe("output", y if bias is None else y + bias)


def kernel(
    x: Array, weight: Array | None, bias: Array | None, *, eps: float, out: Array | None = None
) -> tuple[Array, Backward]:
    """Normalise the rows of a matrix x (m, n), with weight and bias (n) or None.

    With r = 1 / √(variance + eps) and h = (x - mean) · r, often called x̂, we have
    y = h · weight + bias. So the gradient g of y gives

        dbias = Σ_rows g        dweight = Σ_rows g · h        dh = g · weight

    Through the mean and the variance each x of a row has a part in all of its h. The Jacobian is
    ∂h_i/∂x_j = r (δ_ij - 1/n - h_i h_j / n), which is symmetric, so that the vjp is

        dx = r · (dh - mean(dh) - h · mean(dh · h))

    That is r times what remains of dh without its components along (1, …, 1) and along h: moving x
    along either leaves y as it is (along h but for eps).

    A mean is a product with (1/n, …, 1/n), faster than `mean` for short rows, so that mean(dh) =
    g @ (weight / n) and mean(dh · h) = (g · h) @ (weight / n). The first element is subtracted
    before the mean, which changes nothing but the rounding: of equal elements 0 is left, and of
    elements far from 0 all their digits. y, or dx, is written to `out`.
    """
    n = x.shape[1]
    average = constant(n, 1 / max(n, 1), x.dtype)
    w: Any = 1 if weight is None else weight
    h = x - x[:, :1]
    h -= h.dot(average)[:, None]
    variance = (h * h).dot(average) + constant(1, eps, x.dtype)
    r = np.reciprocal(np.sqrt(variance))[:, None]  # (m, 1)
    h *= r
    y: Array = np.multiply(h, w, out=out)
    if bias is not None:
        y += bias

    def backward(g: Array, needs: Sequence[bool], out: Array | None = None) -> Gradients:
        gh = g * h
        dweight = sum_first(gh) if needs[1] else None
        dbias = sum_first(g) if needs[2] else None
        if not needs[0]:
            return None, dweight, dbias
        weighted = average * w
        mean_dh, mean_dh_h = g.dot(weighted)[:, None], gh.dot(weighted)[:, None]
        dx = np.multiply(g, w, out=out)
        dx -= mean_dh
        dx -= np.multiply(h, mean_dh_h, out=gh)
        dx *= r
        return dx, dweight, dbias

    return y, backward


# `rows_in_parts` takes n_dims, and gives the kernel rows.
LAYER_NORM = Fused("layer_norm", definition, rows_in_parts(kernel))


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each vector to mean 0 and variance 1, then scale and shift it by learned amounts.

        y = (x - mean) / √(variance + eps) · weight + bias

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the trailing dimensions over which mean and variance are taken.
        weight, bias: of shape `normalized_shape`, or None for 1 and 0.
        eps: keeps a constant vector from dividing by 0.

    Raises:
        RuntimeError: the input's last sizes, or those of weight or bias, are not
            `normalized_shape`; or the dtypes differ or are not floating-point.
        ValueError: eps is not finite.
    """
    shapes, n_dims = norm_shapes("layer_norm", normalized_shape)
    shapes(input, weight, bias)
    eps = number("layer_norm", "eps", eps)
    return LAYER_NORM(input, weight, bias, n_dims=n_dims, eps=eps)
