"""PyTorch's tensor types, older than its dtypes, and what it says of dtypes and tensors.

`LongTensor([1, 2])`, `x.type(LongTensor)`; `promote_types(a, b)`, `is_tensor(x)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..ops.arguments import is_tensor as is_tensor
from ..ops.arguments import tensor
from ..tensor import Tensor
from .constructors import TENSOR_TYPES, dtype_of, made_of


class TensorType:
    """A dtype, as a function that makes tensors of it: `LongTensor([1, 2])`, `LongTensor(2, 3)`.

    `isinstance(x, LongTensor)` asks whether x has that dtype.
    """

    def __init__(self, dtype: dtypes.dtype) -> None:
        self.dtype = dtype

    def __call__(self, *args: Any, device: Any = None) -> Tensor:
        """Make a tensor of the data; or, given sizes, one of zeros.

        Raises:
            TypeError: the data are a tensor of another dtype.
        """
        name = TENSOR_TYPES[self.dtype]
        for other in args:
            if is_tensor(other) and other.ndim and other.dtype is not self.dtype:
                raise TypeError(f"{name}: the tensor is of {other.dtype}. Use x.to({self.dtype})")
        return Tensor._wrap(made_of(name, args, self.dtype, device))

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Tensor) and value.dtype is self.dtype

    def __repr__(self) -> str:
        return f"minitorch.{TENSOR_TYPES[self.dtype]}"


FloatTensor, DoubleTensor = TensorType(dtypes.float32), TensorType(dtypes.float64)
HalfTensor, BFloat16Tensor = TensorType(dtypes.float16), TensorType(dtypes.bfloat16)
LongTensor, IntTensor = TensorType(dtypes.int64), TensorType(dtypes.int32)
ShortTensor, CharTensor = TensorType(dtypes.int16), TensorType(dtypes.int8)
ByteTensor, BoolTensor = TensorType(dtypes.uint8), TensorType(dtypes.bool)


def set_default_tensor_type(t: Any) -> None:
    """Set the dtype of tensors made of Python floats, by a type such as `DoubleTensor` or its name.

    PyTorch's older form of `set_default_dtype`.
    """
    dtypes.set_default_dtype(dtype_of(t))


# ------------------------------------------------------------------------------- what is asked


def numel(input: Any) -> int:
    """The number of elements of a tensor."""
    return tensor("numel", "input", input).numel()


def is_floating_point(input: Any) -> bool:
    """Is the tensor's dtype float32 or float64?"""
    return tensor("is_floating_point", "input", input).dtype.is_floating_point


def is_complex(input: Any) -> bool:
    """Does the tensor hold complex numbers? None does."""
    return tensor("is_complex", "input", input).dtype.is_complex


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
