"""Indexing: choosing elements, and adding their gradients where they were chosen from.

All of it is one idea. `choose` computes x[index]. Its vjp is `put`: zeros of the shape of x, with g
added at the index, so that the gradients of an element that was chosen twice add up. The vjp of
`put` is `choose`. The other functions find the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType, NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.graph import record
from ..autograd.views import record_view
from ..dtypes import Array
from . import arguments, operand
from .arguments import dim_of
from .where import where

if TYPE_CHECKING:
    from ..tensor import Tensor


# ------------------------------------------------------------------------ one index for NumPy


def numpy_index(index: Any) -> Any:
    """Return the index as NumPy takes it: tensors and lists become arrays.

    Raises:
        IndexError: a part of it cannot be an index, such as a tensor of floats.
    """
    if isinstance(index, tuple):
        return tuple([numpy_index(i) for i in index])
    if isinstance(index, list):
        index = np.asarray([int(i) if arguments.is_tensor(i) else i for i in index])
        index = index.astype(np.int64) if not index.size else index
    array = index.array if arguments.is_tensor(index) else index
    if isinstance(array, (np.ndarray, float)):
        kind = np.asarray(array).dtype.kind
        if kind not in "iub":
            raise IndexError(
                "getitem: tensors used as indices must be of ints or bools. "
                "Convert them with .long()."
            )
        if kind == "u":
            return array.astype(np.bool_)  # type: ignore[union-attr]  # uint8 masks, as in PyTorch
    return array


def is_basic(index: Any) -> bool:
    """Does it consist of ints, slices, None and `...` alone? Then what it chooses is a view."""
    parts = index if isinstance(index, tuple) else (index,)
    basic = (slice, int, np.integer, EllipsisType, NoneType)
    return not any(isinstance(i, bool) or not isinstance(i, basic) for i in parts)


def _may_repeat(index: Any) -> bool:
    """Can the index name an element twice? Only arrays of ints can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(i, np.ndarray) and i.dtype.kind != "b" for i in parts)


def _at(name: str, x: Array, index: Any) -> Array:
    try:
        return x[index]  # type: ignore[no-any-return]
    except IndexError as error:
        raise IndexError(f"{name}: {error} (the tensor has shape {x.shape})") from None


def choose(
    name: str, input: Tensor, index: Any, saved: Sequence[Tensor] = (), *, distinct: bool = False
) -> Tensor:
    """x[index], recorded as the operation `name`.

    Args:
        name: the operation's name.
        input: any shape.
        index: one that NumPy takes.
        saved: the tensors that the index is made of; they must not change before the backward pass.
        distinct: does the index name each element at most once?
    """
    y, shape = _at(name, input.array, index), input.array.shape
    distinct = distinct or not _may_repeat(index)
    return record(name, y, (input, lambda g, *_: put(g, index, shape, distinct), *saved))


def put(input: Tensor, index: Any, shape: tuple[int, ...], distinct: bool = False) -> Tensor:
    """Zeros of the shape, with `input` added at the index: the vjp of `choose`."""
    y = np.zeros(shape, input.array.dtype)
    if distinct:
        y[index] = input.array
    else:
        np.add.at(y, index, input.array)
    return record("put", y, (input, lambda g: choose("getitem", g, index, distinct=distinct)))


def getitem(input: Tensor, index: Any) -> Tensor:
    """`input[index]`: a view where the index is of ints, slices, None and `...` alone, else a copy.

    Args:
        input: any shape.
        index: one or several of these, or of tensors, arrays and lists of ints or bools.

    Raises:
        IndexError: the index does not fit the shape, or is made of something else.
    """
    parts = index if isinstance(index, tuple) else (index,)
    chosen = numpy_index(index)
    if not is_basic(chosen):
        return choose("getitem", input, chosen, [i for i in parts if arguments.is_tensor(i)])
    # With `...` in it, NumPy gives an array that shares memory even where a single number is left.
    chosen = parts if Ellipsis in parts else (*parts, ...)
    y, shape = _at("getitem", input.array, chosen), input.array.shape
    return record_view(
        "getitem", y, input, lambda g: put(g, chosen, shape, distinct=True), getitem, chosen
    )


def along(dim: int, places: Array) -> tuple[Any, ...]:
    """Return the index that reads places[…] along `dim`, and along the others its own place.

    For places of shape (2, 2) and dim 1 it is ([[0], [1]], places).
    """
    if not places.ndim:
        return (places,)
    index: list[Any] = list(np.ogrid[tuple(slice(n) for n in places.shape)])
    index[dim] = places
    return tuple(index)


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


def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """`input`, with alpha times the slices of source added to those that the index names."""
    slices = _slices("index_add", input, dim, index)
    x, s = input.array, arguments.tensor("index_add", "source", source).array
    if s.dtype != x.dtype:
        raise RuntimeError(
            f"index_add: the dtypes of input and source differ: {input.dtype}, {source.dtype}"
        )
    if s.shape != x[slices].shape and s.ndim + x.ndim > 1:
        raise RuntimeError(
            f"index_add: source must have shape {x[slices].shape}, as index_select(input, dim, "
            f"index) has, not {s.shape}"
        )
    y = x.copy()
    np.add.at(y, slices, s * s.dtype.type(alpha))
    return record(
        "index_add",
        y,
        (input, lambda g: g),
        (source, lambda g, index: index_select(g, dim, index) * alpha, index),
    )


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """`input`, but a number in the slices along `dim` that the index names."""
    slices = _slices("index_fill", input, dim, index)
    named = np.zeros(input.array.shape, np.bool_)
    named[slices] = True
    x, v = operand.pair("index_fill", input, value)
    if v.ndim:
        raise RuntimeError(f"index_fill: value must be a number or a 0-d tensor, not {v.ndim}-d")
    return where(input._wrap(named), v.to(x.array.dtype), x)


# ---------------------------------------------------------------------------- by a condition


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true, in one dimension; input and mask are broadcast."""
    m = arguments.mask("masked_select", "mask", mask)
    x = arguments.tensor("masked_select", "input", input)
    try:
        shape = np.broadcast_shapes(x.array.shape, m.shape)
    except ValueError:
        raise RuntimeError(
            f"masked_select: input of shape {x.array.shape} and mask of shape {m.shape} do not "
            "broadcast"
        ) from None
    return choose("masked_select", x.expand(shape), np.broadcast_to(m, shape), [mask])


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices (int64) of the elements that are not 0, a row each: (n, ndim).

    With `as_tuple`, a tensor of n indices for each dimension instead, fit for `input[...]`.
    """
    x = arguments.tensor("nonzero", "input", input).array
    if as_tuple:
        return tuple(input._wrap(i) for i in np.atleast_1d(x).nonzero())
    return input._wrap(np.argwhere(x))


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """One-hot encoding: a new last dimension of `num_classes`, int64: 1 at the class, else 0."""
    ids = arguments.index("one_hot", "tensor", tensor)
    if num_classes == -1:
        if not ids.size:
            raise RuntimeError("one_hot: of an empty tensor, num_classes must be given")
        num_classes = int(ids.max()) + 1
    arguments.index("one_hot", "tensor", tensor, num_classes)
    return tensor._wrap((ids[..., None] == np.arange(num_classes)).astype(np.int64))
