"""Decoding strategies: each is the function of its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict
from inspect import signature
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


def test_what_is_not_given_is_as_in_the_functions() -> None:
    """0.6 is the length penalty of Wu et al. 2016, section 7."""
    assert asdict(Decoding()) == {
        "beam": None, "n_best": 1, "alpha": 0.6, "temperature": None, "top_k": None, "top_p": None,
        "seed": 0,
    }  # fmt: skip
    defaults = {p.name: p.default for p in signature(beam_search).parameters.values()}
    assert (defaults["width"], defaults["alpha"], defaults["n_best"]) == (4, 0.6, 1)
    with pytest.raises(FrozenInstanceError):
        Decoding().beam = 2  # type: ignore[misc]


def test_the_edges_of_what_is_allowed() -> None:
    for options in (
        {"beam": 1}, {"beam": 3, "n_best": 3}, {"beam": 2, "alpha": 0}, {"beam": 2, "alpha": 100},
        {"temperature": 0}, {"top_k": 1}, {"top_p": 1}, {"top_p": 1e-300}, {"seed": 0},
        {"top_k": 1, "seed": 2**64 - 1}, {"alpha": 0.6}, {"n_best": 1},
    ):  # fmt: skip
        assert Decoding(**options).samples == bool({"temperature", "top_k", "top_p"} & {*options})


def test_a_beam_searches(model: Transformer) -> None:
    expected = beam_search(model, mt.tensor(SOURCE), 6, width=3, alpha=1.5, n_best=2)
    got = decoded(model, Decoding(beam=3, n_best=2, alpha=1.5))
    assert got == (expected.ids.tolist(), expected.scores.tolist())
