"""`minitorch.amp`: PyTorch's mixed precision. Here everything is computed in the tensors' dtype."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any, Self, TypeVar

from .. import dtypes
from .compilers import unchanged

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]

T = TypeVar("T")

DEVICES = ("cpu", "cuda", "mps", "xpu", "hpu", "mtia", "xla", "maia", "ipu", "hip", "meta")


class autocast(ContextDecorator):
    """No effect: operations compute in their tensors' dtype. A `with` block, or a decorator.

    Raises:
        ValueError: `device_type` is not a str.
        RuntimeError: PyTorch knows no such type of device.
        TypeError: `dtype` is not a dtype.
    """

    def __init__(
        self,
        device_type: str,
        dtype: dtypes.dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(
                f"autocast: device_type must be a str such as 'cpu', not {device_type!r}"
            )
        if device_type not in DEVICES:
            raise RuntimeError(
                f"autocast: device_type must be one of {', '.join(DEVICES)}, not {device_type!r}"
            )
        if dtype is not None and not isinstance(dtype, dtypes.dtype):
            raise TypeError(f"autocast: dtype must be a dtype such as bfloat16, not {dtype!r}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Return False: operations compute in their tensors' dtype."""
    return False


def is_autocast_available(device_type: str) -> bool:
    """Return False: operations compute in their tensors' dtype."""
    return False


class GradScaler:
    """No effect: it is disabled, also if `enabled` is True. Without float16 nothing underflows.

    In PyTorch it multiplies the loss by a large number, so that small gradients do not become 0 in
    float16, and divides the gradients by it before the optimizer's step.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        pass

    def scale(self, outputs: T) -> T:
        """No effect: return the loss, or whatever is given."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """No effect: the gradients are as they were computed."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Return `optimizer.step()`; it gets the other arguments."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """No effect: there is no scale."""

    def get_scale(self) -> float:
        """Return 1.0."""
        return 1.0

    def is_enabled(self) -> bool:
        """Return False."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Return {}, as PyTorch's does where it is disabled."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """No effect: there is no state."""


def custom_fwd(
    fwd: Callable[..., Any] | None = None,
    *,
    device_type: str,
    cast_inputs: dtypes.dtype | None = None,
) -> Any:
    """No effect: a decorator of a `Function`'s `forward`, with or without brackets."""
    return unchanged("custom_fwd", fwd)


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Any:
    """No effect: a decorator of a `Function`'s `backward`, with or without brackets."""
    return unchanged("custom_bwd", bwd)
