"""The steps that are computed on bare arrays: the model's own steps, number for number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch as mt
from minitorch import nn
from minitorch.autograd import detect_anomaly
from minitorch.ops.probe import watching
from minitorch.tensor import Tensor
from minitorch.testing import assert_close
from transformer import GPT, Transformer, TransformerConfig, beam_search, greedy, sample
from transformer.decoding.step import MODULES, Step

Build = Callable[..., Any]
SIZES = {"vocab_size": 13, "d_model": 16, "n_heads": 4, "n_layers": 2, "d_ff": 20, "dropout": 0.0}
OPTIONS: dict[str, list[Any]] = {
    "positions": ["sinusoidal", "learned", "rotary"],
    "pre_norm": [False, True],
    "final_norm": [None, True, False],
    "norm": ["layer", "rms"],
    "activation": ["relu", "gelu", "gelu_tanh", "swiglu"],
    "n_kv_heads": [None, 2, 1],
    "d_head": [None, 6],
    "bias": [True, False],
    "n_segments": [0, 2],
    "tie_embeddings": [True, False],
    "pad": [0, -1],
}
PROMPTS = {"alike": [[3, 4, 5], [6, 7, 8], [9, 10, 11]], "unlike": [[3, 4, 5], [6, 7], [9]]}
kinds = pytest.mark.parametrize("kind", [GPT, Transformer])


@pytest.fixture(scope="module")
def build(random_module: Build) -> Build:
    """Builds a small model of a class in float64, with random parameters."""

    def build(kind: Any, **changes: Any) -> Any:
        config = TransformerConfig(**{**SIZES, "max_length": 16, **changes})
        mt.set_default_dtype(mt.float64)
        try:
            return random_module(kind(config))
        finally:
            mt.set_default_dtype(mt.float32)

    return build


def batch(model: Any, prompts: list[list[int]]) -> mt.Tensor:
    """Prompts in one batch: sources filled up behind, beginnings before."""
    n = max(map(len, prompts))
    fill = [[model.config.pad] * (n - len(p)) for p in prompts]
    both = zip(fill, prompts, strict=True)
    return mt.tensor([f + p if type(model) is GPT else p + f for f, p in both])


def count_steps(model: Any) -> list[int]:
    """Let a model note the number of tokens whenever it takes a step by itself."""
    steps: list[int] = []
    kind = type(model)

    def step(ids: mt.Tensor, cache: Any) -> mt.Tensor:
        steps.append(ids.shape[1])
        return kind.step(model, ids, cache)  # type: ignore[no-any-return]

    model.step = step
    return steps


@kinds
@given(options=st.fixed_dictionaries({name: st.sampled_from(v) for name, v in OPTIONS.items()}),
       prompts=st.sampled_from([*PROMPTS]), chosen=st.booleans())  # fmt: skip
def test_every_step_is_the_models(
    build: Build, kind: Any, options: dict[str, Any], prompts: str, chosen: bool
) -> None:
    model = build(kind, **options)
    prompt = batch(model, PROMPTS[prompts])
    (ids, cache), (_, expected_cache) = model.begin(prompt, 9), model.begin(prompt, 9)
    tokens = np.array(ids.numpy())
    step, rng = Step(model), np.random.default_rng(0)
    for i in range(6):
        with mt.no_grad():
            expected = kind.step(model, mt.from_numpy(tokens), expected_cache)
            steps = count_steps(model)
            assert_close(step(tokens, cache), expected.numpy(), rtol=1e-12, atol=1e-12)
        assert len(steps) == (i == 0)
        assert cache.length == expected_cache.length
        if chosen:  # as in a beam search: two texts for each prompt, then others of the same
            rows = np.repeat(np.arange(3), 2) if i == 0 else np.array([1, 0, 2, 2, 5, 5])
            cache.select(rows)
            expected_cache.select(rows)
        tokens = rng.integers(3, 13, (cache.batch, 1))
        if model.config.pad == -1:
            tokens[1] = -1  # a text that has ended


@kinds
@pytest.mark.parametrize("decode", [greedy, sample, beam_search])
def test_a_generation_takes_one_step_of_the_models_own(
    build: Build, kind: Any, decode: Any
) -> None:
    model = build(kind, eos=-1)
    steps = count_steps(model)
    written = decode(model, batch(model, PROMPTS["alike"]), 6)
    assert (written.ids if decode is beam_search else written).shape[-1] == 6
    assert steps == [3 if kind is GPT else 1]


def test_a_step_makes_no_tensors(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(GPT, positions="learned", pre_norm=True)
    ids, cache = model.begin(batch(model, PROMPTS["unlike"]), 9)
    step = Step(model)
    with mt.no_grad():
        step(ids.numpy(), cache)
        made = []
        wrap = Tensor._wrap
        monkeypatch.setattr(Tensor, "_wrap", staticmethod(lambda a: made.append(1) or wrap(a)))
        step(np.array([[3], [4], [5]]), cache)
    assert made == []


@kinds
def test_what_is_learned_between_two_steps_counts(build: Build, kind: Any) -> None:
    model = build(kind)
    (ids, cache), (_, expected_cache) = (model.begin(mt.tensor([[3, 4]]), 9) for _ in range(2))
    step, tokens = Step(model), np.array([[5]])
    with mt.no_grad():
        step(ids.numpy(), cache)
        model.step(ids, expected_cache)
        for parameter in model.parameters():
            parameter += 0.1
        model.output.weight = nn.Parameter(model.output.weight * 2)
        expected = model.step(mt.from_numpy(tokens), expected_cache)
        assert_close(step(tokens, cache), expected.numpy(), rtol=1e-12, atol=1e-12)


class Doubled(nn.Linear):
    """A layer of the user's own."""

    def forward(self, input: mt.Tensor) -> mt.Tensor:
        return 2 * super().forward(input)


def with_a_layer_of_another_class(model: Any) -> None:
    old = model.blocks[1].mlp.down
    model.blocks[1].mlp.down = Doubled(old.in_features, old.out_features).double()


def with_another_forward(model: Any) -> None:
    mlp = model.blocks[0].mlp
    mlp.forward = lambda x: 2 * type(mlp).forward(mlp, x)


def with_a_hook(model: Any) -> None:
    model.blocks[1].attention.value.register_forward_hook(lambda layer, args, y: 2 * y)


def with_a_hook_before(model: Any) -> None:
    model.output.register_forward_pre_hook(lambda layer, args: (2 * args[0],))


CHANGES = [
    with_a_layer_of_another_class, with_another_forward, with_a_hook, with_a_hook_before,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_model_takes_all_steps_itself(build: Build, change: Any) -> None:
    model = build(GPT, pre_norm=True)

    def logits() -> Any:
        """What comes after 3, 4 and 5, the last of which is read in a step of its own."""
        ids, cache = model.begin(mt.tensor([[3, 4]]), 3)
        step = Step(model)
        with mt.no_grad():
            step(ids.numpy(), cache)
            return step(np.array([[5]]), cache)

    before = logits()
    change(model)
    with mt.no_grad():
        expected = model(mt.tensor([[3, 4, 5]]))[:, -1].numpy()
    assert_close(logits(), expected, rtol=1e-12, atol=1e-12)
    assert abs(before - expected).max() > 0.1


def test_a_hook_counts_from_the_next_step_on(build: Build) -> None:
    model = build(GPT)
    ids, cache = model.begin(mt.tensor([[3, 4]]), 9)
    step, calls = Step(model), []
    with mt.no_grad():
        step(ids.numpy(), cache)
        step(np.array([[5]]), cache)
        handle = model.norm.register_forward_hook(lambda *_: calls.append(1))
        step(np.array([[5]]), cache)
        handle.remove()
        step(np.array([[5]]), cache)
    assert len(calls) == 1


def test_dropout_acts_while_it_is_on_and_costs_nothing_while_off(build: Build) -> None:
    for dropout, training, n in ((0.5, True, 5), (0.5, False, 1), (0.0, True, 1)):
        model = build(GPT, dropout=dropout, eos=-1).train(training)
        steps = count_steps(model)
        greedy(model, mt.tensor([[3, 4]]), 5)
        assert len(steps) == n


def test_whoever_watches_sees_all_steps(build: Build) -> None:
    model = build(GPT, eos=-1)
    seen: list[str] = []
    with watching(lambda name, x: seen.append(name)):
        greedy(model, mt.tensor([[3, 4]]), 5)
    assert seen.count("logits") == 5
    steps = count_steps(model)
    with detect_anomaly():
        greedy(model, mt.tensor([[3, 4]]), 5)
    assert len(steps) == 5


def test_a_model_of_another_class_takes_all_steps_itself(build: Build) -> None:
    class Mine(GPT):
        pass

    assert not Step(Mine(build(GPT).config)).is_known
    assert Mine not in MODULES
