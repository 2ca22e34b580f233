"""gather and scatter, index_select and the like: indexing along one dimension."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd.graph import record
from . import arguments, operand
from .arguments import dim_of
from .indexing import along, choose, getitem
from .shape import expand, reshape
from .where import where

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operand import Operand


# -------------------------------------------------------- an index of its own for each element


def _places(name: str, input: Tensor, dim: int, index: Tensor) -> tuple[int, Any]:
    """Check the index of gather or scatter; return the dimension, and the index for NumPy."""
    x = arguments.tensor(name, "input", input).array
    d = dim_of(name, dim, x.ndim)
    i = arguments.index(name, "index", index, x.shape[d] if x.ndim else 1)
    if (i.ndim or 1) != (x.ndim or 1):
        raise RuntimeError(
            f"{name}: index must have as many dimensions as input, but their shapes are {i.shape} "
            f"and {x.shape}"
        )
    if any(m > n for j, (m, n) in enumerate(zip(i.shape, x.shape, strict=False)) if j != d):
        raise RuntimeError(
            f"{name}: index of shape {i.shape} reaches beyond input of shape {x.shape}: apart from "
            f"dimension {d}, no size of it may be larger"
        )
    # A 0-d tensor has one place, and a 1-d index may name it, too.
    return d, along(d, i) if x.ndim else ()


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """y[i][j][k] = x[i][index[i][j][k]][k] for dim = 1, and so on: one index for each element.

    Args:
        input: any shape.
        dim: the dimension of the input that the indices count along.
        index: int64, with as many dimensions as the input; only along `dim` may it be larger.
        sparse_grad: accepted as in PyTorch, without effect.

    Raises:
        IndexError: an index is out of range.
        RuntimeError: the shape of the index does not fit.
    """
    _, places = _places("gather", input, dim, index)
    if not input.array.ndim and index.array.ndim:
        return expand(input, index.array.shape).clone()
    return choose("gather", input, places, [index])


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather`, with input and indices broadcast along the other dimensions; -1 is the last place.

    Without `dim`, of the flattened input by the flattened indices.
    """
    name = "take_along_dim"
    x, places = arguments.tensor(name, "input", input), arguments.index(name, "indices", indices)
    if dim is None:
        x, places, dim = reshape(x, -1), places.reshape(-1), 0
    if x.array.ndim != places.ndim:
        raise RuntimeError(
            f"{name}: input and indices must have as many dimensions, but their shapes are "
            f"{x.array.shape} and {places.shape}"
        )
    axis = dim_of(name, dim, places.ndim)
    n = x.array.shape[axis] if places.ndim else 1
    found = x._wrap(np.where(places < 0, places + n, places))
    if not places.ndim:
        return gather(x, axis, found)
    shapes = [list(t.array.shape) for t in (x, found)]
    sizes = [shape.pop(axis) for shape in shapes]
    others = arguments.broadcast(name, *map(tuple, shapes))
    x, found = (
        expand(t, (*others[:axis], size, *others[axis:]))
        for t, size in zip((x, found), sizes, strict=True)
    )
    return gather(x, axis, found)


def _part_of(name: str, src: Any, input: Tensor, index: Tensor) -> Tensor:
    """Return the first elements of `src` along each dimension, as many as the index has."""
    s, i = arguments.tensor(name, "src", src).array, index.array
    if s.dtype != input.array.dtype:
        raise RuntimeError(
            f"{name}: the dtypes of input and src differ: {input.dtype}, {src.dtype}"
        )
    if i.size and (s.ndim != i.ndim or any(m > n for m, n in zip(i.shape, s.shape, strict=True))):
        raise RuntimeError(
            f"{name}: index of shape {i.shape} reaches beyond src of shape {s.shape}"
        )
    return getitem(src, tuple(slice(n) for n in i.shape))


def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Operand | None = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """`input`, but y[i][index[i][j][k]][k] = src[i][j][k] for dim = 1, and so on.

    Where the index names a place twice, one of the two values is there. The vjp gives both of them
    the gradient of that place, as PyTorch's does.

    Args:
        input, dim, index: as in `gather`.
        src: a tensor at least as large as the index, or a number.
        value: a number, in the place of `src`.
        reduce: must be None; for "add" there is `scatter_add`.
    """
    if reduce is not None:
        raise NotImplementedError(f"scatter: there is no {reduce=} here. For 'add': scatter_add")
    src = value if src is None else src
    d, places = _places("scatter", input, dim, index)
    y = input.array.copy()
    if not arguments.is_tensor(src):
        y[places] = dtypes.number("scatter", src, y.dtype)
        return record("scatter", y, (input, lambda g, index: scatter(g, d, index, 0), index))
    part = _part_of("scatter", src, input, index)
    y[places] = part.array
    return record(
        "scatter",
        y,
        (input, lambda g, index: scatter(g, d, index, 0), index),
        (part, lambda g, index: gather(g, d, index), index),
    )


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`input`, with src[i][j][k] added at [i][index[i][j][k]][k] for dim = 1, and so on.

    The arguments are those of `scatter`; `src` is a tensor.
    """
    d, _ = _places("scatter_add", input, dim, index)
    part = _part_of("scatter_add", src, input, index)
    y = input.array.copy()
    np.add.at(np.atleast_1d(y), along(d, np.atleast_1d(index.array)), part.array)
    return record(
        "scatter_add", y, (input, lambda g: g), (part, lambda g, index: gather(g, d, index), index)
    )


# ------------------------------------------------------------- whole slices, by an index of one dim


def _slices(name: str, input: Tensor, dim: int, index: Tensor) -> tuple[Any, ...]:
    """Return the index for NumPy that names whole slices along `dim`."""
    x = arguments.tensor(name, "input", input).array
    d = dim_of(name, dim, x.ndim)
    i = arguments.index(name, "index", index, x.shape[d] if x.ndim else 1)
    if i.ndim > 1:
        raise IndexError(f"{name}: index must have one dimension, not shape {i.shape}")
    return (slice(None),) * d + (np.atleast_1d(i),) if x.ndim else ()


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices along `dim` that the index names, in its order."""
    return choose("index_select", input, _slices("index_select", input, dim, index), [index])


def _as_slices(name: str, input: Tensor, slices: tuple[Any, ...], source: Any) -> Tensor:
    """Return `source`, which must have the slices' shape; of one element, it may be 0-d or 1-d."""
    x, s = input.array, arguments.tensor(name, "source", source).array
    if s.dtype != x.dtype:
        raise RuntimeError(
            f"{name}: the dtypes of input and source differ: {input.dtype}, {source.dtype}"
        )
    d = len(slices) - 1
    shape = (*x.shape[:d], *slices[d].shape, *x.shape[d + 1 :]) if slices else ()
    if s.shape != shape and (s.ndim + x.ndim > 1 or s.size != math.prod(shape)):
        raise RuntimeError(
            f"{name}: source must have shape {shape}, as index_select(input, dim, index) has, not "
            f"{s.shape}"
        )
    return source if s.shape == shape else reshape(source, shape)


def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """`input`, with alpha times the slices of source added to those that the index names."""
    slices = _slices("index_add", input, dim, index)
    part = _as_slices("index_add", input, slices, source)
    y = input.array.copy()
    np.add.at(y, slices, part.array * dtypes.number("index_add", alpha, y.dtype))
    return record(
        "index_add",
        y,
        (input, lambda g: g),
        (part, lambda g, index: index_select(g, dim, index) * alpha, index),
    )


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """`input`, but a number in the slices along `dim` that the index names."""
    slices = _slices("index_fill", input, dim, index)
    named = np.zeros(input.array.shape, np.bool_)
    named[slices] = index.array.size > 0
    return where(input._wrap(named), operand.filling("index_fill", input, value), input)


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """`input`, but the slices of source in the place of those along `dim` that the index names.

    Where the index names a slice twice, one of the two is there, and both get its gradient.
    """
    slices = _slices("index_copy", input, dim, index)
    part = _as_slices("index_copy", input, slices, source)
    y = input.array.copy()
    y[slices] = part.array
    return record(
        "index_copy",
        y,
        (input, lambda g, index: index_fill(g, dim, index, 0), index),
        (part, lambda g, index: index_select(g, dim, index), index),
    )
