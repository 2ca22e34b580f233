"""`autograd.Variable`, from when only variables had gradients. Now every tensor can."""

from __future__ import annotations

from typing import Any

from ..ops.arguments import tensor
from ..tensor import Tensor

__all__ = ["Variable"]


class _IsTensor(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_IsTensor):
    """The tensor itself, cut off from the graph: `Variable(x)` is `x.detach()`.

    With `requires_grad=True`, gradients are computed for it. `isinstance(x, Variable)` is True for
    all tensors.

    Raises:
        TypeError: `data` is not a tensor.
        RuntimeError: it requires a gradient, and its dtype is not floating-point.
    """

    def __new__(cls, data: Tensor, requires_grad: bool = False) -> Any:
        """Return a tensor."""
        return tensor("Variable", "data", data).detach().requires_grad_(requires_grad)
