"""Choosing elements, and the gradient's way back to where they were chosen from.

All of it is one idea. `choose` takes x[index], and its derivative is `put`: zeros, with the
gradient
added at the index. The derivative of `put` is `choose`. A function here finds the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType, NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd import record, record_view
from ..dtypes import Array
from . import arguments, operand
from .arguments import dim_of
from .elementwise import where
from .shape import expand

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operand import Operand


def getitem(input: Tensor, index: Any) -> Tensor:
    """`input[index]`: ints, slices, None, `...`, and tensors, arrays or lists of ints or bools.

    Where an element is chosen twice, its gradients add.
    """
    parts = index if isinstance(index, tuple) else (index,)
    chosen = numpy_index(index)
    if not is_basic(chosen):
        saved = [i for i in parts if arguments.is_tensor(i)]
        return choose("getitem", input, chosen, saved)
    # With `...` in it, NumPy gives an array that shares memory even where a single number is left.
    chosen = parts if Ellipsis in parts else (*parts, ...)
    y, shape = _at("getitem", input.array, chosen), input.array.shape
    return record_view(
        "getitem", y, input, lambda g: put(g, chosen, shape, distinct=True), getitem, chosen
    )


def choose(
    name: str, input: Tensor, index: Any, saved: Sequence[Tensor] = (), *, distinct: bool = False
) -> Tensor:
    """Elements at an index, recorded under a name.

    Args:
        name: the operation's.
        input: any shape.
        index: one for NumPy.
        saved: the tensors whose memory is in the index, and must not change before the way back.
        distinct: no element is named twice.
    """
    y, shape = _at(name, input.array, index), input.array.shape
    distinct = distinct or not _may_repeat(index)
    return record(name, y, (input, lambda g, *_: put(g, index, shape, distinct), *saved))


def _at(name: str, x: Array, index: Any) -> Array:
    try:
        return x[index]  # type: ignore[no-any-return]
    except IndexError as error:
        raise IndexError(f"{name}: {error} (the tensor has shape {x.shape})") from None


def put(input: Tensor, index: Any, shape: tuple[int, ...], distinct: bool = False) -> Tensor:
    """Zeros of the shape, with `input` added at the index: what undoes `choose`."""
    y = np.zeros(shape, input.array.dtype)
    if distinct:
        y[index] = input.array
    else:
        np.add.at(y, index, input.array)
    return record("put", y, (input, lambda g: choose("getitem", g, index, distinct=distinct)))


def numpy_index(index: Any) -> Any:
    """Return the index with arrays in the place of tensors, and lists as arrays.

    Raises:
        IndexError: a part of it is no index, such as a tensor of floats.
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
            raise IndexError("getitem: tensors used as indices must be of ints or bools: .long()?")
        if kind == "u":
            return array.astype(np.bool_)  # type: ignore[union-attr]  # uint8 masks, as in PyTorch
    return array


def is_basic(index: Any) -> bool:
    """Is it made of ints, slices, None and `...` alone? Then what it chooses is a view."""
    parts = index if isinstance(index, tuple) else (index,)
    basic = (slice, int, np.integer, EllipsisType, NoneType)
    return not any(isinstance(i, bool) or not isinstance(i, basic) for i in parts)


def _may_repeat(index: Any) -> bool:
    """Can the index name an element twice? Only arrays of ints can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(i, np.ndarray) and i.dtype.kind != "b" for i in parts)


# --------------------------------------------------------- an index for each element, along a dim


def along(dim: int, places: Array) -> tuple[Any, ...]:
    """Return the index that reads places[…] along `dim`, and its own place along the others."""
    if not places.ndim:
        return (places,)
    index: list[Any] = list(np.ogrid[tuple(slice(n) for n in places.shape)])
    index[dim] = places
    return tuple(index)


def _along(name: str, input: Tensor, dim: int, index: Tensor) -> tuple[int, Any]:
    """Check the index of gather or scatter; return the dimension and `along`."""
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
    # Where there is but one place, an index of one dimension stands for it.
    return d, along(d, i) if x.ndim else ...


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """y[i][j][k] = x[i][index[i][j][k]][k] for dim = 1, and so on: one index an element.

    Args:
        input: any shape.
        dim: the dimension along which the index tells the place.
        index: int64, of as many dimensions, none but `dim` larger than the input's.
    """
    _, where_ = _along("gather", input, dim, index)
    if not input.array.ndim and index.array.ndim:
        return expand(input, index.array.shape)
    return choose("gather", input, where_, [index])


def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Operand | None = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """`input` with y[i][index[i][j][k]][k] = src[i][j][k] for dim = 1: gather, backwards.

    Args:
        input, dim, index: as in `gather`.
        src: a tensor at least as large as the index, or a number.
        value: the same, for a number by its name.
        reduce: must be None; `scatter_add` is what "add" stands for.

    Where the index names an element twice, one of the two remains. The gradient, as PyTorch's,
    takes
    each for the one.
    """
    if reduce is not None:
        raise NotImplementedError(f"scatter: there is no {reduce=} here. For 'add': scatter_add")
    src = value if src is None else src
    d, where_ = _along("scatter", input, dim, index)
    y = input.array.copy()
    if not arguments.is_tensor(src):
        y[where_] = src
        return record("scatter", y, (input, lambda g, index: scatter(g, d, index, 0), index))
    part = _as_large_as(index, "scatter", input, src)
    y[where_] = part.array
    return record(
        "scatter",
        y,
        (input, lambda g, index: scatter(g, d, index, 0), index),
        (part, lambda g, index: gather(g, d, index), index),
    )


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`input` with src[i][j][k] added to y[i][index[i][j][k]][k] for dim = 1, and so on.

    The arguments are those of `scatter`.
    """
    d, _ = _along("scatter_add", input, dim, index)
    part = _as_large_as(index, "scatter_add", input, src)
    y = input.array.copy()
    np.add.at(np.atleast_1d(y), along(d, np.atleast_1d(index.array)), part.array)
    return record(
        "scatter_add", y, (input, lambda g: g), (part, lambda g, index: gather(g, d, index), index)
    )


def _as_large_as(index: Tensor, name: str, input: Tensor, src: Any) -> Tensor:
    """The part of `src` that the index speaks of."""
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


# ------------------------------------------------------------- whole slices, by an index of one dim


def _slices(name: str, input: Tensor, dim: int, index: Tensor) -> tuple[Any, ...]:
    """Return the index that reads whole slices of x along `dim`."""
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
    """`input` with alpha · source's slices along `dim` added to those that the index names."""
    where_ = _slices("index_add", input, dim, index)
    x, s = input.array, arguments.tensor("index_add", "source", source).array
    if s.dtype != x.dtype:
        raise RuntimeError(
            f"index_add: the dtypes of input and source differ: {input.dtype}, {source.dtype}"
        )
    if s.shape != x[where_].shape and s.ndim + x.ndim > 1:
        raise RuntimeError(
            f"index_add: source must have shape {x[where_].shape}, as index_select(input, dim, "
            f"index) has, not {s.shape}"
        )
    y = x.copy()
    np.add.at(y, where_, s * s.dtype.type(alpha))
    return record(
        "index_add",
        y,
        (input, lambda g: g),
        (source, lambda g, index: index_select(g, dim, index) * alpha, index),
    )


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """`input` with a number in the slices along `dim` that the index names."""
    where_ = _slices("index_fill", input, dim, index)
    named = np.zeros(input.array.shape, np.bool_)
    named[where_] = True
    x, v = operand.pair("index_fill", input, value)
    if v.ndim:
        raise RuntimeError(f"index_fill: value must be a number or a 0-d tensor, not {v.ndim}-d")
    return where(input._wrap(named), v.to(x.array.dtype), x)


# ---------------------------------------------------------------------------- by a condition


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true, one after the other; both are broadcast."""
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
    """A new last dimension of `num_classes`, int64: 1 at the element's class, else 0."""
    ids = arguments.index("one_hot", "tensor", tensor)
    if num_classes == -1:
        if not ids.size:
            raise RuntimeError("one_hot: of an empty tensor, num_classes must be given")
        num_classes = int(ids.max()) + 1
    arguments.index("one_hot", "tensor", tensor, num_classes)
    return tensor._wrap((ids[..., None] == np.arange(num_classes)).astype(np.int64))
