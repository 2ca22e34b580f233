"""Collectives for other things than tensors: what `minitorch.save` can save.

They are sent as it would write them to a file. No pickle: a message cannot run code.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from ..creation import tensor
from ..dtypes import Array
from ..serialization import load, save
from ..tensor import Tensor
from .collectives import all_gather_into_tensor, broadcast, rank_of
from .processes import communicator


def _bytes(value: Any) -> Array:
    """Write a value as `minitorch.save` does."""
    file = BytesIO()
    save([value], file)
    return np.frombuffer(file.getvalue(), np.uint8)


def _value(memory: Array) -> Any:
    return load(BytesIO(memory.tobytes()))[0]


def broadcast_object_list(object_list: list[Any], src: int = 0) -> None:
    """Give all ranks the objects of rank `src`.

    Args:
        object_list: is changed, but for rank `src`'s. They are what `minitorch.save` can save:
            tensors, numbers, strings and None, in lists, tuples and dicts.
        src: the rank.
    """
    root = rank_of("broadcast_object_list", src)
    is_source = communicator("broadcast_object_list").Get_rank() == root
    written = _bytes(list(object_list)) if is_source else None
    size = tensor([0 if written is None else written.size])
    broadcast(size, root)
    memory = np.empty(size.item(), np.uint8) if written is None else written.copy()
    broadcast(Tensor._wrap(memory), root)
    if written is None:
        object_list[:] = _value(memory)


def all_gather_object(object_list: list[Any], obj: Any) -> None:
    """Give all ranks the objects of all: `object_list[i]` ← that of rank i.

    Args:
        object_list: as many places as there are ranks; is changed.
        obj: as for `broadcast_object_list`.
    """
    name = "all_gather_object"
    n = communicator(name).Get_size()
    if len(object_list) != n:
        raise ValueError(f"{name}: there are {n} ranks, and object_list has {len(object_list)}")
    written = _bytes(obj)
    sizes = tensor([0] * n)
    all_gather_into_tensor(sizes, tensor([written.size]))
    longest = max(sizes.tolist())
    padded = np.zeros(longest, np.uint8)
    padded[: written.size] = written
    gathered = Tensor._wrap(np.empty((n, longest), np.uint8))
    all_gather_into_tensor(gathered, Tensor._wrap(padded))
    for rank, size in enumerate(sizes.tolist()):
        object_list[rank] = _value(gathered.array[rank, :size])
