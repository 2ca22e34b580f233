"""Do all processes have the same? What differs would go unnoticed, or be a deadlock later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .objects import all_gather_object, broadcast_object_list
from .processes import DistError, communicator


def check_same(what: str, mine: Mapping[str, Any]) -> None:
    """Compare what all ranks have with what rank 0 has. All ranks must call it.

    Args:
        what: it is, for the message: "the configuration".
        mine: what this rank has, by name; numbers, strings, bools and None.

    Raises:
        DistError: in all ranks, if one of them has something else than rank 0.
    """
    size = communicator("check_same").Get_size()
    first: list[Any] = [dict(mine)]
    broadcast_object_list(first)
    differing = [
        f"{name} is {mine.get(name)!r}, and {first[0].get(name)!r} there"
        for name in first[0] | mine
        if repr(mine.get(name)) != repr(first[0].get(name))
    ]
    more = f", and {len(differing) - 1} more" if len(differing) > 1 else ""
    found: list[Any] = [None] * size
    all_gather_object(found, f"{differing[0]}{more}" if differing else None)
    for rank, difference in enumerate(found):
        if difference is not None:
            raise DistError(f"{what} of rank {rank} is not that of rank 0: {difference}")
