"""Configurations: what they hold by default, and that nothing else than a training can use."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, asdict, dataclass, fields, replace
from typing import Any

import numpy as np
import pytest

from minitorch import nn
from transformer import TransformerConfig
from transformer.fields import Interval, check_fields, checked
from transformer.model.config import ALLOWED as OF_A_MODEL
from transformer.tasks import TASKS, Characters
from transformer.training.config import ALLOWED as OF_A_TRAINING
from transformer.training.config import TrainingConfig


def test_the_defaults_are_the_base_model_of_the_paper() -> None:
    config = TransformerConfig(vocab_size=37_000)
    assert (config.n_layers, config.d_model, config.d_ff) == (6, 512, 2048)
    assert (config.n_heads, config.dropout) == (8, 0.1)
    assert config.tie_embeddings
    assert not config.pre_norm


def test_every_default_is_what_the_help_says() -> None:
    assert asdict(TransformerConfig(vocab_size=9)) == {
        "vocab_size": 9, "d_model": 512, "n_heads": 8, "n_kv_heads": None, "d_head": None,
        "n_layers": 6, "d_ff": 2048, "dropout": 0.1, "activation": "relu", "pre_norm": False,
        "norm": "layer", "norm_eps": 1e-5, "final_norm": None, "positions": "sinusoidal",
        "rope_theta": 10000.0, "max_length": 512, "n_segments": 0, "tie_embeddings": True,
        "bias": True, "pad": 0, "bos": 1, "eos": 2,
    }  # fmt: skip
    assert asdict(TrainingConfig()) == {
        "steps": 1000, "batch_size": 128, "lr": 5e-3, "warmup": 100, "schedule": "linear",
        "weight_decay": 0.1, "clip": 1.0, "accumulate": 1, "label_smoothing": 0.0,
        "evaluate_every": 100, "evaluate_on": 1000, "patience": 0, "keep": 0, "seed": 0,
    }  # fmt: skip


# ------------------------------------------------------------------------------------- ranges

MODEL = {"vocab_size": 2**20, "d_model": 2, "n_heads": 1, "d_ff": 1, "n_layers": 1, "pad": 0}


def model_config(**changes: Any) -> TransformerConfig:
    return TransformerConfig(**MODEL | changes)


def training_config(**changes: Any) -> TrainingConfig:
    return TrainingConfig(**changes)


B = 10**9
RANGES: list[tuple[Any, str, Any, Any, str]] = [
    # config, field, the lowest and the highest that are allowed, what the message says of them
    (model_config, "vocab_size", 3, 10**7, "from 1 to 10,000,000"),
    (model_config, "n_layers", 1, 1000, "from 1 to 1,000"),
    (model_config, "d_ff", 1, 10**6, "from 1 to 1,000,000"),
    (model_config, "max_length", 1, 10**7, "from 1 to 10,000,000"),
    (model_config, "n_segments", 0, 1000, "from 0 to 1,000"),
    (model_config, "n_kv_heads", 1, 1, "from 1 to 32,768"),
    (model_config, "d_head", 1, 2**10, "from 1 to 32,768"),
    (training_config, "steps", 1, B, "from 1 to 1,000,000,000"),
    (training_config, "batch_size", 1, 10**6, "from 1 to 1,000,000"),
    (training_config, "warmup", 0, B, "from 0 to 1,000,000,000"),
    (training_config, "accumulate", 1, 10**6, "from 1 to 1,000,000"),
    (training_config, "evaluate_every", 1, B, "from 1 to 1,000,000,000"),
    (training_config, "evaluate_on", 1, 10**6, "from 1 to 1,000,000"),
    (training_config, "patience", 0, B, "from 0 to 1,000,000,000"),
    (training_config, "keep", 0, 1000, "from 0 to 1,000"),
    (training_config, "seed", 0, 2**64 - 1, r"from 0 to below 2\*\*64"),
]


@pytest.mark.parametrize(("config", "name", "low", "high", "said"), RANGES)
def test_whole_numbers_have_a_range(config: Any, name: str, low: int, high: int, said: str) -> None:
    for value in (low, high):
        assert getattr(config(**{name: value}), name) == value
    wrong: list[Any] = [low - 1, high + 1, 2.0, "2", True, math.nan, math.inf, [2], 2j]
    if name == "vocab_size":
        wrong[0] = 0
    if name in ("n_kv_heads", "d_head"):
        wrong[1] = 2**15 + 1
    for value in [*wrong, *([None] if name not in ("n_kv_heads", "d_head") else [])]:
        with pytest.raises(ValueError, match=f"^{name} must be a whole number {said}, not "):
            config(**{name: value})


def test_widths_and_heads_have_a_range() -> None:
    """Which end together: no model has more heads than dimensions."""
    for heads in (1, 2**15):
        widest = {"vocab_size": 9, "d_model": 2**15, "n_heads": heads, "n_kv_heads": heads}
        assert model_config(**widest).d_model == 2**15
    for name in ("d_model", "n_heads"):
        for value in (0, 2**15 + 1, 2.0, "2", True, None, math.nan):
            with pytest.raises(ValueError, match=f"{name} must be a whole .* from 1 to 32,768, no"):
                model_config(**{name: value})


def test_a_configuration_cannot_be_changed() -> None:
    for config in (model_config(), training_config(), Interval(1, 2)):
        with pytest.raises(FrozenInstanceError):
            setattr(config, fields(config)[0].name, 3)


@pytest.mark.parametrize(
    ("config", "name", "right", "wrong", "said"),
    [
        (model_config, "dropout", [0, 0.999], [-0.1, 1, 1.0], "from 0 to below 1"),
        (model_config, "norm_eps", [0, 1], [-1e-9, 1.1], "from 0 to 1"),
        (model_config, "rope_theta", [1, 1e9], [0, 0.999, -3, 1.1e9], "from 1 to 1,000,000,000"),
        (training_config, "lr", [1e-300, 1000], [0, 0.0, -1.0, 1000.1], "above 0, at most 1,000"),
        (training_config, "weight_decay", [0, 1000], [-0.1, 1000.1], "from 0 to 1,000"),
        (training_config, "clip", [1e-9, 1e9], [0, -1.0, 1.1e9], "above 0, at most 1,000,000,000"),
        (training_config, "label_smoothing", [0, 0.999], [-0.1, 1.0], "from 0 to below 1"),
    ],
)
def test_numbers_have_a_range(
    config: Any, name: str, right: list[Any], wrong: list[Any], said: str
) -> None:
    for value in right:
        assert getattr(config(**{name: value}), name) == value
    for value in [*wrong, math.nan, math.inf, -math.inf, 1e300, "0.5", True, None, [0.5]]:
        with pytest.raises(ValueError, match=f"^{name} must be a number {said}, not "):
            config(**{name: value})


@pytest.mark.parametrize(
    ("config", "name"),
    [
        *((model_config, name) for name in ("activation", "norm", "positions")),
        (training_config, "schedule"),
    ],
)
def test_choices_are_named(config: Any, name: str) -> None:
    choices = (OF_A_MODEL | OF_A_TRAINING)[name]
    assert isinstance(choices, tuple)
    for choice in choices:
        config(**{name: choice})
    for value in ("round", "", None, 1, ["linear"]):
        with pytest.raises(ValueError, match=f"{name} must be one of {', '.join(choices)}, not "):
            config(**{name: value})


@pytest.mark.parametrize("name", ["pre_norm", "final_norm", "tie_embeddings", "bias"])
def test_yes_and_no_are_bools(name: str) -> None:
    for value in (1, 0.0, "no", np.array([True]), *([] if name == "final_norm" else [None])):
        with pytest.raises(ValueError, match=f"{name} must be True or False, not "):
            model_config(**{name: value})


def test_every_number_and_choice_has_a_range() -> None:
    """A field without one would take NaN, or a size that fills the memory."""
    configs = [(TransformerConfig, OF_A_MODEL), (TrainingConfig, OF_A_TRAINING)]
    configs += [(task, task.allowed) for task in TASKS.values()]
    free = {"architecture", "text", "alphabet", "digest", "beginning"}
    for kind, allowed in configs:
        named = {field.name for field in fields(kind) if field.type not in ("bool", "bool | None")}
        assert named - free == allowed.keys(), kind


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_heads": 7, "d_model": 512}, "d_model=512 cannot be divided evenly among n_heads=7"),
        (
            {"n_heads": 4, "d_model": 8, "n_kv_heads": 3},
            "n_heads=4 cannot be divided evenly among n_kv_heads=3",
        ),
        ({"n_heads": 4, "d_model": 8, "n_kv_heads": 8}, "evenly among n_kv_heads=8"),
        ({"n_heads": 2, "d_model": 6, "positions": "rotary"}, "d_model / n_heads = 3 is odd"),
        ({"d_head": 3, "positions": "rotary"}, "d_head = 3 is odd"),
        ({"eos": 9, "vocab_size": 9}, "eos=9 is not an id below 9"),
        ({"bos": 9, "vocab_size": 9}, "bos=9 is not an id below 9"),
        ({"pad": 10, "vocab_size": 9}, "pad=10 is not an id below 9"),
        ({"pad": -2}, "pad must be a whole number from -1 to 10,000,000, not -2"),
        ({"pad": 1.5}, "pad must be a whole number from -1 to 10,000,000, not 1.5"),
        ({"bos": -1}, "bos must be a whole number from 0 to 10,000,000, not -1"),
        ({"n_layers": 2**40}, "n_layers must be a whole number from 1 to 1,000, not 1099511627776"),
        ({"d_model": 2**40}, "d_model must be .* from 1 to 32,768, not 1099511627776"),
        (
            {"d_model": 2**15, "n_layers": 1000, "d_ff": 10**6},
            "d_model=32768 and d_ff=1000000 make a model of about 69,865,343,811,584 numbers, "
            "more than 10,000,000,000",
        ),
        (
            {"n_layers": 2, "n_heads": 2**15, "d_head": 2**15},  # 2 · (2^20 + 512 + 2 · (2^32 + 2))
            "d_model=2, n_heads=32768, d_head=32768 and d_ff=1 make a model of about "
            "17,181,967,368 numbers, more",
        ),
    ],
)
def test_what_no_model_can_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_config(**changes)


def test_models_as_large_as_a_machine_may_hold_are_accepted() -> None:
    """GPT-2 XL, and LLaMA of 7 billion parameters."""
    TransformerConfig(50257, d_model=1600, n_heads=25, n_layers=48, d_ff=6400, max_length=1024)
    TransformerConfig(32000, d_model=4096, n_heads=32, n_layers=32, d_ff=11008, max_length=2048)


def test_the_count_of_a_models_numbers_is_about_right() -> None:
    """A block of BERT's base has 7.1 million (Devlin et al. 2018), and a position 768."""
    base = {"d_model": 768, "n_heads": 12, "d_ff": 3072}
    TransformerConfig(30522, n_layers=1000, **base)
    with pytest.raises(ValueError, match="about 10,"):
        TransformerConfig(30522, n_layers=1000, max_length=4_500_000, **base)


def test_numbers_of_numpy_become_pythons() -> None:
    """So that a configuration can be written as JSON."""
    config = TrainingConfig(batch_size=np.int64(32), lr=np.float32(0.5), seed=np.uint8(7))
    assert config == TrainingConfig(batch_size=32, lr=0.5, seed=7)
    assert json.loads(json.dumps(asdict(config))) == asdict(config)
    assert {type(value) for value in asdict(config).values()} == {int, float, str}


def test_a_message_is_short_whatever_was_given() -> None:
    for value in ("x" * 10_000, [0] * 10_000, "two\nlines", 10**1000):
        with pytest.raises(ValueError, match="steps must be") as error:
            TrainingConfig(steps=value)  # type: ignore[arg-type]
        assert len(str(error.value)) < 150
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("ends", ["[]", "[)", "(]"])
def test_an_interval_has_the_ends_that_it_shows(ends: str) -> None:
    interval = Interval(2, 5, ends)
    assert [x in interval for x in (1.9, 2, 2.1, 4.9, 5, 5.1, math.nan)] == [
        False, ends[0] == "[", True, True, ends[1] == "]", False, False,
    ]  # fmt: skip
    said = {"[]": "from 2 to 5", "[)": "from 2 to below 5", "(]": "above 2, at most 5"}
    assert str(interval) == said[ends]


def test_what_is_checked_has_a_type_whatever_its_range() -> None:
    assert checked("x", 3, float) == 3
    assert type(checked("x", 3, float)) is float
    assert checked("x", "any", str) == "any"
    with pytest.raises(ValueError, match=r"^x must be a str, not Sequential\( \(0\): ReLU\(\) \)$"):
        checked("x", nn.Sequential(nn.ReLU()), str)
    for value, kind in [(3.0, int), (True, int), (1, bool), (3, str), (None, str), ("3", float)]:
        with pytest.raises(ValueError, match="x must be"):
            checked("x", value, kind)


def test_other_fields_are_left_alone() -> None:
    @dataclass(frozen=True)
    class Mixed:
        size: int
        limit: int | None
        words: list[str]

        def __post_init__(self) -> None:
            check_fields(self, {"size": Interval(1, 3), "limit": Interval(1, 3)})

    words = ["a"]
    assert Mixed(1, None, words).words is words
    assert Mixed(np.int64(2), 3, words) == Mixed(2, 3, words)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="limit must be a whole number from 1 to 3, not 4"):
        Mixed(1, 4, words)


# -------------------------------------------------------------------------------------- tasks


@pytest.mark.parametrize(
    ("task", "name", "low", "high"),
    [("addition", "digits", 1, 30), ("addition-gpt", "digits", 1, 30), ("copy", "length", 2, 15)],
)
def test_the_size_of_a_task_has_a_range(task: str, name: str, low: int, high: int) -> None:
    kind: Any = TASKS[task]
    assert [getattr(kind(**{name: value}), name) for value in (low, high)] == [low, high]
    for value in (low - 1, high + 1, -2, 3.0, "3", True, None, math.nan):
        message = f"^{name} must be a whole number from {low} to {high}, not "
        with pytest.raises(ValueError, match=message):
            kind(**{name: value})


def test_a_context_has_a_range() -> None:
    assert Characters(context=2).context == 2
    for value in (1, -3, 10**6 + 1, 8.0, "8", True):
        with pytest.raises(ValueError, match=r"context must be .* from 2 to 1,000,000, not "):
            Characters(context=value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the text is too short"):
        Characters(context=10**6)


# ------------------------------------------------------------------------------ learning rates


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


def test_a_configuration_saved_before_a_field_was_added_has_its_default() -> None:
    config = TransformerConfig(9, positions="rotary")
    saved = {k: v for k, v in asdict(config).items() if k not in ("d_head", "rope_theta")}
    assert TransformerConfig(**saved) == config
    assert (config.d_head, config.rope_theta) == (None, 10_000.0)


def test_later_fields_are_given_by_name() -> None:
    """So that the order of those before them, which may be given by place, stays what it was."""
    assert TransformerConfig(9, 512, 8, 4, 3).n_layers == 3
