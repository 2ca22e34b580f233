"""Switches at the top of PyTorch, such as `inference_mode` and `use_deterministic_algorithms`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.grad_mode import no_grad
from ..scalars import flag, whole
from . import devices

_precision, _deterministic, _warn_only = "highest", False, False


class inference_mode(no_grad):
    """Record nothing, as `no_grad()`: a `with` block, or a decorator. With False: record.

    In PyTorch, what was computed in it may not take part in a recorded computation later. Here it
    may, as a tensor that needs no gradient.

    Raises:
        TypeError: `mode` is neither a bool nor a function.
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        """Make the block; or decorate a function, where `@inference_mode` has no brackets."""
        return cls()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        self.enabled = not flag("inference_mode", "mode", mode)

    def _again(self) -> Any:
        return type(self)(not self.enabled)


def set_float32_matmul_precision(precision: str) -> None:
    """No effect: float32 is multiplied in float32, as with "highest". The string is kept.

    Raises:
        ValueError: it is not "highest", "high" or "medium".
    """
    global _precision
    if precision not in ("highest", "high", "medium"):
        raise ValueError(
            "set_float32_matmul_precision: it must be 'highest', 'high' or 'medium', not "
            f"{precision!r}"
        )
    _precision = precision


def get_float32_matmul_precision() -> str:
    """Return what was set: "highest", unless something was."""
    return _precision


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """No effect: all algorithms are deterministic. The switch is kept.

    Raises:
        TypeError: an argument is not a bool.
    """
    global _deterministic, _warn_only
    name = "use_deterministic_algorithms"
    _deterministic, _warn_only = flag(name, "mode", mode), flag(name, "warn_only", warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """Return what was set: False, unless something was."""
    return _deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Return what was set: False, unless something was."""
    return _warn_only


def set_default_device(device: Any) -> None:
    """No effect: tensors are on the CPU.

    Raises:
        RuntimeError: it is another device.
    """
    devices.check(device)


def get_default_device() -> devices.device:
    """Return the CPU."""
    return devices.CPU


def set_flush_denormal(mode: bool) -> bool:
    """No effect: the smallest numbers stay what they are. Return False, for not supported."""
    flag("set_flush_denormal", "mode", mode)
    return False


def set_num_interop_threads(num: int) -> None:
    """No effect: operations are computed one after the other. See `set_num_threads`."""
    whole("set_num_interop_threads", "num", num, 1)


def get_num_interop_threads() -> int:
    """Return 1: operations are computed one after the other."""
    return 1


class version:
    """What PyTorch says of its build. The library's own version is `minitorch.__version__`."""

    cuda = hip = xpu = None
