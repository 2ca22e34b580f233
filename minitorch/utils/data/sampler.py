"""Samplers: the order in which a dataset's examples are taken, one by one or in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from ..._compat.missing import Explained
from ...creation import as_tensor
from ...dtypes import float64
from ...random import Generator, check_generator, draw_seed, numpy_of
from ...sampling import multinomial
from ...scalars import sequence
from . import checks

T = TypeVar("T")


class Sampler(Explained, Generic[T]):
    """An order of indices. A subclass writes `__iter__`, and maybe `__len__`."""

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError("Subclasses of Sampler should implement __iter__.")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, …, as many as the dataset has examples."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return checks.size(self.data_source)


class RandomSampler(Sampler[int]):
    """All indices in random order; with `replacement`, each is drawn from all.

    Args:
        data_source: the dataset.
        replacement: may an index be drawn again before all others have been?
        num_samples: how many to draw; as many as the dataset has examples, unless given.
        generator: what draws them. Without one, an epoch seeds its own from the default generator.

    Raises:
        TypeError: `replacement` is no bool, or `generator` no Generator.
        ValueError: `num_samples` is no positive integer, or there is nothing to draw from.
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        check_generator(generator)
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got {replacement!r}")
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        checks.positive("num_samples", self.num_samples)
        self._size()

    @property
    def num_samples(self) -> int:
        """How many are drawn: the length that the dataset has now, unless given."""
        return checks.size(self.data_source) if self._num_samples is None else self._num_samples

    def _size(self) -> int:
        n = checks.size(self.data_source)
        if not n:
            raise ValueError("RandomSampler: the dataset has no examples to draw from")
        return n

    def __iter__(self) -> Iterator[int]:
        n, left = self._size(), self.num_samples
        generator = self.generator
        if generator is None:
            generator = Generator().manual_seed(draw_seed())
        while left > 0:
            if self.replacement:
                drawn = generator.numpy.integers(n, size=min(left, 32))
            else:
                drawn = generator.numpy.permutation(n)[:left]
            left -= len(drawn)
            yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order.

    Args:
        indices: in a list, a range, an array or a tensor.
        generator: what draws them; the default one unless given.

    Raises:
        TypeError: `indices` is no sequence, or `generator` no Generator.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        check_generator(generator)
        sequence("SubsetRandomSampler", "indices", indices)
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        order = numpy_of(self.generator).permutation(len(self.indices))
        return (self.indices[i] for i in order.tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with a probability in proportion to their weight, such as of rare classes.

    Args:
        weights: of each index, from 0 on; they need not sum to 1.
        num_samples: how many to draw.
        replacement: may an index be drawn again?
        generator: what draws them; the default one unless given.

    Raises:
        TypeError: `generator` is no Generator.
        ValueError: `num_samples` is no positive integer, `replacement` no bool, or the weights have
            more than one dimension.
        RuntimeError: of iteration: the weights are negative, not finite, or too few are above 0.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        check_generator(generator)
        checks.positive("num_samples", num_samples)
        checks.flag("replacement", replacement)
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ValueError(
                "weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The order of another sampler, cut into batches.

    Args:
        sampler: gives the indices.
        batch_size: how many are in a batch.
        drop_last: leave out a last batch that is smaller?

    Raises:
        TypeError: `sampler` cannot be iterated over.
        ValueError: `batch_size` is not a positive integer, or `drop_last` not a bool.
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        checks.iterable("sampler", sampler)
        checks.positive("batch_size", batch_size)
        checks.flag("drop_last", drop_last)
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        n = checks.size(self.sampler)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
