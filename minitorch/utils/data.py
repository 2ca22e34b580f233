"""Data, one example at a time, in an order, in batches.

A *dataset* answers `dataset[i]`, a *sampler* says in which order to ask, a *batch sampler* cuts
that order into batches, and a `DataLoader` puts the examples of each batch together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from .. import dtypes, ops
from .._compat import missing
from ..random import Generator, default_generator
from ..tensor import Tensor

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "random_split",
]

T = TypeVar("T")


# ----------------------------------------------------------------------------------- datasets


class Dataset(Generic[T]):
    """Examples by number. A subclass writes `__getitem__` and `__len__`."""

    def __getitem__(self, index: int) -> T:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __len__(self) -> int:
        raise NotImplementedError("Subclasses of Dataset should implement __len__.")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """The rows of some tensors: example i is `(a[i], b[i], …)`.

    Raises:
        ValueError: the tensors do not have as many rows.
    """

    def __init__(self, *tensors: Tensor) -> None:
        if len({tensor.shape[0] for tensor in tensors}) != 1:
            shapes = [tuple(tensor.shape) for tensor in tensors]
            raise ValueError(f"Size mismatch between tensors: their shapes are {shapes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])


class Subset(Dataset[T]):
    """Some examples of a dataset, by their numbers there."""

    def __init__(self, dataset: Dataset[T], indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: int) -> T:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Dataset[T], lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset[T]]:
    """Deal the examples out at random to sets that share none.

    Args:
        dataset: what to split.
        lengths: how many each set gets; or shares that sum to 1, where what rounding leaves over
            goes to the first sets, one each.
        generator: where the order comes from.

    Raises:
        ValueError: the lengths do not add up.
    """
    n = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        if any(not 0 <= share <= 1 for share in lengths):
            raise ValueError(f"random_split: each share must be between 0 and 1: {lengths}")
        sizes = [math.floor(n * share) for share in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = [int(length) for length in lengths]
    if sum(sizes) != n:
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset! "
            f"{list(lengths)} sum to {sum(lengths)}, and the dataset has {n} examples."
        )
    order = iter((generator or default_generator).numpy.permutation(n).tolist())
    return [Subset(dataset, list(islice(order, size))) for size in sizes]


# ----------------------------------------------------------------------------------- samplers


class Sampler(Generic[T]):
    """An order in which to ask a dataset. A subclass writes `__iter__`, and maybe `__len__`."""

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError("Subclasses of Sampler should implement __iter__.")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, …."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """All numbers in a random order; with `replacement`, each drawn from all.

    Args:
        data_source: the dataset.
        replacement: may a number come again before all others came?
        num_samples: how many to draw; the dataset's length unless given.
        generator: where they come from. Without one, each pass has its own, seeded by the default.
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self.num_samples = len(data_source) if num_samples is None else num_samples
        if not isinstance(self.num_samples, int) or self.num_samples < 0:
            raise ValueError(
                "num_samples should be a non-negative integer value, but got "
                f"num_samples={num_samples}"
            )

    def __iter__(self) -> Iterator[int]:
        n, left = len(self.data_source), self.num_samples
        numpy = (self.generator or _seeded_by_default()).numpy
        while left > 0:
            if self.replacement:
                some = numpy.integers(n, size=min(left, 32))
            else:
                some = numpy.permutation(n)[:left]
            left -= len(some)
            yield from some.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The order of another sampler, cut into lists.

    Args:
        sampler: gives the numbers.
        batch_size: the length of the lists.
        drop_last: leave out a last list that is shorter?
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        numbers = iter(self.sampler)
        while batch := list(islice(numbers, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


def _seeded_by_default() -> Generator:
    return Generator().manual_seed(int(default_generator.numpy.integers(2**63)))


# --------------------------------------------------------------------------------- the loader


class DataLoader(Generic[T]):
    """Batches of a dataset's examples, one pass each time it is iterated over.

        for x, y in DataLoader(dataset, batch_size=32, shuffle=True):
            ...

    Its place in the data can be saved and restored: after `load_state_dict` the next iteration goes
    on with the batch after the last that was handed out, in the same order, and the passes after it
    are the same too. The state of a generator that was given is part of that place; if none was,
    restore the default generator as well. A sampler of one's own must draw from that generator.

    Args:
        dataset: has `dataset[i]` and `len(dataset)`.
        batch_size: examples in a batch.
        shuffle: draw a new random order for each pass?
        sampler: gives the order instead.
        batch_sampler: gives the lists of numbers instead.
        num_workers, pin_memory: taken for PyTorch's sake. They change nothing in the batches, which
            are loaded in this process.
        collate_fn: makes a batch of a list of examples; `default_collate` unless given.
        drop_last: leave out a last batch that is smaller?
        generator: where a random order comes from.

    Raises:
        ValueError: options that exclude each other are given.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[list[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler or drop_last):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and "
                "drop_last"
            )
        if sampler is None:
            in_order = SequentialSampler(dataset)
            sampler = RandomSampler(dataset, generator=generator) if shuffle else in_order
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.num_workers, self.pin_memory = num_workers, pin_memory
        self.batch_sampler = batch_sampler or BatchSampler(sampler, batch_size, drop_last)
        self.sampler = getattr(self.batch_sampler, "sampler", sampler)
        self.generator = generator or getattr(self.sampler, "generator", None)
        self.collate_fn = collate_fn or default_collate
        self._start: dict[str, Any] | None = None  # the generator's state as the pass began
        self._done = 0  # batches handed out in this pass
        self._resuming = False

    def __iter__(self) -> Iterator[Any]:
        batches = self._resumed() if self._resuming else self._begun()
        for numbers in batches:
            self._done += 1
            yield self.collate_fn([self.dataset[i] for i in numbers])
        self._done = 0

    def __len__(self) -> int:
        return len(self.batch_sampler)  # type: ignore[arg-type]

    def _begun(self) -> Iterator[list[int]]:
        self._start, self._done = (self.generator or default_generator).get_state(), 0
        return iter(self.batch_sampler)

    def _resumed(self) -> Iterator[list[int]]:
        """Draw the order of the pass again and skip what is done; the generator stays as it was."""
        generator = self.generator or default_generator
        now, self._resuming = generator.get_state(), False
        if self._start is not None:
            generator.set_state(self._start)
        batches = iter(self.batch_sampler)
        for _ in islice(batches, self._done):
            pass
        generator.set_state(now)
        return batches

    def state_dict(self) -> dict[str, Any]:
        """Return its place in the data, of numbers and strings."""
        return {
            "batches": self._done,
            "start": self._start,
            "generator": self.generator.get_state() if self.generator else None,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a place that `state_dict` returned, for the same data and options."""
        if self.generator is not None:
            self.generator.set_state(state_dict["generator"])
        self._done, self._start = state_dict["batches"], state_dict["start"]
        self._resuming = self._done > 0


def default_collate(batch: Sequence[Any]) -> Any:
    """Put examples together: tensors, arrays, numbers are stacked, tuples and dicts item by item.

    Python floats become float64, as in PyTorch; strings stay in a list.

    Raises:
        TypeError: the examples are of another type.
        RuntimeError: they do not have the same shape or length.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return ops.stack(batch)
    if isinstance(first, (np.ndarray, np.generic, bool, int, float)):
        array = np.stack(batch)
        dtypes.as_numpy(array.dtype)
        return Tensor._wrap(array)
    if isinstance(first, str):
        return list(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([example[key] for example in batch]) for key in first}
    if isinstance(first, Sequence):
        if len({len(example) for example in batch}) != 1:
            raise RuntimeError("each element in list of batch should be of equal size")
        items = [default_collate(item) for item in zip(*batch, strict=True)]
        return type(first)(*items) if hasattr(first, "_fields") else items
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "
        f"{type(first)}"
    )


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise AttributeError(missing.sentence(__name__, name, __all__))
