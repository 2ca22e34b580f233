"""The loader: batches of a dataset's examples, and a place in the data that can be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np

from ... import dtypes
from ..._compat.missing import Explained
from ...creation import as_tensor
from ...ops import stack
from ...random import Generator, default_generator
from ...tensor import Tensor
from . import checks
from .sampler import BatchSampler, RandomSampler, SequentialSampler

T = TypeVar("T")


_TEXT = (str, bytes)
_NUMBERS = (np.ndarray, np.generic, bool, int, float)
_KINDS: tuple[Any, ...] = (Tensor, _TEXT, _NUMBERS, Mapping, Sequence)


def _stacked(batch: Sequence[Any]) -> Tensor:
    """Stack arrays or numbers."""
    try:
        array = np.stack(batch)
    except ValueError:
        shapes = [np.shape(example) for example in batch]
        raise RuntimeError(
            f"default_collate: each array must have the same shape, not {shapes}"
        ) from None
    if isinstance(batch[0], int) and array.dtype.kind in "uO":
        raise RuntimeError(f"default_collate: int64 does not hold {max(batch, key=abs)}")
    dtypes.as_numpy(array.dtype)  # raises for one that tensors cannot have
    return Tensor._wrap(array)


def default_collate(batch: Sequence[Any]) -> Any:
    """Make one batch of examples: stack tensors, arrays and numbers, in tuples and dicts by item.

        default_collate([(x_0, 3), (x_1, 5)])  →  [stack([x_0, x_1]), tensor([3, 5])]

    Python floats become float64, as in PyTorch; strings stay in a list.

    Raises:
        IndexError: the batch is empty.
        TypeError: the examples are of another type or dtype, or of several.
        RuntimeError: they do not have the same shape, length or keys.
    """
    if not isinstance(batch, Sequence):
        raise TypeError(f"default_collate: a batch is a list of examples, not {batch!r}")
    if not batch:
        raise IndexError("default_collate: the batch is empty")
    first = batch[0]
    for kind in _KINDS:
        if isinstance(first, kind):
            break
    else:
        raise TypeError(
            "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
            f"found {type(first)}"
        )
    checks.of_one_kind(batch, kind)
    if kind is Tensor:
        return stack(batch)
    if kind is _TEXT:
        return list(batch)
    if kind is _NUMBERS:
        return _stacked(batch)
    if kind is Mapping:
        if any(example.keys() != first.keys() for example in batch):
            keys = [list(example) for example in batch]
            raise RuntimeError(f"default_collate: each dict must have the same keys, not {keys}")
        return {key: default_collate([example[key] for example in batch]) for key in first}
    if len({len(example) for example in batch}) != 1:
        raise RuntimeError("each element in list of batch should be of equal size")
    items = [default_collate(item) for item in zip(*batch, strict=True)]
    return type(first)(*items) if hasattr(first, "_fields") else items


def default_convert(data: Any) -> Any:
    """Turn the arrays of an example into tensors, in tuples and dicts by item, without a copy.

        default_convert((array, 3, "a"))  →  [tensor, 3, "a"]

    Numbers, strings and arrays of strings or objects stay as they are, as in PyTorch.

    Raises:
        TypeError: an array has a dtype that tensors cannot have.
    """
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind not in "OSU":
        return as_tensor(data)
    if isinstance(data, Mapping):
        same_kind = copy(data) if isinstance(data, dict) else {}  # such as an OrderedDict
        same_kind.update({key: default_convert(value) for key, value in data.items()})
        return same_kind
    if isinstance(data, Sequence) and not isinstance(data, _TEXT):
        items = [default_convert(item) for item in data]
        return type(data)(*items) if hasattr(data, "_fields") else items
    return data


class DataLoader(Explained, Generic[T]):
    """Batches of a dataset's examples, one epoch each time it is iterated over.

        for x, y in DataLoader(dataset, batch_size=32, shuffle=True):
            ...

    Its place in the data can be saved and restored: after `load_state_dict` the next iteration goes
    on with the batch after the last one that it gave, in the same order, and the epochs after it
    are the same too. The state of `generator` is part of that place. Where none was given, restore
    the default generator as well. A sampler of your own must draw from the same generator.

    Args:
        dataset: has `dataset[i]` and `len(dataset)`.
        batch_size: examples in a batch. None: `dataset[i]` is a batch already, and is given as it
            is, by `default_convert` unless `collate_fn` is given.
        shuffle: draw a new random order for each epoch?
        sampler: gives the order instead.
        batch_sampler: gives the batches, as lists of indices, instead.
        num_workers, pin_memory: accepted as in PyTorch, without effect: the batches are loaded in
            this process.
        collate_fn: makes a batch of a list of examples; `default_collate` unless given.
        drop_last: leave out a last batch that is smaller?
        generator: where a random order comes from.

    Raises:
        TypeError: an option is of another type, or the dataset has no `dataset[i]` or no length.
        ValueError: an option is out of range, or two exclude each other.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[list[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        checks.loads(dataset, shuffle, num_workers, collate_fn, generator)
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
            in_order = SequentialSampler(dataset)
            sampler = RandomSampler(dataset, generator=generator) if shuffle else in_order
        if batch_sampler is not None:
            checks.iterable("batch_sampler", batch_sampler)
            batch_size = None  # as in PyTorch: not the loader's to say
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        else:
            checks.iterable("sampler", sampler)
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.num_workers, self.pin_memory = num_workers, pin_memory
        self.batch_sampler = batch_sampler
        self.sampler = getattr(batch_sampler, "sampler", sampler)
        self.generator = (
            getattr(self.sampler, "generator", None) if generator is None else generator
        )
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self._start: Any = None  # the generator's state when the epoch began
        self._done = 0  # batches that this epoch has given
        self._resuming = False

    @property
    def _indices(self) -> Iterable[Any]:
        """What is drawn: lists of indices, or indices where the dataset gives batches."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        batches = self._resume() if self._resuming else self._begin()
        for indices in batches:
            if self.batch_sampler is None:
                batch = self.dataset[indices]
            elif isinstance(indices, Iterable):
                batch = [self.dataset[i] for i in indices]
            else:
                raise TypeError(f"batch_sampler must give lists of indices, not {indices!r}")
            self._done += 1
            yield self.collate_fn(batch)
        samplers = self.sampler, self.batch_sampler
        if not self._done and any(isinstance(sampler, Iterator) for sampler in samplers):
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
