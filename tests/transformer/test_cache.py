"""The key/value cache on its own: what it holds, and that a refused call leaves it as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch as mt
from transformer import GPT, Transformer, TransformerConfig
from transformer.model.cache import Cache, LayerCache


def numbers(batch: int, T: int, start: int = 0) -> mt.Tensor:
    """Keys (batch, 2 heads, T, 3), all numbers different."""
    size = batch * 2 * T * 3
    return mt.arange(start, start + size).float().reshape(batch, 2, T, 3)


def filled() -> LayerCache:
    cache = LayerCache(4)
    cache.append(numbers(2, 2), numbers(2, 2, 100))
    return cache


def state(cache: LayerCache) -> Any:
    assert cache.keys is not None
    assert cache.values is not None
    n = cache.length
    return n, cache.keys[:, :, :n].tolist(), cache.values[:, :, :n].tolist()


def test_it_returns_all_keys_and_values_so_far() -> None:
    cache = filled()
    keys, values = cache.append(numbers(2, 1, 50), numbers(2, 1, 150))
    assert cache.length == 3
    assert keys.tolist() == mt.cat([numbers(2, 2), numbers(2, 1, 50)], 2).tolist()
    assert values.tolist() == mt.cat([numbers(2, 2, 100), numbers(2, 1, 150)], 2).tolist()
    cache.append(numbers(2, 1), numbers(2, 1))  # full to the last place
    assert cache.length == 4


def test_it_keeps_the_dtype() -> None:
    keys, values = LayerCache(2).append(numbers(1, 1).double(), numbers(1, 1).double())
    assert keys.dtype == values.dtype == mt.float64


def test_rows_are_kept_in_the_order_that_is_asked_for() -> None:
    cache = filled()
    cache.select(np.array([1, 0, 1]))
    keys, values = cache.append(numbers(3, 1), numbers(3, 1))
    assert keys[:, :, :2].tolist() == numbers(2, 2)[[1, 0, 1]].tolist()
    assert values[:, :, :2].tolist() == numbers(2, 2, 100)[[1, 0, 1]].tolist()


def test_before_the_first_tokens_there_is_nothing_to_select() -> None:
    cache = LayerCache(4)
    cache.select(np.array([5]))
    assert (cache.length, cache.keys) == (0, None)


@pytest.mark.parametrize(
    "refused",
    [
        lambda cache: cache.append(numbers(3, 1), numbers(3, 1)),
        lambda cache: cache.append(numbers(2, 1), numbers(2, 2)),
        lambda cache: cache.append(numbers(2, 1).double(), numbers(2, 1).double()),
        lambda cache: cache.append(numbers(2, 3), numbers(2, 3)),
        lambda cache: cache.append(numbers(2, 1).requires_grad_(), numbers(2, 1)),
        lambda cache: cache.append(numbers(2, 1), numbers(2, 1).requires_grad_()),
        lambda cache: cache.select(np.array([0, 2])),
    ],
)
def test_a_refused_call_changes_nothing(refused: Any) -> None:
    cache = filled()
    before = state(cache)
    with pytest.raises((RuntimeError, ValueError, IndexError)):
        refused(cache)
    assert state(cache) == before


def test_the_whole_cache_selects_everything_that_has_rows() -> None:
    memory = [(numbers(2, 3), numbers(2, 3, 100))]
    cache = Cache(2, 4, 2, np.array([0, 1]), memory, mt.tensor([[[[True]]], [[[False]]]]))
    for layer in cache.layers:
        layer.append(numbers(2, 2), numbers(2, 2))
    assert cache.length == 2
    cache.select(np.array([1, 1, 0]))
    assert cache.batch == 3
    assert [layer.append(numbers(3, 1), numbers(3, 1))[0].shape for layer in cache.layers] == [
        (3, 2, 3, 3)
    ] * 2
    assert cache.padding is not None
    assert cache.padding.tolist() == [1, 1, 0]
    assert cache.memory_mask is not None
    assert cache.memory_mask.squeeze().tolist() == [False, False, True]
    for kept, first in zip(cache.memory[0], memory[0], strict=True):
        assert kept.tolist() == first[[1, 1, 0]].tolist()


@pytest.mark.parametrize("kind", [GPT, Transformer])
def test_a_refused_step_leaves_the_next_one_as_it_would_have_been(kind: Any) -> None:
    config = TransformerConfig(13, d_model=8, n_heads=2, n_layers=2, d_ff=12, max_length=8)
    model = kind(config).eval()
    with mt.no_grad():
        expected = model.step(*model.begin(mt.tensor([[3, 4], [5, 6]]), 3)).tolist()
        ids, cache = model.begin(mt.tensor([[3, 4], [5, 6]]), 3)
        for wrong in (ids[:1], ids.float(), mt.full_like(ids, 13), ids[0]):
            with pytest.raises((RuntimeError, ValueError, IndexError)):
                model.step(wrong, cache)
        assert model.step(ids, cache).tolist() == expected


def test_a_cache_is_as_long_as_the_steps_that_it_is_begun_for() -> None:
    config = TransformerConfig(13, d_model=8, n_heads=2, n_layers=3, d_ff=12, max_length=8)
    source = mt.tensor([[3, 4, 5], [6, 7, 8]])
    for kind, capacity in ((GPT, 7), (Transformer, 5)):  # all but the last that are generated
        _, cache = kind(config).eval().begin(source, 5)
        assert [layer.capacity for layer in cache.layers] == [capacity] * 3
        assert cache.batch == 2
    GPT(config).begin(source, 6)
    with pytest.raises(ValueError, match="to write 7 tokens after 3, the model would read 9"):
        GPT(config).begin(source, 7)
