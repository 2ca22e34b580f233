"""What Python and NumPy ask of a tensor: to be a sequence, a number, an array; to be copied.

`Tensor` inherits it.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..dtypes import Array, dtype
    from ..tensor import Tensor


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
        if self.array.dtype.kind not in "iub":
            raise TypeError(f"only integer tensors of one element can be an index: {self.dtype}")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self.array.ndim else object.__format__(self, spec)

    # ------------------------------------------------------------------------------ as an array

    __array_priority__ = 1000  # NumPy's operators leave `array + tensor` to the tensor

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype, copy=copy)

    # ----------------------------------------------------------------------------- as a copy

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        if self._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user support the deepcopy protocol: this "
                f"is the result of {self._node.name}. Copy x.detach()."
            )
        copy = type(self)._wrap(self.array.copy())
        copy._requires_grad = self._requires_grad
        memo[id(self)] = copy
        copy.grad = deepcopy(self.grad, memo)
        return copy
