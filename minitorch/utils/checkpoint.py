"""`checkpoint` under PyTorch's name; it is defined in `minitorch/autograd/checkpoint.py`."""

from __future__ import annotations

from typing import Any

from ..autograd.checkpoint import checkpoint

__all__ = ["checkpoint", "get_device_states", "set_device_states"]


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """Return the GPUs that tensors are on and the states of their generators: there are none."""
    return [], []


def set_device_states(devices: Any, states: Any, *, device_type: str | None = None) -> None:
    """No effect: there are no GPUs whose generators could be set."""
