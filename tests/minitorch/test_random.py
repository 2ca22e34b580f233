"""One seed, one sequence; a state that is restored goes on as if nothing had been."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest

import minitorch as mt
from minitorch.random import keep_mask


def test_the_same_seed_gives_the_same_numbers() -> None:
    def some() -> list[object]:
        x = mt.nn.functional.dropout(mt.ones(5), 0.5)
        return [mt.rand(3).tolist(), mt.randn(3).tolist(), mt.randperm(5).tolist(), x.tolist()]

    mt.manual_seed(3)
    a = some()
    mt.manual_seed(3)
    b = some()
    mt.manual_seed(4)
    assert a == b != some()


def test_a_state_survives_json_and_goes_on_exactly() -> None:
    mt.rand(3)
    mt.randint(0, 5, (3,))  # leaves half of a 64-bit draw behind
    state = json.loads(json.dumps(mt.get_rng_state()))
    a = [mt.rand(5).tolist(), mt.randint(0, 9, (5,)).tolist()]
    mt.set_rng_state(state)
    assert mt.get_rng_state() == state
    assert a == [mt.rand(5).tolist(), mt.randint(0, 9, (5,)).tolist()]


def test_a_generator_keeps_apart_from_the_default() -> None:
    mt.manual_seed(0)
    expected = mt.rand(3).tolist()
    g = mt.Generator().manual_seed(5)
    mt.manual_seed(0)
    x = mt.rand(3, generator=g).tolist()
    assert mt.rand(3).tolist() == expected
    assert x == mt.rand(3, generator=mt.Generator("cpu").manual_seed(5)).tolist()
    state = g.get_state()
    y = mt.rand(3, generator=g).tolist()
    assert mt.Generator().set_state(state).get_state() == state
    assert y == mt.rand(3, generator=g.set_state(state)).tolist()


def test_seeds() -> None:
    g = mt.Generator()
    for seed in (0, -1, -(2**63), 2**64 - 1):
        assert g.manual_seed(seed).initial_seed() == seed
    assert g.seed() == g.initial_seed()
    assert g.seed() != g.seed()
    mt.manual_seed(7)
    assert mt.initial_seed() == mt.default_generator.initial_seed() == 7
    assert mt.seed() == mt.initial_seed() != 7
    for seed in (2**64, -(2**63) - 1):
        with pytest.raises(RuntimeError, match="seed must lie in"):
            g.manual_seed(seed)
    with pytest.raises(RuntimeError, match="only device is 'cpu'"):
        mt.Generator("cuda")


@pytest.mark.parametrize("damage", ["bit_generator", "state"])
def test_a_wrong_state_is_refused_and_nothing_changes(damage: str) -> None:
    g = mt.Generator()
    before, state = g.get_state(), g.get_state()
    state[damage] = "MT19937"
    with pytest.raises((ValueError, TypeError)):
        g.set_state(state)
    del state[damage]
    with pytest.raises((ValueError, KeyError)):
        g.set_state(state)
    assert g.get_state() == before


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keep_mask_drops_its_share_and_keeps_the_expectation(dtype: type) -> None:
    mt.manual_seed(0)
    mask = keep_mask((500, 400), 0.2, np.dtype(dtype))
    assert mask.dtype == dtype
    assert set(np.unique(mask)) == {0, dtype(1.25)}
    assert (mask == 0).mean() == pytest.approx(0.2, abs=0.005)
    assert not keep_mask((3,), 1.0, np.dtype(dtype)).any()


def test_bernoulli_draws_by_the_input_or_by_one_probability() -> None:
    assert mt.bernoulli(mt.tensor([0.0, 1.0, 1.0])).tolist() == [0.0, 1.0, 1.0]
    assert mt.bernoulli(mt.zeros(3), 1.0).tolist() == [1.0, 1.0, 1.0]


def test_normal_takes_the_dtype_of_the_mean_and_options_beside_a_size() -> None:
    zero, one = mt.tensor(0.0, dtype=mt.float64), mt.ones(2)
    assert mt.normal(zero, one).dtype is mt.float64
    assert mt.normal(one, zero).dtype is mt.float32
    assert mt.normal(1.0, zero).dtype is mt.float64
    assert mt.normal(0.0, 1.0, 3, dtype=mt.float64, requires_grad=True).requires_grad
    for options in ({"dtype": mt.float64}, {"device": "cuda"}, {"requires_grad": True}):
        with pytest.raises(TypeError, match="beside a size only"):
            mt.normal(one, 1.0, **options)
    with pytest.raises(TypeError, match="without a size, mean or std must be a Tensor"):
        mt.normal(0.0, 1.0)


def test_a_fork_leaves_the_generator_as_it_was() -> None:
    mt.manual_seed(3)
    expected = [mt.rand(2).tolist() for _ in range(2)]
    mt.manual_seed(3)
    assert mt.rand(2).tolist() == expected[0]
    with mt.random.fork_rng(devices=[], device_type="cuda"):
        mt.rand(5)
    assert mt.rand(2).tolist() == expected[1]
    mt.manual_seed(3)
    with mt.random.fork_rng(enabled=False):
        assert mt.rand(2).tolist() == expected[0]
    assert mt.rand(2).tolist() == expected[1]


def test_multinomial_counts_the_cumulative_weights_below_each_number() -> None:
    weights = np.array([[1.0, 0, 3, 4], [0, 0, 5, 0], [2, 2, 2, 2], [0, 7, 0, 1]])
    for shape, size in (((4, 4), 1), ((4, 4), 6), ((4,), 1), ((4,), 9)):
        of_rows = weights if len(shape) == 2 else weights[0]
        drawn = mt.multinomial(
            mt.from_numpy(of_rows), size, replacement=True, generator=mt.Generator().manual_seed(5)
        )
        numbers = mt.Generator().manual_seed(5).numpy.random((*shape[:-1], size))
        ends = (of_rows / of_rows.sum(-1, keepdims=True)).cumsum(-1)
        assert drawn.tolist() == (ends[..., None, :] <= numbers[..., None]).sum(-1).tolist()
        assert drawn.dtype == mt.int64


def test_multinomial_needs_memory_for_weights_and_samples_not_for_their_product() -> None:
    weights = mt.ones(2, 5000)
    tracemalloc.start()
    mt.multinomial(weights, 5000, replacement=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6  # the product alone is 50 million
