"""Datasets: examples by index, `dataset[i]`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from ...random import Generator, default_generator
from ...tensor import Tensor

T = TypeVar("T")


class Dataset(Generic[T]):
    """Examples by index. A subclass writes `__getitem__` and `__len__`."""

    def __getitem__(self, index: int) -> T:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __len__(self) -> int:
        raise NotImplementedError("Subclasses of Dataset should implement __len__.")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """The rows of some tensors: example i is `(a[i], b[i], …)`.

    Raises:
        ValueError: the tensors differ in their number of rows.
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
    """Some examples of a dataset: example i is `dataset[indices[i]]`."""

    def __init__(self, dataset: Dataset[T], indices: Sequence[int]) -> None:
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
        ValueError: the lengths do not sum to the length of the dataset, nor to 1.
    """
    n = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        if any(not 0 <= fraction <= 1 for fraction in lengths):
            raise ValueError(f"random_split: each share must be between 0 and 1: {lengths}")
        sizes = [math.floor(n * fraction) for fraction in lengths]
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
