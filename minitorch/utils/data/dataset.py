"""Datasets: examples by index, `dataset[i]`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from ..._compat.missing import Explained
from ...random import Generator, check_generator, default_generator
from ...scalars import number, sequence
from ...tensor import Tensor
from . import checks

T = TypeVar("T")


class Dataset(Explained, Generic[T]):
    """Examples by index. A subclass writes `__getitem__` and `__len__`."""

    def __getitem__(self, index: int) -> T:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __len__(self) -> int:
        raise NotImplementedError("Subclasses of Dataset should implement __len__.")


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


class Subset(Dataset[T]):
    """Some examples of a dataset: example i is `dataset[indices[i]]`.

    Raises:
        TypeError: an index is no int.
        IndexError: an index is out of range.
    """

    def __init__(self, dataset: Dataset[T], indices: Sequence[int]) -> None:
        checks.indices(indices, dataset)
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: int) -> T:
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
    order = iter((generator or default_generator).numpy.permutation(n).tolist())
    return [Subset(dataset, list(islice(order, size))) for size in sizes]
