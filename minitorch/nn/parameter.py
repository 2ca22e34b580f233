"""Parameter: a tensor that a module learns."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ..ops.arguments import tensor
from ..tensor import Tensor


class Parameter(Tensor):
    """A leaf tensor that is learned: one of a module's parameters, once it is an attribute of one.

    Args:
        data: its first value. The memory is shared, not copied.
        requires_grad: does `backward()` compute a gradient for it?
    """

    __slots__ = ()

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        self._take_over(tensor("Parameter", "data", data).detach())
        self.requires_grad_(requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        copy = type(self)(deepcopy(self.detach(), memo), self._requires_grad)
        memo[id(self)] = copy
        vars(copy).update(deepcopy(vars(self), memo))
        return copy

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
