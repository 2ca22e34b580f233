"""Layer normalisation (Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._runtime import threads as parallel
from ..dtypes import Array
from ..ops import arguments
from .registry import Fused, WayBack
from .sums import constant, sum_of_rows

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
        RuntimeError: the trailing dimensions of the input are not `normalized_shape`, weight or
            bias have another shape, or the dtypes differ or are not floating-point.
    """
    shape = tuple(normalized_shape)
    n = len(shape)
    if not n or input.array.shape[-n:] != shape:
        raise RuntimeError(
            f"layer_norm: given normalized_shape={list(shape)}, expected input of shape "
            f"[*, {', '.join(map(str, shape))}], but got {list(input.shape)}"
        )
    arguments.floating_point("layer_norm", "input", input)
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is None:
            continue
        if parameter.array.shape != shape:
            raise RuntimeError(
                f"layer_norm: expected {name} of shape {list(shape)} (normalized_shape), but got "
                f"{list(parameter.shape)}"
            )
        if parameter.array.dtype != input.array.dtype:
            raise RuntimeError(
                f"layer_norm: the dtypes differ: input {input.dtype}, {name} {parameter.dtype}"
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
    """Work on the rows of a matrix, some at a time where there are many: threads share the parts.

    In what a thread does, x_ is its part of x.

    With h = (x - mean) · r and r = 1/√(variance + eps), the gradient d = g · weight of h is taken
    back through the mean and the variance, which every element of a row had a part in:

        dx = r · (d - mean(d) - h · mean(d · h))

    It is d less its component along the constant vector and along h: moving x along either leaves
    y as it is. And dweight = Σ_rows g · h, dbias = Σ_rows g.

    A sum over a short row is slow in NumPy as a reduction and fast as a matrix product. The means
    of d and d · h are weighted ones of g and g · h: the product takes the weights along, and g · h
    is there for dweight already.
    """
    shape = x.shape[x.ndim - n :]
    N = math.prod(shape)
    rows = x.reshape(-1, N)
    w = None if weight is None else weight.reshape(N)
    b = None if bias is None else bias.reshape(N)
    average = constant(N, 1 / N, x.dtype)
    y = np.empty_like(rows)
    parts = parallel.parts(len(rows), N)
    kept: list[Any] = [None] * len(parts)  # of each part, h and r

    def forward(part: int) -> None:
        x_, y_ = rows[parts[part]], y[parts[part]]
        h = x_ - x_.dot(average)[:, None]
        variance = np.multiply(h, h, out=y_).dot(average)  # y is free until h is whole
        variance += eps
        r = np.reciprocal(np.sqrt(variance, out=variance), out=variance)[:, None]
        h *= r
        np.multiply(h, 1 if w is None else w, out=y_)
        if b is not None:
            y_ += b
        kept[part] = h, r

    parallel.each(forward, range(len(parts)))

    def back(g: Array, needs: list[bool]) -> tuple[Array | None, ...]:
        g = g.reshape(-1, N)
        weights = average if w is None else average * w
        dx = np.empty_like(g) if needs[0] else None
        sums = [np.empty((len(parts), N), g.dtype) if need else None for need in needs[1:]]

        def backward(part: int) -> None:
            some, (h, r) = parts[part], kept[part]
            g_ = g[some]
            gh = g_ * h
            for total, summand in zip(sums, (gh, g_), strict=True):
                if total is not None:
                    total[part] = sum_of_rows(summand)
            if dx is not None:
                mean_d, mean_dh = g_.dot(weights)[:, None], gh.dot(weights)[:, None]
                d = np.multiply(g_, 1 if w is None else w, out=dx[some])
                d -= mean_d
                d -= np.multiply(h, mean_dh, out=gh)
                d *= r

        parallel.each(backward, range(len(parts)))
        dweight, dbias = (None if total is None else total.sum(0).reshape(shape) for total in sums)
        return None if dx is None else dx.reshape(x.shape), dweight, dbias

    return y.reshape(x.shape), back


LAYER_NORM = Fused("layer_norm", definition, kernel)
