"""Operations that move elements and change none, each with the move that undoes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd import record
from . import operand

if TYPE_CHECKING:
    from ..tensor import Tensor


def _sizes(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Let sizes be given one by one or as one sequence: f(2, 3) or f((2, 3))."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], Sequence) else sizes


def _dim(name: str, dim: int, ndim: int) -> int:
    """Count a dimension from the front; raise IndexError if there is none such."""
    if not -ndim <= dim < ndim:
        raise IndexError(
            f"{name}: Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], "
            f"but got {dim})"
        )
    return dim % ndim


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements in the same order, in another shape; one size may be -1, the rest.

    The result shares memory with the input where it can.

    Raises:
        RuntimeError: the shape does not hold as many elements.
    """
    x, sizes = operand.tensor("reshape", "input", input).array, _sizes(shape)
    try:
        y = x.reshape(sizes)
    except (ValueError, TypeError):
        raise RuntimeError(
            f"reshape: shape {list(sizes)} is invalid for input of size {x.size}, which has shape "
            f"{list(x.shape)}"
        ) from None
    before = x.shape
    return record("reshape", y, (input, lambda g: g.reshape(before)))


def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order: dimension i of the result is dimension dims[i] of x."""
    x = operand.tensor("permute", "input", input).array
    order = tuple(_dim("permute", d, x.ndim) for d in _sizes(dims))
    if sorted(order) != list(range(x.ndim)):
        raise RuntimeError(f"permute: dims={_sizes(dims)} must name each of {x.ndim} dims once")
    back = tuple(np.argsort(order).tolist())
    return record("permute", x.transpose(order), (input, lambda g: g.permute(back)))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    x = operand.tensor("transpose", "input", input).array
    i, j = (_dim("transpose", d, max(x.ndim, 1)) for d in (dim0, dim1))
    y = x.swapaxes(i, j) if x.ndim else x
    return record("transpose", y, (input, lambda g: g.transpose(i, j)))


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """Dimensions of size 1 repeated without copying; -1 keeps a size; new ones come in front."""
    x, wanted = operand.tensor("expand", "input", input).array, _sizes(sizes)
    new = len(wanted) - x.ndim
    shape = tuple(
        x.shape[i - new] if n == -1 and i >= new else n for i, n in enumerate(wanted)
    )
    fits = all(m in (1, n) for m, n in zip(x.shape, shape[max(new, 0) :], strict=False))
    if new < 0 or not fits or min(shape, default=0) < 0:
        raise RuntimeError(
            f"expand: the shape {x.shape} cannot be expanded to {wanted}: counted from the right, "
            "each size must be 1 or stay as it is"
        )
    return record("expand", np.broadcast_to(x, shape), (input, lambda g: g))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A new dimension of size 1 at `dim`."""
    x = operand.tensor("unsqueeze", "input", input).array
    i = _dim("unsqueeze", dim, x.ndim + 1)
    return record("unsqueeze", np.expand_dims(x, i), (input, lambda g: g.squeeze(i)))


def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Without the dimensions of size 1, or without those of `dim` that have size 1."""
    x = operand.tensor("squeeze", "input", input).array
    named = range(x.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    dims = [_dim("squeeze", d, max(x.ndim, 1)) for d in named]
    y = x.squeeze(tuple(d for d in dims if x.ndim and x.shape[d] == 1))
    before = x.shape
    return record("squeeze", y, (input, lambda g: g.reshape(before)))


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` made one."""
    x = operand.tensor("flatten", "input", input).array
    if not x.ndim:
        return reshape(input, 1)
    start, end = _dim("flatten", start_dim, x.ndim), _dim("flatten", end_dim, x.ndim)
    if start > end:
        raise RuntimeError(f"flatten: {start_dim=} comes after {end_dim=}")
    return reshape(
        input, (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :])
    )


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors joined along a dimension; each gets its own piece of the gradient.

    Raises:
        RuntimeError: there are none, or their other sizes differ.
    """
    if not tensors:
        raise RuntimeError("cat: expected a non-empty list of Tensors")
    arrays = [operand.tensor("cat", f"tensors[{i}]", t).array for i, t in enumerate(tensors)]
    axis = _dim("cat", dim, arrays[0].ndim)
    ends = np.cumsum([a.shape[axis] if a.ndim else 0 for a in arrays]).tolist()
    starts = [0, *ends[:-1]]
    try:
        y = np.concatenate(arrays, axis)
    except ValueError:
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise RuntimeError(
            f"cat: sizes must match except in dimension {axis}, but the shapes are {shapes}"
        ) from None

    def piece(start: int, end: int) -> Any:
        where = (slice(None),) * axis + (slice(start, end),)
        return lambda g: g[where]

    paths = [(t, piece(s, e)) for t, s, e in zip(tensors, starts, ends, strict=True)]
    return record("cat", y, *paths)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    if not tensors:
        raise RuntimeError("stack: expected a non-empty list of Tensors")
    if len({t.array.shape for t in tensors}) > 1:
        shapes = ", ".join(str(tuple(t.shape)) for t in tensors)
        raise RuntimeError(f"stack: each tensor must have the same shape, but they are {shapes}")
    return cat([unsqueeze(t, dim) for t in tensors], dim)


def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Dimensions moved to other places; the rest keep their order."""
    ndim = operand.tensor("movedim", "input", input).array.ndim
    ends = ([d] if isinstance(d, int) else d for d in (source, destination))
    sources, places = ([_dim("movedim", d, ndim) for d in dims] for dims in ends)
    if len(sources) != len(places) or len({*sources}) < len(sources) or len({*places}) < len(places):
        raise RuntimeError(f"movedim: {source=} and {destination=} must name as many dims, each once")
    order = [d for d in range(ndim) if d not in sources]
    for place, d in sorted(zip(places, sources, strict=True)):
        order.insert(place, d)
    return permute(input, order)
