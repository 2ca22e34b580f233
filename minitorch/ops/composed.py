"""Arithmetic that PyTorch has a name for, nearly all of it composed of other operations.

Those give it its derivative. The Transformer here needs none of it; code that was written for
PyTorch asks for it, as for what is in rearrange.py and counting.py.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from .._runtime.quiet import quietly
from ..autograd.graph import OUTPUT, record
from . import arguments, operand
from .arguments import dim_of
from .arrange import cat, flip, stack, unbind
from .elementwise import add, checked_division, div, exp, isnan, mul
from .indexing import getitem, put
from .linalg import bmm, mm
from .reduction import cumsum, sum
from .shape import diagonal, reshape
from .signatures import Shapes
from .special import erfinv_array
from .table import binary, unary
from .where import clamp, where

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor
    from .operand import Operand
    from .table import Unary

__all__ = [
    "addcdiv", "addcmul", "addmm", "baddbmm", "clamp_max", "clamp_min", "cosh", "cumprod", "erfinv",
    "exp2", "fmod", "lerp", "log2", "log10", "masked_scatter", "nan_to_num", "sinh", "trace",
]  # fmt: skip


# ---------------------------------------------------------------------------- sums of products


def _times(name: str, factor: Any, x: Tensor) -> Tensor:
    """factor · x, in the dtype of x."""
    factor = dtypes.real(name, factor)
    if isinstance(factor, float) and not factor.is_integer() and x.array.dtype.kind != "f":
        raise RuntimeError(f"{name}: {factor} must be a whole number, as the elements are")
    return x if factor == 1 else mul(x, x._wrap(dtypes.number(name, factor, x.array.dtype)))


def _plus(name: str, input: Tensor, beta: float, product: Tensor, alpha: float) -> Tensor:
    """beta · input + alpha · product. Where beta is 0, NaN in the input is not seen."""
    shape = product.array.shape
    arguments.broadcasts_to(name, "input", input, shape)
    product = _times(name, alpha, product)
    if beta == 0:
        return where(product._wrap(np.zeros(shape, np.bool_)), input, product)
    return add(_times(name, beta, input), product)


_ADDMM = Shapes("addmm", input="*", mat1="n k", mat2="k m")
_BADDBMM = Shapes("baddbmm", input="*", batch1="b n k", batch2="b k m")
_LERP = Shapes("lerp", input="*", end="*", weight="*")


def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta · input + alpha · mat1 mat2 of matrices (n, k), (k, m); the input broadcasts to (n, m).

    Where beta is 0, NaN and infinities in the input are ignored. Of integers, beta and alpha must
    be whole numbers.
    """
    _ADDMM(input, mat1, mat2)
    return _plus("addmm", input, beta, mm(mat1, mat2), alpha)


def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta · input + alpha · batch1 batch2 of stacks of matrices; as `addmm`."""
    _BADDBMM(input, batch1, batch2)
    return _plus("baddbmm", input, beta, bmm(batch1, batch2), alpha)


def addcmul(input: Tensor, tensor1: Operand, tensor2: Operand, *, value: float = 1) -> Tensor:
    """input + value · tensor1 · tensor2, computed in the dtype that the three promote to."""
    x = arguments.tensor("addcmul", "input", input)
    a, b = operand.pair("addcmul", tensor1, tensor2)
    dtype = dtypes.promote_all([t.array for t in (x, a, b)])
    return add(x, _times("addcmul", value, mul(a.to(dtype), b.to(dtype))))


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """input + value · tensor1 / tensor2; one of the two must be floating-point."""
    a = arguments.tensor("addcdiv", "tensor1", tensor1)
    b = arguments.tensor("addcdiv", "tensor2", tensor2)
    if "f" not in (a.array.dtype.kind, b.array.dtype.kind):
        raise RuntimeError(
            f"addcdiv: integers are not divided here: {a.dtype} and {b.dtype}. Use "
            "input + value * tensor1 / tensor2, or div(..., rounding_mode='trunc')."
        )
    x = arguments.tensor("addcdiv", "input", input)
    dtype = dtypes.promote_all([t.array for t in (x, a, b)])
    return add(x, _times("addcdiv", value, div(a.to(dtype), b.to(dtype))))


def lerp(input: Tensor, end: Tensor, weight: Operand) -> Tensor:
    """input + weight · (end - input): linear interpolation, exactly `end` where the weight is 1.

    All are floating-point and of one dtype; the weight may be a number.
    """
    start = arguments.floating_point("lerp", "input", input)
    w: Any = weight
    if not arguments.is_tensor(weight):
        w = start._wrap(dtypes.number("lerp", weight, start.array.dtype))
    _LERP(start, end, w)

    def forward() -> Array:
        a, b, t = start.array, end.array, w.array
        near_start = np.abs(t) < 0.5  # from the nearer end, so that it is met exactly
        y: Array = np.where(near_start, a + t * (b - a), b - (b - a) * (1 - t))
        return y

    return record(
        "lerp", quietly(forward),
        (start, lambda g, w: g * (1 - w), w), (end, lambda g, w: g * w, w),
        (w, lambda g, start, end: g * (end - start), start, end),
    )  # fmt: skip


def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
    if arguments.tensor("trace", "input", input).array.ndim != 2:
        raise RuntimeError(f"trace: expects a matrix, not shape {input.array.shape}")
    return sum(diagonal(input))


def _cumprod_vjp(g: Tensor, y: Tensor, x: Tensor, axis: int) -> Tensor:
    """Σ_(i ≥ k) g_i y_i / x_k or, where an x is 0, the same without a division.

    Then it is y_(k-1) s_k, where s_k = g_k + g_(k+1) x_(k+1) + … = g_k + x_(k+1) s_(k+1).
    """
    if x.array.all():
        return flip(cumsum(flip(g * y, axis), axis), axis) / x
    gs, xs = unbind(g, axis), unbind(x, axis)
    later = zip(gs[-2::-1], xs[:0:-1], strict=True)
    sums = [*accumulate(later, lambda s, pair: pair[0] + pair[1] * s, initial=gs[-1])]
    n = len(xs)
    one = y._wrap(np.ones_like(y.array.take([0], axis)))
    before = cat([one, getitem(y, (slice(None),) * axis + (slice(n - 1),))], axis)
    return before * stack(sums[::-1], axis)


def cumprod(input: Tensor, dim: int, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """Cumulative product, y_i = x_0 · … · x_i along `dim`. Factors of 0 get the right gradient."""
    input = arguments.tensor("cumprod", "input", input)
    axis = dim_of("cumprod", dim, input.array.ndim)
    if dtype is None and input.array.dtype.kind != "f":
        dtype = dtypes.int64
    x = input if dtype is None else input.to(dtype=dtype)
    if not x.array.ndim:
        return x.clone()
    y = quietly(np.cumprod, x.array, axis, x.array.dtype)
    return record("cumprod", y, (x, partial(_cumprod_vjp, axis=axis), OUTPUT, x))


# ------------------------------------------------------------------------------- one by one
# fmt: off

exp2 = unary("exp2", np.exp2,              lambda g, y: g * (y * math.log(2)),
    "2ˣ")
log2 = unary("log2", np.log2,              lambda g, x: g / (x * math.log(2)),
    "The logarithm of x to base 2")
log10 = unary("log10", np.log10,           lambda g, x: g / (x * math.log(10)),
    "The logarithm of x to base 10")
sinh: Unary = unary("sinh", np.sinh,       lambda g, x: g * cosh(x),
    "(eˣ - e⁻ˣ) / 2")
cosh: Unary = unary("cosh", np.cosh,       lambda g, x: g * sinh(x),
    "(eˣ + e⁻ˣ) / 2")
erfinv = unary("erfinv", erfinv_array,     lambda g, y: g * (math.sqrt(math.pi) / 2) * exp(y * y),
    "The x with erf x = y: ±inf at ±1, NaN beyond")
_fmod = binary("fmod", partial(checked_division, divide=np.fmod), lambda g: g,
                                           lambda g, a, b: -g * div(a, b, rounding_mode="trunc"),
    "The remainder of the division a / b, with the sign of a")
# fmt: on


def fmod(input: Tensor, other: Operand) -> Tensor:
    """The remainder of the division input / other, with the sign of the input."""
    return _fmod(arguments.tensor("fmod", "input", input), other)


def clamp_min(input: Tensor, min: Operand) -> Tensor:
    """max(x, `min`), as `clamp` with that bound alone."""
    return clamp(input, min=min)


def clamp_max(input: Tensor, max: Operand) -> Tensor:
    """min(x, `max`), as `clamp` with that bound alone."""
    return clamp(input, max=max)


def nan_to_num(
    input: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """x, but a number for NaN and for each infinity: unless given, 0 and the dtype's limits.

    The gradient there is 0.
    """
    x = arguments.tensor("nan_to_num", "input", input).array
    if x.dtype.kind != "f":
        return input.clone()
    least, most = dtypes.LIMITS[x.dtype]
    y = where(input == math.inf, most if posinf is None else posinf, input)
    y = where(input == -math.inf, least if neginf is None else neginf, y)
    return where(isnan(input), nan, y)


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """`input`, but the first, second, … element of `source` at the places where the mask is true.

    Args:
        input, mask: of shapes that broadcast; the mask is bool.
        source: of the input's dtype, with at least as many elements as places.
    """
    m = arguments.mask("masked_scatter", "mask", mask)
    x, s = (
        arguments.tensor("masked_scatter", *given).array
        for given in (("input", input), ("source", source))
    )
    if x.dtype != s.dtype:
        raise RuntimeError(
            f"masked_scatter: the dtypes of input and source differ: {input.dtype}, {source.dtype}"
        )
    shape = arguments.broadcast("masked_scatter", x.shape, m.shape)
    places = np.broadcast_to(m, shape)
    n = np.count_nonzero(places)
    if n > s.size:
        raise RuntimeError(
            f"masked_scatter: source has {s.size} elements for the {n} places where mask is true"
        )
    written = put(getitem(reshape(source, -1), slice(n)), places, shape, [mask], distinct=True)
    return where(mask, written, input)
