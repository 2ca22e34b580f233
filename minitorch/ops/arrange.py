"""Joining, splitting, repeating, flipping, shifting and padding, and the triangles of a matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, scalars
from ..autograd.graph import record
from ..dtypes import Array
from . import arguments
from .arguments import dim_of, sizes_of
from .indexing import choose, getitem
from .shape import expand, reshape, unsqueeze

if TYPE_CHECKING:
    from ..autograd.graph import VJP
    from ..tensor import Tensor


# -------------------------------------------------------------------------------- joining


def _joinable(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return the tensors as a list, each of which has dimensions."""
    xs = arguments.tensors("cat", "tensors", tensors)
    if not xs:
        raise ValueError("cat: expected a non-empty list of Tensors")
    if any(not x.array.ndim for x in xs):
        raise RuntimeError("cat: a tensor without dimensions cannot be joined. Use stack?")
    return xs


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors joined along a dimension. The vjp gives each its piece of the gradient.

    Args:
        tensors: of shapes that differ in size `dim` at most. The result has the dtype that they
            promote to.
        dim: the dimension.

    Raises:
        ValueError: there are none.
        RuntimeError: their other sizes differ.
    """
    xs = _joinable(tensors)
    axis = dim_of("cat", dim, max(x.array.ndim for x in xs))
    # As in PyTorch, tensors of shape (0,) go with any shape: code that grows a list begins so.
    dtype = dtypes.promote_all([x.array for x in xs])
    empty = [x for x in xs if x.array.shape == (0,)]
    xs = [x for x in xs if x.array.shape != (0,)] or [empty.pop()]
    arrays = [x.array for x in xs]
    try:
        y = np.concatenate(arrays, axis, dtype=dtype)
    except ValueError:
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise RuntimeError(
            f"cat: sizes must match except in dimension {axis}, but the shapes are {shapes}"
        ) from None

    def piece(start: int, end: int) -> VJP:
        index = (slice(None),) * axis + (slice(start, end),)
        return lambda g: g[index]

    ends = [*accumulate([a.shape[axis] for a in arrays])]
    pieces = [(x, piece(s, e)) for x, s, e in zip(xs, [0, *ends], ends, strict=False)]
    return record("cat", y, *pieces, *[(x, lambda g: reshape(g, -1)[:0]) for x in empty])


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    xs = arguments.tensors("stack", "tensors", tensors)
    if not xs:
        raise RuntimeError("stack: expected a non-empty list of Tensors")
    if len({x.array.shape for x in xs}) > 1:
        shapes = ", ".join(str(x.array.shape) for x in xs)
        raise RuntimeError(f"stack: each tensor must have the same shape, but they are {shapes}")
    axis = dim_of("stack", dim, xs[0].array.ndim + 1)
    return cat([unsqueeze(x, axis) for x in xs], axis)


# ------------------------------------------------------------------------------- splitting


def _sections(shape: tuple[int, ...], axis: int, size: int | Sequence[int]) -> list[int]:
    """Return the sizes of the pieces along a dimension of the shape, or raise."""
    n = shape[axis]
    if not isinstance(size, (list, tuple)):
        size = scalars.whole("split", "split_size_or_sections", size)
        if size < 0 or (size == 0 and n):
            raise RuntimeError(f"split: split_size must be positive, not {size}")
        return [size] * (n // size) + [n % size] * (n % size > 0) if n else [0]
    sections = scalars.wholes("split", "split_size_or_sections", size)
    if sum(sections) != n or min(sections, default=0) < 0:
        raise RuntimeError(
            f"split: the sizes {sections} must not be negative and sum to {n}, the size of "
            f"dimension {axis} of shape {shape}"
        )
    return sections


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Pieces along a dimension: of one size (the last may be smaller), or of the given sizes.

    Raises:
        RuntimeError: the sizes do not sum to that of the dimension.
    """
    x = arguments.tensor("split", "tensor", tensor).array
    if not x.ndim:
        raise RuntimeError("split: a tensor without dimensions cannot be cut")
    axis = dim_of("split", dim, x.ndim)
    sections = _sections(x.shape, axis, split_size_or_sections)
    before, ends = (slice(None),) * axis, accumulate(sections)
    pieces = [slice(end - m, end) for m, end in zip(sections, ends, strict=True)]
    return tuple([getitem(tensor, (*before, piece)) for piece in pieces])


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """`chunks` equal pieces along a dimension; the last may be smaller, or missing."""
    x = arguments.tensor("chunk", "input", input).array
    chunks = scalars.whole("chunk", "chunks", chunks)
    if chunks <= 0 or not x.ndim:
        raise RuntimeError(
            f"chunk: expects chunks above 0 and a dimension, got {chunks}, {x.shape}"
        )
    n = x.shape[dim_of("chunk", dim, x.ndim)]
    return split(input, -(-n // chunks) if n else [0] * chunks, dim)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which they no longer have: x[0], x[1], … for dim 0."""
    x = arguments.tensor("unbind", "input", input).array
    if not x.ndim:
        raise IndexError("unbind: a tensor without dimensions has no slices")
    axis = dim_of("unbind", dim, x.ndim)
    return tuple([getitem(input, (slice(None),) * axis + (i,)) for i in range(x.shape[axis])])


# -------------------------------------------------------------- repeating, flipping, shifting


def repeat(input: Tensor, repeats: Any, *more: int) -> Tensor:
    """Copies of the tensor side by side, `repeats` times along each dimension.

    New dimensions come in front.
    """
    x = arguments.tensor("repeat", "input", input).array
    times = sizes_of("repeat", repeats, more)
    if len(times) < x.ndim or min(times, default=0) < 0:
        raise RuntimeError(
            "repeat: needs a number of times, not negative, for each dimension of shape "
            f"{x.shape}, but got {times}"
        )
    sizes = (1,) * (len(times) - x.ndim) + x.shape
    # (2, 3) repeated (4, 5) times is (4, 2, 5, 3) with the pairs of dimensions joined.
    apart = reshape(input, [k for n in sizes for k in (1, n)])
    copies = expand(apart, [k for r, n in zip(times, sizes, strict=True) for k in (r, n)])
    y = reshape(copies, [r * n for r, n in zip(times, sizes, strict=True)])
    return y.clone() if np.may_share_memory(y.array, x) else y


def flip(input: Tensor, dims: Any, *more: int) -> Tensor:
    """The elements in reverse order along each of the dimensions: its own inverse."""
    x = arguments.tensor("flip", "input", input).array
    axes = tuple([dim_of("flip", d, x.ndim) for d in sizes_of("flip", dims, more)])
    if len(set(axes)) != len(axes):
        raise RuntimeError(f"flip: a dimension appears twice in {axes}")
    y = np.flip(x, axes) if x.ndim else x
    return record("flip", y.copy(), (input, lambda g: flip(g, axes)))


def roll(
    input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None
) -> Tensor:
    """The elements shifted by `shifts`; those pushed out at the end come in at the beginning.

    Without dims, along the flattened tensor. The vjp shifts back.
    """
    x = arguments.tensor("roll", "input", input).array
    by = scalars.wholes("roll", "shifts", shifts)
    axes = None if dims is None else scalars.wholes("roll", "dims", dims)
    if not by or (len(by) != 1 if not axes else len(by) != len(axes)):
        raise RuntimeError(f"roll: {shifts=} must be as many as {dims=}, or one without dims")
    if axes:
        if not x.ndim:
            raise IndexError(f"roll: Dimension specified as {axes[0]} but tensor has no dimensions")
        axes = [dim_of("roll", d, x.ndim) for d in axes]
    y = np.roll(x, by if axes else by[0], axes or None) if x.ndim else x.copy()
    return record("roll", y, (input, lambda g: roll(g, [-n for n in by], axes)))


# --------------------------------------------------------------------------------- padding


def _repeated(mode: str, n: int, before: int, after: int) -> Array:
    """Return, for each place along a padded dimension, the place in the input that it repeats."""
    places, last = np.arange(-before, n + after), max(n - 1, 0)
    if mode == "replicate":  # the edge of the input, even where that was taken away
        return places.clip(0, last)
    if mode == "reflect":  # so here
        mirrored: Array = last - np.abs(last - np.abs(places))
        return mirrored
    kept = np.arange(n)[max(-before, 0) : n - max(-after, 0)]
    return np.pad(kept, (max(before, 0), max(after, 0)), "wrap") if len(kept) else kept


def _ends(
    shape: tuple[int, ...], pad: Sequence[int], mode: str, value: float | None
) -> list[tuple[int, int]]:
    """Return how much `pad` adds (before, after) each dimension of the shape, or raise."""
    pad = arguments.sizes_of("pad", pad)
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise RuntimeError(f"pad: needs up to {len(shape)} pairs of numbers, but pad={tuple(pad)}")
    if not isinstance(mode, str):
        raise TypeError(f"pad(): argument 'mode' must be str, not {type(mode).__name__}")
    if mode != "constant" and (mode not in ("reflect", "replicate", "circular") or value):
        raise NotImplementedError(
            "pad: mode must be 'constant' (with a value), 'reflect', 'replicate' or 'circular' "
            f"(without), not {mode!r} with {value=}"
        )
    pairs = [*zip(pad[::2], pad[1::2], strict=True)][::-1]
    ends = [(0, 0)] * (len(shape) - len(pairs)) + pairs
    for n, (before, after) in zip(shape, ends, strict=True):
        kept = n + min(before, 0) + min(after, 0)
        if kept < 0:
            raise RuntimeError(f"pad: {tuple(pad)} takes away more than there is in shape {shape}")
        most = {"reflect": max(n - 1, 0), "circular": kept}.get(mode, math.inf)
        if max(before, after) > most:
            raise RuntimeError(f"pad: {mode} can add at most {most} to a size of {n}: {shape}")
    return ends


def _pad_constant(input: Tensor, ends: list[tuple[int, int]], value: Any) -> Tensor:
    """Pad with a value. The vjp takes away what was added, and adds 0 where some was taken away."""
    x = input.array
    crop = [slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(x.shape, ends, strict=True)]
    grow = [(max(b, 0), max(a, 0)) for b, a in ends]
    y = np.pad(x[tuple(crop)], grow, constant_values=value)
    inverse = [(-b, -a) for b, a in ends]
    return record("pad", y, (input, lambda g: _pad_constant(g, inverse, 0)))


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Elements added at both ends of the last dimensions; where a number is negative, taken away.

    Args:
        input: any shape.
        pad: (before, after) of the last dimension, then of the one before it, and so on.
        mode: "constant" adds `value`; "reflect" mirrors at the edge element, "replicate" repeats
            it, "circular" goes on at the other end.
        value: 0 unless given.

    Raises:
        RuntimeError: more is taken away than there is, or more added than the mode can.
        NotImplementedError: there is no such mode.
    """
    x = arguments.tensor("pad", "input", input).array
    ends = _ends(x.shape, pad, mode, value)
    if mode != "constant":
        places = [_repeated(mode, n, *end) for n, end in zip(x.shape, ends, strict=True)]
        return choose("pad", input, np.ix_(*places))
    filler = dtypes.number("pad", 0 if value is None else value, x.dtype)
    return _pad_constant(input, ends, filler)


# ------------------------------------------------------------------------------ triangles


def _triangle(name: str, cut: Any, input: Tensor, diagonal: int) -> Tensor:
    x = arguments.tensor(name, "input", input).array
    if x.ndim < 2:
        raise RuntimeError(f"{name}: expects matrices, and got shape {x.shape}")
    k = scalars.whole(name, "diagonal", diagonal)
    n = sum(x.shape[-2:])  # beyond it there is no element
    y = cut(x, max(-n, min(k, n)))
    return record(name, y, (input, lambda g: _triangle(name, cut, g, diagonal)))


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of each matrix: 0 above the diagonal; 0 names the main one."""
    return _triangle("tril", np.tril, input, diagonal)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of each matrix: 0 below the diagonal; 0 names the main one."""
    return _triangle("triu", np.triu, input, diagonal)
