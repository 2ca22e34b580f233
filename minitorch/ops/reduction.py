"""Reductions: operations that make one element of many, each with its derivative beside it.

The vjp of a reduction maps the gradient of the one element to those of the many: y = x_1 + … + x_n
gives each x_i the whole of g, since ∂y/∂x_i = 1. A sum of (2, 3) along dimension 0 has shape (3),
and so has g. Reshaped to (1, 3), the shape with the summed dimension *kept*, it broadcasts to x.
"""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, scalars
from .._runtime.quiet import quietly
from ..autograd.graph import OUTPUT, record
from . import arguments, operand
from .arguments import Dims, dim_of, dims_of
from .arrange import cat, flip
from .elementwise import abs, exp, sign
from .shape import flatten
from .where import where

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor


def _kept(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape after the reduction, with the reduced dimensions kept as size 1."""
    return tuple([1 if i in dims else n for i, n in enumerate(shape)])


def _count(x: Array, dims: tuple[int, ...]) -> int:
    """Return how many elements go into each result."""
    return math.prod(x.shape[d] for d in dims)


def start(
    name: str, input: Tensor, dim: Dims, keepdim: bool = False
) -> tuple[Array, tuple[int, ...], tuple[int, ...]]:
    """Return the array, the dimensions to reduce, and the shape with these kept as size 1.

    As in PyTorch, an empty list of dimensions stands for all of them.
    """
    x = arguments.tensor(name, "input", input).array
    if keepdim is not False:
        scalars.flag(name, "keepdim", keepdim)
    dims = dims_of(name, x.ndim, None if isinstance(dim, (list, tuple)) and not dim else dim)
    return x, dims, _kept(x.shape, dims)


def _total(x: Array, dtype: dtypes.dtype | None) -> np.dtype[Any]:
    """Return the dtype of a sum: int64 for integers and bools, unless another is asked for."""
    return x.dtype if x.dtype.kind == "f" or dtype is not None else np.dtype(np.int64)


def sum(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Σ x over the dimensions, or over all. Each x counts once, so each receives g.

    Args:
        input: any shape and dtype; integers and bools are summed as int64.
        dim: a dimension, several, or None for all.
        keepdim: keep the summed dimensions, with size 1.
        dtype: convert the input to it first.
    """
    input = input if dtype is None else input.to(dtype=dtype)
    x, dims, kept = start("sum", input, dim, keepdim)
    shape = x.shape
    y = quietly(x.sum, dims, keepdims=keepdim, dtype=_total(x, dtype))
    return record("sum", y, (input, lambda g: g.reshape(kept).expand(shape)))


def mean(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Σ x / n over the dimensions, or over all; n elements go into each result.

    Raises:
        RuntimeError: the dtype is not floating-point.
    """
    input = input if dtype is None else input.to(dtype=dtype)
    arguments.floating_point("mean", "input", input)
    x, dims, _ = start("mean", input, dim, keepdim)
    return sum(input, dims, keepdim) / _count(x, dims) if dims else input.clone()


def _without(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape after the reduction."""
    return tuple([n for i, n in enumerate(shape) if i not in dims])


def prod(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    dtype: dtypes.dtype | None = None,
) -> Tensor:
    """Π x along one dimension, or over all elements.

    One half of the factors is multiplied by the other half, again and again, until one is left. The
    derivative by a factor is the product of the others. As it comes from the vjps of `mul`, it is
    right where factors are 0 too, where y / x would be 0 / 0.
    """
    input = input if dtype is None else input.to(dtype=dtype)
    along = dim if dim is None else dim_of("prod", dim, input.array.ndim)
    x, dims, kept = start("prod", input, along, keepdim)
    y = input.to(_total(x, dtype))
    y, axis = (y, dims[0]) if dim is not None and x.ndim else (flatten(y), 0)
    n = y.array.shape[axis]
    before = (slice(None),) * axis
    while n > 1:
        pairs = n // 2
        product = y[*before, :pairs] * y[*before, pairs : 2 * pairs]
        y = cat([product, y[*before, 2 * pairs :]], axis) if n % 2 else product
        n = pairs + n % 2
    if n == 0:
        y = sum(y, axis) + 1  # no factors: the product is 1
    return y.reshape(kept if keepdim else _without(x.shape, dims))


def var(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Σ (x - mean)² / (n - correction) over the dimensions, or over all n elements.

    Args:
        input: floating-point, any shape.
        dim: a dimension, several, or None for all.
        unbiased: True for a correction of 1, False for 0; `correction` overrides it.
        keepdim: keep the dimensions, with size 1.
        correction: 1 makes up for the mean being estimated from the same n elements, which are
            nearer to it than to the true mean.
    """
    arguments.floating_point("var", "input", input)
    if isinstance(dim, bool):  # var(x, False): the only argument is `unbiased`
        return var(input, None, dim, keepdim, correction=correction)
    usual = float(scalars.flag("var", "unbiased", unbiased))
    less = usual if correction is None else dtypes.real("var", correction)
    x, dims, _ = start("var", input, dim, keepdim)
    deviation = input - mean(input, dims or None, keepdim=True) if x.ndim else input - input
    deviation = deviation - mean(deviation, dims or None, keepdim=True)  # what was rounded off
    return sum(deviation * deviation, dims, keepdim) / builtins.max(_count(x, dims) - less, 0)


def std(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The square root of `var`. Where all elements are equal, the gradient is 0."""
    v = var(input, dim, unbiased, keepdim, correction=correction)
    return record(
        "std",
        quietly(np.sqrt, v.array),
        (v, lambda g, y: where(y == 0, 0.0, g / (2 * y)), OUTPUT),
    )


def extreme(name: str, choose: Any, input: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    """Apply np.max or np.min. The k elements that tie get g / k each, the others nothing."""
    x, dims, kept = start(name, input, dim, keepdim)
    if _count(x, dims) == 0:
        error = RuntimeError if dim is None else IndexError
        raise error(f"{name}: there is nothing to choose from in shape {x.shape}, {dim=}")

    def vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
        chosen = (x == y.reshape(kept)).to(x.array.dtype)
        return chosen / chosen.sum(dims, keepdim=True) * g.reshape(kept)  # type: ignore[no-any-return]

    return record(name, choose(x, axis=dims, keepdims=keepdim), (input, vjp, OUTPUT, input))


def amax(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The largest element along the dimensions. Elements that tie share the gradient evenly."""
    return extreme("amax", np.max, input, dim, keepdim)


def amin(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The smallest element along the dimensions. Elements that tie share the gradient evenly."""
    return extreme("amin", np.min, input, dim, keepdim)


def norm(
    input: Tensor,
    p: float | str | None = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    dtype: dtypes.dtype | None = None,
) -> Tensor:
    """(Σ |x|ᵖ)^(1/p) over the dimensions, or over all: the length of a vector.

    Args:
        input: floating-point, any shape.
        p: "fro", None and 2 give √Σ x²; inf the largest |x|, -inf the smallest; 0 counts what is
            not 0.
        dim: a dimension, several, or None for all.
        keepdim: keep the dimensions, with size 1.
        dtype: convert the input to it first.

    The gradient is g · sign(x) (|x| / y)^(p - 1), and 0 where the norm is 0.
    """
    input = input if dtype is None else input.to(dtype=dtype)
    arguments.floating_point("norm", "input", input)
    if isinstance(p, str) and p != "fro":
        raise ValueError(f"norm: p must be a number or 'fro', not {p!r}")
    order = 2.0 if p is None or isinstance(p, str) else float(dtypes.real("norm", p))
    if math.isinf(order):
        return (amax if order > 0 else amin)(abs(input), dim, keepdim)
    x, dims, kept = start("norm", input, dim, keepdim)
    if order == 0:
        count = np.count_nonzero(x, dims, keepdims=keepdim)
        shape = x.shape
        return record(
            "norm", np.asarray(count, x.dtype), (input, lambda g: g._wrap(np.zeros(shape)))
        )

    def forward() -> Any:
        if order == 2:
            return np.sqrt(np.square(x).sum(dims, keepdims=keepdim))
        return (np.abs(x) ** order).sum(dims, keepdims=keepdim) ** (1 / order)

    def vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
        y, g = y.reshape(kept), g.reshape(kept)
        if order == 2:
            return g * where(y == 0, 0.0, x / y)
        ratio = where((x == 0) | (y == 0), 0.0, abs(x) / y)
        return g * where(ratio == 0, 0.0, sign(x) * ratio ** (order - 1))

    return record("norm", np.asarray(quietly(forward), x.dtype), (input, vjp, OUTPUT, input))


def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """ln Σ eˣ along the dimensions: a smooth maximum.

    It is computed as m + ln Σ e^(x - m) with m the largest x, so that nothing overflows. The
    gradient is g · e^(x - y), and e^(x - y) = softmax(x).
    """
    x, dims, kept = start("logsumexp", input, dim, keepdim)
    x = operand.to_floating(x)

    def forward() -> Any:
        largest = x.max(dims, keepdims=True, initial=-np.inf)
        shift = np.where(np.isfinite(largest), largest, x.dtype.type(0))
        y = np.log(np.exp(x - shift).sum(dims, keepdims=True)) + shift
        return y if keepdim else y.squeeze(dims)

    def vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
        y = y.reshape(kept)
        return g.reshape(kept) * exp(x - where(y == -math.inf, 0.0, y))

    return record("logsumexp", quietly(forward), (input, vjp, OUTPUT, input))


def cumsum(input: Tensor, dim: int, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """y_i = x_0 + … + x_i along `dim`.

    As x_i is part of y_i, y_(i+1), … to the last, dL/dx_i = g_i + g_(i+1) + …: the same sums, from
    the other end.
    """
    input = arguments.tensor("cumsum", "input", input)
    input = input if dtype is None else input.to(dtype=dtype)
    dim = dim_of("cumsum", dim, input.array.ndim)
    x, dims, _ = start("cumsum", input, dim)
    total = _total(x, dtype)
    y = quietly(np.cumsum, x, dims[0], total) if dims else x.astype(total)
    return record("cumsum", y, (input, lambda g: flip(cumsum(flip(g, dims), dim), dims)))


def _truth(x: Array) -> np.dtype[Any]:
    """Return the dtype of `any` and `all`: uint8 of uint8, which was PyTorch's first bool."""
    return x.dtype if x.dtype == np.uint8 else np.dtype(np.bool_)


def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Is any element other than 0, along the dimensions or among all?"""
    x, dims, _ = start("any", input, dim, keepdim)
    return input._wrap(x.any(dims, keepdims=keepdim).astype(_truth(x)))


def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Are all elements other than 0, along the dimensions or among all?"""
    x, dims, _ = start("all", input, dim, keepdim)
    return input._wrap(x.all(dims, keepdims=keepdim).astype(_truth(x)))
