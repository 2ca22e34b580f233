"""The loader against PyTorch's: batches that a dataset makes itself, with `batch_size=None`."""

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
