"""Names from before 2018, which PyTorch still has: `autograd.Variable`, `init.normal`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from warnings import warn

from ..nn import init, utils
from ..ops.arguments import tensor
from ..tensor import Tensor


class _IsTensor(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_IsTensor):
    """The tensor itself, cut off from the graph: `Variable(x)` is `x.detach()`.

    Once, only variables had gradients. Now every tensor can.

    With `requires_grad=True`, gradients are computed for it. `volatile` has no effect, as in
    PyTorch. `isinstance(x, Variable)` is True for all tensors.

    Raises:
        TypeError: `data` is not a tensor.
        RuntimeError: it requires a gradient, and its dtype is not floating-point.
    """

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
        """Return a tensor."""
        if volatile:
            warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
        return tensor("Variable", "data", data).detach().requires_grad_(requires_grad)


def _old(new: Callable[..., Any]) -> Callable[..., Any]:
    """Name a function as before: without the underscore that says that it changes its argument.

    It warns.
    """

    @wraps(new)
    def old(*args: Any, **options: Any) -> Any:
        warn(
            f"`{new.__name__[:-1]}` is now deprecated in favor of `{new.__name__}`.",
            FutureWarning,
            stacklevel=2,
        )
        return new(*args, **options)

    return old


uniform, normal = _old(init.uniform_), _old(init.normal_)
constant, eye, orthogonal = _old(init.constant_), _old(init.eye_), _old(init.orthogonal_)
xavier_uniform, xavier_normal = _old(init.xavier_uniform_), _old(init.xavier_normal_)
kaiming_uniform, kaiming_normal = _old(init.kaiming_uniform_), _old(init.kaiming_normal_)
clip_grad_norm = _old(utils.clip_grad_norm_)
