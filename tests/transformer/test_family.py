"""What the variations of the family are, and what its models have in common and apart."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch as mt
from minitorch.fused import definitions
from minitorch.testing import assert_close
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.explain import trace
from transformer.model.add_norm import norm
from transformer.model.attention import MultiHeadAttention
from transformer.model.masks import decoder_mask, left_padding
from transformer.model.mlp import MLP, SwiGLU
from transformer.model.rotary import RotaryPositions

PAD = 0
every_position = pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary"])
Build = Callable[..., Any]


@pytest.fixture(scope="session")
def build(random_module: Build) -> Build:
    """Builds a small model of a class, all of it in float64, with random parameters."""

    def build(kind: type, seed: int = 0, **changes: Any) -> Any:
        sizes = {"vocab_size": 13, "d_model": 8, "n_heads": 2, "n_layers": 2, "d_ff": 12}
        config = TransformerConfig(**{**sizes, "dropout": 0.0, "max_length": 16, **changes})
        mt.set_default_dtype(mt.float64)
        try:
            return random_module(kind(config), seed)
        finally:
            mt.set_default_dtype(mt.float32)

    return build


def close(actual: Any, expected: Any) -> None:
    assert_close(actual, expected, rtol=1e-9, atol=1e-9)


# ------------------------------------------------------------------------------------- the models


@every_position
@given(tokens=st.lists(st.integers(1, 12), min_size=2, max_size=8), data=st.data())
def test_a_gpt_never_looks_ahead(
    build: Build, positions: str, tokens: list[int], data: st.DataObject
) -> None:
    model = build(GPT, positions=positions)
    n = data.draw(st.integers(1, len(tokens) - 1))
    whole, beginning = model(mt.tensor([tokens])), model(mt.tensor([tokens[:n]]))
    close(whole[:, :n], beginning.detach())


def test_a_bert_looks_both_ways(build: Build) -> None:
    model = build(BERT)
    logits, changed_first, changed_last = (
        model(mt.tensor([ids]))[0, 1] for ids in ([3, 4, 5], [6, 4, 5], [3, 4, 6])
    )
    assert abs((changed_first - logits).detach().numpy()).max() > 1e-3
    assert abs((changed_last - logits).detach().numpy()).max() > 1e-3


@every_position
@pytest.mark.parametrize("kind", [GPT, BERT])
@given(
    rows=st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=5), min_size=1, max_size=3),
    most=st.integers(5, 7),
)
def test_padding_on_either_side_changes_nothing(
    build: Build, kind: Any, positions: str, rows: list[list[int]], most: int
) -> None:
    model = build(kind, positions=positions)
    left = model(mt.tensor([[PAD] * (most - len(row)) + row for row in rows]))
    right = model(mt.tensor([row + [PAD] * (most - len(row)) for row in rows]))
    for i, row in enumerate(rows):
        alone = model(mt.tensor([row]))[0].detach()
        close(left[i, most - len(row) :], alone)
        close(right[i, : len(row)], alone)


@every_position
def test_padding_on_the_left_of_source_and_target_changes_nothing(
    build: Build, positions: str
) -> None:
    model = build(Transformer, positions=positions)
    alone = model(mt.tensor([[3, 4, 5]]), mt.tensor([[1, 6]]))
    padded = model(
        mt.tensor([[PAD, PAD, 3, 4, 5], [7, 8, 9, 10, 11]]),
        mt.tensor([[PAD, 1, 6], [1, 12, 3]]),
    )
    close(padded[0, 1:], alone[0].detach())


@pytest.mark.parametrize("kind", [GPT, BERT])
def test_without_padding_on_the_left_a_token_stands_elsewhere(build: Build, kind: Any) -> None:
    """The test above could not fail if positions did not matter."""
    model = build(kind, positions="learned")
    first, second = model(mt.tensor([[4, 4]])).detach().numpy()[0]
    assert abs(first - second).max() > 1e-3


def negative_log_likelihood(logits: Any, token: int) -> float:
    """-ln p of a token."""
    row = logits.tolist()
    return math.log(sum(math.exp(z) for z in row)) - float(row[token])


def test_a_gpts_loss_is_the_mean_negative_log_likelihood_of_each_next_token(build: Build) -> None:
    model = build(GPT)
    one, other = [3, 4, 5, 6], [7, 8]
    logits = [model(mt.tensor([row]))[0] for row in (one, other)]
    expected = [negative_log_likelihood(logits[0][i], one[i + 1]) for i in range(3)]
    expected.append(negative_log_likelihood(logits[1][0], other[1]))
    on_the_right = model.loss(mt.tensor([one, [*other, PAD, PAD]]))
    assert on_the_right.item() == pytest.approx(np.mean(expected))
    on_the_left = model.loss(mt.tensor([one, [PAD, PAD, *other]]))
    # The first token has its place on the left too: nothing says what comes first, but it counts.
    start = model(mt.tensor([one, [PAD, PAD, *other]]))[1, 1]
    expected.append(negative_log_likelihood(start, 7))
    assert on_the_left.item() == pytest.approx(np.mean(expected))


def test_of_a_gpts_targets_only_some_need_count(build: Build) -> None:
    model = build(GPT)
    ids = [3, 4, 5, 6]
    logits = model(mt.tensor([ids]))[0]
    loss = model.loss(mt.tensor([ids]), mt.tensor([[PAD, PAD, 5, PAD]]))
    assert loss.item() == pytest.approx(negative_log_likelihood(logits[1], 5))


def test_berts_loss_is_the_mean_negative_log_likelihood_of_what_was_hidden(build: Build) -> None:
    model = build(BERT)
    shown = mt.tensor([[3, 12, 5], [12, 7, PAD]])
    targets = mt.tensor([[PAD, 4, PAD], [6, PAD, PAD]])
    logits = model(shown)
    expected = [negative_log_likelihood(logits[0, 1], 4), negative_log_likelihood(logits[1, 0], 6)]
    assert model.loss(shown, targets).item() == pytest.approx(np.mean(expected))


def test_segments_tell_berts_texts_apart(build: Build) -> None:
    model = build(BERT, n_segments=2)
    ids = mt.tensor([[3, 4, 5]])
    plain = model(ids).detach()
    close(model(ids, mt.tensor([[0, 0, 0]])), plain)
    assert abs((model(ids, mt.tensor([[0, 1, 1]])) - plain).detach().numpy()).max() > 1e-3


@pytest.mark.parametrize("kind", [Transformer, GPT, BERT])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "separate"])
def test_every_parameter_learns(build: Build, kind: Any, tied: bool) -> None:
    model = build(kind, tie_embeddings=tied, activation="swiglu", positions="learned")
    ids = mt.tensor([[3, 4, 5, 6]])
    (model.loss(ids) if kind is GPT else model.loss(ids, ids)).backward()
    assert (model.output.weight is model.embedding.tokens.weight) is tied
    for name, parameter in model.named_parameters():
        if not name.endswith("key.bias"):  # moves all scores of a query alike: softmax ignores it
            assert parameter.grad is not None, name
            assert abs(parameter.grad.numpy()).max() > 1e-9, name


@pytest.mark.parametrize("kind", [Transformer, GPT])
@pytest.mark.parametrize("activation", ["relu", "swiglu"])
def test_without_bias_nothing_adds_a_constant(build: Build, kind: Any, activation: str) -> None:
    with_bias, without = (build(kind, bias=b, activation=activation) for b in (True, False))
    assert any(name.endswith("bias") for name, _ in with_bias.named_parameters())
    assert not any(name.endswith("bias") for name, _ in without.named_parameters())


def test_a_trace_sees_inside_a_gpt(build: Build) -> None:
    model = build(GPT, n_kv_heads=1, positions="rotary")
    with trace(model) as t:
        model(mt.tensor([[3, 4, 5]]))
    for i in range(2):
        weights = t[f"blocks.{i}.attention.weights"]
        assert weights.shape == (1, 2, 3, 3)
        np.testing.assert_allclose(weights.sum(-1), 1)
        assert not np.triu(weights, 1).any()
    assert t["logits"].shape == (1, 3, 13)


def test_a_final_norm_can_be_had_with_post_norm_too(build: Build) -> None:
    def norms(**changes: Any) -> list[str]:
        state = build(GPT, **changes).state_dict()
        return [name for name in state if name in ("norm.weight", "norm.bias")]

    assert norms() == []
    assert norms(pre_norm=True) == norms(final_norm=True) == ["norm.weight", "norm.bias"]
    assert norms(pre_norm=True, final_norm=False) == []


# ----------------------------------------------------------------------------------- the variations


def test_rms_norm_divides_by_the_root_of_the_mean_square(random_module: Build) -> None:
    layer = random_module(norm(TransformerConfig(5, d_model=2, n_heads=1, norm="rms")))
    layer.weight.array[...] = [1.0, 10.0]
    got = layer(mt.tensor([[3.0, 4.0]], dtype=mt.float64))  # mean square (9 + 16) / 2
    assert_close(got, [[3 / math.sqrt(12.5), 40 / math.sqrt(12.5)]], rtol=1e-5, atol=0)


def test_gelu_is_x_times_phi_of_x(random_module: Build) -> None:
    def gelu(x: float) -> float:
        return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))

    layer = random_module(MLP(1, 3, "gelu"))
    w, b, v, c = (p.detach().numpy() for p in layer.parameters())
    expected = sum(v[0, i] * gelu(w[i, 0] * 0.7 + b[i]) for i in range(3)) + c[0]
    assert layer(mt.tensor([[[0.7]]], dtype=mt.float64)).item() == pytest.approx(expected)


def test_swiglu_is_shazeers_formula(random_module: Build) -> None:
    layer = random_module(SwiGLU(3, 4, bias=False))
    W, V, W_2 = (m.weight.detach().numpy().T for m in (layer.gate, layer.up, layer.down))
    x = np.random.default_rng(0).standard_normal((2, 5, 3))
    swish = x @ W / (1 + np.exp(-(x @ W)))
    close(layer(mt.from_numpy(x)), (swish * (x @ V)) @ W_2)


@pytest.mark.parametrize("kv_heads", [1, 2])
@pytest.mark.parametrize("is_causal", [True, False])
def test_grouped_heads_are_heads_that_share_keys_and_values(
    random_module: Build, kv_heads: int, is_causal: bool
) -> None:
    grouped = random_module(MultiHeadAttention(8, 4, n_kv_heads=kv_heads))
    full = random_module(MultiHeadAttention(8, 4))
    state = grouped.state_dict()
    for name in ("key.weight", "key.bias", "value.weight", "value.bias"):
        heads = state[name].numpy().reshape(kv_heads, 2, -1)  # of d_head = 2
        repeated = np.repeat(heads, 4 // kv_heads, axis=0)
        state[name] = mt.from_numpy(repeated.reshape(8, *state[name].shape[1:]))
    full.load_state_dict(state)
    x = mt.from_numpy(np.random.default_rng(0).standard_normal((2, 5, 8)))
    close(grouped(x, is_causal=is_causal), full(x, is_causal=is_causal).detach())
    with definitions():
        close(grouped(x, is_causal=is_causal), full(x, is_causal=is_causal).detach())


@pytest.mark.parametrize("theta", [10000, 3])
def test_rotary_positions_turn_each_pair_by_its_own_angle(theta: float) -> None:
    rotary = RotaryPositions(8, 4, theta).double()
    x = mt.tensor([[[[1.0, 0.0, 0.0, 1.0]] * 3]], dtype=mt.float64)
    got = rotary(x, start=2).tolist()[0][0]
    for pos, (a, b, c, d) in zip((2, 3, 4), got, strict=True):
        fast, slow = pos, pos / theta ** (2 / 4)
        assert (a, b) == pytest.approx((math.cos(fast), math.sin(fast)), abs=1e-6)
        assert (c, d) == pytest.approx((-math.sin(slow), math.cos(slow)), abs=1e-6)


@given(start=st.integers(0, 12), distance=st.integers(0, 12))
def test_with_rotary_positions_a_match_depends_on_the_distance_alone(
    start: int, distance: int
) -> None:
    rng = np.random.default_rng(0)
    q, k = (mt.from_numpy(rng.standard_normal((1, 1, 1, 6))) for _ in range(2))
    rotary = RotaryPositions(32, 6).double()

    def match(m: int, n: int) -> float:
        return float((rotary(q, m) * rotary(k, n)).sum().item())

    assert match(start + distance, start) == pytest.approx(match(distance, 0), abs=1e-5)
    assert abs(match(3, 0) - match(2, 0)) > 1e-2  # it does depend on that


def test_only_self_attention_turns_its_queries_and_keys() -> None:
    model = Transformer(TransformerConfig(5, d_model=8, n_heads=2, positions="rotary"))
    for block in model.decoder.blocks:
        assert block.self_attention.rotary is not None
        assert block.cross_attention.rotary is None


# ----------------------------------------------------------------------------------------- masks


def test_padding_on_the_left_is_counted() -> None:
    ids = mt.tensor([[0, 0, 3, 4], [3, 0, 4, 0], [0, 0, 0, 0]])
    assert left_padding(ids, 0).tolist() == [2, 0, 0]  # type: ignore[union-attr]
    assert left_padding(ids[1:2], 0) is None


def test_tokens_look_back_and_not_at_padding() -> None:
    assert decoder_mask(3) == (None, True)
    assert decoder_mask(1, start=5) == (None, False)
    later, is_causal = decoder_mask(2, start=1)
    assert not is_causal
    assert later is not None
    assert later.tolist() == [[True, True, False], [True, True, True]]
    padded, is_causal = decoder_mask(2, start=1, padding=np.array([1, 0]))
    assert not is_causal
    assert padded is not None
    assert padded.tolist() == [
        [[[False, True, False], [False, True, True]]],
        [[[True, True, False], [True, True, True]]],
    ]


# --------------------------------------------------------------------------- the configuration


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_heads": 3}, "d_model=8 cannot be divided evenly among n_heads=3"),
        ({"n_heads": 4, "n_kv_heads": 3}, "n_heads=4 cannot .* n_kv_heads=3"),
        ({"d_head": 0}, "d_head must be a whole number from 1 to 32,768, not 0"),
        ({"d_head": 5, "positions": "rotary"}, "but d_head = 5 is odd"),
        ({"rope_theta": 0.5}, "rope_theta must be a number from 1 to 1,000,000,000, not 0.5"),
        ({"n_kv_heads": 0}, "n_kv_heads must be a whole number from 1 to 32,768, not 0"),
        ({"n_layers": -1}, "n_layers must be a whole number from 1 to 1,000, not -1"),
        ({"n_heads": 8, "positions": "rotary"}, r"pairs .* d_model / n_heads = 1 is odd"),
        ({"positions": "none"}, "positions must be one of sinusoidal, learned, rotary, not 'none'"),
        ({"norm": "batch"}, "norm must be one of layer, rms"),
        ({"activation": "tanh"}, "activation must be one of relu, gelu, gelu_tanh, swiglu"),
        ({"norm_eps": -1e-5}, "norm_eps must be a number from 0 to 1, not -1e-05"),
        ({"n_segments": -1}, "n_segments"),
        ({"eos": 13}, "eos=13 is not an id below 13"),
    ],
)
def test_impossible_configurations_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TransformerConfig(**{"vocab_size": 13, "d_model": 8, "n_heads": 2, **changes})


@every_position
@pytest.mark.parametrize("kind", [GPT, BERT])
def test_a_sequence_longer_than_the_positions_is_refused(
    build: Build, kind: Any, positions: str
) -> None:
    model = build(kind, positions=positions, max_length=4)
    model(mt.tensor([[3, 4, 5, 6]]))
    with pytest.raises(ValueError, match="5 tokens is longer than max_length=4"):
        model(mt.tensor([[3, 4, 5, 6, 7]]))


def test_a_configuration_survives_being_saved_as_json() -> None:
    config = TransformerConfig(9, positions="rotary", n_kv_heads=2, norm="rms", final_norm=True)
    assert TransformerConfig(**json.loads(json.dumps(asdict(config)))) == config
