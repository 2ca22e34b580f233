"""The methods and attributes of tensors that only code written for PyTorch asks for.

`Tensor` inherits them. They add no state, and none of them is an operation with a derivative.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .. import dtypes
from ..autograd.hooks import check_gradient, retains_grad
from ..ops import conversion
from ..ops.arguments import is_tensor, sizes_of, tensor
from ..ops.conversion import array_of, filled
from ..ops.table import named
from . import devices, missing

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor

TENSOR_TYPES: dict[dtypes.dtype, str] = {
    dtypes.float32: "FloatTensor",
    dtypes.float64: "DoubleTensor",
    dtypes.int64: "LongTensor",
    dtypes.int32: "IntTensor",
    dtypes.int16: "ShortTensor",
    dtypes.int8: "CharTensor",
    dtypes.uint8: "ByteTensor",
    dtypes.bool: "BoolTensor",
}


def made_of(name: str, args: tuple[Any, ...], dtype: dtypes.dtype) -> Array:
    """Make an array as PyTorch's old constructors do: of data, or zeros of the given sizes.

    Raises:
        TypeError: the arguments are neither.
    """
    if len(args) == 1 and (isinstance(args[0], (list, tuple, np.ndarray)) or is_tensor(args[0])):
        return np.array(array_of(name, args[0], dtype))
    try:
        return filled(name, np.zeros, sizes_of(name, args or (0,)), dtype.numpy)
    except TypeError:
        raise TypeError(
            f"{name}: it takes a list, an array, a tensor or sizes, and not {args}. Of a number: "
            "tensor(x)."
        ) from None


def _filled(name: str, fill: Callable[..., Array], doc: str) -> Callable[..., Tensor]:
    """Make the method `name`, such as `new_zeros`, of the function that fills an array."""

    def method(
        self: Tensor,
        size: Any,
        *more: int,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        array = filled(name, fill, sizes_of(name, size, more), self._dtype_or(dtype))
        return self._new(array, device, requires_grad)

    return named(method, name, f"{doc}, of a given size; the dtype is this tensor's unless given.")


class TorchMethods:
    """The methods that this library does not need itself, with PyTorch's names and meaning."""

    __slots__ = ()

    if TYPE_CHECKING:  # what the methods below use of Tensor
        array: Array

        @property
        def dtype(self) -> dtypes.dtype: ...

        @staticmethod
        def _wrap(array: Any) -> Tensor: ...
        def to(self, *args: Any, **options: Any) -> Tensor: ...
        def clone(self) -> Tensor: ...

    def __init__(self, *args: Any) -> None:
        """PyTorch's old constructor: of data, in the default dtype, or zeros of the given sizes.

        The documented ones are `tensor(data)` and `zeros(sizes)`.
        """
        made = self._wrap(made_of("Tensor", args, dtypes.get_default_dtype()))
        for slot in made.__slots__:
            if slot != "__weakref__":
                setattr(self, slot, getattr(made, slot))

    # ----------------------------------------------------------------------- size and memory

    def dim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    ndimension = dim

    def nelement(self) -> int:
        """The number of elements."""
        return self.array.size

    def element_size(self) -> int:
        """The number of bytes of an element."""
        return self.array.itemsize

    def stride(self) -> tuple[int, ...]:
        """How many elements of memory lie between neighbours along each dimension."""
        return tuple(n // self.array.itemsize for n in self.array.strides)

    def is_contiguous(self) -> bool:
        """Do the elements lie in memory in the order of their indices?"""
        return self.array.flags.c_contiguous

    def contiguous(self) -> Self | Tensor:
        """The tensor itself if it is contiguous, else a copy that is."""
        return self if self.is_contiguous() else self.clone()

    @property
    def device(self) -> devices.device:
        """Where the elements are: on the CPU."""
        return devices.CPU

    @property
    def is_cuda(self) -> bool:
        """Are the elements on a GPU? They never are."""
        return False

    def cpu(self, memory_format: Any = None) -> Self:
        """No effect: the tensor itself, which is on the CPU."""
        return self

    def cuda(
        self, device: Any = None, non_blocking: bool = False, memory_format: Any = None
    ) -> Self:
        """No effect: the tensor itself. There is no GPU, as `is_cuda` tells.

        Raises:
            RuntimeError: the device is not a GPU.
        """
        devices.check_gpu(device)
        return self

    # ---------------------------------------------------------------------- elements and graph

    @property
    def data(self) -> Tensor:
        """The same elements; the graph does not notice that they are changed in place.

        Assigning to it replaces the elements, and the graph does not notice that either.
        """
        return self._wrap(self.array)

    @data.setter
    def data(self: Any, value: Tensor) -> None:
        if not is_tensor(value):
            raise TypeError(f"data: it must be a Tensor, not {type(value).__name__}")
        if self._requires_grad and value.array.dtype.kind != "f":
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point, not "
                f"{value.dtype}"
            )
        self.array = value.array

    @property
    def grad(self: Any) -> Tensor | None:
        """The gradient that `backward()` left, a tensor of the same shape and dtype, or None.

        Reading it from the result of an operation warns, as it stays None, unless `retain_grad()`
        was called.
        """
        if self._grad is None and self._node is not None and not retains_grad(self):
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed: "
                f"backward() leaves none for the result of {self._node.name}, unless you call "
                ".retain_grad() on it before.",
                stacklevel=2,
            )
        return self._grad  # type: ignore[no-any-return]

    @grad.setter
    def grad(self: Any, value: Tensor | None) -> None:
        if value is not None:
            check_gradient(self, value)
        self._grad = value

    @grad.deleter
    def grad(self: Any) -> None:
        self._grad = None

    @property
    def retains_grad(self: Any) -> bool:
        """Will `backward()` store a gradient in `grad`, though this is not a leaf?"""
        return retains_grad(self)

    # ---------------------------------------------------------------------------------- dtype

    short, char, byte = conversion.to_int16, conversion.to_int8, conversion.to_uint8
    half, bfloat16 = conversion.to_float16, conversion.to_bfloat16

    def type(self, dtype: Any = None) -> Any:
        """The elements as another dtype; or, without one, the name of the tensor's type."""
        if dtype is None:
            return f"minitorch.{TENSOR_TYPES[self.dtype]}"
        return self.to(getattr(dtype, "dtype", dtype))

    def type_as(self, other: Tensor) -> Tensor:
        """The elements as the dtype of another tensor."""
        return self.to(tensor("type_as", "other", other).dtype)

    # ------------------------------------------------------------- new tensors of the same dtype

    new_zeros = _filled("new_zeros", np.zeros, "Zeros")
    new_ones = _filled("new_ones", np.ones, "Ones")
    new_empty = _filled("new_empty", np.empty, "Uninitialised elements")

    def new_full(
        self,
        size: Any,
        fill_value: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """The same number everywhere; the dtype is this tensor's unless given."""
        number = dtypes.number("new_full", fill_value, self._dtype_or(dtype))
        return self._new(
            filled("new_full", np.full, sizes_of("new_full", size), number), device, requires_grad
        )

    def new_tensor(
        self, data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Tensor:
        """A tensor of the data; the dtype is this tensor's unless given."""
        array = array_of("new_tensor", data, self._dtype_or(dtype))
        return self._new(np.array(array), device, requires_grad)

    def _dtype_or(self, dtype: Any) -> np.dtype[Any]:
        return self.array.dtype if dtype is None else dtypes.as_numpy(dtype)

    def _new(self, array: Array, device: Any, requires_grad: bool) -> Tensor:
        devices.check(device)
        return self._wrap(array).requires_grad_(requires_grad)

    # ---------------------------------------------------------------------------------- the rest

    if not TYPE_CHECKING:  # for a type checker, a name that is not here is an error already

        __getattr__ = missing.object_getattr
