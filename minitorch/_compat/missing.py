"""The error text for a name of PyTorch's that minitorch does not have."""

from __future__ import annotations

from collections.abc import Iterable


def message(owner: str, name: str, present: Iterable[str]) -> str:
    """Return the message that `owner` has no `name`, with the nearest name that it has."""
    from difflib import get_close_matches  # here, so that `import minitorch` need not wait for it

    near = get_close_matches(name, [n for n in present if not n.startswith("_")], 1, 0.0)
    return (
        f"{owner!r} has no attribute {name!r}: minitorch has the part of PyTorch that Transformers "
        f"use, and this is not in it. The nearest name that is: {near[0]!r}."
    )
