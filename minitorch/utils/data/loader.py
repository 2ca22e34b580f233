"""The loader: batches of a dataset's examples, and a place in the data that can be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from ..._compat.missing import Explained
from ...random import Generator, default_generator
from . import checks
from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler

T = TypeVar("T")


def get_worker_info() -> None:
    """Return None, as PyTorch's does in the main process: all batches are loaded in this one."""


class DataLoader(Explained, Generic[T]):
    """Batches of a dataset's examples, one epoch each time it is iterated over.

        for x, y in DataLoader(dataset, batch_size=32, shuffle=True):
            ...

    Its place in the data can be saved and restored: after `load_state_dict` the next iteration goes
    on with the batch after the last one that it gave, in the same order, and the epochs after it
    are the same too. The state of `generator` is part of that place. Where none was given, restore
    the default generator as well. A sampler of your own must draw from the same generator.

    Args:
        dataset: has `dataset[i]` and `len(dataset)`; or is an IterableDataset, whose examples are
            taken in its order.
        batch_size: examples in a batch. None: `dataset[i]` is a batch already, and is given as it
            is, by `default_convert` unless `collate_fn` is given.
        shuffle: draw a new random order for each epoch?
        sampler: gives the order instead.
        batch_sampler: gives the batches, as lists of indices, instead.
        collate_fn: makes a batch of a list of examples; `default_collate` unless given.
        drop_last: leave out a last batch that is smaller?
        generator: where a random order comes from.
        num_workers, pin_memory, timeout, prefetch_factor, persistent_workers: accepted as in
            PyTorch, without effect: the batches are loaded in this process.
        worker_init_fn: without effect: it is not called, and `get_worker_info()` is None.
        multiprocessing_context, pin_memory_device, in_order: without effect.

    Raises:
        TypeError: an option is of another type, or the dataset has no `dataset[i]` or no length.
        ValueError: an option is out of range, or two exclude each other; or an order is asked for
            of an IterableDataset.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        checks.loads(dataset, shuffle, collate_fn, generator)
        checks.workers(num_workers, timeout, worker_init_fn, prefetch_factor, persistent_workers)
        self._streams = isinstance(dataset, IterableDataset)
        if self._streams:
            checks.streams(shuffle, sampler, batch_sampler)
            sampler = dataset
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (
            batch_size != 1 or shuffle or sampler is not None or drop_last
        ):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and "
                "drop_last"
            )
        if batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None:
            if batch_sampler is None:
                checks.size(dataset)
            if shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_sampler is not None:
            checks.iterable("batch_sampler", batch_sampler)
            batch_size = None  # as in PyTorch: not the loader's to say
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        else:
            checks.iterable("sampler", sampler)
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.num_workers, self.pin_memory, self.timeout = num_workers, pin_memory, timeout
        self.worker_init_fn, self.multiprocessing_context = worker_init_fn, multiprocessing_context
        self.persistent_workers, self.pin_memory_device = persistent_workers, pin_memory_device
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.in_order = in_order
        self.batch_sampler = batch_sampler
        self.sampler = getattr(batch_sampler, "sampler", sampler)
        if generator is None and not self._streams:
            generator = getattr(self.sampler, "generator", None)
        self.generator = generator
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self._start: Any = None  # the generator's state when the epoch began
        self._done = 0  # batches that this epoch has given
        self._resuming = False

    @property
    def _indices(self) -> Iterable[Any]:
        """What is drawn: lists of indices, or indices where the dataset gives batches.

        Of an IterableDataset, the examples stand in the place of their indices.
        """
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        batches = self._resume() if self._resuming else self._begin()
        get_all = getattr(self.dataset, "__getitems__", None)  # PyTorch's name for a batch of them
        for indices in batches:
            if self._streams:
                batch = indices
            elif self.batch_sampler is None:
                batch = self.dataset[indices]
            elif get_all and isinstance(indices, list):
                batch = get_all(indices)
            elif isinstance(indices, Iterable):
                batch = [self.dataset[i] for i in indices]
            else:
                raise TypeError(f"batch_sampler must give lists of indices, not {indices!r}")
            self._done += 1
            yield self.collate_fn(batch)
        samplers = self.sampler, self.batch_sampler
        used_up = any(isinstance(sampler, Iterator) for sampler in samplers)
        if not (self._done or self._streams) and used_up:
            raise RuntimeError(
                "DataLoader: no batches: the sampler is an iterator, which is used up after one "
                "epoch. Give a list, or a Sampler."
            )
        self._done = 0

    def __len__(self) -> int:
        return checks.size(self._indices)

    def _begin(self) -> Iterator[Any]:
        self._start, self._done = (self.generator or default_generator).get_state(), 0
        return iter(self._indices)

    def _resume(self) -> Iterator[Any]:
        """Draw the order of the epoch again, and skip the batches that it has given already.

        The generator's state is then what it was before: it may have drawn other numbers since.
        """
        generator = self.generator or default_generator
        now, self._resuming = generator.get_state(), False
        generator.set_state(self._start)
        batches = iter(self._indices)
        skipped = sum(1 for _ in islice(batches, self._done))
        generator.set_state(now)
        if skipped < self._done:
            raise RuntimeError(
                f"DataLoader: the loaded place is after {self._done} batches, and an epoch has only"
                f" {skipped}: it is a place in other data"
            )
        return batches

    def state_dict(self) -> dict[str, Any]:
        """Return the place in the data: a dict of numbers and strings, as for JSON."""
        return {
            "batches": self._done,
            "start": self._start,
            "generator": self.generator.get_state() if self.generator else None,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a place that `state_dict` returned with the same data and options.

        Raises:
            TypeError: it is no dict.
            ValueError: it is no such place; nothing has changed.
        """
        checks.place(state_dict, draws=self.generator is not None)
        if self.generator is not None:
            self.generator.set_state(state_dict["generator"])
        self._done, self._start = state_dict["batches"], state_dict["start"]
        self._resuming = self._done > 0
