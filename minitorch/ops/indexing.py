"""Indexing: choosing elements, and adding their gradients where they were chosen from.

All of it is one idea. `choose` computes x[index]. Its vjp is `put`: zeros of the shape of x, with g
added at the index, so that the gradients of an element that was chosen twice add up. The vjp of
`put` is `choose`. The other functions find the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from types import EllipsisType, NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import scalars
from ..autograd.graph import record
from ..autograd.views import record_view
from ..dtypes import Array
from . import arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


# ----------------------------------------------------------------------- the parts of an index


def _bound(value: Any) -> int | None:
    """Return a bound of a slice as an int: a tensor in its place may change later."""
    try:
        return None if value is None else as_index(value)
    except (TypeError, RuntimeError):
        raise TypeError(
            "getitem: the bounds of a slice must be ints, None, or integer tensors of one element, "
            f"not {value!r}"
        ) from None


def _array(values: Any) -> Array:
    """Return a sequence of ints, bools and tensors of one element as an array."""
    try:
        array = np.array([i.item() if arguments.is_tensor(i) else i for i in values])
    except ValueError:
        raise IndexError("getitem: the lists of an index must be of equal length") from None
    return array if array.size else array.astype(np.int64)


def _part(part: Any) -> Any:
    """Return a part of an index as an int, a slice, None or `...`; or as an array or a tensor.

    What can change later is copied, but for tensors: the graph notices that they have changed.
    """
    if hasattr(part, "_requires_grad"):
        array = part.array
    elif isinstance(part, slice):
        return slice(_bound(part.start), _bound(part.stop), _bound(part.step))
    elif part is None or part is Ellipsis:
        return part
    elif isinstance(part, (list, tuple, range)):
        part = array = _array(part)
    elif isinstance(part, (bool, np.bool_, np.ndarray)):
        part = array = np.array(part)
    else:
        try:
            return as_index(part)
        except TypeError:
            raise IndexError(
                "getitem: an index is made of ints, slices, None, `...`, and of tensors, arrays "
                f"and lists of ints or bools, not of a {type(part).__name__}"
            ) from None
    kind = array.dtype.kind
    if kind == "i" and not array.ndim:
        return int(array)
    if kind not in "iub" or (kind == "i" and array.itemsize < 4 and arguments.is_tensor(part)):
        raise IndexError(
            "getitem: tensors used as indices must be int64, int32, uint8 or bool, not "
            f"{array.dtype}. Convert them with .long()."
        )
    return part


def parts_of(index: Any) -> tuple[Any, ...]:
    """Return an index as a tuple of ints, slices, None, `...`, and arrays and tensors.

    Raises:
        IndexError: a part of it cannot be an index, such as a tensor of floats.
        TypeError: a bound of a slice is no whole number.
    """
    parts = index if isinstance(index, tuple) else (index,)
    return tuple([part if type(part) is int else _part(part) for part in parts])


_BASIC = {int, slice, NoneType, EllipsisType}
_MOVING = {int, EllipsisType}  # what NumPy does not take for what PyTorch does, beside arrays


def is_basic(parts: tuple[Any, ...]) -> bool:
    """Are there ints, slices, None and `...` alone? Then what they choose is a view."""
    return _BASIC.issuperset(map(type, parts))


def numpy_index(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the parts of an index as NumPy takes them: arrays for tensors; uint8 is a mask."""
    arrays = [part.array if hasattr(part, "_requires_grad") else part for part in parts]
    return tuple([a != 0 if type(a) is np.ndarray and a.dtype.kind == "u" else a for a in arrays])


def _width(part: Any) -> int:
    """Return how many dimensions of the tensor a part of an index takes; `...` does not count."""
    array = part.array if arguments.is_tensor(part) else part
    if isinstance(array, np.ndarray) and array.dtype.kind in "bu":
        return array.ndim
    return 0 if part is None or part is Ellipsis else 1


def ints_first(parts: tuple[Any, ...], ndim: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Split an index with arrays in two, x[parts] = x[first][then]: ints select before arrays do.

    NumPy lets ints take part in the index that the arrays make, which moves dimensions: in
    x[0, :, [1, 2]], that of the array to the front. So does `...` between arrays, even where it
    stands for no dimension. As in PyTorch, ints select here first, together with slices and None,
    and `...` is nothing but the slices that it stands for. Without ints, `first` is empty.
    """
    if _MOVING.isdisjoint(map(type, parts)) or is_basic(parts):
        return (), parts
    dots = (slice(None),) * (ndim - sum(map(_width, parts)))
    parts = tuple([p for part in parts for p in (dots if part is Ellipsis else (part,))])
    if int not in map(type, parts):
        return (), parts
    first: list[Any] = []
    then: list[Any] = []
    for part in parts:
        basic = type(part) in _BASIC
        first += [part] if basic else [slice(None)] * _width(part)
        then += [] if type(part) is int else [slice(None)] if basic else [part]
    return tuple(first), tuple(then)


def _may_repeat(index: Any) -> bool:
    """Can the index name an element twice? Only arrays of ints can."""
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, np.ndarray) and part.dtype.kind != "b":
            return True
    return False


def at(name: str, x: Array, index: Any) -> Array:
    """Return x[index], or raise IndexError."""
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
    y, shape = at(name, input.array, index), input.array.shape
    distinct = distinct or not _may_repeat(index)
    return record(name, y, (input, lambda g, *saved: put(g, index, shape, saved, distinct), *saved))


def put(
    input: Tensor,
    index: Any,
    shape: tuple[int, ...],
    saved: Sequence[Tensor] = (),
    distinct: bool = False,
) -> Tensor:
    """Zeros of the shape, with `input` added at the index: the vjp of `choose`."""
    y = np.zeros(shape, input.array.dtype)
    if distinct:
        y[index] = input.array
    else:
        np.add.at(y, index, input.array)

    def vjp(g: Tensor, *saved: Tensor) -> Tensor:
        return choose("getitem", g, index, saved, distinct=distinct)

    return record("put", y, (input, vjp, *saved))


def getitem(input: Tensor, index: Any) -> Tensor:
    """`input[index]`: a view where the index is of ints, slices, None and `...` alone, else a copy.

    Args:
        input: any shape.
        index: one or several of these, or of tensors, arrays and lists of ints or bools.

    Raises:
        IndexError: the index does not fit the shape, or is made of something else.
    """
    parts = parts_of(index)
    if not is_basic(parts):
        first, parts = ints_first(parts, input.array.ndim)
        x = getitem(input, first) if first else input
        tensors = [part for part in parts if hasattr(part, "_requires_grad")]
        return choose("getitem", x, numpy_index(parts), tensors)
    # With `...` in it, NumPy gives an array that shares memory even where a single number is left.
    chosen = parts if Ellipsis in parts else (*parts, ...)
    y, shape = at("getitem", input.array, chosen), input.array.shape
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


# ---------------------------------------------------------------------------- by a condition


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true, in one dimension; input and mask are broadcast."""
    m = arguments.mask("masked_select", "mask", mask)
    x = arguments.tensor("masked_select", "input", input)
    shape = arguments.broadcast("masked_select", x.array.shape, m.shape)
    return choose("masked_select", x.expand(shape), np.broadcast_to(m, shape), [mask])


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices (int64) of the elements that are not 0, a row each: (n, ndim).

    With `as_tuple`, a tensor of n indices for each dimension instead, fit for `input[...]`.
    """
    x = arguments.tensor("nonzero", "input", input).array
    if scalars.flag("nonzero", "as_tuple", as_tuple):
        return tuple(input._wrap(i) for i in np.atleast_1d(x).nonzero())
    return input._wrap(np.argwhere(x))


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """One-hot encoding: a new last dimension of `num_classes`, int64: 1 at the class, else 0."""
    ids = arguments.index("one_hot", "tensor", tensor)
    num_classes = scalars.whole("one_hot", "num_classes", num_classes)
    if num_classes == -1:
        if not ids.size:
            raise RuntimeError("one_hot: of an empty tensor, num_classes must be given")
        num_classes = int(ids.max()) + 1
    arguments.index("one_hot", "tensor", tensor, num_classes)
    return tensor._wrap((ids[..., None] == np.arange(num_classes)).astype(np.int64))
