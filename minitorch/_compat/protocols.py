"""What Python and NumPy ask of a tensor: to be a sequence, a number, an array; to be copied.

`Tensor` inherits it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dtypes import as_numpy
from ..ops import operand

if TYPE_CHECKING:
    from ..dtypes import Array, dtype
    from ..tensor import Tensor


def copy_sharing(array: Array, memo: dict[int, Any]) -> tuple[Array, list[int]]:
    """Copy an array for deepcopy, and begin a version. What shares memory shares both.

    So all of the memory is copied, even if the array is a part of it.
    """
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    if root.base is not None:  # the memory belongs to something else, such as a file
        return array.copy(), [0]
    if id(root) not in memo:
        memo[id(root)] = root.copy(order="K"), [0]
    copied, version = memo[id(root)]
    if array is root:
        return copied, version
    start = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    memory = copied.ravel(order="K")
    part = np.ndarray(array.shape, array.dtype, memory, start, array.strides)
    part.flags.writeable = array.flags.writeable
    return part, version


class PythonProtocols:
    """`len(x)`, `for row in x`, `float(x)`, `if x`, `np.asarray(x)`, `deepcopy(x)` and the like."""

    __slots__ = ()

    if TYPE_CHECKING:  # what the methods below use of Tensor
        array: Array

        @property
        def dtype(self) -> dtype: ...

        def item(self) -> Any: ...
        def numpy(self) -> Array: ...

    # -------------------------------------------------------------------------- as a sequence

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __iter__(self: Any) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self: Any, value: Any) -> bool:
        if not operand.fits(value):
            raise RuntimeError(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
                f"{type(value).__name__}."
            )
        return bool((self == value).any())

    # ----------------------------------------------------------------------------- as a number

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {self.array.size} values is ambiguous. "
                "Did you mean .any() or .all()?"
            )
        return bool(self.array)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError(
                "only integer tensors of a single element can be converted to an index, not one of "
                f"dtype {self.dtype} and shape {self.array.shape}"
            )
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self.array.ndim else object.__format__(self, spec)

    # ------------------------------------------------------------------------------ as an array

    __array_priority__ = 1000  # NumPy's operators leave `array + tensor` to the tensor

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype, copy=copy)

    def __array_wrap__(
        self: Any, array: Array, context: Any = None, return_scalar: bool = False
    ) -> Tensor:
        """What NumPy's functions give: `np.exp(x)` is a tensor too, of an x without gradient."""
        as_numpy(array.dtype)
        return self._wrap(array)  # type: ignore[no-any-return]

    # ----------------------------------------------------------------------------- as a copy

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        from copy import deepcopy  # loaded, as it is this that calls

        if self._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user support the deepcopy protocol: this "
                f"is the result of {self._node.name}. Copy x.detach()."
            )
        array, version = copy_sharing(self.array, memo)
        copy = type(self)._wrap(array)
        copy._requires_grad, copy._version = self._requires_grad, version
        memo[id(self)] = copy
        copy.grad = deepcopy(self.grad, memo)
        vars(copy).update(deepcopy(vars(self), memo))
        return copy
