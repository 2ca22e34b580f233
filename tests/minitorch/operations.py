"""The table of operations: a row each, from which test_ops.py generates its tests.

A row says how inputs are drawn, what the value is by other means than the library's, whether there
is a gradient, and which calls raise. Most lines are `Row(name, draw, value)`; `draw` returns the
positional arguments and the options, `value` takes them as arrays.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from draws import Array, Draws

Call = tuple[list[Any], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """An operation.

    Attributes:
        name: as in `minitorch.ops`.
        draw: draws the arguments. Arrays become tensors, and those of floats require gradients.
        value: computes the result from the same arguments, as arrays; None where a test by hand
            does.
        gradient: 2 if it can be differentiated twice, 1 if once, 0 if not at all.
        errors: calls that raise: (arguments, exception, part of its message).
    """

    name: str
    draw: Callable[[Draws], Call]
    value: Callable[..., Any] | None
    gradient: int = 2
    errors: tuple[tuple[list[Any], type[Exception], str], ...] = ()


one, two_three, four = np.ones(1), np.ones((2, 3)), np.ones(4)
ones32 = np.ones(4, np.float32)
number = "must be a Tensor"


# ------------------------------------------------------------------------- element by element


def unary(name: str, f: Callable[[float], float], low: float, high: float, **more: Any) -> Row:
    """A row whose value is that of a function of one number, for numbers between low and high."""

    def value(x: Array) -> Array:
        return np.array([f(v) for v in x.ravel()]).reshape(x.shape)

    errors = (([1.0], TypeError, number),)
    return Row(name, lambda d: ([d.floats(d.shape(), low, high)], {}), value, errors=errors, **more)


def binary(
    name: str, f: Any, a: tuple[float, float] = (-2, 2), b: tuple[float, float] = (-2, 2), **more: Any
) -> Row:
    """A row whose value is that of an operator of NumPy's."""
    errors = (([two_three, four], RuntimeError, "broadcast"), ([1.0, 2.0], TypeError, number))
    return Row(name, lambda d: (d.two(a, b), {}), f, errors=errors, **more)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


POSITIVE = (0.2, 3.0)

ELEMENTWISE = [
    unary("exp", math.exp, -3, 3),
    unary("expm1", math.expm1, -3, 3),
    unary("log", math.log, *POSITIVE),
    unary("log1p", math.log1p, -0.8, 3),
    unary("exp2", lambda x: 2**x, -3, 3),
    unary("log2", math.log2, *POSITIVE),
    unary("log10", math.log10, *POSITIVE),
    unary("sinh", math.sinh, -3, 3),
    unary("cosh", math.cosh, -3, 3),
    unary("sqrt", math.sqrt, *POSITIVE),
    unary("rsqrt", lambda x: 1 / math.sqrt(x), *POSITIVE),
    unary("square", lambda x: x * x, -3, 3),
    unary("reciprocal", lambda x: 1 / x, *POSITIVE),
    unary("neg", lambda x: -x, -3, 3),
    unary("abs", math.fabs, -3, 3),
    unary("sign", lambda x: math.copysign(1, x), -3, 3, gradient=1),
    unary("sin", math.sin, -3, 3),
    unary("cos", math.cos, -3, 3),
    unary("tanh", math.tanh, -3, 3),
    unary("sigmoid", sigmoid, -3, 3),
    unary("erf", math.erf, -3, 3),
    unary("erfinv", lambda y: NormalDist().inv_cdf((1 + y) / 2) / math.sqrt(2), -0.9, 0.9),
    unary("floor", math.floor, -3, 3, gradient=1),
    unary("ceil", math.ceil, -3, 3, gradient=1),
    unary("round", round, -3, 3, gradient=1),
    unary("relu", lambda x: max(x, 0), -3, 3),
    unary("silu", lambda x: x * sigmoid(x), -3, 3),
    unary("logsigmoid", lambda x: math.log(sigmoid(x)), -3, 3),
    unary("softplus", lambda x: math.log(1 + math.exp(x)), -3, 3),
    unary("leaky_relu", lambda x: x if x > 0 else 0.01 * x, -3, 3),
    unary("elu", lambda x: x if x > 0 else math.exp(x) - 1, -3, 3),
    unary("selu", lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)), -3, 3),
    unary("mish", lambda x: x * math.tanh(math.log(1 + math.exp(x))), -3, 3),
    unary("softsign", lambda x: x / (1 + abs(x)), -3, 3),
    unary("relu6", lambda x: min(max(x, 0), 6), -8, 8),
    unary("isnan", math.isnan, -3, 3, gradient=0),
    unary("isinf", math.isinf, -3, 3, gradient=0),
    unary("isfinite", math.isfinite, -3, 3, gradient=0),
    unary("logical_not", lambda x: not x, -3, 3, gradient=0),
    binary("add", lambda a, b: a + b),
    binary("sub", lambda a, b: a - b),
    binary("mul", lambda a, b: a * b),
    binary("div", lambda a, b: a / b, b=POSITIVE),
    binary("pow", lambda a, b: a**b, POSITIVE),
    binary("remainder", lambda a, b: a - b * np.floor(a / b), b=POSITIVE),
    binary("fmod", lambda a, b: a - b * np.trunc(a / b), b=POSITIVE),
    binary("floor_divide", lambda a, b: np.floor(a / b), b=POSITIVE, gradient=1),
    binary("maximum", lambda a, b: np.where(a > b, a, b), (-2, 2), (-1.9, 2.1)),
    binary("minimum", lambda a, b: np.where(a < b, a, b), (-2, 2), (-1.9, 2.1)),
    binary("eq", lambda a, b: a == b, gradient=0),
    binary("ne", lambda a, b: a != b, gradient=0),
    binary("lt", lambda a, b: a < b, gradient=0),
    binary("le", lambda a, b: a <= b, gradient=0),
    binary("gt", lambda a, b: a > b, gradient=0),
    binary("ge", lambda a, b: a >= b, gradient=0),
    binary("logical_and", lambda a, b: (a != 0) & (b != 0), gradient=0),
    binary("logical_or", lambda a, b: (a != 0) | (b != 0), gradient=0),
    binary("logical_xor", lambda a, b: (a != 0) ^ (b != 0), gradient=0),
    binary("isclose", lambda a, b: abs(a - b) <= 1e-8 + 1e-5 * abs(b), gradient=0),
]


def two_masks(d: Draws) -> Call:
    shape = d.shape()
    return [d.bools(d.part_of(shape)), d.bools(d.part_of(shape))], {}


def where_call(d: Draws) -> Call:
    shape = d.shape()
    return [d.bools(d.part_of(shape)), *(d.floats(d.part_of(shape)) for _ in "ab")], {}


def masked_call(*more: Any) -> Callable[[Draws], Call]:
    def draw(d: Draws) -> Call:
        shape = d.shape()
        return [d.floats(d.part_of(shape)), d.bools(d.part_of(shape)), *more], {}

    return draw


def clamp_call(d: Draws) -> Call:
    x = d.floats(d.shape())
    low, high = d.one_of((None, 0.5), (-0.5, None), (-0.5, 0.5), (0.5, -0.5))
    return [x], {"min": low, "max": high}


def clamp_value(x: Array, min: float | None, max: float | None) -> Array:
    low, high = -math.inf if min is None else min, math.inf if max is None else max
    return np.array([sorted((low, v, high))[1] if low <= high else high for v in x.flat]).reshape(x.shape)


def plus_call(low: float) -> Callable[[Draws], Call]:
    """Three arrays that broadcast, the last of numbers above `low`, and a factor."""

    def draw(d: Draws) -> Call:
        shape = d.shape()
        x = [d.floats(d.part_of(shape)) for _ in "ab"]
        return [*x, d.floats(d.part_of(shape), low, 2.0)], {"value": d.one_of(1, -0.5)}

    return draw


def lerp_call(d: Draws) -> Call:
    shape = d.shape()
    a, b, weight = (d.floats(d.part_of(shape)) for _ in "abw")
    return [a, b, d.one_of(0.25, 0.75, 2.0) if d.int(0, 1) else weight], {}


def masked_scatter_call(d: Draws) -> Call:
    shape = d.shape()
    x, mask = d.floats(d.part_of(shape)), d.bools(d.part_of(shape))
    n = int(np.prod(np.broadcast_shapes(x.shape, mask.shape)))
    return [x, mask, d.floats((n + d.int(0, 2),))], {}


def masked_scatter_value(x: Array, mask: Array, source: Array) -> Array:
    x, mask = np.broadcast_arrays(x, mask)
    y, left = x.copy(), iter(source)
    for place in np.ndindex(*x.shape):
        y[place] = next(left) if mask[place] else x[place]
    return y


mask_error = ([two_three, two_three, 0.0], TypeError, "must be a bool tensor")
CHOOSING = [
    Row("bitwise_and", two_masks, lambda a, b: a & b, 0, (([one, one], RuntimeError, "not defined"),)),
    Row("bitwise_or", two_masks, lambda a, b: a | b, 0, (([one, one], RuntimeError, "not defined"),)),
    Row("bitwise_xor", two_masks, lambda a, b: a ^ b, 0, (([one, one], RuntimeError, "not defined"),)),
    Row("bitwise_not", lambda d: ([d.bools(d.shape())], {}), lambda x: ~x, 0),
    Row("where", where_call, lambda c, a, b: a * c + b * ~c,
        errors=(([two_three, one, one], TypeError, "must be a bool tensor"),)),
    Row("masked_fill", masked_call(7.0), lambda x, m, v: x * ~m + v * m, errors=(mask_error,)),
    Row("masked_select", masked_call(), lambda x, m: np.array(
            [v for v, yes in np.nditer([x, m], ["zerosize_ok"], order="C") if yes]),
        errors=(([two_three, two_three], TypeError, "must be a bool tensor"),)),
    Row("masked_scatter", masked_scatter_call, masked_scatter_value,
        errors=(([four, four > 0, one], RuntimeError, "source has 1 elements for the 4 places"),
                ([four, four > 0, ones32], RuntimeError, "dtypes of input and source differ"))),
    Row("nan_to_num", lambda d: ([d.floats(d.shape())], {}), lambda x: x, errors=(([1.0], TypeError, number),)),
    Row("addcmul", plus_call(-2.0), lambda x, a, b, value: x + value * a * b,
        errors=(([four, two_three, four], RuntimeError, "broadcast"),)),
    Row("addcdiv", plus_call(0.2), lambda x, a, b, value: x + value * a / b,
        errors=(([four, four > 0, four > 0], RuntimeError, "integers are not divided"),)),
    Row("lerp", lerp_call, lambda a, b, w: a + w * (b - a),
        errors=(([four, four, ones32], RuntimeError, "dtypes differ"), ([four > 0, four, 0.5], RuntimeError, "floating"))),
    Row("clamp_min", lambda d: ([d.floats(d.shape()), 0.5], {}), lambda x, low: np.array(
            [v if v > low else low for v in x.flat]).reshape(x.shape), errors=(([1.0, 2.0], TypeError, number),)),
    Row("clamp_max", lambda d: ([d.floats(d.shape()), 0.5], {}), lambda x, high: np.array(
            [v if v < high else high for v in x.flat]).reshape(x.shape), errors=(([1.0, 2.0], TypeError, number),)),
    Row("clamp", clamp_call, clamp_value, errors=(([one], RuntimeError, "must not be None"),)),
    Row("equal", lambda d: (d.two(), {}),
        lambda a, b: a.shape == b.shape and a.tolist() == b.tolist(), 0),
    Row("allclose", lambda d: (d.two(), {}), lambda a, b: bool((abs(a - b) < 1e-6).all()), 0,
        (([one, np.ones(1, np.float32)], RuntimeError, "dtypes differ"),)),
]  # fmt: skip


# -------------------------------------------------------------------------------- many to one


def reduction(name: str, f: Callable[[Array], Any], *, smallest: int = 0, gradient: int = 2, **domain: float) -> Row:
    """A row whose value is that of a function of all numbers that go into one result."""

    def value(x: Array, dim: Any, keepdim: bool) -> Array:
        dims = range(x.ndim) if dim is None else [d % x.ndim for d in np.atleast_1d(dim) if x.ndim]
        kept = [d for d in range(x.ndim) if d not in dims]
        shape = [x.shape[d] for d in kept]
        rows = x.transpose(*kept, *dims).reshape(*shape, -1) if x.size else np.zeros((*shape, 0))
        y = np.array([f(rows[i]) for i in np.ndindex(*shape)]).reshape(shape)
        return y.reshape([1 if d in dims else n for d, n in enumerate(x.shape)]) if keepdim else y

    errors = (([two_three, 2], IndexError, "out of range"), ([1.0], TypeError, number))
    return Row(
        name, lambda d: d.reduction(smallest=smallest, **domain), value, gradient, errors
    )


def one_dim(row: Row) -> Row:
    """The same for a reduction that takes one dimension."""

    def draw(d: Draws) -> Call:
        (x,), options = row.draw(d)
        dim = options["dim"]
        return [x], {**options, "dim": dim[0] if isinstance(dim, tuple) else dim}

    return replace(row, draw=draw)


def several(row: Row) -> Row:
    """The same with at least two numbers in each result."""

    def draw(d: Draws) -> Call:
        x = d.floats((d.int(2, 3), *d.shape(most=2, smallest=2)))
        return [x], {"dim": d.dims(x.ndim), "keepdim": bool(d.int(0, 1))}

    return replace(row, draw=draw)


def variance(x: Array) -> float:
    return sum((v - sum(x) / len(x)) ** 2 for v in x) / (len(x) - 1)


def index_of(choose: Any) -> Row:
    name = f"arg{choose.__name__}"

    def value(x: Array, dim: int | None, keepdim: bool) -> Array:
        if dim is not None:
            return reduction(name, lambda v: v.tolist().index(choose(v))).value(x, dim, keepdim)  # type: ignore[misc,no-any-return]
        y = np.array(x.ravel().tolist().index(choose(x.ravel())))
        return y.reshape([1] * x.ndim) if keepdim else y

    return replace(one_dim(reduction(name, choose, smallest=1, gradient=0)), value=value)


def extreme_call(d: Draws) -> Call:
    x, dim = d.along()
    return [x, dim, bool(d.int(0, 1))], {}


def extreme_value(name: str) -> Callable[..., Any]:
    def value(x: Array, dim: int, keepdim: bool) -> Any:
        best, places = getattr(x, name)(dim, keepdims=keepdim), getattr(x, f"arg{name}")(dim, keepdims=keepdim)
        return best, places

    return value


def cumsum_value(x: Array, dim: int) -> Array:
    rows = np.moveaxis(x, dim, 0)
    return np.moveaxis(np.array([sum(rows[: i + 1]) for i in range(len(rows))]), 0, dim)


def cumprod_value(x: Array, dim: int) -> Array:
    rows = np.moveaxis(x, dim, 0)
    products = [np.prod(rows[: i + 1], 0) for i in range(len(rows))]
    return np.moveaxis(np.array(products), 0, dim)


def sort_call(d: Draws) -> Call:
    x, dim = d.along()
    return [x, dim, bool(d.int(0, 1))], {}


def sort_value(x: Array, dim: int, descending: bool) -> Any:
    places = np.argsort(-x if descending else x, dim)
    return np.take_along_axis(x, places, dim), places


def topk_call(d: Draws) -> Call:
    x, dim = d.along()
    return [x, d.int(0, x.shape[dim]), dim, bool(d.int(0, 1))], {}


def topk_value(x: Array, k: int, dim: int, largest: bool) -> Any:
    return tuple(np.take(y, range(k), dim) for y in sort_value(x, dim, largest))


def median_value(x: Array, dim: int, keepdim: bool) -> Any:
    middle = [np.take(y, [(x.shape[dim] - 1) // 2], dim) for y in sort_value(x, dim, False)]
    return tuple(y if keepdim else y.squeeze(dim) for y in middle)


nothing = np.ones((2, 0))
REDUCTIONS = [
    reduction("sum", math.fsum),
    reduction("mean", lambda x: math.fsum(x) / len(x), smallest=1),
    one_dim(reduction("prod", math.prod)),
    several(reduction("var", variance)),
    several(reduction("std", lambda x: math.sqrt(variance(x)))),
    reduction("amax", max, smallest=1),
    reduction("amin", min, smallest=1),
    replace(reduction("norm", lambda x: math.hypot(*x), smallest=1), errors=()),
    replace(
        reduction("logsumexp", lambda x: math.log(sum(map(math.exp, x))), smallest=1),
        draw=lambda d: (lambda c: (c[0], {**c[1], "dim": c[1]["dim"] or 0}))(d.reduction(smallest=1)),
        errors=(),
    ),
    reduction("any", any, gradient=0),
    reduction("all", all, gradient=0),
    index_of(max),
    index_of(min),
    Row("max", extreme_call, extreme_value("max"), errors=(([nothing, 1], IndexError, "nothing"),)),
    Row("min", extreme_call, extreme_value("min"), errors=(([nothing, 1], IndexError, "nothing"),)),
    Row("cumsum", lambda d: (list(d.along()), {}), cumsum_value),
    Row("cumprod", lambda d: (list(d.along()), {}), cumprod_value,
        errors=(([two_three, 2], IndexError, "out of range"),)),
    Row("median", extreme_call, median_value,
        errors=(([nothing, 1], IndexError, "nothing"), ([four > 0], RuntimeError, "bool"))),
    Row("sort", sort_call, sort_value, errors=(([two_three, 2], IndexError, "out of range"),)),
    Row("argsort", sort_call, lambda *a: sort_value(*a)[1], 0),
    Row("topk", topk_call, topk_value, errors=(([four, 5], RuntimeError, "k=5"),)),
]  # fmt: skip


# -------------------------------------------------------------------------------------- shapes


def split_shape(d: Draws) -> Call:
    """An array, and another shape with as many elements."""
    shape = d.shape()
    joined = int(np.prod(shape))
    return [d.floats(shape), d.one_of((joined,), (1, joined), (*shape, 1), shape[::-1])], {}


def dims_call(least: int, count: int) -> Callable[[Draws], Call]:
    """An array, and so many of its dimensions."""

    def draw(d: Draws) -> Call:
        x = d.floats(d.shape(least))
        return [x, *(d.dim(x.ndim) for _ in range(count))], {}

    return draw


def permute_call(d: Draws) -> Call:
    x = d.floats(d.shape())
    return [x, tuple(d.rng().permutation(x.ndim).tolist())], {}


def movedim_call(d: Draws) -> Call:
    x = d.floats(d.shape(1))
    n = d.int(1, x.ndim)
    return [x, *(tuple(d.rng().permutation(x.ndim)[:n].tolist()) for _ in "ab")], {}


def expand_call(d: Draws) -> Call:
    shape = d.shape()
    return [d.floats(d.part_of(shape)), shape], {}


def like_call(draw: Callable[[Draws], Call]) -> Callable[[Draws], Call]:
    """The shape given by another tensor."""

    def drawn(d: Draws) -> Call:
        (x, shape), _ = draw(d)
        return [x, np.zeros(shape, np.int64)], {}

    return drawn


def in_order(draw: Callable[[Draws], Call]) -> Callable[[Draws], Call]:
    """The same, contiguous."""

    def drawn(d: Draws) -> Call:
        (x, *rest), options = draw(d)
        return [x.copy(order="C"), *rest], options

    return drawn


def flatten_call(d: Draws) -> Call:
    x = d.floats(d.shape(1))
    start = d.int(0, x.ndim - 1)
    return [x, start, d.int(start, x.ndim - 1)], {}


def flatten_value(x: Array, start: int, end: int) -> Array:
    return x.reshape(*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :])


def squeeze_call(d: Draws) -> Call:
    shape = d.part_of(d.shape(1))
    return [d.floats(shape), d.one_of(None, d.dim(len(shape)))], {}


def squeeze_value(x: Array, dim: int | None) -> Array:
    gone = range(x.ndim) if dim is None else [dim % max(x.ndim, 1)]
    return x.reshape([n for i, n in enumerate(x.shape) if n != 1 or i not in gone])


def diagonal_call(d: Draws) -> Call:
    x = d.floats(d.shape(2))
    i = d.int(0, x.ndim - 1)
    return [x, d.int(-3, 3), i, (i + d.int(1, x.ndim - 1)) % x.ndim], {}


def diagonal_value(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    rows = np.moveaxis(x, (dim1, dim2), (0, 1))
    n, m = rows.shape[:2]
    places = [(i, i + offset) for i in range(n) if 0 <= i + offset < m]
    parts = [rows[i, j] for i, j in places]
    return np.stack(parts, -1) if parts else np.zeros((*rows.shape[2:], 0))


def joined_call(differ: int) -> Callable[[Draws], Call]:
    def draw(d: Draws) -> Call:
        shape = list(d.shape(1))
        dim = d.dim(len(shape))
        pieces = []
        for _ in range(d.int(1, 3)):
            if differ:
                shape[dim] = d.int(0, 3)
            pieces.append(d.floats(tuple(shape)))
        return [pieces if d.int(0, 3) else [pieces[0]] * 2, dim], {}

    return draw


def split_call(d: Draws) -> Call:
    x, dim = d.along(smallest=0)
    first = d.int(0, x.shape[dim])
    return [x, d.one_of(2, [first, x.shape[dim] - first]), dim], {}


def split_value(x: Array, size: Any, dim: int) -> Any:
    n = x.shape[dim]
    if isinstance(size, int):
        size = [min(size, n - i) for i in range(0, n, size)] or [0]
    ends = list(itertools.accumulate(size))
    return tuple(np.take(x, range(e - s, e), dim) for s, e in zip(size, ends, strict=True))


def chunk_call(d: Draws) -> Call:
    x, dim = d.along()
    return [x, d.int(1, 4), dim], {}


def repeat_call(d: Draws) -> Call:
    x = d.floats(d.shape(most=2))
    return [x, tuple(d.int(0, 2) for _ in range(x.ndim + d.int(0, 1)))], {}


def flip_call(d: Draws) -> Call:
    x = d.floats(d.shape(1))
    return [x, [d.dim(x.ndim)]], {}


def roll_call(d: Draws) -> Call:
    x = d.floats(d.shape(1))
    return d.one_of(([x, d.int(-4, 4)], {}), ([x, (d.int(-4, 4),), (d.dim(x.ndim),)], {}))


def pad_call(d: Draws) -> Call:
    x = d.floats(d.shape(1, smallest=2))
    ends = [d.int(-1, 2) for _ in range(2 * d.int(0, x.ndim))]
    if d.int(0, 1):
        return [x, ends, "constant", 7.0], {}
    return [x, [min(n, 1) for n in ends], d.one_of("reflect", "replicate", "circular")], {}


def pad_value(x: Array, ends: list[int], mode: str, value: float = 0.0) -> Array:
    for i, (before, after) in enumerate(zip(ends[::2], ends[1::2], strict=True), 1):
        x, places = np.moveaxis(x, -i, 0), list(range(x.shape[-i]))
        places = places[max(-before, 0) : len(places) - max(-after, 0)]
        m = len(places)
        picked = []
        for j in range(-max(before, 0), m + max(after, 0)):
            if mode == "reflect":
                picked.append(x[places[-j if j < 0 else 2 * (m - 1) - j if j >= m else j]])
            elif mode == "replicate":
                picked.append(x[places[min(max(j, 0), m - 1)]])
            elif mode == "circular":
                picked.append(x[places[j % m]])
            else:
                picked.append(x[places[j]] if 0 <= j < m else np.full(x.shape[1:], value))
        x = np.moveaxis(np.array(picked).reshape(-1, *x.shape[1:]), 0, -i)
    return x


def triangle_call(d: Draws) -> Call:
    return [d.floats(d.shape(2)), d.int(-3, 3)], {}


def triangle_value(below: bool) -> Callable[..., Array]:
    def value(x: Array, diagonal: int) -> Array:
        i, j = np.ogrid[: x.shape[-2], : x.shape[-1]]
        return x * ((j <= i + diagonal) if below else (j >= i + diagonal))

    return value


def repeat_interleave_call(d: Draws) -> Call:
    x, dim = d.along(smallest=0)
    if d.int(0, 1):
        dim = d.one_of(None, dim)
        return [x, d.int(0, 3)], {"dim": dim}
    return [x, d.ints((x.shape[dim],), 0, 3)], {"dim": dim}


def repeat_interleave_value(x: Array, repeats: Any, dim: int | None) -> Array:
    slices = list(np.moveaxis(x.reshape(-1) if dim is None else x, dim or 0, 0))
    times = [repeats] * len(slices) if isinstance(repeats, int) else repeats
    copies = [s for s, n in zip(slices, times, strict=True) for _ in range(n)]
    shape = (0, *np.moveaxis(x, dim or 0, 0).shape[1:]) if dim is not None else (0,)
    return np.moveaxis(np.array(copies) if copies else np.zeros(shape), 0, dim or 0)


def tile_call(d: Draws) -> Call:
    x = d.floats(d.shape(most=2))
    return [x, tuple(d.int(0, 2) for _ in range(d.int(0, 3)))], {}


def vectors_call(d: Draws) -> Call:
    return [d.floats((d.int(0, 3),)) for _ in range(d.int(1, 3))], {}


def meshgrid_call(d: Draws) -> Call:
    return vectors_call(d)[0], {"indexing": d.one_of("ij", "xy")}


def meshgrid_value(*x: Array, indexing: str) -> Any:
    order = [1, 0, *range(2, len(x))] if indexing == "xy" and len(x) > 1 else range(len(x))
    shape = [len(x[i]) for i in order]
    grids = [np.zeros(shape) for _ in x]
    for place in np.ndindex(*shape):
        for i, j in enumerate(order):
            grids[j][place] = x[j][place[i]]
    return tuple(grids)


def cartesian_value(*x: Array) -> Array:
    rows = list(itertools.product(*x))
    return np.array(rows).reshape(len(rows), len(x)) if len(x) > 1 else x[0]


def hstack_call(d: Draws) -> Call:
    rows = d.shape(most=1)
    return [[d.floats((*rows, d.int(0, 3))) for _ in range(d.int(1, 3))]], {}


def vstack_call(d: Draws) -> Call:
    n = d.int(0, 3)
    return [[d.floats(d.one_of((n,), (d.int(0, 2), n))) for _ in range(d.int(1, 3))]], {}


def narrow_call(d: Draws) -> Call:
    x, dim = d.along(smallest=0)
    n = x.shape[dim]
    start = d.int(0, n)
    return [x, dim, start - n if start < n and d.int(0, 1) else start, d.int(0, n - start)], {}


def narrow_value(x: Array, dim: int, start: int, length: int) -> Array:
    first = start % x.shape[dim] if start < 0 else start
    return np.take(x, range(first, first + length), dim)


def select_call(d: Draws) -> Call:
    x, dim = d.along()
    return [x, dim, d.int(-x.shape[dim], x.shape[dim] - 1)], {}


def unfold_call(d: Draws) -> Call:
    x = d.floats((*d.shape(most=1), d.int(1, 6), *d.shape(most=1)))
    dim = d.dim(x.ndim)
    return [x, dim, d.int(0, x.shape[dim]), d.int(1, 3)], {}


def unfold_value(x: Array, dim: int, size: int, step: int) -> Array:
    n = (x.shape[dim] - size) // step + 1
    windows = [np.moveaxis(np.take(x, range(i * step, i * step + size), dim), dim, -1) for i in range(n)]
    return np.stack(windows, dim % x.ndim)


def unflatten_call(d: Draws) -> Call:
    sizes = (d.int(1, 2), d.int(0, 2))
    x = d.floats((*d.shape(most=1), sizes[0] * sizes[1]))
    return [x, -1, d.one_of(sizes, (-1, sizes[1]) if sizes[1] else sizes)], {}


def diag_embed_call(d: Draws) -> Call:
    x = d.floats(d.shape(1, 2))
    i = d.int(0, x.ndim)
    return [x, d.int(-2, 2), i, (i + d.int(1, x.ndim)) % (x.ndim + 1)], {}


def diag_embed_value(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    n = x.shape[-1] + abs(offset)
    y = np.zeros((*x.shape[:-1], n, n))
    for i in range(x.shape[-1]):
        y[..., i + max(-offset, 0), i + max(offset, 0)] = x[..., i]
    return np.moveaxis(y, (-2, -1), (dim1, dim2))


six = np.ones((2, 3))
SHAPES = [
    Row("reshape", split_shape, lambda x, s: np.array(x.ravel().tolist()).reshape(s),
        errors=(([six, (4,)], RuntimeError, "invalid for input of size 6"),)),
    Row("view", in_order(split_shape), lambda x, s: np.array(x.ravel().tolist()).reshape(s),
        errors=(([six.T, (6,)], RuntimeError, "Use .reshape"),)),
    Row("reshape_as", like_call(split_shape), lambda x, o: x.reshape(o.shape)),
    Row("view_as", like_call(in_order(split_shape)), lambda x, o: x.reshape(o.shape)),
    Row("flatten", flatten_call, flatten_value, errors=(([six, 1, 0], RuntimeError, "comes after"),)),
    Row("permute", permute_call, lambda x, dims: np.transpose(x, dims),
        errors=(([six, (0, 0)], RuntimeError, "each"),)),
    Row("transpose", dims_call(1, 2), np.swapaxes, errors=(([six, 0, 2], IndexError, "out of range"),)),
    Row("t", lambda d: ([d.floats(d.shape(most=2))], {}), np.transpose,
        errors=(([np.ones((1, 1, 1))], RuntimeError, "at most 2"),)),
    Row("movedim", movedim_call, np.moveaxis, errors=(([six, (0, 1), (0,)], RuntimeError, "as many"),)),
    Row("unsqueeze", lambda d: (lambda x: ([x, d.int(-x.ndim - 1, x.ndim)], {}))(d.floats(d.shape())),
        np.expand_dims, errors=(([six, 3], IndexError, "out of range"),)),
    Row("squeeze", squeeze_call, squeeze_value, errors=(([six, 2], IndexError, "out of range"),)),
    Row("expand", expand_call, np.broadcast_to, errors=(([six, (4, 3)], RuntimeError, "expanded"),)),
    Row("broadcast_to", expand_call, np.broadcast_to),
    Row("expand_as", like_call(expand_call), lambda x, o: np.broadcast_to(x, o.shape)),
    Row("diagonal", diagonal_call, diagonal_value,
        errors=(([six, 0, 1, 1], RuntimeError, "two dimensions"),)),
    Row("cat", joined_call(True), np.concatenate,
        errors=(([[six, np.ones((2, 2))], 0], RuntimeError, "sizes must match"), ([[]], ValueError, "non-empty"))),
    Row("stack", joined_call(False), np.stack,
        errors=(([[six, four]], RuntimeError, "same shape"),)),
    Row("split", split_call, split_value, errors=(([four, [1, 2]], RuntimeError, "sum to 4"),)),
    Row("chunk", chunk_call, lambda x, n, dim: split_value(x, -(-x.shape[dim] // n), dim),
        errors=(([four, 0], RuntimeError, "above 0"),)),
    Row("unbind", lambda d: (list(d.along(smallest=0)), {}), lambda x, dim: tuple(np.moveaxis(x, dim, 0)),
        errors=(([np.ones(())], IndexError, "no slices"),)),
    Row("repeat", repeat_call, np.tile, errors=(([six, (2,)], RuntimeError, "each dimension"),)),
    Row("flip", flip_call, lambda x, dims: np.take(x, range(x.shape[dims[0]])[::-1], dims[0]),
        errors=(([six, (0, 0)], RuntimeError, "twice"),)),
    Row("roll", roll_call, np.roll, errors=(([six, (1, 2), (0,)], RuntimeError, "as many"),)),
    Row("pad", pad_call, pad_value, errors=(
        ([four, (1,)], RuntimeError, "pairs"), ([four, (4, 0), "reflect"], RuntimeError, "at most"))),
    Row("repeat_interleave", repeat_interleave_call, repeat_interleave_value, errors=(
        ([four, -1], RuntimeError, "at least 0"), ([four, np.array([1, 2])], RuntimeError, "one number or 4"),
        ([four, np.array([-1])], RuntimeError, "not be negative"), ([four, four], RuntimeError, "int64"))),
    Row("tile", tile_call, np.tile, errors=(([six, (-1,)], RuntimeError, "not negative"),)),
    Row("meshgrid", meshgrid_call, meshgrid_value,
        errors=(([six], RuntimeError, "vectors or numbers"), ([four, ones32], RuntimeError, "one dtype"), ([], RuntimeError, "vectors"))),
    Row("cartesian_prod", vectors_call, cartesian_value, errors=(([six], RuntimeError, "needs vectors"),)),
    Row("broadcast_tensors", lambda d: (d.two(), {}), lambda a, b: tuple(np.broadcast_arrays(a, b)),
        errors=(([two_three, four], RuntimeError, "do not broadcast"),)),
    Row("hstack", hstack_call, np.hstack, errors=(([[]], RuntimeError, "non-empty"),)),
    Row("vstack", vstack_call, np.vstack, errors=(([[]], RuntimeError, "non-empty"),)),
    Row("narrow", narrow_call, narrow_value, errors=(
        ([six, 1, 2, 2], RuntimeError, r"start 2 \+ length 2 exceeds 3"), ([six, 0, 3, 0], IndexError, "range of"),
        ([six, 0, 0, -1], RuntimeError, "at least 0"), ([np.ones(()), 0, 0, 0], RuntimeError, "without dimensions"))),
    Row("select", select_call, lambda x, dim, i: np.take(x, i, dim), errors=(([six, 0, 2], IndexError, "out of bounds"),)),
    Row("swapaxes", dims_call(1, 2), np.swapaxes, errors=(([six, 0, 2], IndexError, "out of range"),)),
    Row("unfold", unfold_call, unfold_value,
        errors=(([six, 1, 4, 1], RuntimeError, "above 3"), ([six, 1, 2, 0], RuntimeError, "at least 1"))),
    Row("unflatten", unflatten_call, lambda x, dim, sizes: x.reshape(*x.shape[:-1], *sizes) if x.size else
            np.zeros((*x.shape[:-1], *[x.shape[-1] // math.prod(m for m in sizes if m > 0) if n == -1 else n for n in sizes])),
        errors=(([six, 1, (2, 2)], RuntimeError, "do not multiply to 3"), ([six, 1, (-1, -1)], RuntimeError, "multiply"))),
    Row("ravel", lambda d: ([d.floats(d.shape())], {}), np.ravel, errors=(([1.0], TypeError, number),)),
    Row("diag", lambda d: ([d.floats(d.shape(1, 2)), d.int(-2, 2)], {}), np.diag,
        errors=(([np.ones((1, 1, 1))], RuntimeError, "vector or a matrix"),)),
    Row("diag_embed", diag_embed_call, diag_embed_value, errors=(([six, 0, 1, 1], RuntimeError, "two dimensions"),)),
    Row("trace", lambda d: ([d.floats((d.int(0, 3), d.int(0, 3)))], {}), np.trace,
        errors=(([four], RuntimeError, "expects a matrix"),)),
    Row("tril", triangle_call, triangle_value(below=True), errors=(([four], RuntimeError, "matrices"),)),
    Row("triu", triangle_call, triangle_value(below=False), errors=(([four], RuntimeError, "matrices"),)),
]  # fmt: skip


# ------------------------------------------------------------------------------------ indexing


def getitem_call(d: Draws) -> Call:
    x = d.floats((3, d.int(0, 3), 4))
    index = d.one_of(
        1, -1, slice(1, None), slice(None, None, 2), None, ..., (0, ..., None, 1), [2, 0, 2],
        (..., [-1]), (slice(None), slice(0, 2), 3), (np.array([0, 2]), slice(None), np.array([1, 1])),
        x > 0, np.array([True, False, True]), np.array(2),
    )  # fmt: skip
    return [x, index], {}


def gather_call(d: Draws) -> Call:
    x, dim = d.along()
    shape = [d.int(0, n) for n in x.shape]
    shape[dim] = d.int(0, 4)
    return [x, dim, d.ints(tuple(shape), 0, x.shape[dim])], {}


def gather_value(x: Array, dim: int, index: Array) -> Array:
    y = np.empty(index.shape)
    for place in np.ndindex(*index.shape):
        source = list(place)
        source[dim] = index[place]
        y[place] = x[tuple(source)]
    return y


def scatter_call(d: Draws) -> Call:
    """As for gather, with an index that names no element twice, and a source larger than it."""
    x, dim = d.along()
    shape = [d.int(0, n) for n in x.shape]
    index = np.argsort(d.rng().random(x.shape), dim)[tuple(slice(n) for n in shape)]
    return [x, dim, index, d.floats(tuple(n + d.int(0, 1) for n in shape))], {}


def scatter_add_call(d: Draws) -> Call:
    (x, dim, index), _ = gather_call(d)
    return [x, dim, index, d.floats(index.shape)], {}


def scatter_value(add: bool) -> Callable[..., Array]:
    def value(x: Array, dim: int, index: Array, src: Array) -> Array:
        y = x.copy()
        for place in np.ndindex(*index.shape):
            target = list(place)
            target[dim] = index[place]
            y[tuple(target)] = src[place] + (y[tuple(target)] if add else 0)
        return y

    return value


def slices_call(d: Draws) -> Call:
    x, dim = d.along()
    return [x, dim, d.ints((d.int(0, 4),), 0, x.shape[dim])], {}


def index_add_call(d: Draws) -> Call:
    (x, dim, index), _ = slices_call(d)
    return [x, dim, index, d.floats(np.take(x, index, dim).shape)], {"alpha": d.one_of(1, -0.5)}


def index_add_value(x: Array, dim: int, index: Array, source: Array, alpha: float) -> Array:
    y = np.moveaxis(x, dim, 0).copy()
    for i, part in zip(index, np.moveaxis(source, dim, 0), strict=True):
        y[i] += alpha * part
    return np.moveaxis(y, 0, dim)


def index_fill_value(x: Array, dim: int, index: Array, value: float) -> Array:
    y = np.moveaxis(x, dim, 0).copy()
    for i in index:
        y[i] = value
    return np.moveaxis(y, 0, dim)


def index_copy_call(d: Draws) -> Call:
    """As for index_add, with an index that names no slice twice."""
    x, dim = d.along()
    index = d.rng().permutation(x.shape[dim])[: d.int(0, x.shape[dim])]
    return [x, dim, index, d.floats(np.take(x, index, dim).shape)], {}


def index_copy_value(x: Array, dim: int, index: Array, source: Array) -> Array:
    y = np.moveaxis(x, dim, 0).copy()
    for i, part in zip(index, np.moveaxis(source, dim, 0), strict=True):
        y[i] = part
    return np.moveaxis(y, 0, dim)


def take_along_call(d: Draws) -> Call:
    x, dim = d.along()
    shape = [d.one_of(1, n) for n in x.shape]
    shape[dim] = d.int(0, 4)
    return [x, d.ints(tuple(shape), -x.shape[dim], x.shape[dim]), dim], {}


def unique_call(consecutive: bool) -> Callable[[Draws], Call]:
    def draw(d: Draws) -> Call:
        x = d.ints(d.shape(1, smallest=1), 0, 2)
        options = {f"return_{name}": bool(d.int(0, 1)) for name in ("inverse", "counts")}
        return [x], {**options, "dim": d.one_of(None, d.dim(x.ndim))}

    return draw


def unique_value(consecutive: bool) -> Callable[..., Any]:
    def value(x: Array, return_inverse: bool, return_counts: bool, dim: int | None) -> Any:
        slices = [s.tolist() for s in (x.reshape(-1) if dim is None else np.moveaxis(x, dim, 0))]
        groups: list[list[int]] = []
        for i in range(len(slices)) if consecutive else sorted(range(len(slices)), key=lambda i: slices[i]):
            if groups and slices[groups[-1][-1]] == slices[i]:
                groups[-1].append(i)
            else:
                groups.append([i])
        inverse = np.zeros(len(slices), int)
        for n, group in enumerate(groups):
            inverse[group] = n
        values = np.array([slices[group[0]] for group in groups])
        found = [values if dim is None else np.moveaxis(values, 0, dim)]
        found += [inverse.reshape(x.shape) if dim is None else inverse] * return_inverse
        found += [np.array([*map(len, groups)])] * return_counts
        return tuple(found)

    return value


def sorted_call(d: Draws) -> Call:
    rows = d.shape(most=1)
    edges = np.sort(d.ints((*rows, d.int(0, 4)), 0, 5))
    return [edges, d.ints((*rows, d.int(0, 3)), 0, 5)], {"right": bool(d.int(0, 1))}


def sorted_value(edges: Array, x: Array, right: bool) -> Array:
    y = np.zeros(x.shape, int)
    for place in np.ndindex(*x.shape):
        row = edges[place[:-1]] if edges.ndim > 1 else edges
        y[place] = sum(e < x[place] or (right and e == x[place]) for e in row)
    return y


def bucketize_call(d: Draws) -> Call:
    (edges, x), options = sorted_call(d)
    return [x, edges.reshape(-1)[:4] if edges.ndim == 1 else np.arange(3)], options


def ids_call(d: Draws) -> Call:
    return [d.ints(d.shape(), 0, 5), d.floats((5, d.int(0, 3)))], {}


def ids(*values: int) -> Array:
    return np.array(values)


out_of_range = ([four, 0, ids(4)], IndexError, "not in range")
negative = ([four, 0, ids(-1)], IndexError, "not in range")
of_floats = ([four, 0, four], RuntimeError, "must be an int64")
INDEXING = [
    Row("getitem", getitem_call, lambda x, index: x[index],
        errors=(([four, 4], IndexError, "out of bounds"), ([four, four], IndexError, "uint8 or bool"))),
    Row("gather", gather_call, gather_value, errors=(out_of_range, negative, of_floats)),
    Row("scatter", scatter_call, scatter_value(add=False),
        errors=(([four, 0, ids(4), one], IndexError, "not in range"),
                ([four, 0, ids(0, 1), one], RuntimeError, "beyond src"))),
    Row("scatter_add", scatter_add_call, scatter_value(add=True),
        errors=(([four, 0, ids(-1), one], IndexError, "not in range"),)),
    Row("index_select", slices_call, lambda x, dim, i: np.take(x, i, dim),
        errors=(out_of_range, negative, of_floats)),
    Row("index_add", index_add_call, index_add_value,
        errors=(([four, 0, ids(0, 1), one], RuntimeError, "source must have shape"),)),
    Row("index_copy", index_copy_call, index_copy_value,
        errors=(([four, 0, ids(0, 1), one], RuntimeError, "source must have shape"), ([four, 0, ids(0), np.ones(1, np.float32)], RuntimeError, "dtypes"))),
    Row("take_along_dim", take_along_call, lambda x, i, dim: np.take_along_axis(x, i, dim),
        errors=(([four, ids(4), 0], IndexError, "not in range"), ([six, ids(0), 0], RuntimeError, "as many dimensions"))),
    Row("index_fill", lambda d: (lambda c: ([*c[0], 7.0], {}))(slices_call(d)), index_fill_value,
        errors=(([four, 0, ids(4), 0.0], IndexError, "not in range"),)),
    Row("nonzero", lambda d: ([d.ints(d.shape(), 0, 2)], {}),
        lambda x: (lambda found: np.array(found, int).reshape(len(found), x.ndim))(
            [i for i in np.ndindex(*x.shape) if x[i]]), 0),
    Row("argwhere", lambda d: ([d.ints(d.shape(), 0, 2)], {}),
        lambda x: np.array([i for i in np.ndindex(*x.shape) if x[i]], int).reshape(int((x != 0).sum()), x.ndim), 0),
    Row("count_nonzero", lambda d: (lambda x: ([x], {"dim": d.dims(x.ndim)}))(d.ints(d.shape(), 0, 2)),
        lambda x, dim: (x != 0).sum(dim), 0),
    Row("bincount", lambda d: ([d.ints((d.int(0, 5),), 0, 4)], {"minlength": d.int(0, 5)}),
        lambda x, minlength: np.array([sum(v == i for v in x) for i in range(max([minlength, *(x + 1)]))]), 0,
        (([ids(-1)], RuntimeError, "not negative"), ([four], RuntimeError, "whole numbers"),
         ([ids(1), four], RuntimeError, "weights has shape"))),
    Row("isin", lambda d: ([d.ints(d.shape(), 0, 4), d.ints(d.shape(), 0, 4)], {"invert": bool(d.int(0, 1))}),
        lambda x, of, invert: np.array([(v in of.ravel().tolist()) != invert for v in x.flat]).reshape(x.shape), 0),
    Row("unique", unique_call(False), unique_value(False), 0,
        (([six, 0], TypeError, "'sorted'|bool"), ([np.ones((0, 2)), True, False, False, 1], RuntimeError, "are empty"))),
    Row("unique_consecutive", unique_call(True), unique_value(True), 0, (([six, 0], TypeError, "return_inverse"),)),
    Row("searchsorted", sorted_call, sorted_value, 0,
        (([four, ones32], RuntimeError, "dtypes"), ([six, four], RuntimeError, "one for each row"))),
    Row("bucketize", bucketize_call, lambda x, edges, right: sorted_value(edges, x, right), 0,
        (([four, six], RuntimeError, "one sequence"),)),
    Row("one_hot", lambda d: ([d.ints(d.shape(), 0, 4), 4], {}), lambda x, n: np.eye(n)[x].astype(int), 0,
        (([ids(3), 3], IndexError, "not in range"),)),
    Row("embedding", ids_call, None, errors=(([ids(2), six], IndexError, "not in range"),)),
]  # fmt: skip


# ------------------------------------------------------------------------------- linear algebra


def matmul_call(d: Draws) -> Call:
    n, k, m = (d.int(0, 3) for _ in range(3))
    batch = d.shape(most=2)
    left = d.one_of((k,), (n, k), (*d.part_of(batch), n, k))
    right = d.one_of((k,), (k, m), (*d.part_of(batch), k, m))
    return [d.floats(left), d.floats(right)], {}


def matrices(left: str, right: str) -> Callable[[Draws], Call]:
    """Two arrays whose dimensions have these letters."""

    def draw(d: Draws) -> Call:
        sizes = {letter: d.int(0, 3) for letter in left + right}
        return [d.floats(tuple(sizes[letter] for letter in side)) for side in (left, right)], {}

    return draw


def plus_product_call(left: str, right: str) -> Callable[[Draws], Call]:
    """What is added, two arrays of matrices, and the factors."""

    def draw(d: Draws) -> Call:
        (a, b), _ = matrices(left, right)(d)
        shape = (*a.shape[:-1], b.shape[-1])
        options = {"beta": d.one_of(1, 0, -0.5), "alpha": d.one_of(1, 2.0)}
        return [d.floats(d.part_of(shape)), a, b], options

    return draw


def plus_product(x: Array, a: Array, b: Array, beta: float, alpha: float) -> Array:
    return beta * x + alpha * (a[..., None] * b[..., None, :, :]).sum(-2)


EQUATIONS = (
    "ij,jk->ik", "bij,bjk->bik", "bhqd,bhkd->bhqk", "i,j->ij", "ij,ij->", "ij->ji", "ij->j",
    "ii->i", "ii", "ij,jk", "...ij,...jk->...ik", "i...->...", "ij,jk,kl->il", "ij,k->j", "iij,jk->ki",
    "i,i,i->i",
)  # fmt: skip


def einsum_call(d: Draws) -> Call:
    equation = d.one_of(*EQUATIONS)
    sizes = {letter: d.int(1, 3) for letter in "abcdefhijklq"}
    batch = d.shape(most=2, smallest=1)
    operands = []
    for term in equation.split("->")[0].split(","):
        before, dots, after = term.partition("...")
        shape = [[sizes[c] for c in part] for part in (before, after)]
        operands.append(d.floats((*shape[0], *(d.part_of(batch) if dots else ()), *shape[1])))
    return [equation, *operands], {}


LINEAR_ALGEBRA = [
    Row("matmul", matmul_call, lambda a, b: np.asarray(a @ b),
        errors=(([six, six], RuntimeError, "the inner sizes 3 and 2 differ"),)),
    Row("mm", matrices("nk", "km"), np.dot, errors=(([six, four], RuntimeError, "Use matmul"),)),
    Row("bmm", matrices("bnk", "bkm"), lambda a, b: (a[:, :, :, None] * b[:, None]).sum(2),
        errors=(([six, six], RuntimeError, "Use matmul"),)),
    Row("addmm", plus_product_call("nk", "km"), plus_product,
        errors=(([six, six, six], RuntimeError, "k is both 3 and 2"), ([four, six, six.T], RuntimeError, "does not broadcast"),
                ([ones32[:1], six, six.T], RuntimeError, "dtypes differ"))),
    Row("baddbmm", plus_product_call("bnk", "bkm"), plus_product, errors=(([six, six, six], RuntimeError, "2 dimensions"),)),
    Row("mv", matrices("nk", "k"), lambda a, b: (a * b).sum(1), errors=(([six, six], RuntimeError, "Use matmul"),)),
    Row("dot", matrices("k", "k"), lambda a, b: (a * b).sum(), errors=(([one, four], RuntimeError, "one size"),)),
    Row("outer", matrices("n", "m"), lambda a, b: a[:, None] * b, errors=(([six, four], RuntimeError, "two vectors"),)),
    Row("einsum", einsum_call, lambda equation, *x: np.asarray(np.einsum(equation, *x, optimize=False)),
        errors=((["ij,jk", six, six], RuntimeError, "both 3 and 2"), (["i", six], RuntimeError, "does not fit"),
                (["i->ii", four], RuntimeError, "once after"), (["i,i", four], RuntimeError, "names 2 operands"))),
]  # fmt: skip


# ------------------------------------------------------------------------------------ networks


def loss_call(low: float, high: float, *reductions: str) -> Callable[[Draws], Call]:
    """Two arrays of one shape, the second between low and high."""

    def draw(d: Draws) -> Call:
        shape = d.shape(1, smallest=1)
        return [d.floats(shape), d.floats(shape, low, high)], {"reduction": d.one_of(*reductions)}

    return draw


def reduced(losses: Array, reduction: str) -> Array:
    total = {"none": losses, "sum": losses.sum(), "batchmean": losses.sum() / len(losses)}
    return np.asarray({**total, "mean": losses.sum() / losses.size}[reduction])


def bce_value(x: Array, t: Array, reduction: str) -> Array:
    p = 1 / (1 + np.exp(-x))
    return reduced(-t * np.log(p) - (1 - t) * np.log(1 - p), reduction)


def nll_call(d: Draws) -> Call:
    N, C = d.int(1, 3), d.int(1, 4)
    further = d.shape(most=2, smallest=1)
    options = {"reduction": d.one_of("mean", "sum", "none")}
    return [d.floats((N, C, *further)), d.ints((N, *further), 0, C)], options


def nll_value(x: Array, t: Array, reduction: str) -> Array:
    losses = np.array([-x[(i[0], t[i], *i[1:])] for i in np.ndindex(*t.shape)])
    return reduced(losses.reshape(t.shape), reduction)


def rms_call(d: Draws) -> Call:
    shape = d.shape(1, smallest=1)
    last = shape[d.int(0, len(shape) - 1) :]
    return [d.floats(shape), last, d.floats(last)], {"eps": 1e-3}


def rms_value(x: Array, shape: tuple[int, ...], weight: Array, eps: float) -> Array:
    rows = x.reshape(-1, math.prod(shape))
    scaled = np.array([row / math.sqrt(sum(v * v for v in row) / len(row) + eps) for row in rows])
    return scaled.reshape(x.shape) * weight


def bounds_call(d: Draws) -> Call:
    return [d.floats(d.shape()), *d.one_of((-1.0, 1.0), (-0.5, 1.5), (0.0, 0.0))], {}


def glu_call(d: Draws) -> Call:
    shape = list(d.shape(1))
    dim = d.dim(len(shape))
    shape[dim] *= 2
    return [d.floats(tuple(shape)), dim], {}


def glu_value(x: Array, dim: int) -> Array:
    a, b = np.split(x, 2, dim)
    return a / (1 + np.exp(-b))  # type: ignore[no-any-return]


def weighted_call(*more: float) -> Callable[[Draws], Call]:
    """Two arrays of one shape, how to reduce, one of these numbers, and a weight or none."""

    def draw(d: Draws) -> Call:
        (a, b), options = loss_call(-1, 1, "mean", "sum", "none")(d)
        weight = d.one_of(None, d.floats(a.shape, 0.5, 1))
        return [a, b, options["reduction"], *([d.one_of(*more)] if more else []), weight], {}

    return draw


def weighted(losses: Array, reduction: str, weight: Array | None) -> Array:
    if weight is None:
        return reduced(losses, reduction)
    total = reduced(losses * weight, "sum" if reduction == "mean" else reduction)
    return total / weight.sum() if reduction == "mean" else total  # type: ignore[no-any-return]


def huber(d: Array, delta: float) -> Array:
    return np.where(abs(d) <= delta, d * d / 2, delta * (abs(d) - delta / 2))


def smooth_l1_call(d: Draws) -> Call:
    args, options = loss_call(-1, 1, "mean", "sum", "none")(d)
    return args, {**options, "beta": d.one_of(0.0, 0.7, 3.0)}


def smooth_l1_value(a: Array, b: Array, reduction: str, beta: float) -> Array:
    return reduced(huber(a - b, beta) / beta if beta else abs(a - b), reduction)


def probabilities_call(d: Draws) -> Call:
    shape = d.shape(1, smallest=1)
    options = {"reduction": d.one_of("mean", "sum", "none")}
    return [d.floats(shape, 0.1, 0.9), d.floats(shape, 0, 1)], options


def vectors(d: Draws) -> tuple[Array, Array]:
    """Two arrays with dimensions that broadcast."""
    shape = d.shape(1)
    a, b = (d.floats(d.part_of(shape) or (1,), 0.1, 2) for _ in "ab")
    return a, b


def cosine_call(d: Draws) -> Call:
    a, b = vectors(d)
    return [a, b, d.dim(max(a.ndim, b.ndim))], {}


def cosine(a: Array, b: Array, dim: int) -> Array:
    a, b = np.broadcast_arrays(a, b)
    lengths = [np.maximum(np.sqrt((x * x).sum(dim)), 1e-8) for x in (a, b)]
    return np.asarray((a * b).sum(dim) / lengths[0] / lengths[1])


def distance_call(d: Draws) -> Call:
    a, b = vectors(d)
    return [a, -b, d.one_of(1.0, 2.0, 3.0), 1e-6, bool(d.int(0, 1))], {}


def distance_value(a: Array, b: Array, p: float, eps: float, keepdim: bool) -> Array:
    return np.asarray((abs(a - b + eps) ** p).sum(-1, keepdims=keepdim) ** (1 / p))


def normalize_call(d: Draws) -> Call:
    x, dim = d.along()
    return [x, d.one_of(1.0, 2.0, 3.0), dim], {}


def alike_call(d: Draws) -> Call:
    shape = d.one_of((), (d.int(1, 3),))
    D = d.int(2, 3)
    a, b = (d.floats((*shape, D), *span) for span in ((0.5, 2), (-1, 2)))
    target = np.array(d.rng().choice([-1, 0, 1], shape))
    return [a, b, target, d.one_of(0.0, 0.3)], {"reduction": d.one_of("mean", "sum", "none")}


def alike_value(a: Array, b: Array, t: Array, margin: float, reduction: str) -> Array:
    cos = cosine(a, b, -1)
    losses = np.where(t == 1, 1 - cos, np.where(t == -1, np.maximum(cos - margin, 0), 0))
    return reduced(losses, reduction) if losses.ndim else losses


NETWORKS = [
    Row("hardtanh", bounds_call, lambda x, low, high: np.minimum(np.maximum(x, low), high),
        errors=(([one, 1.0, 0.0], ValueError, "cannot be greater"),)),
    Row("glu", glu_call, glu_value, errors=(
        ([np.ones(3)], RuntimeError, "must be even, not 3"), ([np.ones(())], RuntimeError, "no halves"))),
    Row("normalize", normalize_call, lambda x, p, dim: x / (abs(x) ** p).sum(dim, keepdims=True) ** (1 / p),
        errors=(([four], IndexError, "out of range"), ([ids(1), 2.0, 0], RuntimeError, "floating-point"))),
    Row("cosine_similarity", cosine_call, cosine, errors=(
        ([six, np.ones((2, 2))], RuntimeError, "do not broadcast"), ([ids(1), ids(1), 0], RuntimeError, "floating-point"))),
    Row("pairwise_distance", distance_call, distance_value,
        errors=(([six, np.ones((2, 2))], RuntimeError, "do not broadcast"),)),
    Row("cosine_embedding_loss", alike_call, alike_value,
        errors=(([six, six, np.ones((2, 3))], RuntimeError, r"inputs of \(N, D\)"),
                ([four, four, one], RuntimeError, r"inputs of \(N, D\)"))),
    Row("mse_loss", loss_call(-1, 1, "mean", "sum", "none"),
        lambda a, b, reduction: reduced((a - b) ** 2, reduction)),
    Row("l1_loss", weighted_call(), lambda a, b, reduction, weight: weighted(abs(a - b), reduction, weight),
        errors=(([six, four], RuntimeError, "broadcast"),)),
    Row("huber_loss", weighted_call(0.7, 3.0),
        lambda a, b, reduction, delta, weight: weighted(huber(a - b, delta), reduction, weight),
        errors=(([four, four, "mean", 0.0], RuntimeError, "must be above 0"),)),
    Row("smooth_l1_loss", smooth_l1_call, smooth_l1_value,
        errors=(([four, four, "mean", -1.0], RuntimeError, "at least 0"),)),
    Row("binary_cross_entropy", probabilities_call,
        lambda p, t, reduction: reduced(-t * np.log(p) - (1 - t) * np.log(1 - p), reduction),
        errors=(([four, one], ValueError, "must be the input's"), ([four + 1, four], RuntimeError, "Apply sigmoid"),
                ([one, one - 2], RuntimeError, r"all elements of target must be in \[0, 1\]"))),
    Row("kl_div", loss_call(0.1, 1, "mean", "sum", "none", "batchmean"),
        lambda x, t, reduction: reduced(t * (np.log(t) - x), reduction)),
    Row("binary_cross_entropy_with_logits", loss_call(0, 1, "mean", "sum", "none"), bce_value,
        errors=(([four, one], ValueError, "must be the input's"),)),
    Row("nll_loss", nll_call, nll_value, errors=(([six, ids(0)], ValueError, "does not fit"),
                                                ([six, ids(0, 3)], IndexError, "out of bounds"))),
    Row("rms_norm", rms_call, rms_value, errors=(([six, (2,)], RuntimeError, "normalized_shape"),)),
    Row("dropout", lambda d: ([d.floats(d.shape()), 0.5, False], {}), lambda x, p, training: x,
        errors=(([one, 1.5], ValueError, "at least 0 and at most 1"),)),
]  # fmt: skip

TABLE = [*ELEMENTWISE, *CHOOSING, *REDUCTIONS, *SHAPES, *INDEXING, *LINEAR_ALGEBRA, *NETWORKS]
