"""Layer normalisation (Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd import Array
from .registry import Fused, WayBack

if TYPE_CHECKING:
    from ..tensor import Tensor


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Bring each vector to mean 0 and variance 1, then scale and shift it by learned amounts.

        y = (x - mean) / √(variance + eps) · weight + bias

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the trailing dimensions over which mean and variance are taken.
        weight, bias: of shape `normalized_shape`, or None for 1 and 0.
        eps: keeps a constant vector from dividing by 0.

    Raises:
        RuntimeError: the trailing dimensions of the input are not `normalized_shape`, or weight or
            bias have another shape.
    """
    shape = tuple(normalized_shape)
    n = len(shape)
    if not n or tuple(input.shape[-n:]) != shape:
        raise RuntimeError(
            f"layer_norm: given normalized_shape={list(shape)}, expected input of shape "
            f"[*, {', '.join(map(str, shape))}], but got {list(input.shape)}"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and tuple(parameter.shape) != shape:
            raise RuntimeError(
                f"layer_norm: expected {name} of shape {list(shape)} (normalized_shape), but got "
                f"{list(parameter.shape)}"
            )
    return LAYER_NORM(input, weight, bias, n=n, eps=eps)


def definition(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, *, n: int, eps: float
) -> Tensor:
    """Compute (x - mean) / √(variance + eps) · weight + bias in tensor operations."""
    dims = tuple(range(-n, 0))
    centred = x - x.mean(dims, keepdim=True)
    variance = (centred * centred).mean(dims, keepdim=True)
    y = centred * (variance + eps).rsqrt()
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def kernel(
    x: Array, weight: Array | None, bias: Array | None, *, n: int, eps: float
) -> tuple[Array, WayBack]:
    """Work on the rows of a matrix.

    With h = (x - mean) · r and r = 1/√(variance + eps), the gradient d = g · weight of h is taken
    back through the mean and the variance, which every element of a row had a part in:

        dx = r · (d - mean(d) - h · mean(d · h))

    It is d less its component along the constant vector and along h: moving x along either leaves
    y as it is. And dweight = Σ_rows g · h, dbias = Σ_rows g.

    A sum over a short row is slow in NumPy as a reduction and fast as a matrix product. The means
    of d and d · h are weighted ones of g and g · h: the product takes the weights along, and g · h
    is there for dweight already.
    """
    N = math.prod(x.shape[x.ndim - n :])
    rows = x.reshape(-1, N)
    average = np.full(N, 1 / N, x.dtype)
    h = rows - _column(rows @ average)
    variance = np.einsum("ij,ij->i", h, h) / x.dtype.type(N)
    r = _column(1 / np.sqrt(variance + x.dtype.type(eps)))
    h *= r
    y = h.copy() if weight is None else h * weight.reshape(N)
    if bias is not None:
        y += bias.reshape(N)

    def back(g: Array, needs: list[bool]) -> tuple[Array | None, ...]:
        g = g.reshape(-1, N)
        ones = np.ones(len(g), g.dtype)
        dx = dweight = dbias = None
        gh = g * h
        if weight is not None and needs[1]:
            dweight = (ones @ gh).reshape(weight.shape)
        if bias is not None and needs[2]:
            dbias = (ones @ g).reshape(bias.shape)
        if needs[0]:
            weights = average if weight is None else average * weight.reshape(N)
            mean_d, mean_dh = _column(g @ weights), _column(gh @ weights)
            dx = g.copy() if weight is None else g * weight.reshape(N)
            dx -= mean_d
            dx -= np.multiply(h, mean_dh, out=gh)
            dx *= r
            dx = dx.reshape(x.shape)
        return dx, dweight, dbias

    return y.reshape(x.shape), back


def _column(row: Array) -> Array:
    return row[:, None]


LAYER_NORM = Fused("layer_norm", definition, kernel)
