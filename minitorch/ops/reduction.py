"""Operations that bring many elements to one, each with its derivative beside it.

A reduction along dimensions is undone by its rule: the gradient of the one is handed back to the
many. `_kept` is the shape with the reduced dimensions still there, of size 1: brought to it, g
broadcasts against x again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..autograd import OUTPUT, Array, record
from . import operand

if TYPE_CHECKING:
    from ..tensor import Tensor

Dims: TypeAlias = int | Sequence[int] | None


def dims_of(name: str, ndim: int, dim: Dims) -> tuple[int, ...]:
    """Return the dimensions that `dim` names, counted from the front; None names all of them.

    Raises:
        IndexError: a dimension is out of range.
        RuntimeError: one is named twice.
    """
    if dim is None:
        return tuple(range(ndim))
    named = [dim] if isinstance(dim, int) else list(dim)
    reach = ndim or 1  # a 0-d tensor counts as having one
    for d in named:
        if not -reach <= d < reach:
            raise IndexError(
                f"{name}: Dimension out of range (expected to be in range of [{-reach}, {reach - 1}], "
                f"but got {d})"
            )
    dims = tuple(d % ndim for d in named) if ndim else ()
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"{name}: a dimension appears twice in dim={dim}")
    return dims


def _kept(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape after the reduction, had it kept its dimensions with size 1."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


def _count(x: Array, dims: tuple[int, ...]) -> int:
    return math.prod(x.shape[d] for d in dims)


def sum(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Σ x over the dimensions, or over all. Each x counts once, so each receives g.

    Args:
        input: any shape and dtype; integers and bools are summed as int64.
        dim: a dimension, several, or None (or, as in PyTorch, an empty list) for all.
        keepdim: keep the summed dimensions, with size 1.
    """
    x = operand.tensor("sum", "input", input).array
    dims = dims_of("sum", x.ndim, None if dim in ([], ()) else dim)
    shape, kept = x.shape, _kept(x.shape, dims)
    y = x.sum(dims, keepdims=keepdim, dtype=x.dtype if x.dtype.kind == "f" else np.int64)
    return record("sum", y, (input, lambda g: g.reshape(kept).expand(shape)))


def mean(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Σ x / n over the dimensions, or over all; n elements go into each result.

    Raises:
        RuntimeError: the dtype is not floating-point.
    """
    x = operand.tensor("mean", "input", input).array
    if x.dtype.kind != "f":
        raise RuntimeError(f"mean: the dtype must be floating-point, not {input.dtype}: .float()?")
    dims = dims_of("mean", x.ndim, None if dim in ([], ()) else dim)
    return sum(input, dims, keepdim) / _count(x, dims) if dims else input.clone()


def var(
    input: Tensor, dim: Dims = None, *, correction: float = 1, keepdim: bool = False
) -> Tensor:
    """Σ (x - mean)² / (n - correction) over the dimensions, or over all n elements."""
    x = operand.tensor("var", "input", input).array
    dims = dims_of("var", x.ndim, None if dim in ([], ()) else dim)
    deviation = input - mean(input, dims, keepdim=True)
    return sum(deviation * deviation, dims, keepdim) / max(_count(x, dims) - correction, 0)


def std(
    input: Tensor, dim: Dims = None, *, correction: float = 1, keepdim: bool = False
) -> Tensor:
    """The square root of `var`."""
    return var(input, dim, correction=correction, keepdim=keepdim).sqrt()


def amax(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The largest element along the dimensions. Those that tie share its gradient evenly."""
    return _extreme("amax", np.max, input, dim, keepdim)


def amin(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The smallest element along the dimensions. Those that tie share its gradient evenly."""
    return _extreme("amin", np.min, input, dim, keepdim)


def _extreme(name: str, choose: Any, input: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    x = operand.tensor(name, "input", input).array
    dims = dims_of(name, x.ndim, None if dim in ([], ()) else dim)
    if _count(x, dims) == 0:
        raise RuntimeError(f"{name}: there is nothing to choose from in shape {x.shape}, {dim=}")
    kept = _kept(x.shape, dims)

    def rule(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
        chosen = (x == y.reshape(kept)).to(x.array.dtype)
        return chosen / chosen.sum(dims, keepdim=True) * g.reshape(kept)

    return record(name, choose(x, axis=dims, keepdims=keepdim), (input, rule, OUTPUT, input))


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the largest element along `dim`, or in the flattened tensor.

    Where several tie, the first.
    """
    return _arg_extreme("argmax", np.argmax, input, dim, keepdim)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the smallest element along `dim`, or in the flattened tensor."""
    return _arg_extreme("argmin", np.argmin, input, dim, keepdim)


def _arg_extreme(
    name: str, choose: Any, input: Tensor, dim: int | None, keepdim: bool
) -> Tensor:
    x = operand.tensor(name, "input", input).array
    if _count(x, dims_of(name, x.ndim, dim)) == 0:
        raise IndexError(f"{name}: there is nothing to choose from in shape {x.shape}, {dim=}")
    axis = dim if x.ndim else None
    return input._wrap(np.asarray(choose(x, axis=axis, keepdims=keepdim), np.int64))


def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Is any element other than 0, along the dimensions or in all?"""
    x = operand.tensor("any", "input", input).array
    return input._wrap(x.any(dims_of("any", x.ndim, dim), keepdims=keepdim))


def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Are all elements other than 0, along the dimensions or in all?"""
    x = operand.tensor("all", "input", input).array
    return input._wrap(x.all(dims_of("all", x.ndim, dim), keepdims=keepdim))
