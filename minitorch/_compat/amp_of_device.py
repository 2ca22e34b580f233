"""`minitorch.cuda.amp` and `minitorch.cpu.amp`: `minitorch.amp` as it was written before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes
from . import amp

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


class autocast(amp.autocast):
    """No effect: operations compute in their tensors' dtype. A `with` block, or a decorator.

    Raises:
        TypeError: `dtype` is not a dtype.
    """

    def __init__(
        self,
        enabled: bool = True,
        dtype: dtypes.dtype | None = None,
        cache_enabled: bool = True,
    ) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """No effect: it is disabled. See `minitorch.amp.GradScaler`."""

    def __init__(self, init_scale: float = 65536.0, *args: Any, **options: Any) -> None:
        super().__init__("cuda", init_scale, *args, **options)


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, cast_inputs: dtypes.dtype | None = None
) -> Any:
    """No effect: a decorator of a `Function`'s `forward`, with or without brackets."""
    return amp.unchanged(fwd)


def custom_bwd(bwd: Callable[..., Any]) -> Any:
    """No effect: a decorator of a `Function`'s `backward`."""
    return bwd
