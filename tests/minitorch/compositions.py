"""Fifteen operations suffice: each operation with a vjp of its own, composed of primitive ones.

Arguments and results are those of the operation in `minitorch.ops`; in the place of tensors of
indices and masks, arrays will do. Only what rows of operations.py draw is considered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from operations import TABLE, pad_value, triangle_value

from minitorch.ops import (
    add,
    erf,
    exp,
    expand,
    floor,
    getitem,
    log,
    mul,
    permute,
    pow,
    reshape,
    sin,
    sum,
    where,
)
from minitorch.ops.indexing import put
from minitorch.tensor import Tensor

PRIMITIVE = (add, mul, pow, exp, log, sin, erf, floor, where, sum, reshape, permute, expand,
             getitem, put)  # fmt: skip


# ------------------------------------------------------------------------- element by element


def neg(x: Tensor) -> Tensor:
    return mul(x, -1.0)


def sub(a: Tensor, b: Tensor) -> Tensor:
    return add(a, neg(b))


def reciprocal(x: Tensor) -> Tensor:
    return pow(x, -1.0)


def div(a: Tensor, b: Tensor) -> Tensor:
    return mul(a, reciprocal(b))


def sigmoid(x: Tensor) -> Tensor:
    return reciprocal(add(exp(neg(x)), 1.0))


def tanh(x: Tensor) -> Tensor:
    return add(mul(sigmoid(mul(x, 2.0)), 2.0), -1.0)


def sign(x: Tensor) -> Tensor:
    zero = mul(x, 0.0)
    return where(x > 0, add(zero, 1.0), where(x < 0, add(zero, -1.0), zero))


def clamp(x: Tensor, min: float | None, max: float | None) -> Tensor:
    x = x if min is None else where(x < min, min, x)
    return x if max is None else where(x > max, max, x)


def erfinv(y: Tensor) -> Tensor:
    x = mul(y, 0.0)
    for _ in range(8):  # Newton's method: erf x = y
        x = add(x, mul(mul(sub(y, erf(x)), exp(mul(x, x))), math.sqrt(math.pi) / 2))
    return x


def fmod(a: Tensor, b: Tensor) -> Tensor:
    quotient = div(a, b)
    return sub(a, mul(b, where(quotient < 0, neg(floor(neg(quotient))), floor(quotient))))


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "neg": neg,
    "sub": sub,
    "div": div,
    "reciprocal": reciprocal,
    "exp2": lambda x: exp(mul(x, math.log(2))),
    "log2": lambda x: mul(log(x), 1 / math.log(2)),
    "log10": lambda x: mul(log(x), 1 / math.log(10)),
    "erfinv": erfinv,
    "lerp": lambda a, b, w: add(a, mul(sub(b, a), w)),
    "fmod": fmod,
    "sinh": lambda x: mul(sub(exp(x), exp(neg(x))), 0.5),
    "cosh": lambda x: mul(add(exp(x), exp(neg(x))), 0.5),
    "remainder": lambda a, b: sub(a, mul(b, floor(div(a, b)))),
    "square": lambda x: mul(x, x),
    "sqrt": lambda x: pow(x, 0.5),
    "rsqrt": lambda x: pow(x, -0.5),
    "expm1": lambda x: add(exp(x), -1.0),
    "log1p": lambda x: log(add(x, 1.0)),
    "cos": lambda x: sin(add(x, math.pi / 2)),
    "tanh": tanh,
    "sigmoid": sigmoid,
    "abs": lambda x: where(x < 0, neg(x), x),
    "sign": sign,
    "ceil": lambda x: neg(floor(neg(x))),
    "round": lambda x: floor(add(x, 0.5)),
    "maximum": lambda a, b: where(a > b, a, b),
    "minimum": lambda a, b: where(a < b, a, b),
    "clamp": clamp,
    "relu": lambda x: where(x > 0, x, 0.0),
    "leaky_relu": lambda x: where(x > 0, x, mul(x, 0.01)),
    "silu": lambda x: mul(x, sigmoid(x)),
    "logsigmoid": lambda x: log(sigmoid(x)),
    "softplus": lambda x: log(add(exp(x), 1.0)),
}


# -------------------------------------------------------------------- many to one, and ordering


def rows(x: Tensor, dim: Any) -> Tensor:
    """Bring the dimensions to reduce to the end, and make one of them."""
    ndim = x.array.ndim
    dims = [*range(ndim)] if dim is None else [d % ndim for d in np.atleast_1d(dim) if ndim]
    kept = [d for d in range(ndim) if d not in dims]
    n = math.prod(x.array.shape[d] for d in dims)
    return reshape(permute(x, [*kept, *dims]), (*[x.array.shape[d] for d in kept], n))


def like(y: Tensor, x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """Bring a reduction of rows(x, dim) to the shape that the operation gives it."""
    return reshape(y, x.array.sum(dim, keepdims=keepdim).shape)


def places(dim: int, index: Any) -> tuple[Any, ...]:
    """The index that reads index[i][j][k] along `dim`, and i, j, k along the others."""
    each: list[Any] = [*np.ogrid[tuple(slice(n) for n in index.shape)]]
    each[dim] = index.array if isinstance(index, Tensor) else index
    return tuple(each)


def along(x: Tensor, dim: int, index: Any) -> Tensor:
    """x[i][index[i][j][k]][k] for dim = 1, and so on."""
    return getitem(x, places(dim, index))


def extreme(argextreme: Any) -> Callable[..., Tensor]:
    def amax(x: Tensor, dim: Any, keepdim: bool) -> Tensor:
        r = rows(x, dim)
        return like(along(r, -1, argextreme(r.array, -1, keepdims=True)), x, dim, keepdim)

    return amax


def std(x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    r = rows(x, dim)
    n = r.array.shape[-1]
    deviation = sub(r, mul(sum(r, -1, keepdim=True), 1 / n))
    return like(pow(mul(sum(mul(deviation, deviation), -1), 1 / (n - 1)), 0.5), x, dim, keepdim)


def chosen(argextreme: Any) -> Callable[..., Tensor]:
    def max(x: Tensor, dim: int, keepdim: bool) -> Tensor:
        return like(along(x, dim, argextreme(x.array, dim, keepdims=True)), x, dim, keepdim)

    return max


def median(x: Tensor, dim: int, keepdim: bool) -> Tensor:
    places = np.argsort(x.array, dim).take([(x.array.shape[dim] - 1) // 2], dim)
    return like(along(x, dim, places), x, dim, keepdim)


def topk(x: Tensor, k: int, dim: int, largest: bool) -> Tensor:
    order = np.argsort(-x.array if largest else x.array, dim)
    return along(x, dim, np.take(order, range(k), dim))


def cumsum(x: Tensor, dim: int) -> Tensor:
    r = rows(x, dim)  # (..., n)
    n = r.array.shape[-1]
    r = reshape(r, (*r.array.shape[:-1], 1, n))
    y = sum(where(x._wrap(np.tri(n, dtype=np.bool_)), r, 0.0), -1)  # (..., n, n) → (..., n)
    return permute(y, [-1 if d == dim % x.ndim else d - (d > dim % x.ndim) for d in range(x.ndim)])


def binary_cross_entropy(p: Tensor, t: Tensor, reduction: str) -> Tensor:
    one_minus = [add(neg(x), 1.0) for x in (p, t)]
    losses = neg(add(mul(t, log(p)), mul(one_minus[1], log(one_minus[0]))))
    if reduction == "none":
        return losses
    return mul(sum(losses), 1.0 if reduction == "sum" else 1 / losses.array.size)


def cumprod(x: Tensor, dim: int) -> Tensor:
    y, product = mul(x, 0.0), x._wrap(np.ones(()))
    for i in range(x.array.shape[dim]):
        place = (*(slice(None),) * (dim % x.array.ndim), i)
        product = mul(getitem(x, place), product)
        y = add(y, put(product, place, x.array.shape))
    return y


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "std": std,
    "norm": lambda x, dim, keepdim: pow(sum(mul(x, x), dim, keepdim), 0.5),
    "logsumexp": lambda x, dim, keepdim: log(sum(exp(x), dim, keepdim)),
    "cumsum": cumsum,
    "cumprod": cumprod,
    "amax": extreme(np.argmax),
    "amin": extreme(np.argmin),
    "max": chosen(np.argmax),
    "min": chosen(np.argmin),
    "median": median,
    "sort": lambda x, dim, descending: topk(x, x.shape[dim], dim, descending),
    "topk": topk,
    "binary_cross_entropy": binary_cross_entropy,
}


# ------------------------------------------------------------------------------- linear algebra


def matmul(a: Tensor, b: Tensor) -> Tensor:
    *stack, k, m = b.array.shape if b.array.ndim > 1 else (*b.array.shape, 1)
    *rows, _ = a.array.shape  # one row more in front if a is a vector
    left = reshape(a, (*(rows or [1]), k, 1))
    right = reshape(b, (*stack, 1, k, m))
    y = sum(mul(left, right), -2)  # Σ_k of (..., n, k, m)
    return reshape(y, np.matmul(a.array, b.array).shape)


def einsum(equation: str, *tensors: Tensor) -> Tensor:
    left, arrow, kept = equation.partition("->")
    terms = left.split(",")
    widths = [x.ndim - len(t.replace("...", "")) for x, t in zip(tensors, terms, strict=True)]
    further = "ZYX"[3 - max(widths) :]
    terms = [
        t.replace("...", further[len(further) - n :]) for t, n in zip(terms, widths, strict=True)
    ]
    letters = sorted({*"".join(terms)})
    kept = (
        kept.replace("...", further) if arrow else "".join(c for c in letters if left.count(c) == 1)
    )
    order = [*kept, *[c for c in letters if c not in kept]]
    sizes = dict.fromkeys(order, 1)
    for x, term in zip(tensors, terms, strict=True):
        for c, n in zip(term, x.shape, strict=True):
            sizes[c] = max(sizes[c], n)
    grid = dict(zip(order, np.ogrid[tuple(slice(sizes[c]) for c in order)], strict=True))
    product: Any = 1.0
    for x, term in zip(tensors, terms, strict=True):  # x with a dimension for every letter
        x = getitem(x, tuple(grid[c] * (n > 1) for c, n in zip(term, x.shape, strict=True)))
        product = mul(x, product)
    product = expand(product, [sizes[c] for c in order])
    return sum(product, range(len(kept), len(order))) if len(order) > len(kept) else product


# --------------------------------------------------------------------------- shapes, and indexing


def array(value: Any) -> Any:
    return value.array if isinstance(value, Tensor) else value


def moved(name: str) -> Callable[..., Tensor]:
    """An operation that only moves elements: what it does with their numbers is an index."""
    value: Any = next(row.value for row in TABLE if row.name == name)

    def op(x: Tensor, *more: Any) -> Tensor:
        numbers = np.arange(x.array.size).reshape(x.array.shape)
        index = np.asarray(value(numbers, *map(array, more)))
        return getitem(reshape(x, (-1,)), index.astype(np.int64))

    return op


def pad(x: Tensor, ends: list[int], mode: str, value: float = 0.0) -> Tensor:
    numbers = np.arange(1, x.array.size + 1).reshape(x.array.shape)
    found = pad_value(numbers, ends, mode, 0.0).astype(np.int64)  # 0 where there is no element
    y = getitem(reshape(x, (-1,)), np.maximum(found - 1, 0))
    return where(x._wrap(found > 0), y, value)


def triangle(below: bool) -> Callable[..., Tensor]:
    value = triangle_value(below)
    return lambda x, diagonal: where(x._wrap(value(np.ones(x.shape), diagonal) > 0), x, 0.0)


def cat(pieces: Sequence[Tensor], dim: int) -> Tensor:
    shape = np.concatenate([x.array for x in pieces], dim).shape
    y, start, before = pieces[0]._wrap(np.zeros(shape)), 0, (slice(None),) * (dim % len(shape))
    for x in pieces:
        stop = start + x.array.shape[dim]
        y, start = add(y, put(x, (*before, slice(start, stop)), shape)), stop
    return y


def scatter_add(x: Tensor, dim: int, index: Any, src: Tensor) -> Tensor:
    part = getitem(src, tuple(slice(n) for n in array(index).shape))
    return add(x, put(part, places(dim, index), x.array.shape))


def scatter(x: Tensor, dim: int, index: Any, src: Tensor) -> Tensor:
    written = np.zeros(x.array.shape, np.bool_)
    written[places(dim, index)] = True
    return where(x._wrap(written), scatter_add(mul(x, 0.0), dim, index, src), x)


def index_add(x: Tensor, dim: int, index: Any, source: Tensor, alpha: float) -> Tensor:
    at = (*(slice(None),) * (dim % x.array.ndim), array(index))
    return add(x, put(mul(source, alpha), at, x.array.shape))


def index_copy(x: Tensor, dim: int, index: Any, source: Tensor) -> Tensor:
    at = (*(slice(None),) * (dim % x.array.ndim), array(index))
    written = np.zeros(x.array.shape, np.bool_)
    written[at] = True
    return where(x._wrap(written), put(source, at, x.array.shape), x)


MOVING: dict[str, Callable[..., Any]] = {
    **{name: moved(name) for name in (
        "view", "transpose", "squeeze", "unsqueeze", "diagonal", "flip", "roll", "gather",
        "index_select", "masked_select", "unfold")},
    "embedding": lambda ids, weight: getitem(weight, ids),
    "pad": pad,
    "tril": triangle(below=True),
    "triu": triangle(below=False),
    "cat": cat,
    "scatter": scatter,
    "scatter_add": scatter_add,
    "index_add": index_add,
    "index_copy": index_copy,
}  # fmt: skip

COMPOSED = {**ELEMENTWISE, **REDUCTIONS, "matmul": matmul, "einsum": einsum, **MOVING}
