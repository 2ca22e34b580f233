"""`minitorch.distributed`, `nn.parallel`, `multiprocessing`: a program is one process.

It may ask whether it is. `nn.DataParallel` computes a batch in several processes, without more
being said; and Python's `multiprocessing` starts others.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NoReturn

from ..nn import DataParallel
from ..ops.table import named

__all__ = [
    "barrier", "destroy_process_group", "get_rank", "get_world_size", "init_process_group",
    "is_available", "is_initialized", "is_nccl_available",
]  # fmt: skip


def is_available() -> bool:
    """Return False: programs are not distributed."""
    return False


def is_initialized() -> bool:
    """Return False: there is no group of processes."""
    return False


def is_nccl_available() -> bool:
    """Return False: programs are not distributed."""
    return False


def refused(name: str) -> Callable[..., NoReturn]:
    """Make a function, or what is called like a class, that says what to use instead."""

    def function(*args: Any, **options: Any) -> NoReturn:
        raise RuntimeError(
            f"{name}: minitorch programs are not distributed. Run one process, without torchrun: "
            "nn.DataParallel(model) computes a batch in several."
        )

    return named(function, name, "Raise RuntimeError: programs are not distributed.")


init_process_group, destroy_process_group = map(
    refused, ("init_process_group", "destroy_process_group")
)
get_rank, get_world_size, barrier = map(refused, ("get_rank", "get_world_size", "barrier"))


class parallel:
    """Modules that compute in several processes."""

    DataParallel = DataParallel
    DistributedDataParallel = refused("DistributedDataParallel")


class samplers:
    """Samplers of programs that are distributed: there are none."""

    DistributedSampler = refused("DistributedSampler")


processes = SimpleNamespace(
    __doc__="Python's `multiprocessing`, but `spawn`, of distributed programs, is refused.",
    **{name: getattr(multiprocessing, name) for name in multiprocessing.__all__},
    spawn=refused("multiprocessing.spawn"),
)
