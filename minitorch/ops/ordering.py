"""Finding and ordering elements along a dimension: max, argmax, sort, topk.

They are found by their indices, and then chosen by `indexing.choose`. So the gradient of a chosen
element goes to where it came from, and nowhere else, even where several elements tie.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import scalars
from . import arguments
from .arguments import dim_of
from .indexing import along, choose, getitem
from .reduction import amax, amin, extreme
from .where import maximum, minimum

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor


class Ordered(NamedTuple):
    """Elements that were chosen along a dimension, and the indices that they had there."""

    values: Tensor
    indices: Tensor


def _take(name: str, input: Tensor, dim: int, places: Array) -> Ordered:
    """Choose along `dim` the elements at the places, which are all different."""
    index = along(dim, places) if places.ndim else ()
    indices = input._wrap(places)
    return Ordered(choose(name, input, index, [indices], distinct=True), indices)


def _find(name: str, find: Any, input: Tensor, dim: int | None, keepdim: bool) -> Array:
    """Apply np.argmax or np.argmin, which need at least one element to choose from."""
    x = arguments.tensor(name, "input", input).array
    axis = None if dim is None else dim_of(name, dim, x.ndim)
    axis = axis if x.ndim else None
    scalars.flag(name, "keepdim", keepdim)
    if 0 in (x.shape if axis is None else x.shape[axis : axis + 1]):
        raise IndexError(f"{name}: there is nothing to choose from in shape {x.shape}, {dim=}")
    return np.asarray(find(x, axis=axis, keepdims=keepdim), np.int64)


def _max_or_min(
    name: str,
    find: Any,
    over_all: Any,
    of_two: Any,
    input: Tensor,
    dim: Any,
    keepdim: bool,
    other: Any,
) -> Any:
    """Do one of the three things that `max` and `min` can be asked for."""
    arguments.tensor(name, "input", input)
    along = dim is not None and not arguments.is_tensor(dim) and other is None
    if scalars.flag(name, "keepdim", keepdim) and not along:
        raise TypeError(f"{name}: keepdim=True needs the dimension along which to choose, an int")
    if arguments.is_tensor(dim) or other is not None:
        return of_two(input, dim if other is None else other)
    if dim is None:
        return over_all(input)
    places = _find(name, find, input, dim, keepdim=True)
    chosen = _take(name, input, dim, places)
    return chosen if keepdim else Ordered(*(t.squeeze(dim) for t in chosen))


def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element; or, with `dim`, (values, indices) along it; or `maximum(input, other)`.

    Over the whole tensor, elements that tie share the gradient evenly. Along a dimension all of it
    goes to the first of them, the one that was chosen.
    """
    return _max_or_min("max", np.argmax, amax, maximum, input, dim, keepdim, other)


def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element; or, with `dim`, (values, indices) along it; or `minimum(input, other)`.

    Gradients are as in `max`.
    """
    return _max_or_min("min", np.argmin, amin, minimum, input, dim, keepdim, other)


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the largest element along `dim`, or in the flattened tensor.

    Where several tie, the first.
    """
    places = _find("argmax", np.argmax, input, dim, keepdim)
    return input._wrap(places)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the smallest element along `dim`, or in the flattened tensor."""
    places = _find("argmin", np.argmin, input, dim, keepdim)
    return input._wrap(places)


def _argsort(name: str, input: Tensor, dim: int, descending: bool) -> Array:
    """Return the indices that sort the elements along `dim`; ties keep their order."""
    x = arguments.tensor(name, "input", input).array
    dim = dim_of(name, dim, x.ndim)
    if not x.ndim:
        return np.zeros((), np.int64)
    if not scalars.flag(name, "descending", descending):
        return np.argsort(x, dim, stable=True)
    backwards = np.argsort(np.flip(x, dim), dim, stable=True)
    return x.shape[dim] - 1 - np.flip(backwards, dim)  # type: ignore[no-any-return]


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Ordered:
    """The elements along `dim` in order, smallest first, and the indices that they had.

    NaN counts as larger than any number. Ties keep their order, with or without `stable`.
    """
    return _take("sort", input, dim, _argsort("sort", input, dim, descending))


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices that put the elements along `dim` in order, as `sort` does."""
    places = _argsort("argsort", input, dim, descending)
    return input._wrap(places)


def _lower_median(x: Array, axis: Any, keepdims: bool) -> Any:
    """The lower of the two middle elements of all."""
    return np.sort(x, None)[(x.size - 1) // 2]


def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element in order; of an even number, the lower of two. NaN, if one is NaN.

    With `dim`, (values, indices) along it, and the gradient goes to those. Over the whole tensor,
    elements that tie share it evenly, NaN among them; of no floats, the median is NaN.
    """
    x = arguments.tensor("median", "input", input).array
    if x.dtype.kind == "b":
        raise RuntimeError("median: it is not defined for tensors of dtype bool")
    if dim is None:
        if not x.size:
            return arguments.floating_point("median", "an empty input", input).sum() * math.nan
        unknown = np.isnan(x)
        if unknown.any():
            return getitem(input, input._wrap(unknown)).mean()
        return extreme("median", _lower_median, input, None, keepdim=False)
    axis = dim_of("median", dim, x.ndim)
    order = np.atleast_1d(_argsort("median", input, axis, descending=False))
    n = order.shape[axis]
    if not n:
        raise IndexError(f"median: there is nothing to choose from in shape {x.shape}, {dim=}")
    unknown = np.isnan(np.atleast_1d(x))
    first = unknown.argmax(axis, keepdims=True)
    middle = order.take([(n - 1) // 2], axis)
    places = np.where(unknown.any(axis, keepdims=True), first, middle)
    chosen = _take("median", input, axis, places if x.ndim else places.reshape(()))
    return chosen if keepdim else Ordered(*(t.squeeze(axis) for t in chosen))


def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> Ordered:
    """The k largest (or smallest) elements along `dim`, and their indices.

    They come in order, with or without `sorted`.
    """
    k = scalars.whole("topk", "k", k)
    scalars.flag("topk", "sorted", sorted)
    places = _argsort("topk", input, dim, descending=largest)
    if not 0 <= k <= (places.shape[dim] if places.ndim else 1):
        raise RuntimeError(
            f"topk: k={k} is out of range for dimension {dim} of shape {places.shape}"
        )
    if places.ndim:
        places = places.swapaxes(0, dim)[:k].swapaxes(0, dim)
    return _take("topk", input, dim, places)
