from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from typing import Any

import pytest

from transformer import TransformerConfig
from transformer.training.config import TrainingConfig


def test_the_defaults_are_the_base_model_of_the_paper() -> None:
    config = TransformerConfig(vocab_size=37_000)
    assert (config.n_layers, config.d_model, config.d_ff) == (6, 512, 2048)
    assert (config.n_heads, config.dropout) == (8, 0.1)
    assert config.tie_embeddings
    assert not config.pre_norm


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d_model": 0}, "d_model must be a positive whole number, not 0"),
        ({"n_layers": -1}, "n_layers must be a positive whole number, not -1"),
        ({"d_ff": 2.5}, "d_ff must be a positive whole number, not 2.5"),
        ({"n_heads": "8"}, "n_heads must be a positive whole number, not '8'"),
        ({"n_heads": 7}, "d_model=512 cannot be divided evenly among n_heads=7"),
        ({"dropout": 1.0}, r"dropout is a probability in \[0, 1\), not 1.0"),
        ({"dropout": -0.1}, r"dropout is a probability in \[0, 1\), not -0.1"),
        ({"eos": 9}, "eos=9 is not an id below 9"),
        ({"pad": -1}, "pad=-1 is not an id below 9"),
    ],
)
def test_sizes_that_no_model_can_have_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TransformerConfig(**{"vocab_size": 9, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"batch_size": -3}, "batch_size must be at least 1, not -3"),
        ({"weight_decay": math.nan}, "weight_decay must be a number, and not negative, but is nan"),
        ({"weight_decay": math.inf}, "weight_decay must be a number, and not negative, but is inf"),
        ({"warmup": -1}, "warmup must be a number, and not negative, but is -1"),
        ({"seed": -1}, r"seed must be in \[0, 2\*\*64\), not -1"),
        ({"seed": 2**64}, r"seed must be in \[0, 2\*\*64\), not 18446744073709551616"),
        ({"lr": 0.0}, "lr must be a positive number, not 0"),
        ({"lr": float("nan")}, "lr must be a positive number, not nan"),
        ({"lr": float("inf")}, "lr must be a positive number, not inf"),
        ({"clip": -1.0}, "clip must be a positive number, not -1.0"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(TrainingConfig(), **changes)


def test_learning_rate_rises_and_falls_in_lines() -> None:
    config = TrainingConfig(steps=10, warmup=4, lr=1.0)
    rates = [config.learning_rate(step) for step in range(1, 11)]
    assert rates == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])
    assert replace(config, lr=0.01).learning_rate(2) == pytest.approx(0.005)


def test_without_warmup_learning_starts_at_full_rate() -> None:
    config = TrainingConfig(steps=4, warmup=0, lr=1.0)
    assert [config.learning_rate(s) for s in range(1, 5)] == pytest.approx([1, 3 / 4, 2 / 4, 1 / 4])


def test_a_training_shorter_than_its_warmup_only_rises() -> None:
    config = TrainingConfig(steps=2, warmup=4, lr=1.0)
    assert [config.learning_rate(s) for s in (1, 2)] == pytest.approx([1 / 4, 2 / 4])


@pytest.mark.parametrize(
    "config", [TransformerConfig(vocab_size=9, n_heads=4), TrainingConfig(seed=7)]
)
def test_configurations_survive_json(config: Any) -> None:
    assert type(config)(**json.loads(json.dumps(asdict(config)))) == config
