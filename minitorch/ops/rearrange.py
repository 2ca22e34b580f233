"""Moving and repeating elements as PyTorch has names for it, nearly all of it composed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import scalars
from ..autograd.views import record_view
from . import arguments
from .arguments import dim_of, sizes_of
from .arrange import cat, repeat, stack
from .gather import index_select
from .indexing import getitem, put
from .shape import diagonal_scatter, expand, movedim, reshape, transpose, unsqueeze

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor

__all__ = [
    "broadcast_tensors", "cartesian_prod", "diag", "diag_embed", "hstack", "meshgrid", "narrow",
    "ravel", "repeat_interleave", "select", "swapaxes", "tile", "unflatten", "unfold", "vstack",
]  # fmt: skip


# --------------------------------------------------------------------------------- repeated


def _times_of(name: str, repeats: Tensor, n: int) -> Array:
    """Return how often each of n is repeated."""
    times = arguments.index(name, "repeats", repeats)
    if times.ndim > 1 or times.size not in (1, n):
        raise RuntimeError(
            f"{name}: repeats must be one number or {n}, one for each, not of shape {times.shape}"
        )
    if times.size and times.min() < 0:
        raise RuntimeError(f"{name}: repeats must not be negative, but one is {times.min()}")
    return np.broadcast_to(times.reshape(-1), n)


def _check_total(name: str, n: int, output_size: int | None) -> None:
    if output_size is not None and scalars.whole(name, "output_size", output_size) != n:
        raise RuntimeError(f"{name}: {output_size=}, but the repeats come to {n}")


def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element, or each slice along `dim`, so many times in a row: a, b twice is a, a, b, b.

    `repeat_interleave(repeats)` gives indices: (2, 0, 1) is 0, 0, 2.

    Args:
        input: any shape; flattened unless `dim` is given.
        repeats: a number, not negative; or a tensor (int64 or int32) of one, or of one for each.
        dim: the dimension.
        output_size: how many there will be, if it is known.

    Raises:
        RuntimeError: a number of times is negative, or there are too many or too few.
    """
    name = "repeat_interleave"
    x = arguments.tensor(name, "input", input)
    if repeats is None:
        times = _times_of(name, x, x.array.size)
        found = np.repeat(np.arange(times.size), times).astype(times.dtype)
        _check_total(name, len(found), output_size)
        return x._wrap(found)
    x = reshape(x, -1) if dim is None or not x.array.ndim else x
    axis = dim_of(name, 0 if dim is None else dim, x.array.ndim)
    n = x.array.shape[axis]
    if arguments.is_tensor(repeats):
        places = np.repeat(np.arange(n), _times_of(name, repeats, n))
        _check_total(name, len(places), output_size)
        return index_select(x, axis, x._wrap(places))
    r = scalars.whole(name, "repeats", repeats, 0, RuntimeError)
    _check_total(name, n * r, output_size)
    shape = x.array.shape
    copies = expand(unsqueeze(x, axis + 1), (*shape[: axis + 1], r, *shape[axis + 1 :]))
    y = reshape(copies, (*shape[:axis], n * r, *shape[axis + 1 :]))
    return y.clone() if np.may_share_memory(y.array, x.array) else y


def tile(input: Tensor, dims: Any, *more: int) -> Tensor:
    """`repeat`, but with 1 for the first dimensions where `dims` has too few numbers."""
    ndim = arguments.tensor("tile", "input", input).array.ndim
    times = sizes_of("tile", dims, more)
    return repeat(input, (1,) * (ndim - len(times)) + times)


def _given(name: str, tensors: tuple[Any, ...]) -> list[Tensor]:
    """Return tensors that were given one by one, or as one list."""
    one_list = len(tensors) == 1 and not arguments.is_tensor(tensors[0])
    return arguments.tensors(name, "tensors", tensors[0] if one_list else tensors)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid: of (n) and (m), two (n, m) with a_i and with b_j at [i, j].

    Args:
        tensors: one after the other or as one list; each a number or a vector, of one dtype.
        indexing: "ij", or "xy" for a grid (m, n) with a_j and b_i at [i, j]. (PyTorch warns if it
            is not given. Here "ij" stays the default.)
    """
    xs = _given("meshgrid", tensors)
    if not xs or any(x.array.ndim > 1 for x in xs) or len({x.array.dtype for x in xs}) > 1:
        given = ", ".join(f"{x.dtype} {x.array.shape}" for x in xs)
        raise RuntimeError(f"meshgrid: needs vectors or numbers of one dtype, not ({given})")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f"meshgrid: {indexing=} must be 'ij' or 'xy'")
    swapped = indexing == "xy" and len(xs) > 1
    if swapped:
        xs[:2] = xs[1::-1]
    shape = [x.array.size for x in xs]
    ones = [1] * len(xs)
    grids = [expand(reshape(x, (*ones[:i], -1, *ones[i + 1 :])), shape) for i, x in enumerate(xs)]
    if swapped:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of an element of each vector, a row each; of one vector, itself."""
    xs = arguments.tensors("cartesian_prod", "tensors", tensors)
    if any(x.array.ndim != 1 for x in xs):
        shapes = ", ".join(str(x.array.shape) for x in xs)
        raise RuntimeError(f"cartesian_prod: needs vectors, not {shapes}")
    if len(xs) == 1:
        return xs[0]
    return reshape(stack(meshgrid(*xs), -1), (-1, len(xs)))


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors, expanded to the shape to which they broadcast."""
    xs = _given("broadcast_tensors", tensors)
    shape = arguments.broadcast("broadcast_tensors", *(x.array.shape for x in xs))
    return tuple([expand(x, shape) for x in xs])


# ------------------------------------------------------------------------------ parts and joins


def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """`length` slices along `dim`, from `start` on: a view."""
    x = arguments.tensor("narrow", "input", input).array
    if not x.ndim:
        raise RuntimeError("narrow: a tensor without dimensions cannot be cut")
    axis = dim_of("narrow", dim, x.ndim)
    n = x.shape[axis]
    if arguments.is_tensor(start) and start.array.dtype == np.bool_:
        raise RuntimeError("narrow: start must be a whole number, not a bool tensor")
    first = scalars.whole("narrow", "start", start)
    length = scalars.whole("narrow", "length", length, 0, RuntimeError)
    if not -n <= first <= n:
        raise IndexError(f"narrow: start must be in the range of [{-n}, {n}], not {first}")
    first += n if first < 0 else 0
    if first + length > n:
        raise RuntimeError(
            f"narrow: start {first} + length {length} exceeds {n}, the size of dimension {axis}"
        )
    return getitem(input, (slice(None),) * axis + (slice(first, first + length),))


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice number `index` along `dim`, which it no longer has: a view."""
    x = arguments.tensor("select", "input", input).array
    if not x.ndim:
        raise IndexError("select: a tensor without dimensions has no slices")
    axis = dim_of("select", dim, x.ndim)
    return getitem(input, (slice(None),) * axis + (scalars.whole("select", "index", index),))


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Sliding windows of `size` elements along a dimension, one every `step`: a view.

    They are counted along `dimension`, and their elements along a new last one: of (5), windows of
    3 every 2 are (2, 3). The vjp adds up the gradients of an element that is in several windows.

    Raises:
        RuntimeError: the size is negative or above that of the dimension, or the step below 1.
    """
    x = arguments.tensor("unfold", "input", input).array
    axis = dim_of("unfold", dimension, x.ndim)
    size = scalars.whole("unfold", "size", size, 0, RuntimeError)
    step = scalars.whole("unfold", "step", step, 1, RuntimeError)
    if not x.ndim:
        return getitem(unfold(reshape(input, 1), 0, size, step), 0)
    shape, n = x.shape, x.shape[axis]
    if size > n:
        raise RuntimeError(f"unfold: {size=} is above {n}, the size of dimension {axis} of {shape}")
    starts = np.arange(0, n - size + 1, step)
    y = np.lib.stride_tricks.as_strided(
        x,
        (*shape[:axis], len(starts), *shape[axis + 1 :], size),
        (*x.strides[:axis], step * x.strides[axis], *x.strides[axis + 1 :], x.strides[axis]),
        writeable=x.flags.writeable and step >= size,
    )
    index = (slice(None),) * axis + (starts[:, None] + np.arange(size),)
    return record_view(
        "unfold", y, input,
        lambda g: put(movedim(g, -1, axis + 1), index, shape, (), step >= size),
        unfold, axis, size, step,
    )  # fmt: skip


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """A dimension cut into several of these sizes; one may be -1: what the others leave."""
    x = arguments.tensor("unflatten", "input", input).array
    if not x.ndim:
        raise IndexError("unflatten: a tensor without dimensions has none to cut")
    axis, parts = dim_of("unflatten", dim, x.ndim), sizes_of("unflatten", sizes)
    n = x.shape[axis]
    if parts.count(-1) == 1:
        known = math.prod(parts) or 1
        parts = tuple([-n // known if m == -1 else m for m in parts])
    if not parts or min(parts) < 0 or math.prod(parts) != n:
        raise RuntimeError(
            f"unflatten: the sizes {tuple(sizes)} do not multiply to {n}, the size of dimension "
            f"{axis} of shape {x.shape}"
        )
    return reshape(input, (*x.shape[:axis], *parts, *x.shape[axis + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension: a view of a contiguous tensor, and a copy of any other."""
    x = arguments.tensor("ravel", "input", input)
    return reshape(x if x.array.flags.c_contiguous else x.clone(), -1)


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """`transpose`, under NumPy's name."""
    return transpose(input, axis0, axis1)


def _joinable(name: str, tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return tensors as a list, which must not be empty; those without dimensions as vectors."""
    xs = arguments.tensors(name, "tensors", tensors)
    if not xs:
        raise RuntimeError(f"{name}: expected a non-empty list of Tensors")
    return [x if x.ndim else reshape(x, 1) for x in xs]


def _joined(name: str, xs: list[Tensor], dim: int) -> Tensor:
    try:
        return cat(xs, dim)
    except RuntimeError as error:
        raise RuntimeError(f"{name}: {error}") from None


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Vectors joined end to end; of more dimensions, joined along the second."""
    xs = _joinable("hstack", tensors)
    return _joined("hstack", xs, 1 if xs[0].ndim > 1 else 0)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Vectors as the rows of a matrix; of more dimensions, joined along the first."""
    xs = _joinable("vstack", tensors)
    return _joined("vstack", [unsqueeze(x, 0) if x.ndim < 2 else x for x in xs], 0)


# ------------------------------------------------------------------------------------- diagonals


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The vectors along the last dimension, each as a diagonal of a matrix that is 0 elsewhere.

    The matrix has the dimensions dim1 and dim2 of the result, and the diagonal is [i, i + offset].
    """
    x = arguments.tensor("diag_embed", "input", input).array
    offset = scalars.whole("diag_embed", "offset", offset)
    i, j = (dim_of("diag_embed", d, x.ndim + 1) for d in (dim1, dim2))
    if i == j or not x.ndim:
        raise RuntimeError(
            f"diag_embed: {dim1=} and {dim2=} must be two dimensions, and the input have one"
        )
    shape = list(x.shape[:-1])
    for d in sorted((i, j)):
        shape.insert(d, x.shape[-1] + abs(offset))
    return diagonal_scatter(input, tuple(shape), offset, i, j)


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Of a matrix, a copy of its diagonal; of a vector, the matrix with that diagonal."""
    x = arguments.tensor("diag", "input", input).array
    if x.ndim not in (1, 2):
        raise RuntimeError(f"diag: expects a vector or a matrix, not shape {x.shape}")
    return diag_embed(input, diagonal) if x.ndim == 1 else input.diagonal(diagonal).clone()
