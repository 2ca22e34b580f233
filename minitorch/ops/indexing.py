"""Choosing elements, and the gradient's way back to where they were chosen from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd import Array, record
from . import operand

if TYPE_CHECKING:
    from ..tensor import Tensor


def getitem(input: Tensor, index: Any) -> Tensor:
    """`input[index]`: ints, slices, None, `...`, and tensors, arrays or lists of ints or bools.

    Where an element is chosen twice, its gradients add.
    """
    x, where = input.array, numpy_index(index)
    y, shape = _choose(x, where), x.shape
    return record("getitem", y, (input, lambda g: put(g, where, shape)))


def put(input: Tensor, index: Any, shape: tuple[int, ...]) -> Tensor:
    """Zeros of the shape, with `input` added at the index: what undoes `getitem`."""
    y = np.zeros(shape, input.array.dtype)
    if _may_repeat(index):
        np.add.at(y, index, input.array)
    else:
        y[index] = input.array
    return record("put", y, (input, lambda g: getitem(g, index)))


def numpy_index(index: Any) -> Any:
    """Return the index with arrays in the place of tensors, and lists as arrays."""
    if isinstance(index, tuple):
        return tuple(numpy_index(i) for i in index)
    if operand.is_tensor(index):
        return index.array
    return np.asarray(index) if isinstance(index, list) else index


def _choose(x: Array, index: Any) -> Array:
    try:
        return x[index]  # type: ignore[no-any-return]
    except IndexError as error:
        raise IndexError(f"getitem: {error} (the tensor has shape {x.shape})") from None


def _may_repeat(index: Any) -> bool:
    """Can the index name an element twice? Only arrays of ints can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(i, np.ndarray) and i.dtype.kind != "b" for i in parts)
