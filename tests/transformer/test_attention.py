"""Multi-head attention, compared with section 3.2 of the paper written out as loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch as mt
from minitorch import nn
from minitorch.fused import definitions
from minitorch.testing import assert_close, gradcheck
from transformer import TransformerConfig
from transformer.explain import trace
from transformer.model.attention import MultiHeadAttention, attention

sizes = st.integers(1, 4)


def affine(layer: nn.Linear, vector: Any) -> Any:
    return layer.weight.array @ vector + layer.bias.array


def by_hand(attention: MultiHeadAttention, x: Any, memory: Any, allowed: Any) -> Any:
    """Attend with a loop over batch, head, query and key. `allowed` is (batch, T_q, T_k)."""
    batch, T_q, _ = x.shape
    d_head = attention.d_head
    result = np.empty_like(x)
    for b in range(batch):
        for i in range(T_q):
            heads = []
            for h in range(attention.n_heads):
                part = slice(h * d_head, (h + 1) * d_head)
                q = affine(attention.query, x[b, i])[part]
                exponentials, values = [], []
                for j in np.flatnonzero(allowed[b, i]):
                    k = affine(attention.key, memory[b, j])[part]
                    exponentials.append(math.exp(sum(q * k) / math.sqrt(d_head)))
                    values.append(affine(attention.value, memory[b, j])[part])
                mixed = np.zeros(d_head)
                for e, value in zip(exponentials, values, strict=True):
                    mixed += e / sum(exponentials) * value
                heads.append(mixed)
            result[b, i] = affine(attention.output, np.concatenate(heads))
    return result


def tensors(*arrays: Any) -> Any:
    return tuple(mt.tensor(a, dtype=mt.float64) for a in arrays)


@given(
    sizes=st.tuples(sizes, sizes, sizes, sizes, sizes),
    kind=st.sampled_from(["self", "self, causal", "cross", "cross, padded"]),
    seed=st.integers(0, 99),
)
def test_it_is_the_formula_of_the_paper(
    random_module: Callable[..., Any], sizes: Any, kind: str, seed: int
) -> None:
    batch, T_q, T_k, n_heads, d_head = sizes
    rng = np.random.default_rng(seed)
    attention = random_module(MultiHeadAttention(n_heads * d_head, n_heads), seed)
    x = rng.standard_normal((batch, T_q, n_heads * d_head))
    memory = rng.standard_normal((batch, T_k, n_heads * d_head))
    allowed = np.ones((batch, T_q, T_k), bool)
    if kind == "self":
        y = attention(*tensors(x))
        memory, allowed = x, np.ones((batch, T_q, T_q), bool)
    elif kind == "self, causal":
        y = attention(*tensors(x), is_causal=True)
        memory = x
        allowed = np.array([[[j <= i for j in range(T_q)] for i in range(T_q)]] * batch)
    elif kind == "cross":
        y = attention(*tensors(x, memory))
    else:
        lengths = rng.integers(1, T_k + 1, batch)
        allowed[:] = np.arange(T_k) < lengths[:, None, None]
        y = attention(*tensors(x, memory), mt.tensor(allowed[:, None]))
    assert_close(y, by_hand(attention, x, memory, allowed), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("is_causal", [False, True])
def test_the_weights_of_every_query_sum_to_1(
    random_module: Callable[..., Any], is_causal: bool
) -> None:
    attention = random_module(MultiHeadAttention(8, 2))
    (x,) = tensors(np.random.default_rng(0).standard_normal((3, 5, 8)))
    with trace(attention) as t:
        attention(x, is_causal=is_causal)
    assert t["weights"].shape == (3, 2, 5, 5)
    assert (t["weights"] >= 0).all()
    assert_close(t["weights"].sum(-1), np.ones((3, 2, 5)))
    later = np.triu(np.ones((5, 5), bool), 1)
    assert (t["weights"][..., later] == 0).all() == is_causal


@given(seed=st.integers(0, 99))
def test_the_order_of_keys_and_values_does_not_matter(
    random_module: Callable[..., Any], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    attention = random_module(MultiHeadAttention(6, 3))
    x, memory = rng.standard_normal((2, 3, 6)), rng.standard_normal((2, 5, 6))
    mask = rng.random((2, 1, 3, 5)) < 0.7
    order = rng.permutation(5)
    y = attention(*tensors(x, memory), mt.tensor(mask))
    shuffled = attention(*tensors(x, memory[:, order]), mt.tensor(mask[..., order]))
    assert_close(shuffled, y, rtol=1e-10, atol=1e-12)


def test_equal_keys_get_equal_weights(random_module: Callable[..., Any]) -> None:
    attention = random_module(MultiHeadAttention(4, 2))
    with mt.no_grad():
        attention.key.weight.zero_()  # every key is the bias: all match alike
    x = np.random.default_rng(0).standard_normal((1, 3, 4))
    mean_value = affine(attention.value, x[0].mean(0))
    assert_close(attention(*tensors(x)), np.tile(affine(attention.output, mean_value), (1, 3, 1)))


def test_a_token_that_may_look_nowhere_gathers_nothing(random_module: Callable[..., Any]) -> None:
    attention = random_module(MultiHeadAttention(4, 2))
    x = np.random.default_rng(0).standard_normal((1, 3, 4))
    mask = np.ones((1, 1, 3, 3), bool)
    mask[..., 1, :] = False
    y = attention(*tensors(x), mask=mt.tensor(mask))
    assert_close(y[0, 1], attention.output.bias.array)


@pytest.mark.parametrize("through", ["kernels", "definitions"])
def test_its_derivative_agrees_with_finite_differences(
    random_module: Callable[..., Any], through: str
) -> None:
    attention = random_module(MultiHeadAttention(4, 2))
    rng = np.random.default_rng(0)
    x, memory = tensors(rng.standard_normal((2, 2, 4)), rng.standard_normal((2, 3, 4)))
    mask = mt.tensor([[[[True, True, False]]], [[[True, True, True]]]])

    def run(x: Any, memory: Any, *parameters: Any) -> Any:
        if through == "kernels":
            return attention(x, memory, mask)
        with definitions():
            return attention(x, memory, mask)

    assert gradcheck(run, (x.requires_grad_(), memory.requires_grad_(), *attention.parameters()))


def test_dropout_is_for_training_only() -> None:
    attention = MultiHeadAttention(8, 2, dropout=0.5)
    x = mt.randn(2, 6, 8)
    assert not np.array_equal(attention(x).tolist(), attention(x).tolist())
    attention.eval()
    assert attention(x).tolist() == attention(x).tolist()


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ValueError, match="d_model=10 cannot be divided among n_heads=4"):
        MultiHeadAttention(10, 4)


def test_it_is_built_as_the_configuration_says() -> None:
    config = TransformerConfig(
        9, d_model=8, n_heads=4, n_kv_heads=2, dropout=0.25, bias=False, max_length=7
    )
    layer = attention(config)
    assert (layer.n_heads, layer.n_kv_heads, layer.d_head) == (4, 2, 2)
    assert layer.dropout == 0.25
    assert [name for name, _ in layer.named_parameters()] == [
        f"{name}.weight" for name in ("query", "key", "value", "output")
    ]
    assert layer.key.weight.shape == layer.value.weight.shape == (4, 8)
    assert layer.rotary is None
    rotary = attention(TransformerConfig(9, d_model=8, n_heads=2, max_length=7, positions="rotary"))
    assert rotary.n_kv_heads == 2
    assert rotary.query.bias is not None
    assert rotary.rotary is not None
    assert rotary.rotary.cos.shape == (7, 4)
    assert rotary.rotary.cos[1].tolist() == pytest.approx([math.cos(1)] * 2 + [math.cos(0.01)] * 2)
    assert attention(config).extra_repr() == "n_heads=4, n_kv_heads=2, dropout=0.25"
    assert MultiHeadAttention(8, 2).extra_repr() == "n_heads=2, dropout=0.0"


def test_the_size_of_a_head_may_be_given() -> None:
    """Then the heads together may be wider than the stream, or narrower: 3 of 2 beside 4."""
    config = TransformerConfig(
        9, d_model=4, n_heads=3, n_kv_heads=1, d_head=2, max_length=7, positions="rotary",
        rope_theta=3.0,
    )  # fmt: skip
    layer = attention(config)
    assert layer.d_head == 2
    shapes = {name: p.shape for name, p in layer.named_parameters() if name.endswith("weight")}
    assert shapes == {
        "query.weight": (6, 4), "key.weight": (2, 4), "value.weight": (2, 4),
        "output.weight": (4, 6),
    }  # fmt: skip
    assert layer.rotary is not None
    assert layer.rotary.cos[2].tolist() == pytest.approx([math.cos(2)] * 2)
    two_pairs = attention(replace(config, d_head=4))
    assert two_pairs.rotary is not None
    slow = math.cos(2 / math.sqrt(3))
    assert two_pairs.rotary.cos[2].tolist() == pytest.approx([math.cos(2)] * 2 + [slow] * 2)


@pytest.mark.parametrize("d_head", [1, 5])
def test_heads_of_a_given_size_attend_as_the_loops_do(
    random_module: Callable[..., Any], d_head: int
) -> None:
    layer = random_module(MultiHeadAttention(3, 2, d_head=d_head))
    x = np.random.default_rng(0).standard_normal((2, 4, 3))
    expected = by_hand(layer, x, x, np.ones((2, 4, 4), bool))
    assert_close(layer(mt.from_numpy(x)), expected, rtol=1e-10, atol=1e-12)


def test_dropout_sets_weights_to_0_at_its_rate() -> None:
    """With values of 1 and no bias, an output is the sum of the weights that were kept."""
    layer = MultiHeadAttention(4, 1, dropout=0.25, bias=False)
    with mt.no_grad():
        layer.query.weight.zero_()  # all weights are 1/400
        layer.value.weight.fill_(0.25)
        layer.output.weight.fill_(0.25)
    mt.manual_seed(0)
    sums = layer(mt.ones(20, 400, 4))[..., 0].detach().numpy()
    kept = sums * 0.75 * 400
    assert kept.mean() == pytest.approx(300, abs=1)
    assert kept.std() == pytest.approx(math.sqrt(400 * 0.25 * 0.75), rel=0.03)  # binomial


@pytest.mark.parametrize("shape", [(), (4,), (3, 1), (3, 4), (2, 1, 1), (5, 1, 1, 4), (5, 2, 3, 4)])
def test_a_mask_may_have_any_shape_that_broadcasts(
    random_module: Callable[..., Any], shape: tuple[int, ...]
) -> None:
    layer = random_module(MultiHeadAttention(4, 2))
    rng = np.random.default_rng(0)
    x, memory = tensors(rng.standard_normal((5, 3, 4)), rng.standard_normal((5, 4, 4)))
    mask = rng.random(shape) < 0.7
    whole = np.broadcast_to(mask, (5, 2, 3, 4))
    y = layer(x, memory, mt.tensor(mask))
    assert_close(y, layer(x, memory, mt.tensor(whole.copy())), rtol=1e-12, atol=1e-12)
    again = layer(x, layer.keys_and_values(memory), mt.tensor(mask))
    assert_close(again, y, rtol=1e-12, atol=1e-12)
