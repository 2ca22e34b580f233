"""Operations that move elements and change none. The vjp of a move is the move that undoes it.

Most of them are views: they share memory with the input, and copy nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd.graph import record
from ..autograd.views import record_view
from . import arguments, scalars
from .arguments import dim_of, sizes_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def _reshape(input: Tensor, name: str, sizes: tuple[int, ...]) -> Tensor:
    x = arguments.tensor(name, "input", input).array
    try:
        y = x.reshape(sizes)
        if y.shape != sizes and min(sizes) < -1:  # NumPy takes -2 for -1
            raise ValueError
    except ValueError:
        raise RuntimeError(
            f"{name}: shape {list(sizes)} is invalid for input of size {x.size}, which has shape "
            f"{list(x.shape)}"
        ) from None
    before = x.shape
    if y.base is not None and (y.base is x or y.base is x.base):  # the memory of x
        return record_view(name, y, input, lambda g: g.reshape(before), _reshape, "reshape", sizes)
    return record(name, y, (input, lambda g: g.reshape(before)))


def reshape(input: Tensor, shape: Any, *more: int) -> Tensor:
    """The same elements in the same order, in another shape.

    One size may be -1: what the others leave. The result shares memory with the input where it can.

    Raises:
        RuntimeError: the shape does not hold as many elements.
    """
    return _reshape(input, "reshape", sizes_of("reshape", shape, more))


def view(input: Tensor, size: Any, *more: int) -> Tensor:
    """The same memory in another shape or, by `view(dtype)`, read as another dtype.

    Raises:
        RuntimeError: the shape does not hold as many elements, or the elements do not lie in memory
            in such a way that it can be had without a copy.
    """
    if isinstance(size, dtypes.dtype):
        return input._wrap(arguments.tensor("view", "input", input).array.view(size.numpy))
    y = _reshape(input, "view", sizes_of("view", size, more))
    if y.array.size and not np.may_share_memory(y.array, input.array):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return y


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """`input` viewed in the shape of `other`."""
    return view(input, arguments.tensor("view_as", "other", other).array.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """`input` in the shape of `other`."""
    return reshape(input, arguments.tensor("reshape_as", "other", other).array.shape)


def permute(input: Tensor, dims: Any, *more: int) -> Tensor:
    """The dimensions in another order: dimension i of the result is dimension dims[i] of x.

    The vjp permutes by the inverse: where in `dims` does 0 stand, where 1, and so on.
    """
    x = arguments.tensor("permute", "input", input).array
    named = sizes_of("permute", dims, more)
    order = tuple([dim_of("permute", d, x.ndim) for d in named])
    if sorted(order) != list(range(x.ndim)):
        raise RuntimeError(f"permute: dims={named} must name each of {x.ndim} dims once")
    inverse = tuple(np.argsort(order).tolist())
    y = x.transpose(order)
    return record_view("permute", y, input, lambda g: g.permute(inverse), permute, order)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged: its own inverse."""
    x = arguments.tensor("transpose", "input", input).array
    i, j = dim_of("transpose", dim0, x.ndim), dim_of("transpose", dim1, x.ndim)
    y = x.swapaxes(i, j) if x.ndim else x
    return record_view("transpose", y, input, lambda g: g.transpose(i, j), transpose, i, j)


def t(input: Tensor) -> Tensor:
    """A matrix, transposed; a tensor of fewer dimensions, as it is."""
    if arguments.tensor("t", "input", input).array.ndim > 2:
        raise RuntimeError(
            f"t: expects at most 2 dimensions, not shape {input.array.shape}. Use .mT?"
        )
    return transpose(input, 0, -1) if input.array.ndim else input


def expand(input: Tensor, size: Any, *more: int) -> Tensor:
    """Broadcasting: dimensions of size 1 repeated without a copy; -1 keeps a size.

    New dimensions come in front. The vjp sums over what was repeated, and autograd does that, as it
    undoes all broadcasting: it sums g over the dimensions that the input lacks or has with size 1.
    """
    x = arguments.tensor("expand", "input", input).array
    wanted = sizes_of("expand", size, more)
    new = len(wanted) - x.ndim
    shape = tuple([x.shape[i - new] if n == -1 and i >= new else n for i, n in enumerate(wanted)])
    fits = all(m in (1, n) for m, n in zip(x.shape, shape[max(new, 0) :], strict=False))
    if new < 0 or not fits or min(shape, default=0) < 0:
        raise RuntimeError(
            f"expand: the shape {x.shape} cannot be expanded to {wanted}: counted from the right, "
            "each size must be 1 or stay as it is"
        )
    y = np.broadcast_to(x, shape)
    if y.size <= x.size:  # nothing is repeated, so it may be written to
        y.flags.writeable = x.flags.writeable
    return record_view("expand", y, input, lambda g: g, expand, shape)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """`input` expanded to the shape of `other`."""
    return expand(input, arguments.tensor("expand_as", "other", other).array.shape)


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """`expand`, under NumPy's name."""
    return expand(input, size)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A new dimension of size 1 at `dim`."""
    x = arguments.tensor("unsqueeze", "input", input).array
    i = dim_of("unsqueeze", dim, x.ndim + 1)
    y = np.expand_dims(x, i)
    return record_view("unsqueeze", y, input, lambda g: g.squeeze(i), unsqueeze, i)


def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Without the dimensions of size 1, or without those of `dim` that have size 1."""
    x = arguments.tensor("squeeze", "input", input).array
    named = range(x.ndim) if dim is None else scalars.wholes("squeeze", "dim", dim)
    dims = [dim_of("squeeze", d, x.ndim) for d in named]
    y = x.squeeze(tuple([d for d in dims if x.ndim and x.shape[d] == 1]))
    before = x.shape
    return record_view("squeeze", y, input, lambda g: g.reshape(before), squeeze, dims)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` made one."""
    x = arguments.tensor("flatten", "input", input).array
    if not x.ndim:
        return reshape(input, 1)
    start, end = dim_of("flatten", start_dim, x.ndim), dim_of("flatten", end_dim, x.ndim)
    if start > end:
        raise RuntimeError(f"flatten: {start_dim=} comes after {end_dim=}")
    return reshape(
        input, (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :])
    )


def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Dimensions moved to other places; the rest keep their order."""
    ndim = arguments.tensor("movedim", "input", input).array.ndim
    ends = (scalars.wholes("movedim", "dim", d) for d in (source, destination))
    sources, places = ([dim_of("movedim", d, ndim) for d in dims] for dims in ends)
    if (
        len(sources) != len(places)
        or len({*sources}) < len(sources)
        or len({*places}) < len(places)
    ):
        raise RuntimeError(
            f"movedim: {source=} and {destination=} must name as many dims, each once"
        )
    order = [d for d in range(ndim) if d not in sources]
    for place, d in sorted(zip(places, sources, strict=True)):
        order.insert(place, d)
    return permute(input, order)


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements [i, i + offset] of two dimensions, as a new last dimension."""
    x = arguments.tensor("diagonal", "input", input).array
    i, j = (dim_of("diagonal", d, x.ndim) for d in (dim1, dim2))
    offset = scalars.whole("diagonal", "offset", offset)
    if i == j:
        raise RuntimeError(f"diagonal: {dim1=} and {dim2=} must be two dimensions of {x.shape}")
    shape = x.shape

    offset = max(-shape[i], min(offset, shape[j]))  # beyond it there is no element
    y = x.diagonal(offset, i, j)
    y.flags.writeable = x.flags.writeable  # NumPy gives a read-only view
    return record_view(
        "diagonal", y, input, lambda g: diagonal_scatter(g, shape, offset, i, j),
        diagonal, offset, i, j,
    )  # fmt: skip


def diagonal_scatter(
    input: Tensor, shape: tuple[int, ...], offset: int, dim1: int, dim2: int
) -> Tensor:
    """Zeros of the shape, with `input` on the diagonal: the vjp of `diagonal`."""
    y = np.zeros(shape, input.array.dtype)
    n = input.array.shape[-1]
    rows, columns = np.arange(n) + max(-offset, 0), np.arange(n) + max(offset, 0)
    np.moveaxis(y, (dim1, dim2), (-2, -1))[..., rows, columns] = input.array
    return record("diagonal", y, (input, lambda g: diagonal(g, offset, dim1, dim2)))
