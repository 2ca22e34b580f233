"""The sampler of a program of several processes: each rank its own examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import distributed
from ...scalars import flag, whole
from . import checks
from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every n-th index of a dataset: rank r of n gets those at places r, r + n, r + 2n, …

    All ranks get as many: the last ones begin again at the front, or with `drop_last` the end is
    left out.

    Args:
        dataset: must have a length.
        num_replicas, rank: n and r; those of the process group unless given.
        shuffle: in another order for each epoch, if `set_epoch` is called before it.
        seed: of the order; the same in all ranks.
        drop_last: leave out the last examples, rather than begin again, if n does not divide them.

    Raises:
        ValueError: there is no process group, and `num_replicas` or `rank` was not given; or there
            is no such rank.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        n = distributed.get_world_size() if num_replicas is None else num_replicas
        r = distributed.get_rank() if rank is None else rank
        self.num_replicas = whole("DistributedSampler", "num_replicas", n, least=1)
        self.rank = whole("DistributedSampler", "rank", r, least=0)
        if r >= n:
            raise ValueError(f"DistributedSampler: there is no rank {r} among {n}")
        self.dataset, self.seed, self.epoch = dataset, whole("DistributedSampler", "seed", seed), 0
        self.shuffle = flag("DistributedSampler", "shuffle", shuffle)
        self.drop_last = flag("DistributedSampler", "drop_last", drop_last)
        size = checks.size(dataset)
        self.num_samples = size // n if drop_last else -(-size // n)
        self.total_size = self.num_samples * n

    def set_epoch(self, epoch: int) -> None:
        """Draw another order: the same in all ranks, and another for each epoch."""
        self.epoch = whole("set_epoch", "epoch", epoch, least=0)

    def __iter__(self) -> Iterator[int]:
        size = checks.size(self.dataset)
        order = np.arange(size)
        if self.shuffle:
            order = np.random.default_rng(self.seed + self.epoch).permutation(size)
        order = np.resize(order, self.total_size)  # cut, or begun again
        return iter(order[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        return self.num_samples
