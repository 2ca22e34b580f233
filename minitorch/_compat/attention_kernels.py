"""`torch.nn.attention`: what chooses among PyTorch's kernels of attention. There is one here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from enum import Enum

__all__ = ["SDPBackend", "sdpa_kernel"]


class SDPBackend(Enum):
    """No effect: the kernels of attention that PyTorch has. There is one here."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


def sdpa_kernel(
    backends: SDPBackend | Sequence[SDPBackend], set_priority: bool = False
) -> nullcontext[None]:
    """No effect: a `with` block. Attention has one kernel.

    Raises:
        TypeError: it is neither an SDPBackend nor a list of them.
    """
    for backend in backends if isinstance(backends, (list, tuple)) else [backends]:
        if not isinstance(backend, SDPBackend):
            raise TypeError(f"sdpa_kernel: backends must be of SDPBackend, not {backend!r}")
    return nullcontext()
