"""Datasets: examples by index, `dataset[i]`, or one after the other."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, Generic, TypeVar

from ..._compat.missing import Explained
from ...random import Generator, check_generator, numpy_of
from ...scalars import number, sequence
from ...tensor import Tensor
from . import checks

T = TypeVar("T")


class Dataset(Explained, Generic[T]):
    """Examples by index. A subclass writes `__getitem__` and `__len__`."""

    def __getitem__(self, index: int) -> T:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[T]) -> Dataset[T]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """Examples one after the other, such as the lines of a file. A subclass writes `__iter__`.

    It may write `__len__` too: how many there are.
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")

    def __add__(self, other: Dataset[T]) -> Dataset[T]:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """The rows of some tensors: example i is `(a[i], b[i], …)`.

    Raises:
        TypeError: one is no tensor.
        ValueError: there are none, or they differ in their number of rows.
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("TensorDataset needs at least one tensor")
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(f"TensorDataset holds Tensors, not a {type(tensor).__name__}")
            if not tensor.ndim:
                raise ValueError("TensorDataset: a tensor of 0 dimensions has no rows")
        if len({tensor.shape[0] for tensor in tensors}) != 1:
            shapes = [tuple(tensor.shape) for tensor in tensors]
            raise ValueError(f"Size mismatch between tensors: their shapes are {shapes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])


class ConcatDataset(Dataset[T]):
    """The examples of one dataset, then those of the next, and so on.

    Attributes:
        cumulative_sizes: how many examples there are up to the end of each dataset.

    Raises:
        TypeError: one has no length, or is an IterableDataset, whose examples have no index.
        ValueError: there are no datasets.
    """

    def __init__(self, datasets: Iterable[Dataset[T]]) -> None:
        checks.iterable("ConcatDataset: datasets", datasets)
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise TypeError("ConcatDataset does not support IterableDataset: use ChainDataset")
        self.cumulative_sizes = list(accumulate(map(checks.size, self.datasets)))

    def __getitem__(self, index: int) -> T:
        n = len(self)
        if index < -n:
            raise ValueError(
                f"absolute value of index should not exceed dataset length: {index}, of {n}"
            )
        if index >= n:
            raise IndexError(f"the index {index} is out of range: there are {n} examples")
        index %= n
        i = bisect_right(self.cumulative_sizes, index)
        return self.datasets[i][index - (self.cumulative_sizes[i - 1] if i else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[T]):
    """The examples of one IterableDataset, then those of the next, and so on.

    Raises:
        TypeError: one of them is none; or, of `len()`, has no length.
    """

    def __init__(self, datasets: Iterable[Dataset[T]]) -> None:
        checks.iterable("ChainDataset: datasets", datasets)
        self.datasets: list[Any] = list(datasets)
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise TypeError(
                    f"ChainDataset only supports IterableDataset, not {type(dataset).__name__}"
                )

    def __iter__(self) -> Iterator[T]:
        for dataset in self.datasets:
            yield from dataset

    def __len__(self) -> int:
        return sum(map(checks.size, self.datasets))


class Subset(Dataset[T]):
    """Some examples of a dataset: example i is `dataset[indices[i]]`.

    Raises:
        TypeError: an index is no int.
        IndexError: an index is out of range.
    """

    def __init__(self, dataset: Dataset[T], indices: Sequence[int]) -> None:
        checks.indices(indices, dataset)
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]  # type: ignore[index]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Dataset[T], lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset[T]]:
    """Split a dataset at random into subsets that have no example in common.

    Args:
        dataset: what to split.
        lengths: the number of examples in each subset; or fractions that sum to 1, where the
            examples that rounding down leaves over go to the first subsets, one each.
        generator: where the order comes from.

    Raises:
        TypeError: a length is no number, or the lengths are no whole numbers.
        ValueError: they do not sum to the length of the dataset, nor to 1; or one is negative.
    """
    check_generator(generator)
    n, sizes = checks.size(dataset), sequence("random_split", "lengths", lengths)
    sizes = [number("random_split", "lengths", size) for size in sizes]
    total = sum(sizes)
    if math.isclose(total, 1) and total <= 1:
        if any(not 0 <= fraction <= 1 for fraction in sizes):
            raise ValueError(f"random_split: each share must be between 0 and 1: {sizes}")
        sizes = [math.floor(n * fraction) for fraction in sizes]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
        if 0 in sizes:
            warnings.warn(f"random_split: part {sizes.index(0)} is empty", stacklevel=2)
    if sum(sizes) != n:
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset! "
            f"{lengths} sum to {total}, and the dataset has {n} examples."
        )
    for size in sizes:
        if not isinstance(size, int):
            raise TypeError(f"random_split: lengths must be ints, or fractions of 1, not {size!r}")
        if size < 0:
            raise ValueError(f"random_split: a length cannot be negative: {size}")
    order = iter(numpy_of(generator).permutation(n).tolist())
    return [Subset(dataset, list(islice(order, size))) for size in sizes]
