"""Datasets, samplers, the loader and collating answer as PyTorch's."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data as theirs

import minitorch as mt
import minitorch.utils.data as ours

Pair = namedtuple("Pair", "x y")


def plain(value: Any) -> Any:
    """Return the types and the values of what a loader gives, without the tensors' library."""
    if isinstance(value, (torch.Tensor, mt.Tensor)):
        return "Tensor", str(value.dtype).split(".")[-1], value.tolist()
    if isinstance(value, (dict, MappingProxyType)):
        return type(value), {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), [plain(item) for item in value]
    return type(value), str(value)


EXAMPLES = [
    np.arange(3),
    np.ones((2, 2), np.float32),
    np.array(["a", "b"]),
    np.array([None, 1], dtype=object),
    np.float64(1.5),
    np.int32(3),
    np.bool_(True),
    np.str_("a"),
    3,
    2.5,
    True,
    None,
    "ab",
    b"ab",
    [np.arange(2), 1],
    (np.arange(2), "a"),
    range(3),
    {"x": np.arange(2), "y": [1.5]},
    OrderedDict(b=np.arange(2), a=1),
    Pair(np.arange(2), (1, np.arange(1))),
    [],
    {},
]


@pytest.mark.parametrize("example", EXAMPLES, ids=repr)
def test_converting_is_pytorchs(example: Any) -> None:
    assert plain(ours.default_convert(example)) == plain(theirs.default_convert(example))


@pytest.mark.parametrize(
    "example", [x for x in EXAMPLES if "object" not in repr(x) and x is not None], ids=repr
)
def test_collating_is_pytorchs(example: Any) -> None:
    def collated(library: Any) -> Any:
        return plain(library.default_collate([example] * 3))

    assert answers(ours, collated) == answers(theirs, collated)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sampler": [3, 1]},
        {"sampler": range(5, 9)},
        {"collate_fn": lambda batch: batch[1]},
        {"drop_last": True},
        {"shuffle": True, "sampler": [1]},
        {"batch_sampler": [[1]]},
    ],
    ids=lambda options: " ".join(options) or "none",
)
def test_batches_of_the_dataset_are_pytorchs(options: dict[str, Any]) -> None:
    dataset = [(np.arange(i), f"0 to {i}", i) for i in range(10)]
    found = []
    for library in (theirs, ours):
        try:
            loader = library.DataLoader(dataset, batch_size=None, **options)
        except ValueError as error:
            found.append(str(error))
            continue
        about = loader.batch_size, loader.batch_sampler, loader.drop_last, len(loader)
        found.append((about, [plain(batch) for batch in loader]))
    assert found[0] == found[1]


def test_a_batch_sampler_takes_the_batch_size_away_as_in_pytorch() -> None:
    for library in (theirs, ours):
        loader = library.DataLoader(range(9), batch_sampler=[[1], [2, 3]])
        assert (loader.batch_size, loader.drop_last, len(loader)) == (None, False, 2)


class Streams:
    """A stream as learners write it, on the IterableDataset of either library."""

    def __init__(self, library: Any) -> None:
        class Stream(library.IterableDataset):  # type: ignore[misc]
            def __init__(self, n: int) -> None:
                super().__init__()
                self.n = n

            def __iter__(self) -> Any:
                worker = library.get_worker_info()
                assert worker is None
                return ((np.float32(i), f"{i}") for i in range(self.n))

        class Sized(Stream):
            def __len__(self) -> int:
                return self.n

        self.Stream, self.Sized = Stream, Sized


def answers(library: Any, ask: Any) -> Any:
    """What a library answers, or the kind of its error; of AssertionErrors we have better ones."""
    try:
        return ask(library)
    except (ValueError, TypeError, IndexError, AssertionError) as error:
        return "error", type(error)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 3},
        {"batch_size": 3, "drop_last": True},
        {"batch_size": 7, "shuffle": False},
        {"batch_size": 70, "drop_last": True},
        {"batch_size": None},
        {"batch_size": None, "collate_fn": lambda x: x[1]},
        {"batch_size": 2, "collate_fn": len},
        {"shuffle": True},
        {"sampler": [1]},
        {"batch_sampler": [[1]]},
        {"batch_size": 0},
        {"batch_size": None, "drop_last": True},
    ],
    ids=lambda options: ", ".join(f"{k}={getattr(v, '__name__', v)}" for k, v in options.items()),
)
@pytest.mark.parametrize("n", [0, 1, 7])
def test_batches_of_a_stream_are_pytorchs(options: dict[str, Any], n: int) -> None:
    def batches(library: Any) -> Any:
        streams = Streams(library)
        loader = library.DataLoader(streams.Sized(n), **options)
        chained = library.DataLoader(streams.Stream(n) + streams.Sized(2), **options)
        epochs = [[plain(batch) for batch in some] for some in (loader, loader, chained)]
        return epochs, len(loader), loader.batch_size, loader.drop_last

    assert answers(ours, batches) == answers(theirs, batches)


@pytest.mark.parametrize(
    "ask",
    [
        lambda d: [d.ConcatDataset([[1, 2], "", range(3)])[i] for i in range(-5, 5)],
        lambda d: list(d.ConcatDataset([[1, 2], [], [3]])),
        lambda d: d.ConcatDataset(["ab", "", "cde"]).cumulative_sizes,
        lambda d: len(d.ConcatDataset([[], []])),
        lambda d: d.ConcatDataset(["ab", "c"])[3],
        lambda d: d.ConcatDataset(["ab", "c"])[-4],
        lambda d: len(Streams(d).Stream(2)),
        lambda d: len(Streams(d).Sized(2) + Streams(d).Sized(3)),
        lambda d: len(Streams(d).Sized(2) + Streams(d).Stream(3)),
        lambda d: list(d.ChainDataset([Streams(d).Stream(n) for n in (1, 0, 2)])),
        lambda d: d.Subset("abcdef", [3, 1])[1],
        lambda d: len(d.SubsetRandomSampler([3, 1, 2])),
        lambda d: sorted(d.SubsetRandomSampler(range(3, 9))),
        lambda d: sorted(d.WeightedRandomSampler([0.5, 0, 1, 2], 3, replacement=False)),
        lambda d: list(d.WeightedRandomSampler([0, 1], 4)),
        lambda d: d.WeightedRandomSampler([[1.0]], 1),
        lambda d: d.WeightedRandomSampler([1.0], -1),
        lambda d: d.WeightedRandomSampler([1.0], 1, None),
        lambda d: d.DataLoader([1], num_workers=-1),
        lambda d: d.DataLoader([1], timeout=-1),
        lambda d: d.DataLoader([1], prefetch_factor=2),
        lambda d: d.DataLoader([1], persistent_workers=True),
    ],
)
def test_datasets_and_samplers_answer_as_pytorchs(ask: Any) -> None:
    found, expected = answers(ours, ask), answers(theirs, ask)
    assert found == expected


ATTRIBUTES = [
    "batch_size", "num_workers", "pin_memory", "drop_last", "timeout", "worker_init_fn",
    "prefetch_factor", "persistent_workers", "multiprocessing_context", "pin_memory_device",
    "in_order", "generator",
]  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"num_workers": 1}, {"batch_size": 4, "drop_last": True}])
def test_a_loader_has_pytorchs_attributes(options: dict[str, Any]) -> None:
    found = [
        {name: getattr(library.DataLoader([1, 2], **options), name) for name in ATTRIBUTES}
        for library in (ours, theirs)
    ]
    assert found[0] == found[1]
