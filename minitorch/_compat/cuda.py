"""`minitorch.cuda`: what code asks before it uses a GPU. There is none."""

from __future__ import annotations

__all__ = ["device_count", "is_available", "manual_seed_all"]


def is_available() -> bool:
    """Return False: tensors are on the CPU."""
    return False


def device_count() -> int:
    """Return the number of GPUs: 0."""
    return 0


def manual_seed_all(seed: int) -> None:
    """Do nothing: there are no GPUs whose generators could be seeded."""
