"""Datasets, samplers and loaders held wrong: see `misuse.py`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch.utils import data
from minitorch.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)

TEN = TensorDataset(mt.arange(10))
LIST = list(range(10))


class Stream:
    """A dataset that can only be iterated over."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(3))


class Endless(IterableDataset[int]):
    """A stream that never ends."""

    def __iter__(self) -> Iterator[int]:
        while True:
            yield 0


def past_the_end() -> None:
    class Short(IterableDataset[int]):
        def __iter__(self) -> Iterator[int]:
            return iter(LIST)

    loader = DataLoader(Short())
    loader.load_state_dict({"batches": 11, "start": mt.Generator().get_state(), "generator": None})
    next(iter(loader))


class Unsized:
    """A dataset that does not know its length."""

    def __getitem__(self, i: int) -> int:
        return i


class Negative(Unsized):
    def __len__(self) -> int:
        return -1


def epochs(loader: Any, n: int = 1) -> list[Any]:
    return [list(loader) for _ in range(n)]


def emptied() -> None:
    """A sampler whose dataset lost its examples."""
    source = [1, 2]
    sampler = RandomSampler(source, num_samples=5)
    source.clear()
    list(sampler)


def place(**changed: Any) -> None:
    """Load a place with these entries changed; None leaves one out."""
    loader = DataLoader(LIST, shuffle=True, generator=mt.Generator())
    next(iter(loader))
    before = loader.state_dict()
    state = {k: v for k, v in {**before, **changed}.items() if v is not None}
    try:
        loader.load_state_dict(state)
    finally:
        assert loader.state_dict() == before


def beyond() -> None:
    loader = DataLoader(LIST)
    loader.load_state_dict({"batches": 11, "start": mt.Generator().get_state(), "generator": None})
    next(iter(loader))


MISUSES = [
    # Datasets
    Misuse("no tensors", lambda: TensorDataset(), ValueError, "at least one tensor"),
    Misuse("tensors of other lengths", lambda: TensorDataset(mt.ones(2), mt.ones(3)), ValueError,
           "Size mismatch.*(2,).*(3,)"),
    Misuse("a tensor without rows", lambda: TensorDataset(mt.tensor(1.0)), ValueError,
           "0 dimensions"),
    Misuse("arrays for tensors", lambda: TensorDataset(np.ones(2)), TypeError, "ndarray"),
    Misuse("tensors in a list", lambda: TensorDataset([mt.ones(2), mt.ones(2)]), TypeError,
           "list"),
    Misuse("an example past the end", lambda: TEN[10], IndexError, "10"),
    Misuse("an example between two", lambda: TEN[0.5], IndexError, "not of a float"),
    Misuse("a dataset without examples' code", lambda: Dataset()[0], NotImplementedError,
           "__getitem__"),
    Misuse("a dataset that is not here", lambda: data.datapipes, AttributeError, "data.Dataset"),
    Misuse("a stream without examples' code", lambda: iter(IterableDataset()), NotImplementedError,
           "__iter__"),
    Misuse("no datasets", lambda: ConcatDataset([]), ValueError, "empty"),
    Misuse("a number for the datasets", lambda: ConcatDataset(3), TypeError, "datasets.*3"),
    Misuse("a stream among datasets", lambda: ConcatDataset([LIST, Endless()]), TypeError,
           "use ChainDataset"),
    Misuse("a dataset of no length among datasets", lambda: ConcatDataset([Unsized()]), TypeError,
           "Unsized.*length"),
    Misuse("an index before both", lambda: ConcatDataset([LIST, LIST])[-21], ValueError,
           "-21, of 20"),
    Misuse("an index past both", lambda: ConcatDataset([LIST, LIST])[20], IndexError, "20"),
    Misuse("a list among streams", lambda: ChainDataset([LIST]), TypeError,
           "only supports IterableDataset, not list"),
    Misuse("a number for the streams", lambda: ChainDataset(3), TypeError, "datasets.*3"),
    # Subsets
    Misuse("a subset past the end", lambda: Subset(LIST, [-10, 10]), IndexError,
           "index 10 .*10 examples"),
    Misuse("a subset before the beginning", lambda: Subset(LIST, [-11]), IndexError, "-11"),
    Misuse("a subset of halves", lambda: Subset(TEN, [0, 0.5]), TypeError, "0.5"),
    Misuse("a subset of flags", lambda: Subset(TEN, [True, False]), TypeError, "True"),
    Misuse("a number for the indices", lambda: Subset(LIST, 3), TypeError, "indices.*3"),
    Misuse("a set of indices", lambda: Subset(LIST, {1, 2}), TypeError, "indices.*{1, 2}"),
    Misuse("indices past a subset's end", lambda: Subset(LIST, [1])[1], IndexError, "range"),
    # random_split
    Misuse("parts that are too small", lambda: random_split(LIST, [3, 6]), ValueError,
           r"\[3, 6\] sum to 9.*10 examples"),
    Misuse("shares above 1", lambda: random_split(LIST, [0.5, 0.6]), ValueError, "sum to 1.1"),
    Misuse("shares a little above 1", lambda: random_split(LIST, [0.5, 0.5000000001]), ValueError,
           "sum to 1.0000000001"),
    Misuse("a negative share", lambda: random_split(LIST, [1.5, -0.5]), ValueError,
           "between 0 and 1"),
    Misuse("a negative part", lambda: random_split(LIST, [11, -1]), ValueError, "-1"),
    Misuse("parts with a fraction", lambda: random_split(LIST, [2.5, 7.5]), TypeError, "2.5"),
    Misuse("fractions that round to the sum", lambda: random_split(LIST, [2.5, 7.5, 1]), ValueError,
           "sum to 11.0"),
    Misuse("whole parts as floats", lambda: random_split(LIST, [3.0, 7.0]), TypeError, "3.0"),
    Misuse("a part that is NaN", lambda: random_split(LIST, [math.nan, 1]), ValueError, "nan"),
    Misuse("parts as text", lambda: random_split(LIST, ["3", "7"]), TypeError, "'3'"),
    Misuse("flags for parts", lambda: random_split([1, 2], [True, True]), TypeError, "True"),
    Misuse("a number of parts", lambda: random_split(LIST, 2), TypeError, "lengths.*2"),
    Misuse("a split of what has no length", lambda: random_split(Unsized(), [1, 1]), TypeError,
           "Unsized.*length"),
    Misuse("a seed for the split's generator", lambda: random_split(LIST, [3, 7], 42), TypeError,
           "Generator.*int"),
    # Samplers
    Misuse("a sampler without an order", lambda: iter(Sampler()), NotImplementedError, "__iter__"),
    Misuse("the order of what has no length", lambda: list(SequentialSampler(Stream())),
           TypeError,
           "Stream.*length"),
    Misuse("a random order of nothing", lambda: RandomSampler([]), ValueError, "positive.*0"),
    Misuse("some of nothing", lambda: RandomSampler([], num_samples=3), ValueError, "no examples"),
    Misuse("any of nothing", lambda: RandomSampler([], True, 3), ValueError, "no examples"),
    Misuse("a dataset that lost its examples", emptied, ValueError, "no examples"),
    Misuse("no samples", lambda: RandomSampler(LIST, num_samples=0), ValueError, "positive.*0"),
    Misuse("half a sample", lambda: RandomSampler(LIST, num_samples=2.5), ValueError, "2.5"),
    Misuse("a flag for the samples", lambda: RandomSampler(LIST, num_samples=True), ValueError,
           "True"),
    Misuse("a flag as text", lambda: RandomSampler(LIST, replacement="no"), TypeError, "'no'"),
    Misuse("the samples for the flag", lambda: RandomSampler(LIST, 3), TypeError, "replacement.*3"),
    Misuse("a negative length", lambda: RandomSampler(Negative()), ValueError, "Negative.*-1"),
    Misuse("a seed for the generator", lambda: RandomSampler(LIST, generator=0), TypeError,
           "Generator.*int"),
    Misuse("NumPy's generator", lambda: RandomSampler(LIST, generator=np.random.default_rng()),
           TypeError, "minitorch.Generator.*Generator"),
    Misuse("a number for the indices of an order", lambda: SubsetRandomSampler(3), TypeError,
           "indices.*3"),
    Misuse("a seed for the indices' generator", lambda: SubsetRandomSampler(LIST, 0), TypeError,
           "Generator.*int"),
    Misuse("no weighted samples", lambda: WeightedRandomSampler([1.0], 0), ValueError,
           "positive.*0"),
    Misuse("replacement as a number", lambda: WeightedRandomSampler([1.0], 1, 1), ValueError,
           "boolean.*1"),
    Misuse("weights in a table", lambda: WeightedRandomSampler([[1.0]], 1), ValueError,
           r"1d sequence.*\(1, 1\)"),
    Misuse("a negative weight", lambda: list(WeightedRandomSampler([1.0, -1.0], 1)), RuntimeError,
           "multinomial"),
    Misuse("more than the weights have", lambda: list(WeightedRandomSampler([1.0], 2, False)),
           RuntimeError, "multinomial"),
    Misuse("batches of 0", lambda: BatchSampler(LIST, 0, False), ValueError, "positive.*0"),
    Misuse("batches of a number", lambda: BatchSampler(10, 2, False), TypeError, "sampler.*10"),
    Misuse("a smaller last batch, maybe", lambda: BatchSampler(LIST, 2, None), ValueError,
           "drop_last.*None"),
    Misuse("the number of batches of an iterator", lambda: len(BatchSampler(iter(LIST), 2, False)),
           TypeError, "iterator.*length"),
    # The loader
    Misuse("a stream for a dataset", lambda: DataLoader(Stream()), TypeError,
           "Stream.*getitem.*derive.* from IterableDataset"),
    Misuse("a shuffled stream", lambda: DataLoader(Endless(), shuffle=True), ValueError,
           "unspecified shuffle option, but got shuffle=True"),
    Misuse("a sampler of a stream", lambda: DataLoader(Endless(), sampler=[1]), ValueError,
           r"unspecified sampler option, but got sampler=\[1\]"),
    Misuse("batches of a stream", lambda: DataLoader(Endless(), batch_sampler=[[1]]), ValueError,
           "unspecified batch_sampler option"),
    Misuse("the number of batches of a stream", lambda: len(DataLoader(Endless(), 2)), TypeError,
           "Endless has no length"),
    Misuse("a stream in batches of 0", lambda: DataLoader(Endless(), 0), ValueError, "size=0"),
    Misuse("a place in another stream", lambda: past_the_end(), RuntimeError, "11 batches"),
    Misuse("a set for a dataset", lambda: DataLoader({1, 2}), TypeError, "set.*getitem"),
    Misuse("no dataset", lambda: DataLoader(None), TypeError, "NoneType.*getitem"),
    Misuse("a dataset without a length", lambda: DataLoader(Unsized()), TypeError,
           "Unsized.*length"),
    Misuse("a dataset with a negative length", lambda: epochs(DataLoader(Negative())), ValueError,
           "Negative.*-1"),
    Misuse("a dataset without a length, shuffled", lambda: DataLoader(Unsized(), shuffle=True),
           TypeError, "Unsized.*length"),
    Misuse("nothing, shuffled", lambda: DataLoader([], shuffle=True), ValueError, "positive.*0"),
    Misuse("loaded batches of 0", lambda: DataLoader(LIST, 0), ValueError, "batch_size=0"),
    Misuse("loaded batches of -1", lambda: DataLoader(LIST, -1), ValueError, "batch_size=-1"),
    Misuse("batches of two and a half", lambda: DataLoader(LIST, 2.5), ValueError, "size=2.5"),
    Misuse("a flag for the size", lambda: DataLoader(LIST, True), ValueError, "batch_size=True"),
    Misuse("batches of no size, the last left out", lambda: DataLoader(LIST, None, drop_last=True),
           ValueError, "mutually exclusive with drop_last"),
    Misuse("no size, and batches", lambda: DataLoader(LIST, None, batch_sampler=[[1]]), ValueError,
           "mutually exclusive with batch_size"),
    Misuse("no size, and a number for a sampler", lambda: DataLoader(LIST, None, sampler=3),
           TypeError, "sampler.*3"),
    Misuse("batches of no dtype", lambda: epochs(DataLoader([np.ones(2, np.float16)], None)),
           TypeError, "float16"),
    Misuse("the size as text", lambda: DataLoader(LIST, "32"), ValueError, "batch_size=32"),
    Misuse("a shuffled sampler", lambda: DataLoader(LIST, sampler=[1], shuffle=True), ValueError,
           "exclusive with shuffle"),
    Misuse("shuffle as text", lambda: DataLoader(LIST, shuffle="False"), TypeError, "'False'"),
    Misuse("drop_last as a number", lambda: DataLoader(LIST, drop_last=3), ValueError,
           "drop_last=3"),
    Misuse("batches with a size", lambda: DataLoader(LIST, 2, batch_sampler=[[1]]), ValueError,
           "mutually exclusive"),
    Misuse("batches with an empty sampler",
           lambda: DataLoader(LIST, sampler=[], batch_sampler=[[1]]), ValueError, "exclusive"),
    Misuse("indices for batches", lambda: epochs(DataLoader(LIST, batch_sampler=[0, 1])), TypeError,
           "batch_sampler.*lists of indices.*0"),
    Misuse("a number for the batches", lambda: DataLoader(LIST, batch_sampler=4), TypeError,
           "batch_sampler.*4"),
    Misuse("a class for the sampler", lambda: DataLoader(LIST, sampler=SequentialSampler),
           TypeError, "sampler.*SequentialSampler"),
    Misuse("a sampler past the end", lambda: epochs(DataLoader(LIST, sampler=[10])), IndexError,
           "range"),
    Misuse("a sampler that is used up", lambda: epochs(DataLoader(LIST, sampler=iter(LIST)), 2),
           RuntimeError, "used up"),
    Misuse("batches that are used up",
           lambda: epochs(DataLoader(LIST, batch_sampler=iter([[1]])), 2), RuntimeError, "used up"),
    Misuse("a batch of nothing", lambda: epochs(DataLoader(LIST, batch_sampler=[[]])), IndexError,
           "empty"),
    Misuse("a collate that is none", lambda: DataLoader(LIST, collate_fn=0), TypeError,
           "collate_fn.*0"),
    Misuse("-1 workers", lambda: DataLoader(LIST, num_workers=-1), ValueError, "num_workers.*-1"),
    Misuse("a number for the workers' function", lambda: DataLoader(LIST, worker_init_fn=3),
           TypeError, "worker_init_fn.*3"),
    Misuse("a negative time to wait", lambda: DataLoader(LIST, timeout=-1), ValueError,
           "timeout option should be non-negative.*-1"),
    Misuse("batches ahead without workers", lambda: DataLoader(LIST, prefetch_factor=2), ValueError,
           "prefetch_factor option.* num_workers > 0"),
    Misuse("batches behind", lambda: DataLoader(LIST, num_workers=1, prefetch_factor=-2),
           ValueError, "prefetch_factor.*-2"),
    Misuse("no workers that stay", lambda: DataLoader(LIST, persistent_workers=True), ValueError,
           "persistent_workers option needs num_workers > 0"),
    Misuse("workers as text", lambda: DataLoader(LIST, num_workers="2"), TypeError, "workers.*'2'"),
    Misuse("a seed for the loader's generator", lambda: DataLoader(LIST, generator=0), TypeError,
           "Generator.*int"),
    # A place in the data
    Misuse("a list for a place", lambda: DataLoader(LIST).load_state_dict([1]), TypeError, "list"),
    Misuse("a place without its start", lambda: place(start=None), ValueError, "'start'"),
    Misuse(
        "a place with batches and no start",
        lambda: DataLoader(LIST).load_state_dict({"batches": 1, "start": None, "generator": None}),
        ValueError, "start: .*not a NoneType",
    ),
    Misuse("a place without its batches", lambda: place(batches=None), ValueError, "'batches'"),
    Misuse("a place before the beginning", lambda: place(batches=-1), ValueError, "batches.*-1"),
    Misuse("a place between batches", lambda: place(batches=0.5), ValueError, "batches.*0.5"),
    Misuse("a place as text", lambda: place(batches="1"), ValueError, "batches.*'1'"),
    Misuse("a place with another start", lambda: place(start={"seed": 1}), ValueError, "start"),
    Misuse("a place with another generator", lambda: place(generator=42), ValueError, "generator"),
    Misuse("a place past the end", beyond, RuntimeError, "11 batches"),
    # Collating
    Misuse("nothing to collate", lambda: default_collate([]), IndexError, "empty"),
    Misuse("a number to collate", lambda: default_collate(3), TypeError, "list of examples.*3"),
    Misuse("None to collate", lambda: default_collate([None]), TypeError, "NoneType"),
    Misuse("sets to collate", lambda: default_collate([{1}, {2}]), TypeError, "set"),
    Misuse("ragged tensors", lambda: default_collate([mt.ones(2), mt.ones(3)]), RuntimeError,
           "same shape"),
    Misuse("ragged arrays", lambda: default_collate([np.ones(2), np.ones(3)]), RuntimeError,
           r"\(2,\).*\(3,\)"),
    Misuse("ragged lists", lambda: default_collate([[1, 2], [1]]), RuntimeError, "equal size"),
    Misuse("a number among lists", lambda: default_collate([[1, 2], 3]), TypeError, "list.*int"),
    Misuse("text among numbers", lambda: default_collate([1, "a"]), TypeError, "int.*str"),
    Misuse("numbers among text", lambda: default_collate(["a", 1]), TypeError, "str.*int"),
    Misuse("None among numbers", lambda: default_collate([1.0, None]), TypeError, "NoneType"),
    Misuse("arrays among tensors", lambda: default_collate([mt.ones(2), np.ones(2)]), TypeError,
           "Tensor.*ndarray"),
    Misuse("a key that is missing", lambda: default_collate([{"a": 1}, {"b": 1}]), RuntimeError,
           "'a'.*'b'"),
    Misuse("a key too many", lambda: default_collate([{"a": 1}, {"a": 1, "b": 2}]), RuntimeError,
           "'b'"),
    Misuse("arrays of objects", lambda: default_collate([np.array([None])]), TypeError,
           r"dtype\('O'\)"),
    Misuse("numbers that int64 cannot hold", lambda: default_collate([2**70]), RuntimeError,
           "int64"),
]  # fmt: skip


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
