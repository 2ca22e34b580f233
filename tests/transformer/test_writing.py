"""The ways to write: each is the function of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minitorch as mt
from transformer import Transformer, beam_search, greedy, sample
from transformer.decoding.strategy import Writing

SOURCE = [[3, 4, 5], [6, 7, 0]]


@pytest.fixture
def model(small_model: Callable[..., Transformer]) -> Transformer:
    return small_model(tie_embeddings=False)


def written(model: Transformer, writing: Writing) -> Any:
    ids, scores = writing.writer()(model, mt.tensor(SOURCE), 6)
    return ids.tolist(), None if scores is None else scores.tolist()


def test_by_default_it_is_greedy(model: Transformer) -> None:
    expected = greedy(model, mt.tensor(SOURCE), 6).tolist()
    assert written(model, Writing()) == ([[row] for row in expected], None)
    assert not Writing().draws


@pytest.mark.parametrize(
    "options",
    [{"temperature": 2.0}, {"top_k": 3}, {"top_p": 0.7}, {"temperature": 3.0, "top_k": 9}],
)
def test_a_temperature_or_a_choice_of_tokens_draws(
    model: Transformer, options: dict[str, Any]
) -> None:
    generator = mt.Generator().manual_seed(5)
    expected = sample(model, mt.tensor(SOURCE), 6, generator=generator, **options).tolist()
    writing = Writing(seed=5, **options)
    assert written(model, writing) == ([[row] for row in expected], None)
    assert written(model, writing) == written(model, writing)  # anew from the seed


def test_a_writer_goes_on_drawing(model: Transformer) -> None:
    write = Writing(temperature=5.0).writer()
    drawn = {str(write(model, mt.tensor(SOURCE), 6)[0].tolist()) for _ in range(5)}
    assert len(drawn) > 1


def test_a_beam_searches(model: Transformer) -> None:
    expected = beam_search(model, mt.tensor(SOURCE), 6, width=4, alpha=1.5, n_best=3)
    got = written(model, Writing(beam=4, n_best=3, alpha=1.5))
    assert got == (expected.ids.tolist(), expected.scores.tolist())
