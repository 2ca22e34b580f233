"""Joining, cutting, repeating, turning round, padding, and cutting off triangles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd import record
from ..dtypes import Array
from . import arguments
from .arguments import dim_of, sizes_of
from .indexing import choose, getitem
from .shape import expand, reshape, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor


# -------------------------------------------------------------------------------- joining


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors joined along a dimension; each gets its own piece of the gradient.

    Raises:
        ValueError: there are none.
        RuntimeError: their other sizes differ.
    """
    xs = arguments.tensors("cat", "tensors", tensors)
    if not xs:
        raise ValueError("cat: expected a non-empty list of Tensors")
    if any(not x.array.ndim for x in xs):
        raise RuntimeError("cat: a tensor without dimensions cannot be joined. Use stack?")
    # As in PyTorch, tensors of shape (0,), the empty lists of old, go with any shape.
    longest = max(xs, key=lambda x: x.array.ndim)
    shape = longest.array.shape
    axis = dim_of("cat", dim, len(shape))
    skipped = [x for x in xs if x.array.shape == (0,)]
    xs = [x for x in xs if x.array.shape != (0,)] or [skipped.pop()]
    ends = np.cumsum([x.array.shape[axis : axis + 1] or 0 for x in xs]).tolist()
    arrays = [x.array for x in xs]
    try:
        y = np.concatenate(arrays, axis, dtype=dtypes.promote_all(arrays))
    except ValueError:
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise RuntimeError(
            f"cat: sizes must match except in dimension {axis}, but the shapes are {shapes}"
        ) from None

    def piece(start: int, end: int) -> Any:
        where = (slice(None),) * axis + (slice(start, end),)
        return lambda g: g[where]

    starts = [0, *ends[:-1]]
    return record(
        "cat",
        y,
        *[(x, piece(s, e)) for x, s, e in zip(xs, starts, ends, strict=True)],
        *[(x, lambda g: reshape(g, -1)[:0]) for x in skipped],
    )


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    xs = arguments.tensors("stack", "tensors", tensors)
    if not xs:
        raise RuntimeError("stack: expected a non-empty list of Tensors")
    if len({x.array.shape for x in xs}) > 1:
        shapes = ", ".join(str(x.array.shape) for x in xs)
        raise RuntimeError(f"stack: each tensor must have the same shape, but they are {shapes}")
    return cat([unsqueeze(x, dim) for x in xs], dim_of("stack", dim, xs[0].array.ndim + 1))


# -------------------------------------------------------------------------------- cutting


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Cut along a dimension into pieces of one size (the last may be smaller) or of given sizes."""
    x = arguments.tensor("split", "tensor", tensor).array
    if not x.ndim:
        raise RuntimeError("split: a tensor without dimensions cannot be cut")
    axis = dim_of("split", dim, x.ndim)
    n, size = x.shape[axis], split_size_or_sections
    if isinstance(size, int):
        if size < 0 or (size == 0 and n):
            raise RuntimeError(f"split: split_size must be positive, not {size}")
        sections = [size] * (n // size) + [n % size] * (n % size > 0) if n else [0]
    else:
        sections = list(size)
        if sum(sections) != n or min(sections, default=0) < 0:
            raise RuntimeError(
                f"split: the sizes {sections} must not be negative and sum to {n}, the size of "
                f"dimension {dim} of shape {x.shape}"
            )
    before, ends = (slice(None),) * axis, np.cumsum(sections).tolist()
    return tuple(
        [
            getitem(tensor, (*before, slice(end - m, end)))
            for m, end in zip(sections, ends, strict=True)
        ]
    )


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut along a dimension into so many equal pieces; the last may be smaller, or missing."""
    x = arguments.tensor("chunk", "input", input).array
    if chunks <= 0 or not x.ndim:
        raise RuntimeError(
            f"chunk: expects chunks above 0 and a dimension, got {chunks}, {x.shape}"
        )
    n = x.shape[dim_of("chunk", dim, x.ndim)]
    return split(input, -(-n // chunks) if n else [0] * chunks, dim)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, one after the other; they lack it."""
    x = arguments.tensor("unbind", "input", input).array
    if not x.ndim:
        raise IndexError("unbind: a tensor without dimensions has no slices")
    axis = dim_of("unbind", dim, x.ndim)
    return tuple([getitem(input, (slice(None),) * axis + (i,)) for i in range(x.shape[axis])])


# --------------------------------------------------------------- repeating, turning, shifting


def repeat(input: Tensor, repeats: Any, *more: int) -> Tensor:
    """The tensor laid side by side, so many times along each dimension; new ones come in front."""
    x, times = arguments.tensor("repeat", "input", input).array, sizes_of(repeats, more)
    if len(times) < x.ndim or min(times, default=0) < 0:
        raise RuntimeError(
            f"repeat: needs a number of times, not negative, for each dimension of shape "
            f"{x.shape}, "
            f"but got {times}"
        )
    sizes = (1,) * (len(times) - x.ndim) + x.shape
    # (2, 3) repeated (4, 5) times is (4, 2, 5, 3) with the pairs of dimensions joined.
    apart = reshape(input, [k for n in sizes for k in (1, n)])
    copies = expand(apart, [k for r, n in zip(times, sizes, strict=True) for k in (r, n)])
    return reshape(copies, [r * n for r, n in zip(times, sizes, strict=True)])


def flip(input: Tensor, dims: Any, *more: int) -> Tensor:
    """The order of the elements reversed along each of the dimensions."""
    x = arguments.tensor("flip", "input", input).array
    axes = tuple([dim_of("flip", d, x.ndim) for d in sizes_of(dims, more)])
    if len(set(axes)) != len(axes):
        raise RuntimeError(f"flip: a dimension appears twice in {axes}")
    y = np.flip(x, axes) if x.ndim else x
    return record("flip", y.copy(), (input, lambda g: flip(g, axes)))


def roll(
    input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None
) -> Tensor:
    """The elements moved on by `shifts`, those pushed out at the end coming in at the beginning.

    Without dims, along the flattened tensor.
    """
    x = arguments.tensor("roll", "input", input).array
    by = [shifts] if isinstance(shifts, int) else list(shifts)
    axes = dims if dims is None else [dims] if isinstance(dims, int) else list(dims)
    if not by or (len(by) != 1 if not axes else len(by) != len(axes)):
        raise RuntimeError(f"roll: {shifts=} and {dims=} must be as many")
    if axes:
        if not x.ndim:
            raise IndexError(f"roll: Dimension specified as {axes[0]} but tensor has no dimensions")
        axes = [dim_of("roll", d, x.ndim) for d in axes]
    y = np.roll(x, by if axes else by[0], axes or None) if x.ndim else x
    return record("roll", y, (input, lambda g: roll(g, [-n for n in by], axes)))


_EDGES = {"reflect": "reflect", "circular": "wrap"}  # NumPy's words for them


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Add elements at both ends of the last dimensions; where a number is negative, take them away.

    Args:
        input: any shape.
        pad: (before, after) of the last dimension, then of the one before it, and so on.
        mode: "constant" adds `value`; "reflect" mirrors at the edge element, "replicate" repeats
            it, "circular" goes on at the other end.
        value: 0 unless given.
    """
    x = arguments.tensor("pad", "input", input).array
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise RuntimeError(f"pad: needs up to {x.ndim} pairs of numbers, but pad={tuple(pad)}")
    if mode != "constant" and (mode not in ("replicate", *_EDGES) or value):
        raise NotImplementedError(
            f"pad: mode must be 'constant' (with a value), 'reflect', 'replicate' or 'circular' "
            f"(without), not {mode!r} with {value=}"
        )
    ends = [(0, 0)] * (x.ndim - len(pad) // 2) + [*zip(pad[::2], pad[1::2], strict=True)][::-1]
    for n, (before, after) in zip(x.shape, ends, strict=True):
        if n + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError(
                f"pad: {tuple(pad)} takes away more than there is in shape {x.shape}"
            )
        most = {"reflect": max(n - 1, 0), "circular": n}.get(mode, math.inf)
        if max(before, after) > most:
            raise RuntimeError(f"pad: {mode} can add at most {most} to a size of {n}: {x.shape}")
    if mode != "constant":
        places = [_repeated(mode, n, *end) for n, end in zip(x.shape, ends, strict=True)]
        return choose("pad", input, np.ix_(*places))
    crop = [slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(x.shape, ends, strict=True)]
    grow = [(max(b, 0), max(a, 0)) for b, a in ends]
    y = np.pad(x[tuple(crop)], grow, constant_values=0 if value is None else value)
    back = [-n for n in pad]
    return record("pad", y, (input, lambda g: _pad(g, back)))


_pad = pad  # inside, `pad` is the argument


def _repeated(mode: str, n: int, before: int, after: int) -> Array:
    """Return, for each place along a padded dimension, the place in the input that it repeats."""
    if mode == "replicate":  # the edge of the input, even where that was taken away
        return np.arange(-before, n + after).clip(0, max(n - 1, 0))
    kept = np.arange(n)[max(-before, 0) : n - max(-after, 0)]
    edge: Any = _EDGES[mode]
    more = max(before, 0), max(after, 0)
    return np.pad(kept, more, edge) if any(more) else kept


# ------------------------------------------------------------------------------ triangles


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of each matrix, up to a diagonal, and 0 above it."""
    return _triangle("tril", np.tril, input, diagonal)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of each matrix, from a diagonal on, and 0 below it."""
    return _triangle("triu", np.triu, input, diagonal)


def _triangle(name: str, cut: Any, input: Tensor, diagonal: int) -> Tensor:
    x = arguments.tensor(name, "input", input).array
    if x.ndim < 2:
        raise RuntimeError(f"{name}: expects matrices, and got shape {x.shape}")
    return record(name, cut(x, diagonal), (input, lambda g: _triangle(name, cut, g, diagonal)))
