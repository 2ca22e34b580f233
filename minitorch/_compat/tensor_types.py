"""PyTorch's tensor types, older than its dtypes: `LongTensor([1, 2])`, `x.type(LongTensor)`."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..tensor import Tensor
from .methods import TENSOR_TYPES, made_of


class TensorType:
    """A dtype, as a function that makes tensors of it: `LongTensor([1, 2])`, `LongTensor(2, 3)`."""

    def __init__(self, dtype: dtypes.dtype) -> None:
        self.dtype = dtype

    def __call__(self, *args: Any) -> Tensor:
        """Make a tensor of the data; or, given sizes, one of zeros."""
        return Tensor._wrap(made_of(TENSOR_TYPES[self.dtype], args, self.dtype))

    def __repr__(self) -> str:
        return f"minitorch.{TENSOR_TYPES[self.dtype]}"


FloatTensor, DoubleTensor = TensorType(dtypes.float32), TensorType(dtypes.float64)
LongTensor, IntTensor = TensorType(dtypes.int64), TensorType(dtypes.int32)
ShortTensor, CharTensor = TensorType(dtypes.int16), TensorType(dtypes.int8)
ByteTensor, BoolTensor = TensorType(dtypes.uint8), TensorType(dtypes.bool)
