"""Which elements there are, how many, and where they would stand. These have no derivative."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import scalars
from . import arguments, operand
from .arguments import Dims, dim_of
from .indexing import nonzero
from .reduction import start

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor
    from .operand import Operand

__all__ = [
    "argwhere", "bincount", "bucketize", "count_nonzero", "isin", "searchsorted", "unique",
    "unique_consecutive",
]  # fmt: skip


def argwhere(input: Tensor) -> Tensor:
    """The indices (int64) of the elements that are not 0, a row each, as `nonzero` gives them."""
    return nonzero(input)  # type: ignore[no-any-return]


def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """How many elements are not 0 (int64), along the dimensions or among all."""
    x, dims, _ = start("count_nonzero", input, dim)
    return input._wrap((x != 0).sum(dims, dtype=np.int64))


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often 0, 1, 2, … occur, or the sums of the weights at each.

    Args:
        input: (n), whole numbers, none of them negative.
        weights: (n). Sums of float32 are float32, those of any other dtype float64.
        minlength: the least size of the result.
    """
    x = arguments.tensor("bincount", "input", input).array
    least = scalars.whole("bincount", "minlength", minlength, 0, RuntimeError)
    if x.ndim != 1 or x.dtype.kind not in "iu" or (x.size and x.min() < 0):
        raise RuntimeError(
            "bincount: input must be a vector of whole numbers that are not negative, not "
            f"{input.dtype} of shape {x.shape}"
        )
    if weights is None or not x.size:
        return input._wrap(np.bincount(x, minlength=least).astype(np.int64))
    w = arguments.tensor("bincount", "weights", weights).array
    arguments.same_shape("bincount", RuntimeError, weights=weights, input=input)
    sums = np.bincount(x, w.astype(np.float64), least)
    return input._wrap(sums.astype(w.dtype) if w.dtype.kind == "f" else sums)


def isin(
    elements: Operand, test_elements: Operand, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Is each element among the test elements? Or not among them, if inverted.

    One of the two may be a number. `assume_unique` is accepted as in PyTorch, without effect.
    """
    one: Any = elements if arguments.is_tensor(elements) else test_elements
    x = arguments.tensor("isin", "test_elements", one)
    a, b = (t.array if arguments.is_tensor(t) else t for t in (elements, test_elements))  # type: ignore[union-attr]
    scalars.flag("isin", "assume_unique", assume_unique)
    return x._wrap(np.isin(a, b, invert=scalars.flag("isin", "invert", invert)))


# -------------------------------------------------------------------------- which there are


def _answer(
    values: Array, input: Tensor, inverse: Array, counts: Array, asked: tuple[bool, bool]
) -> Any:
    """Return the values and, of the other two, what was asked for."""
    found = [values, *([inverse] if asked[0] else []), *([counts] if asked[1] else [])]
    tensors = tuple([input._wrap(array) for array in found])
    return tensors if len(tensors) > 1 else tensors[0]


def _asked(name: str, inverse: bool, counts: bool) -> tuple[bool, bool]:
    return (
        scalars.flag(name, "return_inverse", inverse), scalars.flag(name, "return_counts", counts)
    )  # fmt: skip


def _axis(name: str, x: Array, dim: int) -> int:
    """Return the dimension; beside it, the slices along it must have elements to compare."""
    axis = dim_of(name, dim, x.ndim)
    if 0 in x.shape[:axis] + x.shape[axis + 1 :]:
        raise RuntimeError(f"{name}: the slices along {axis} of shape {x.shape} are empty")
    return axis


def _flat(rows: Array) -> Array:
    return rows.reshape(len(rows), math.prod(rows.shape[1:]))


def _begins(rows: Array) -> Array:
    """Say of each row whether it differs from the one before."""
    return np.append(np.ones(len(rows[:1]), np.bool_), (rows[1:] != rows[:-1]).any(1))


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The elements that differ, or the slices along `dim`, each once, in ascending order.

    They come in order with or without `sorted`. Each NaN counts as different.

    Returns:
        The values; or (values, inverse, counts), of the last two what is asked for, both int64:
        input = values[inverse], and how often each occurs.
    """
    x = arguments.tensor("unique", "input", input).array
    scalars.flag("unique", "sorted", sorted)
    asked = _asked("unique", return_inverse, return_counts)
    if dim is None:
        values, inverse, counts = np.unique(
            x, return_inverse=True, return_counts=True, equal_nan=False
        )[:3]
        return _answer(values, input, inverse.reshape(x.shape), counts, asked)
    axis = _axis("unique", x, dim)
    rows = np.moveaxis(np.atleast_1d(x), axis, 0)
    flat = _flat(rows)
    order = np.lexsort(flat.T[::-1]) if flat.size else np.arange(len(rows))
    new = _begins(flat[order])
    inverse = np.empty(len(rows), np.int64)
    inverse[order] = np.cumsum(new) - 1
    values = np.moveaxis(rows[order[new]], 0, axis)
    return _answer(values, input, inverse, np.bincount(inverse), asked)


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Without the elements, or the slices along `dim`, that are equal to the one before.

    Returns:
        As `unique`, in the order of the input.
    """
    x = arguments.tensor("unique_consecutive", "input", input).array
    asked = _asked("unique_consecutive", return_inverse, return_counts)
    axis = 0 if dim is None else _axis("unique_consecutive", x, dim)
    rows = x.reshape(-1) if dim is None else np.moveaxis(np.atleast_1d(x), axis, 0)
    new = _begins(_flat(rows))
    each = np.cumsum(new) - 1
    inverse = each.reshape(x.shape) if dim is None else each
    values = np.moveaxis(rows[new], 0, axis)
    return _answer(values, input, inverse, np.bincount(each), asked)


# ------------------------------------------------------------------------ where they would stand


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """For each number, how many elements of a sorted sequence are below it: where it would stand.

    Args:
        sorted_sequence: (n), or (..., n) with the leading sizes of the input.
        input: a number or a tensor of the sequence's dtype; any shape beside one sequence.
        out_int32: give int32 instead of int64.
        right, side: with right=True or side="right", count the elements that are equal, too.
        sorter: the indices that sort a sequence that is not sorted, as `argsort` gives them.
    """
    name = "searchsorted"
    s = arguments.tensor(name, "sorted_sequence", sorted_sequence).array
    x = input if arguments.is_tensor(input) else operand.beside(name, sorted_sequence, input)
    v = x.array
    if x.array.dtype != s.dtype:
        raise RuntimeError(f"{name}: the dtypes of sorted_sequence and input differ")
    if not s.ndim or (s.ndim > 1 and s.shape[:-1] != v.shape[:-1]):
        raise RuntimeError(
            f"{name}: sorted_sequence must be one sequence or one for each row of input, but their "
            f"shapes are {s.shape} and {v.shape}"
        )
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RuntimeError(f"{name}: {side=} must be 'left' or 'right', and agree with {right=}")
    if sorter is not None:
        arguments.same_shape(name, RuntimeError, sorter=sorter, sorted_sequence=sorted_sequence)
        s = np.take_along_axis(s, arguments.index(name, "sorter", sorter, s.shape[-1]), -1)
    end: Any = "right" if scalars.flag(name, "right", right) or side == "right" else "left"
    found = np.empty(v.shape, np.int32 if scalars.flag(name, "out_int32", out_int32) else np.int64)
    if s.ndim == 1:
        found[...] = np.searchsorted(s, v, end)
    else:
        for row in np.ndindex(s.shape[:-1]):
            found[row] = np.searchsorted(s[row], v[row], end)
    return sorted_sequence._wrap(found)


def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """Between which of the sorted boundaries each number lies: how many are below it.

    The options are those of `searchsorted`.
    """
    if arguments.tensor("bucketize", "boundaries", boundaries).array.ndim != 1:
        raise RuntimeError(
            f"bucketize: boundaries must be one sequence, not of shape {boundaries.array.shape}"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
