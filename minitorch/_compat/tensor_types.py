"""PyTorch's tensor types, older than its dtypes: `LongTensor([1, 2])`, `x.type(LongTensor)`."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..ops.arguments import is_tensor
from ..tensor import Tensor
from .constructors import TENSOR_TYPES, dtype_called, made_of


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
    dtypes.set_default_dtype(dtype_called(t) if isinstance(t, str) else getattr(t, "dtype", t))
