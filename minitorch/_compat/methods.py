"""The methods and attributes of tensors that only code written for PyTorch asks for.

`Tensor` inherits them. They add no state, and none of them is an operation with a derivative.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

from .. import dtypes
from ..autograd.hooks import check_gradient, retains_grad
from ..ops import conversion
from ..ops.arguments import dim_of, is_tensor, tensor
from . import devices, missing
from .constructors import TENSOR_TYPES, Constructors, dtype_of

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor


class TorchMethods(Constructors):
    """The methods that this library does not need itself, with PyTorch's names and meaning."""

    __slots__ = ()

    if TYPE_CHECKING:  # what the methods below use of Tensor
        array: Array

        @property
        def dtype(self) -> dtypes.dtype: ...

        def to(self, *args: Any, **options: Any) -> Tensor: ...
        def clone(self) -> Tensor: ...

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

    @property
    def itemsize(self) -> int:
        """The number of bytes of an element."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements."""
        return self.array.nbytes

    def data_ptr(self) -> int:
        """The address of the first element: two tensors that share their memory have one."""
        return self.array.ctypes.data if self.array.size else 0

    def stride(self, dim: int | None = None) -> Any:
        """How many elements of memory lie between neighbours along each dimension, or along one."""
        steps = tuple([n // self.array.itemsize for n in self.array.strides])
        return steps if dim is None else steps[dim_of("stride", dim, len(steps))]

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Do the elements lie in memory in the order of their indices?"""
        devices.check_format(memory_format)
        return self.array.flags.c_contiguous

    def contiguous(self, memory_format: Any = None) -> Self | Tensor:
        """The tensor itself if it is contiguous, else a copy that is."""
        devices.check_format(memory_format)
        return self if self.is_contiguous() else self.clone()

    @property
    def device(self) -> devices.device:
        """Where the elements are: on the CPU."""
        return devices.CPU

    @property
    def is_cuda(self) -> bool:
        """Are the elements on a GPU? They never are."""
        return False

    @property
    def is_sparse(self) -> bool:
        """Are only elements other than 0 kept in memory? All of them are."""
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

    @property
    def require_grad(self) -> Any:
        """What was stored under this name, which asks for no gradient: see `requires_grad`."""
        if "require_grad" not in vars(self):
            raise AttributeError("a tensor has no require_grad: it is requires_grad")
        return vars(self)["require_grad"]

    @require_grad.setter
    def require_grad(self, value: Any) -> None:
        warnings.warn(
            "require_grad has no effect: the attribute that asks for a gradient is requires_grad.",
            stacklevel=2,
        )
        vars(self)["require_grad"] = value

    # ---------------------------------------------------------------------------------- dtype

    short, char, byte = conversion.to_int16, conversion.to_int8, conversion.to_uint8
    half, bfloat16 = conversion.to_float16, conversion.to_bfloat16

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The elements as another dtype; or, without one, the name of the tensor's type.

        Args:
            dtype: one, or a type such as `LongTensor`, or its name, such as "torch.LongTensor".
            non_blocking: has no effect.

        Raises:
            ValueError: there is no such type.
        """
        if dtype is None:
            return f"minitorch.{TENSOR_TYPES[self.dtype]}"
        return self.to(dtype_of(dtype))

    def type_as(self, other: Tensor) -> Tensor:
        """The elements as the dtype of another tensor."""
        return self.to(tensor("type_as", "other", other).dtype)

    # ---------------------------------------------------------------------------------- the rest

    if not TYPE_CHECKING:  # for a type checker, a name that is not here is an error already
        __getattr__ = missing.object_getattr
