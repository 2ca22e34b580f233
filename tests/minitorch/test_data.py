"""Datasets, samplers, batches, and a place in the data that can be saved."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, namedtuple
from collections.abc import Callable, Iterator
from itertools import chain, count
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import minitorch as mt
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
    default_convert,
    get_worker_info,
    random_split,
)

TEN = TensorDataset(mt.arange(10))


def drawn(loader: Any) -> list[list[int]]:
    return [x.tolist() for (x,) in loader]


# ----------------------------------------------------------------------------------- datasets


def test_tensor_dataset_gives_rows() -> None:
    data = TensorDataset(mt.tensor([[1, 2], [3, 4]]), mt.tensor([5, 6]))
    assert len(data) == 2
    assert [t.tolist() for t in data[1]] == [[3, 4], 6]
    assert [t.tolist() for t in data[:1]] == [[[1, 2]], [5]]
    with pytest.raises(ValueError, match="Size mismatch"):
        TensorDataset(mt.ones(2), mt.ones(3))


def test_an_abstract_dataset_or_sampler_names_the_method_that_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="__getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="IterableDataset should implement __iter__"):
        iter(IterableDataset())
    for kind in (Dataset, IterableDataset):  # as in PyTorch, it may do without
        assert not hasattr(kind(), "__len__")
    with pytest.raises(NotImplementedError, match="__iter__"):
        iter(Sampler())


def test_random_split_gives_every_example_to_one_subset() -> None:
    parts = random_split(list(range(10)), [3, 7], generator=mt.Generator().manual_seed(1))
    assert [len(part) for part in parts] == [3, 7]
    assert sorted([*parts[0], *parts[1]]) == list(range(10))
    again = random_split(list(range(10)), [3, 7], generator=mt.Generator().manual_seed(1))
    assert [list(part) for part in again] == [list(part) for part in parts]
    assert isinstance(parts[0], Subset)
    assert parts[0][1] == parts[0].indices[1]


def test_random_split_takes_fractions() -> None:
    sizes = [len(part) for part in random_split(TEN, [0.35, 0.35, 0.3])]
    assert sizes == [4, 3, 3]  # 3.5, 3.5 and 3, and what is left over goes to the first
    for lengths in ([3, 8], [0.5, 0.6]):
        with pytest.raises(ValueError, match="Sum of input lengths"):
            random_split(TEN, lengths)
    with pytest.raises(ValueError, match="each share must be between 0 and 1"):
        random_split(TEN, [1.5, -0.5])


@pytest.mark.parametrize(
    ("n", "shares", "sizes"),
    [  # as in PyTorch 2.13: rounded down, and what is left over goes to the first, one each
        (10, [0.33, 0.33, 0.34], [4, 3, 3]),
        (11, [0.5, 0.25, 0.25], [6, 3, 2]),
        (7, [0.9, 0.1], [7, 0]),
        (3, [0.25] * 4, [1, 1, 1, 0]),
        (10, [0.1] * 10, [1] * 10),
        (5, [1], [5]),
        (1, [1, 0], [1, 0]),
        (2, [0.5, 0.5], [1, 1]),
    ],
)
def test_shares_are_rounded_as_in_pytorch(n: int, shares: list[float], sizes: list[int]) -> None:
    if 0 in sizes:
        with pytest.warns(UserWarning, match=f"part {sizes.index(0)} is empty") as found:
            parts = random_split(range(n), shares)
        assert found[0].filename == __file__
    else:
        parts = random_split(range(n), shares)
    assert [len(part) for part in parts] == sizes
    assert sorted(chain(*parts)) == list(range(n))


def test_parts_of_no_examples_may_be_asked_for() -> None:
    assert [list(part) for part in random_split([], [0, 0])] == [[], []]
    assert random_split([], []) == []


def test_a_subset_takes_any_ints() -> None:
    for indices in (range(2, 4), (2, -7), np.array([2, 3]), mt.tensor([2, 3]), [np.int64(2), 3]):
        assert list(Subset(list(range(10)), indices)) == [2, 3]
    assert list(Subset(list(range(10)), [])) == []
    assert Subset(list("ab"), [-2, 1])[1] == "b"


def test_a_subset_of_a_dataset_that_does_not_know_its_length() -> None:
    class Squares:
        def __getitem__(self, i: int) -> int:
            return i * i

    assert list(Subset(Squares(), [100, 3])) == [10000, 9]
    assert drawn_from(DataLoader(Squares(), 2, sampler=[1, 2, 3])) == [[1, 4], [9]]
    assert drawn_from(DataLoader(Squares(), batch_sampler=[[4]])) == [[16]]


def test_datasets_one_after_the_other_are_one() -> None:
    both = ConcatDataset([[0, 1], [], range(2, 5), []])
    assert (len(both), both.cumulative_sizes) == (5, [2, 2, 5, 5])
    assert list(both) == [0, 1, 2, 3, 4]
    assert [both[i] for i in (-1, -5, -4)] == [4, 0, 1]
    with pytest.raises(IndexError, match="the index 5 is out of range: there are 5"):
        both[5]
    with pytest.raises(ValueError, match=r"absolute value of index.* -6, of 5"):
        both[-6]
    added = TEN + TensorDataset(mt.arange(2))
    assert isinstance(added, ConcatDataset)
    assert drawn(DataLoader(added, batch_size=6)) == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 0, 1]]
    assert len(ConcatDataset([[], []])) == 0


class Stream(IterableDataset[int]):
    """0 to n - 1, as they come."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Iterator[int]:
        assert get_worker_info() is None
        yield from range(self.n)


class Sized(Stream):
    generator = "of numbers"  # which is no Generator

    def __len__(self) -> int:
        return self.n


@pytest.mark.parametrize(
    ("options", "batches"),
    [
        ({}, [[0], [1], [2], [3], [4]]),
        ({"batch_size": 2}, [[0, 1], [2, 3], [4]]),
        ({"batch_size": 2, "drop_last": True}, [[0, 1], [2, 3]]),
        ({"batch_size": 9}, [[0, 1, 2, 3, 4]]),
        ({"batch_size": 9, "drop_last": True}, []),
        ({"batch_size": None}, [0, 1, 2, 3, 4]),
        ({"batch_size": 3, "collate_fn": sum, "shuffle": False}, [3, 7]),
        ({"batch_size": None, "collate_fn": str}, ["0", "1", "2", "3", "4"]),
    ],
)
def test_a_stream_is_cut_into_batches(options: dict[str, Any], batches: list[Any]) -> None:
    for _ in range(2):
        loader = DataLoader(Sized(5), num_workers=2, worker_init_fn=print, **options)
        assert [x.tolist() if isinstance(x, mt.Tensor) else x for x in loader] == batches
        assert len(loader) == len(batches)
    endless = DataLoader(Stream(10**9), **options)
    assert next(iter(endless)) is not None
    with pytest.raises(TypeError, match="a Stream has no length"):
        len(endless)
    assert list(DataLoader(Stream(0), **options)) == []


def test_streams_one_after_the_other_are_one() -> None:
    both = Sized(2) + Sized(3)
    assert isinstance(both, ChainDataset)
    assert (list(both), len(both)) == ([0, 1, 0, 1, 2], 5)
    assert drawn_from(DataLoader(ChainDataset([both, Sized(1)]), 4)) == [[0, 1, 0, 1], [2, 0]]
    with pytest.raises(TypeError, match="no length"):
        len(Sized(2) + Stream(2))


def test_a_dataset_may_give_many_examples_at_once() -> None:
    class Many(list[int]):
        def __getitems__(self, indices: list[int]) -> list[int]:
            return [100 + self[i] for i in indices]

    assert drawn_from(DataLoader(Many([1, 2, 3]), 2)) == [[101, 102], [103]]


def test_a_subset_takes_a_list_of_its_indices() -> None:
    rows = TensorDataset(mt.arange(10) * 2)
    assert Subset(rows, [5, 6, 7])[[0, 2]][0].tolist() == [10, 14]


def drawn_from(loader: Any) -> list[list[int]]:
    return [x.tolist() for x in loader]


# ----------------------------------------------------------------------------------- samplers


def test_samplers_give_their_orders() -> None:
    assert list(SequentialSampler(TEN)) == list(range(10))
    assert len(SequentialSampler(TEN)) == 10
    assert len(list(RandomSampler(TEN, num_samples=1))) == 1
    shuffled = RandomSampler(TEN)
    assert sorted(shuffled) == list(range(10))
    assert len(shuffled) == 10
    assert len({tuple(shuffled) for _ in range(5)}) > 1
    assert Counter(RandomSampler(range(3), num_samples=7)).most_common()[-1][1] == 2
    with pytest.raises(ValueError, match="positive integer"):
        RandomSampler(TEN, num_samples=-1)


def test_sampling_with_replacement_never_ends_and_repeats() -> None:
    sampler = RandomSampler(range(4), replacement=True, num_samples=10**12)
    numbers = [i for i, _ in zip(sampler, range(4000), strict=False)]
    counts = Counter(numbers)
    assert set(counts) == {0, 1, 2, 3}
    assert all(850 < n < 1150 for n in counts.values())
    assert len(list(RandomSampler(range(4), replacement=True, num_samples=33))) == 33


def test_a_random_order_follows_a_dataset_whose_length_changes() -> None:
    source = [0, 1, 2]
    sampler, loader = RandomSampler(source), DataLoader(source, 2, shuffle=True)
    source += [3, 4]
    assert sorted(sampler) == [0, 1, 2, 3, 4]
    assert (len(sampler), len(loader)) == (5, 3)


def test_given_indices_in_random_order() -> None:
    generator = mt.Generator().manual_seed(1)
    sampler = SubsetRandomSampler(mt.tensor([3, 5, 7, 9]), generator)
    orders = {tuple(map(int, sampler)) for _ in range(50)}
    assert len(orders) > 10
    assert {tuple(sorted(order)) for order in orders} == {(3, 5, 7, 9)}
    assert len(sampler) == 4
    again = SubsetRandomSampler(range(3, 10, 2), mt.Generator().manual_seed(1))
    assert [*again] == [*map(int, SubsetRandomSampler([3, 5, 7, 9], mt.Generator().manual_seed(1)))]
    assert list(SubsetRandomSampler([])) == []
    assert sorted(x.item() for x in DataLoader(range(10), sampler=again)) == [3, 5, 7, 9]


def test_weighted_indices_are_drawn_by_their_weights() -> None:
    generator = mt.Generator().manual_seed(0)
    sampler = WeightedRandomSampler([1, 0, 3], 4000, generator=generator)
    counts = Counter(sampler)
    assert set(counts) == {0, 2}
    assert 900 < counts[0] < 1100
    assert len(sampler) == 4000
    once = WeightedRandomSampler(mt.tensor([1.0, 2.0, 3.0]), 3, replacement=False)
    assert sorted(once) == [0, 1, 2]
    assert {type(i) for i in once} == {int}


def test_batch_sampler_cuts() -> None:
    assert list(BatchSampler(range(5), 2, False)) == [[0, 1], [2, 3], [4]]
    assert list(BatchSampler(range(5), 2, True)) == [[0, 1], [2, 3]]
    assert len(BatchSampler(range(5), 2, False)) == 3
    assert len(BatchSampler(range(5), 2, True)) == 2
    for size in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="positive integer"):
            BatchSampler(range(5), size, False)
    with pytest.raises(ValueError, match="boolean"):
        BatchSampler(range(5), 2, 1)


# --------------------------------------------------------------------------------- the loader


def test_what_pytorchs_workers_need_is_taken_without_effect() -> None:
    plain = DataLoader(TEN)
    assert (plain.timeout, plain.worker_init_fn, plain.prefetch_factor) == (0, None, None)
    assert (plain.persistent_workers, plain.multiprocessing_context) == (False, None)
    assert (plain.pin_memory_device, plain.in_order) == ("", True)
    loader = DataLoader(
        TEN, 5, num_workers=4, pin_memory=True, timeout=60, worker_init_fn=lambda i: 1 / 0,
        multiprocessing_context="fork", prefetch_factor=4, persistent_workers=True,
        pin_memory_device="cuda", in_order=False,
    )  # fmt: skip
    assert drawn(loader) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert (loader.prefetch_factor, loader.persistent_workers, loader.timeout) == (4, True, 60)
    assert DataLoader(TEN, num_workers=1).prefetch_factor == 2
    assert DataLoader(TEN, num_workers=1, prefetch_factor=0).prefetch_factor == 0
    generator = mt.Generator()  # the tenth of PyTorch's arguments is the time to wait
    loader = DataLoader(TEN, 1, True, None, None, 0, None, False, False, 0, None, None, generator)
    assert loader.generator is generator


def test_loader_goes_in_order_unless_told() -> None:
    assert drawn(DataLoader(TEN, batch_size=4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    loader = DataLoader(TEN, batch_size=4, drop_last=True, num_workers=2, pin_memory=True)
    assert drawn(loader) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert (loader.num_workers, loader.pin_memory) == (2, True)
    assert (DataLoader(TEN).num_workers, DataLoader(TEN).pin_memory) == (0, False)
    assert len(loader) == 2
    assert drawn(DataLoader(TEN, sampler=[3, 1], batch_size=5)) == [[3, 1]]
    assert drawn(DataLoader(TEN, batch_sampler=[[3], [1, 1]])) == [[3], [1, 1]]
    doubled = DataLoader(TEN, batch_size=5, collate_fn=lambda rows: [2 * x.item() for (x,) in rows])
    assert list(doubled) == [[0, 2, 4, 6, 8], [10, 12, 14, 16, 18]]


@pytest.mark.parametrize("empty", [[], BatchSampler([], 2, False)])
def test_an_empty_batch_sampler_gives_no_batches(empty: Any) -> None:
    assert drawn(DataLoader(TEN, batch_sampler=empty)) == []
    assert len(DataLoader(TEN, batch_sampler=empty)) == 0
    assert drawn(DataLoader(TEN, sampler=[])) == []
    assert drawn(DataLoader([])) == []


def test_a_collate_function_that_is_false_is_called() -> None:
    class First:
        def __bool__(self) -> bool:
            return False

        def __call__(self, batch: list[Any]) -> Any:
            return batch[0]

    assert list(DataLoader([5, 6], collate_fn=First())) == [5, 6]


def test_an_iterator_as_a_sampler_lasts_one_epoch() -> None:
    assert drawn_from(DataLoader(range(9), 2, sampler=iter([3, 1, 2]))) == [[3, 1], [2]]
    endless = DataLoader(range(9), batch_sampler=([i, i] for i in count()))
    assert [x.tolist() for x, _ in zip(endless, range(2), strict=False)] == [[0, 0], [1, 1]]
    assert next(iter(endless)).tolist() == [3, 3]  # zip took a third


def test_flags_may_be_numbers_as_in_pytorch() -> None:
    assert drawn(DataLoader(TEN, 10, shuffle=0)) == [list(range(10))]
    assert isinstance(DataLoader(TEN, shuffle=1).sampler, RandomSampler)


def test_shuffling_gives_each_example_once_and_another_order_each_pass() -> None:
    mt.manual_seed(0)
    loader = DataLoader(TEN, batch_size=3, shuffle=True)
    first, second = drawn(loader), drawn(loader)
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(10))
    assert first != second
    mt.manual_seed(0)
    assert drawn(loader) == first
    of_its_own = [
        drawn(DataLoader(TEN, shuffle=True, generator=mt.Generator().manual_seed(s)))
        for s in (1, 1, 2)
    ]
    assert of_its_own[0] == of_its_own[1] != of_its_own[2]


def test_options_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="exclusive with shuffle"):
        DataLoader(TEN, sampler=[1], shuffle=True)
    for options in ({"batch_size": 2}, {"shuffle": True}, {"sampler": [1]}, {"drop_last": True}):
        with pytest.raises(ValueError, match="batch_sampler option is mutually exclusive"):
            DataLoader(TEN, batch_sampler=[[1]], **options)
    with pytest.raises(ValueError, match="positive integer"):
        DataLoader(TEN, batch_size=0)


class Backwards(Sampler[int]):
    """Draws from the default generator, as it begins."""

    def __iter__(self) -> Iterator[int]:
        start = mt.randint(0, 10, ()).item()
        return iter([(start - i) % 10 for i in range(10)])


class RandomStream(IterableDataset[tuple[int]]):
    """Draws from the default generator, as it begins."""

    def __iter__(self) -> Iterator[tuple[int]]:
        return iter([(i,) for i in mt.randperm(10).tolist()])


LOADERS: list[Callable[[], DataLoader[Any]]] = [
    lambda: DataLoader(TEN, batch_size=3),
    lambda: DataLoader(TEN, batch_size=3, shuffle=True),
    lambda: DataLoader(TEN, batch_size=3, shuffle=True, generator=mt.Generator().manual_seed(7)),
    lambda: DataLoader(TEN, 3, sampler=RandomSampler(TEN, True, 70, mt.Generator().manual_seed(7))),
    lambda: DataLoader(TEN, sampler=RandomSampler(TEN, replacement=True, num_samples=12)),
    lambda: DataLoader(TEN, batch_size=3, sampler=Backwards()),
    lambda: DataLoader(TEN, None),
    lambda: DataLoader(TEN, None, shuffle=True),
    lambda: DataLoader(RandomStream(), 3),
    lambda: DataLoader(TEN, 3, sampler=SubsetRandomSampler(range(10))),
    lambda: DataLoader(TEN, 3, sampler=WeightedRandomSampler([1.0] * 10, 12)),
]


@pytest.mark.parametrize("make", LOADERS)
@pytest.mark.parametrize("done", range(5))
def test_a_restored_place_goes_on_with_the_same_batches(make: Any, done: int) -> None:
    def some(loader: Any, batches: Iterator[Any], n: int) -> list[Any]:
        """The next n batches, pass after pass, each with a number from the default generator."""
        found = []
        while len(found) < n:
            for (x,) in batches:
                found.append((x.tolist(), mt.rand(()).item()))
                if len(found) == n:
                    return found
            batches = iter(loader)
        return found

    mt.manual_seed(0)
    loader = make()
    batches = iter(loader)
    some(loader, batches, done)
    saved = json.loads(json.dumps([loader.state_dict(), mt.get_rng_state()]))
    expected = some(loader, batches, 12)

    mt.manual_seed(99)
    resumed = make()
    drawn(resumed)
    resumed.load_state_dict(saved[0])
    mt.set_rng_state(saved[1])
    assert resumed.state_dict() == saved[0]
    assert some(resumed, iter(resumed), 12) == expected


def test_a_resumed_loader_can_be_saved_in_its_next_epochs() -> None:
    def make() -> DataLoader[Any]:
        return DataLoader(TEN, 5, shuffle=True, generator=mt.Generator().manual_seed(3))

    loader, resumed, again = make(), make(), make()
    next(iter(loader))
    resumed.load_state_dict(loader.state_dict())
    assert len(drawn(resumed)) == 1
    between_epochs = resumed.state_dict()
    assert between_epochs["batches"] == 0
    batches = iter(resumed)
    next(batches)
    place = resumed.state_dict()
    rest = [x.tolist() for (x,) in batches]
    again.load_state_dict(place)
    assert drawn(again) == rest
    again.load_state_dict(between_epochs)
    batches = iter(again)
    next(batches)
    last = make()
    last.load_state_dict(again.state_dict())
    assert [x.tolist() for (x,) in batches] == rest == drawn(last)
    assert drawn(again) == drawn(resumed) == drawn(last)


def test_a_place_after_the_last_batch_is_followed_by_the_next_epoch() -> None:
    loader = DataLoader(TEN, batch_size=5)
    batches = iter(loader)
    next(batches), next(batches)
    resumed = DataLoader(TEN, batch_size=5)
    resumed.load_state_dict(loader.state_dict())
    assert drawn(resumed) == []
    assert drawn(resumed) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


# ------------------------------------------------------------------- batches from the dataset


class Powers:
    """A dataset of batches: item i is i to the powers 0 to 2, as an array, and a name."""

    def __getitem__(self, i: int) -> tuple[Any, str]:
        return np.array([1, i, i * i]), f"powers of {i}"


def test_without_a_batch_size_the_dataset_gives_the_batches() -> None:
    loader = DataLoader(Powers(), batch_size=None, sampler=range(2, 4))
    assert (len(loader), loader.batch_size, loader.batch_sampler) == (2, None, None)
    batches = list(loader)
    assert [(type(x), x.tolist(), name) for x, name in batches] == [
        (mt.Tensor, [1, 2, 4], "powers of 2"),
        (mt.Tensor, [1, 3, 9], "powers of 3"),
    ]
    named = DataLoader(Powers(), None, sampler=[5], collate_fn=lambda batch: batch[1])
    assert list(named) == ["powers of 5"]
    assert list(DataLoader(Powers(), None, sampler=range(4, 4))) == []
    assert sorted(DataLoader(list(range(9)), None, shuffle=True)) == list(range(9))


def test_given_batches_have_no_size_of_the_loaders() -> None:
    loader = DataLoader(TEN, batch_sampler=[[3], [1, 1]])
    assert (loader.batch_size, loader.drop_last) == (None, False)


def test_converting_changes_arrays_alone() -> None:
    tensor, words = mt.ones(2), np.array(["a", "b"])
    assert default_convert(tensor) is tensor
    assert default_convert(words) is words
    assert default_convert(3) == 3
    assert default_convert("ab") == "ab"
    assert default_convert(np.float32(2)).dtype == mt.float32
    array = np.zeros(2)
    converted = default_convert({"x": (array, 1.5), "y": Pair(array, None)})
    array[0] = 7  # without a copy
    assert [x.tolist() if isinstance(x, mt.Tensor) else x for x in converted["x"]] == [[7, 0], 1.5]
    assert isinstance(converted["x"], list)
    assert isinstance(converted["y"], Pair)
    assert converted["y"].x.tolist() == [7, 0]
    ordered = default_convert(OrderedDict(a=array))
    assert isinstance(ordered, OrderedDict)
    assert ordered["a"].tolist() == [7, 0]
    assert array[0] == 7
    assert default_convert(MappingProxyType({"a": array}))["a"].tolist() == [7, 0]


# ------------------------------------------------------------------------------------ collating

Pair = namedtuple("Pair", "x y")


def test_collating_stacks_item_by_item() -> None:
    batch = default_collate([(mt.tensor([1, 2]), 3, "a"), (mt.tensor([4, 5]), 6, "b")])
    assert [batch[0].tolist(), batch[1].tolist(), batch[2]] == [
        [[1, 2], [4, 5]],
        [3, 6],
        ("a", "b"),  # a tuple, as in PyTorch
    ]
    assert isinstance(batch, list)
    assert batch[1].dtype == mt.int64
    pair = default_collate([Pair(1, 2.5), Pair(3, 4.5)])
    assert isinstance(pair, Pair)
    assert pair.y.tolist() == [2.5, 4.5]
    assert default_collate([b"ab", b"cd"]) == [b"ab", b"cd"]
    assert default_collate([np.str_("a"), "b"]) == ["a", "b"]
    assert default_collate(("a", "b")) == ("a", "b")
    assert default_collate([True, 2]).tolist() == [1, 2]
    assert default_collate([np.float32(1), 2]).tolist() == [1, 2]
    nested = default_collate([{"a": [1, True]}, {"a": [2, False]}])
    assert [t.tolist() for t in nested["a"]] == [[1, 2], [True, False]]


def test_collating_keeps_dtypes() -> None:
    assert default_collate([np.ones(2, np.float32)] * 2).dtype == mt.float32
    assert default_collate([np.float32(1)] * 2).dtype == mt.float32
    assert default_collate([1.5, 2.5]).dtype == mt.float64  # as in PyTorch
    assert default_collate([np.zeros(2, np.int64)] * 3).shape == (3, 2)


def test_collating_refuses_what_does_not_fit() -> None:
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([(1, 2), (1,)])
    with pytest.raises(TypeError, match="object"):
        default_collate([object()])
    with pytest.raises(RuntimeError, match="same shape"):
        default_collate([mt.ones(2), mt.ones(3)])
    with pytest.raises(TypeError, match="float16"):
        default_collate([np.ones(2, np.float16)])
