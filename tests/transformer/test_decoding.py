"""Decoding strategies: each is the function of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minitorch as mt
from transformer import Transformer, beam_search, greedy, sample
from transformer.decoding.strategy import Decoding

SOURCE = [[3, 4, 5], [6, 7, 0]]


@pytest.fixture
def model(small_model: Callable[..., Transformer]) -> Transformer:
    return small_model(tie_embeddings=False)


def decoded(model: Transformer, decoding: Decoding) -> Any:
    ids, scores = decoding.function()(model, mt.tensor(SOURCE), 6)
    return ids.tolist(), None if scores is None else scores.tolist()


def test_by_default_it_is_greedy(model: Transformer) -> None:
    expected = greedy(model, mt.tensor(SOURCE), 6).tolist()
    assert decoded(model, Decoding()) == ([[row] for row in expected], None)
    assert not Decoding().samples


@pytest.mark.parametrize(
    "options",
    [{"temperature": 2.0}, {"top_k": 3}, {"top_p": 0.7}, {"temperature": 3.0, "top_k": 9}],
)
def test_a_temperature_or_a_choice_of_tokens_draws(
    model: Transformer, options: dict[str, Any]
) -> None:
    generator = mt.Generator().manual_seed(5)
    expected = sample(model, mt.tensor(SOURCE), 6, generator=generator, **options).tolist()
    decoding = Decoding(seed=5, **options)
    assert decoded(model, decoding) == ([[row] for row in expected], None)
    assert decoded(model, decoding) == decoded(model, decoding)  # anew from the seed


def test_a_function_that_samples_goes_on_drawing(model: Transformer) -> None:
    decode = Decoding(temperature=5.0).function()
    drawn = {str(decode(model, mt.tensor(SOURCE), 6)[0].tolist()) for _ in range(5)}
    assert len(drawn) > 1


def test_a_beam_searches(model: Transformer) -> None:
    expected = beam_search(model, mt.tensor(SOURCE), 6, width=4, alpha=1.5, n_best=3)
    got = decoded(model, Decoding(beam=4, n_best=3, alpha=1.5))
    assert got == (expected.ids.tolist(), expected.scores.tolist())
