"""Greedy generation: the likeliest token at each step, until the end token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch as mt
from minitorch import Tensor
from transformer import Transformer, TransformerConfig, greedy

PAD, BOS, EOS = 0, 1, 2


class Scripted:
    """Says its script, whatever it is asked; remembers what it was shown at each step."""

    config = TransformerConfig(vocab_size=6, d_model=2, n_heads=1)

    def __init__(self, script: list[list[int]]) -> None:
        self.steps = iter(np.array(script).T)
        self.shown: list[Any] = []

    def begin(self, prompt: Tensor, max_length: int) -> tuple[Tensor, None]:
        return prompt, None

    def step(self, ids: Tensor, cache: None) -> Tensor:
        self.shown.append(ids.tolist())
        return mt.tensor(np.eye(6)[next(self.steps)])


def test_each_token_is_fed_back_until_all_have_ended() -> None:
    model: Any = Scripted([[4, EOS, 5, 5, 5], [3, 4, 5, EOS, 3]])
    written = greedy(model, mt.tensor([[BOS], [BOS]]), max_length=5)
    assert written.tolist() == [[4, EOS, PAD, PAD], [3, 4, 5, EOS]]
    assert model.shown == [[[BOS], [BOS]], [[4], [3]], [[EOS], [4]], [[PAD], [5]]]


def test_it_generates_no_more_than_max_length() -> None:
    model: Any = Scripted([[4, EOS, 5, 5, 5], [3, 4, 5, EOS, 3]])
    written = greedy(model, mt.tensor([[BOS], [BOS]]), max_length=3)
    assert written.tolist() == [[4, EOS, PAD], [3, 4, 5]]
    assert len(model.shown) == 3


def token_by_token(model: Transformer, source: list[int], max_length: int) -> list[int]:
    """Generate greedily for one source, without a cache: the whole model runs for each token."""
    written = [BOS]
    while len(written) <= max_length and written[-1] != EOS:
        logits = model(mt.tensor([source]), mt.tensor([written]))
        written.append(int(np.argmax(logits.tolist()[0][-1])))
    return written[1:]


@given(
    seed=st.integers(0, 9),
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    max_length=st.integers(1, 8),
)
def test_a_batch_is_written_as_each_alone(
    small_model: Callable[..., Transformer], seed: int, lengths: list[int], max_length: int
) -> None:
    rng = np.random.default_rng(seed)
    model = small_model(seed, tie_embeddings=False)
    sources = [rng.integers(3, 13, n).tolist() for n in lengths]
    padded = [source + [PAD] * (max(lengths) - len(source)) for source in sources]
    written = greedy(model, mt.tensor(padded), max_length).tolist()
    expected = [token_by_token(model, source, max_length) for source in sources]
    assert len(written[0]) == max(map(len, expected))
    for row, tokens in zip(written, expected, strict=True):
        assert row == tokens + [PAD] * (len(row) - len(tokens))


def test_the_models_above_end_early_and_late(small_model: Callable[..., Transformer]) -> None:
    """Without this, a loop that never looked for the end token might pass the test above."""
    models = [small_model(seed, tie_embeddings=False) for seed in range(10)]
    lengths = {len(token_by_token(model, [3, 4], 8)) for model in models}
    assert 8 in lengths
    assert lengths & {1, 2, 3, 4, 5}


def test_nothing_is_recorded_for_a_gradient(small_model: Callable[..., Transformer]) -> None:
    model = small_model()
    greedy(model, mt.tensor([[3, 4]]), 3)
    assert all(p.grad is None for p in model.parameters())
    assert model(mt.tensor([[3, 4]]), mt.tensor([[1]])).requires_grad


def test_more_than_the_model_can_read_is_refused(small_model: Callable[..., Transformer]) -> None:
    model = small_model(max_length=16)
    source = mt.tensor([[3, 4]])
    assert greedy(model, source, 16).shape[1] <= 16
    with pytest.raises(ValueError, match=r"17 tokens after 1, .* 17, more than max_length=16"):
        greedy(model, source, 17)
