"""What PyTorch's functions say of dtypes and tensors: `promote_types(a, b)`, `is_tensor(x)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..ops import arguments

is_tensor = arguments.is_tensor


def numel(input: Any) -> int:
    """The number of elements of a tensor."""
    return arguments.tensor("numel", "input", input).numel()


def is_floating_point(input: Any) -> bool:
    """Is the tensor's dtype float32 or float64?"""
    return arguments.tensor("is_floating_point", "input", input).dtype.is_floating_point


def is_complex(input: Any) -> bool:
    """Does the tensor hold complex numbers? None does."""
    return arguments.tensor("is_complex", "input", input).dtype.is_complex


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """Return the dtype of an operation on two operands, each a tensor or a number.

    Raises:
        TypeError: one is neither.
    """
    given = (tensor1, tensor2)
    like = next((x.array.dtype for x in given if is_tensor(x)), np.dtype(np.bool_))
    arrays = []
    for x in given:
        dtype = None if is_tensor(x) else dtypes.of_number(x, like)
        if dtype is None and not is_tensor(x):
            raise TypeError(f"result_type: it is of tensors and numbers, not of {x!r}")
        arrays.append(x.array if dtype is None else np.empty((), dtype))
    return dtypes.OF_NUMPY[dtypes.promote(*arrays)]


def promote_types(type1: dtypes.dtype, type2: dtypes.dtype) -> dtypes.dtype:
    """Return the dtype of an operation on tensors of these two dtypes."""
    p, q = (np.empty(1, dtypes.as_numpy(t)) for t in (type1, type2))
    return dtypes.OF_NUMPY[dtypes.promote(p, q)]


def can_cast(from_: dtypes.dtype, to: dtypes.dtype) -> bool:
    """May an operation in place write elements of one dtype into a tensor of another?

    Not floats into integers, nor numbers into bools.
    """
    p, q = dtypes.as_numpy(from_), dtypes.as_numpy(to)
    return dtypes.CATEGORY[p.kind] <= dtypes.CATEGORY[q.kind]
