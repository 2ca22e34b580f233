"""Token vectors and the waves of their positions (section 3.5 of the paper)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch.testing import assert_close
from transformer import TransformerConfig
from transformer.model.embedding import Embedding, sinusoidal_positions


@pytest.mark.parametrize("d_model", [1, 7, 512])
def test_positions_are_the_formula_of_the_paper(d_model: int) -> None:
    waves = sinusoidal_positions(100, d_model)
    assert waves.shape == (100, d_model)
    assert waves.dtype == mt.float32
    for pos in (0, 1, 2, 50, 99):
        for i in sorted({0, 1, d_model // 4, (d_model - 1) // 2}):
            angle = pos / 10000 ** (2 * i / d_model)
            for dimension, expected in ((2 * i, math.sin(angle)), (2 * i + 1, math.cos(angle))):
                if dimension < d_model:
                    assert waves[pos, dimension].item() == pytest.approx(expected, abs=1e-6)


def test_a_step_of_k_positions_is_the_same_turn_everywhere() -> None:
    d_model, k = 16, 5
    waves = sinusoidal_positions(60, d_model).array.astype(np.float64)
    turn = np.zeros((d_model, d_model))
    for i in range(0, d_model, 2):
        angle = k / 10000 ** (i / d_model)
        turn[i : i + 2, i : i + 2] = [
            [math.cos(angle), math.sin(angle)],
            [-math.sin(angle), math.cos(angle)],
        ]
    np.testing.assert_allclose(waves[k:], waves[:-k] @ turn.T, atol=1e-6)


def test_it_is_the_token_times_the_root_of_d_model_plus_the_position(
    random_module: Callable[..., Any],
) -> None:
    embedding = random_module(Embedding(TransformerConfig(vocab_size=7, d_model=4, n_heads=1)))
    table = embedding.tokens.weight.array
    x = embedding(mt.tensor([[3, 5, 3], [6, 0, 1]]))
    for b, ids in enumerate(([3, 5, 3], [6, 0, 1])):
        for pos, token in enumerate(ids):
            wave = [math.sin(pos), math.cos(pos), math.sin(pos / 100), math.cos(pos / 100)]
            assert_close(x[b, pos], table[token] * 2 + np.array(wave), rtol=1e-6, atol=1e-6)


def test_first_tokens_have_half_the_size_of_their_positions() -> None:
    embedding = Embedding(TransformerConfig(vocab_size=500, d_model=64, n_heads=1))
    tokens = embedding.tokens.weight.array * embedding.scale
    assert tokens.std() == pytest.approx(0.5, rel=0.02)


def test_positions_are_neither_learned_nor_saved() -> None:
    embedding = Embedding(TransformerConfig(vocab_size=7, d_model=4, n_heads=1))
    assert [name for name, _ in embedding.named_parameters()] == ["tokens.weight"]
    assert list(embedding.state_dict()) == ["tokens.weight"]


def test_the_longest_sequence_fits_and_a_longer_one_is_refused() -> None:
    embedding = Embedding(TransformerConfig(vocab_size=7, d_model=4, n_heads=1, max_length=3))
    assert embedding(mt.zeros(1, 3, dtype=mt.int64)).shape == (1, 3, 4)
    with pytest.raises(ValueError, match="a sequence of 4 tokens is longer than max_length=3"):
        embedding(mt.zeros(1, 4, dtype=mt.int64))


def test_the_sum_is_dropped_at_the_stated_rate_in_training() -> None:
    embedding = Embedding(TransformerConfig(5, d_model=64, n_heads=1, dropout=0.75))
    ids = mt.tensor([[3, 4] * 50])
    whole = embedding.eval()(ids).detach().numpy()
    dropped = embedding.train()(ids).detach().numpy()
    kept = dropped != 0
    assert_close(dropped, np.where(kept, 4 * whole, 0), rtol=1e-5, atol=1e-6)  # 1 / (1 - 3/4)
    assert kept.mean() == pytest.approx(0.25, abs=0.02)


def test_all_vectors_start_at_half_the_size_of_a_unit_vector() -> None:
    config = TransformerConfig(
        500, d_model=64, n_heads=1, positions="learned", max_length=500, n_segments=500
    )
    embedding = Embedding(config)
    assert embedding.scale == 1
    assert embedding.segments is not None
    for table in (embedding.tokens.weight, embedding.positions, embedding.segments.weight):
        assert table.detach().numpy().std() == pytest.approx(0.5 / 8, rel=0.03)
