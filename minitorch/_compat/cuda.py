"""What code asks before it uses a GPU: there is none."""

from __future__ import annotations


def is_available() -> bool:
    """Return False: tensors are on the CPU."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0


def manual_seed_all(seed: int) -> None:
    """Seed the generators of all GPUs: of none."""
