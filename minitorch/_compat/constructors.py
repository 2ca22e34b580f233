"""PyTorch's old constructors, `Tensor(2, 3)` and `LongTensor([1, 2])`, and `x.new_zeros(2)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..ops.arguments import is_tensor, sizes_of
from ..ops.conversion import array_of, filled
from ..ops.table import named
from . import devices

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor

TENSOR_TYPES: dict[dtypes.dtype, str] = {
    dtypes.float32: "FloatTensor",
    dtypes.float64: "DoubleTensor",
    dtypes.float16: "HalfTensor",
    dtypes.bfloat16: "BFloat16Tensor",
    dtypes.int64: "LongTensor",
    dtypes.int32: "IntTensor",
    dtypes.int16: "ShortTensor",
    dtypes.int8: "CharTensor",
    dtypes.uint8: "ByteTensor",
    dtypes.bool: "BoolTensor",
}


def dtype_called(name: str) -> dtypes.dtype:
    """Return the dtype of a type that is given by its name, such as "torch.LongTensor".

    Raises:
        ValueError: there is no such type.
        RuntimeError: it is a type of a GPU's tensors.
    """
    library, _, kind = name.rpartition(".")
    devices.check("cuda" if library.endswith(".cuda") else None)
    for dtype, called in TENSOR_TYPES.items():
        if called == kind and library in ("torch", "minitorch"):
            return dtype
    raise ValueError(f"type: invalid type {name!r}. A type is called 'torch.LongTensor', and so on")


def dtype_of(kind: Any) -> Any:
    """Return the dtype for which a dtype, a type such as `LongTensor`, or its name stands."""
    return dtype_called(kind) if isinstance(kind, str) else getattr(kind, "dtype", kind)


def made_of(name: str, args: tuple[Any, ...], dtype: dtypes.dtype, device: Any = None) -> Array:
    """Make an array as PyTorch's old constructors do: of data, or zeros of the given sizes.

    Args:
        name: the constructor's.
        args: a list, a tuple, a range, an array or a tensor; or sizes, one by one or as a `Size`.
        dtype: of the elements.
        device: the CPU, the only one there is.

    Raises:
        TypeError: the arguments are neither.
    """
    devices.check(device)
    wanted = dtype.numpy
    first = args[0] if len(args) == 1 else None
    of_data = isinstance(first, (list, tuple, range, np.ndarray)) and not hasattr(first, "numel")
    if of_data or is_tensor(first):
        data = list(first) if isinstance(first, range) else first
        return np.array(array_of(name, data, wanted))
    try:
        return filled(name, np.zeros, sizes_of(name, args[0] if args else 0, args[1:]), wanted)
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


class Constructors:
    """The constructor of tensors as PyTorch had it first, and the methods that make new ones."""

    __slots__ = ()

    if TYPE_CHECKING:  # what the methods below use of Tensor
        array: Array

        @property
        def dtype(self) -> dtypes.dtype: ...

        @staticmethod
        def _wrap(array: Any) -> Tensor: ...

    def __init__(self, *args: Any, device: Any = None) -> None:
        """PyTorch's old constructor: of data, in the default dtype, or zeros of the given sizes.

        Of a tensor, it keeps the dtype. The documented ones are `tensor(data)` and `zeros(sizes)`.
        """
        of_tensor = len(args) == 1 and is_tensor(args[0])
        dtype = args[0].dtype if of_tensor else dtypes.get_default_dtype()
        self._take_over(self._wrap(made_of("Tensor", args, dtype, device)))

    def _take_over(self, made: Tensor) -> None:
        """Become what `_wrap` has made, with all that it sets."""
        for slot in made.__slots__:
            if not slot.startswith("__"):
                setattr(self, slot, getattr(made, slot))

    def new(self, *args: Any, device: Any = None) -> Tensor:
        """The same constructor, for this tensor's dtype."""
        return self._wrap(made_of("new", args, self.dtype, device))

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
