"""`nn.Transformer` and its parts: what each computes, by arithmetic in NumPy; names and masks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn
from minitorch.testing import gradcheck, gradgradcheck

inf = math.inf
rng = np.random.default_rng(0)


def draw(*shape: int) -> mt.Tensor:
    return mt.tensor(rng.standard_normal(shape))


def drawn(module: Any) -> Any:
    """Give a module parameters in float64, none of which is 0 or 1."""
    for p in module.double().parameters():
        p.requires_grad_(False).copy_(draw(*p.shape) * 0.3).requires_grad_()
    return module


def close(x: mt.Tensor, expected: Any) -> None:
    np.testing.assert_allclose(x.detach().numpy(), expected, rtol=1e-12, atol=1e-12)


def softmax(scores: Any) -> Any:
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def one_head(module: Any, query: Any, key: Any, value: Any, added: Any = 0.0) -> tuple[Any, Any]:
    """The formula, for a single head and a single text."""
    weight, bias = module.in_proj_weight.detach().numpy(), module.in_proj_bias.detach().numpy()
    q, k, v = (
        x.numpy() @ weight[i : i + 4].T + bias[i : i + 4]
        for i, x in ((0, query), (4, key), (8, value))
    )
    weights = softmax(q @ k.T / math.sqrt(4) + added)
    out = module.out_proj
    return weights @ v @ out.weight.detach().numpy().T + out.bias.detach().numpy(), weights


def test_one_head_is_the_formula() -> None:
    module = drawn(nn.MultiheadAttention(4, 1))
    query, key, value = draw(3, 4), draw(5, 4), draw(5, 4)
    expected, expected_weights = one_head(module, query, key, value)
    y, weights = module(query, key, value)
    close(y, expected)
    close(weights, expected_weights)
    without, none = module(query, key, value, need_weights=False)
    close(without, expected)
    assert none is None


def test_each_head_has_its_own_part_of_the_vectors() -> None:
    module = drawn(nn.MultiheadAttention(8, 2))
    x = draw(3, 8)
    weight, bias = module.in_proj_weight.detach().numpy(), module.in_proj_bias.detach().numpy()
    q, k, v = np.split(x.numpy() @ weight.T + bias, 3, axis=1)
    each = [softmax(q[:, h] @ k[:, h].T / 2) for h in (slice(0, 4), slice(4, 8))]
    mixed = np.concatenate([each[0] @ v[:, :4], each[1] @ v[:, 4:]], 1)
    out = module.out_proj
    y, weights = module(x, x, x, average_attn_weights=False)
    close(y, mixed @ out.weight.detach().numpy().T + out.bias.detach().numpy())
    close(weights, each)
    close(module(x, x, x)[1], (each[0] + each[1]) / 2)


@pytest.mark.parametrize("need_weights", [True, False])
def test_masks_hide_or_are_added(need_weights: bool) -> None:
    module = drawn(nn.MultiheadAttention(4, 1))
    x = draw(3, 4)
    hidden = np.array([[False, True, True], [False, False, True], [False, False, True]])
    numbers = np.array([[0.5, 1.0, -inf], [0.0, -2.0, 0.0], [1.0, 2.0, 3.0]])
    first = np.array([[0.0, -inf, 0.0]])
    for masks, added in (
        ({"attn_mask": hidden}, np.where(hidden, -inf, 0.0)),
        ({"attn_mask": numbers}, numbers),
        ({"key_padding_mask": hidden[1]}, np.where(hidden[1], -inf, 0.0)),
        ({"attn_mask": hidden, "key_padding_mask": first[0] < 0}, np.where(hidden, -inf, first)),
        ({"attn_mask": numbers, "key_padding_mask": first[0] < 0}, numbers + first),
        ({"attn_mask": hidden, "key_padding_mask": numbers[2]}, np.where(hidden, -inf, numbers[2])),
    ):
        given = {name: mt.tensor(mask) for name, mask in masks.items()}
        y, _ = module(x, x, x, need_weights=need_weights, **given)
        close(y, one_head(module, x, x, x, added)[0])


@pytest.mark.parametrize("need_weights", [True, False])
def test_a_query_that_may_attend_to_nothing_gets_zeros(need_weights: bool) -> None:
    module = drawn(nn.MultiheadAttention(4, 2, batch_first=True))
    x = draw(2, 3, 4).requires_grad_()
    padding = mt.tensor([[True, True, True], [False, False, True]])
    y, weights = module(x, x, x, padding, need_weights)
    close(y[0], np.tile(module.out_proj.bias.detach().numpy(), (3, 1)))
    assert weights is None or (weights[0] == 0).all()
    y.sum().backward()
    assert x.grad is not None
    assert (x.grad[0] == 0).all()
    assert x.grad.isfinite().all()


def test_the_layouts_hold_the_same() -> None:
    first = drawn(nn.MultiheadAttention(8, 2, batch_first=True))
    module = nn.MultiheadAttention(8, 2, dtype=mt.float64)
    module.load_state_dict(first.state_dict())
    query, memory = draw(2, 3, 8), draw(2, 5, 8)
    expected, weights = first(query, memory, memory)
    y, same = module(*[x.transpose(0, 1) for x in (query, memory, memory)])
    close(y.transpose(0, 1), expected.detach().numpy())
    close(same, weights.detach().numpy())
    for layout in (first, module):
        y, one = layout(query[1], memory[1], memory[1])
        close(y, expected[1].detach().numpy())
        close(one, weights[1].detach().numpy())


def test_added_keys_are_seen_by_every_query() -> None:
    module = drawn(nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True))
    x = draw(3, 2, 4)
    causal = nn.Transformer.generate_square_subsequent_mask(3, dtype=mt.float64)
    y, weights = module(x, x, x, attn_mask=causal)
    assert weights.shape == (2, 3, 5)
    seen = [[1, 0, 0, 1, 1], [1, 1, 0, 1, 1], [1, 1, 1, 1, 1]]
    assert np.array_equal(weights.detach().numpy() > 0, [seen, seen])
    for hint in (False, True):
        close(module(x, x, x, None, False, causal, is_causal=hint)[0], y.detach().numpy())


def test_dropout_sets_weights_to_zero_in_training_alone() -> None:
    mt.manual_seed(0)
    module = drawn(nn.MultiheadAttention(8, 2, dropout=0.5))
    x = draw(7, 2, 8)
    _, weights = module.eval()(x, x, x, average_attn_weights=False)
    y, dropped = module.train()(x, x, x, average_attn_weights=False)
    ratio = (dropped / weights).detach().numpy()
    assert 50 < np.count_nonzero(ratio) < 150  # of 196
    np.testing.assert_allclose(ratio[ratio > 0], 2.0)
    assert not np.allclose(y.detach().numpy(), module.eval()(x, x, x)[0].detach().numpy())


# ------------------------------------------------------------------------- layers and stacks


def test_an_encoder_layer_adds_attention_and_mlp() -> None:
    x = draw(3, 2, 8)
    for norm_first in (False, True):
        layer = drawn(nn.TransformerEncoderLayer(8, 2, 5, 0.0, "gelu", norm_first=norm_first))

        def mlp(x: Any, layer: Any = layer) -> Any:
            return layer.linear2(nn.functional.gelu(layer.linear1(x)))

        def attention(x: Any, layer: Any = layer) -> Any:
            return layer.self_attn(x, x, x)[0]

        if norm_first:
            y = x + attention(layer.norm1(x))
            y = y + mlp(layer.norm2(y))
        else:
            y = layer.norm1(x + attention(x))
            y = layer.norm2(y + mlp(y))
        close(layer(x), y.detach().numpy())


def test_a_decoder_layer_attends_to_the_memory_besides() -> None:
    x, memory = draw(3, 2, 8), draw(5, 2, 8)
    layer = drawn(nn.TransformerDecoderLayer(8, 2, 5, 0.0, mt.tanh))
    y = layer.norm1(x + layer.self_attn(x, x, x)[0])
    y = layer.norm2(y + layer.multihead_attn(y, memory, memory)[0])
    y = layer.norm3(y + layer.linear2(mt.tanh(layer.linear1(y))))
    close(layer(x, memory), y.detach().numpy())


def test_a_target_does_not_see_what_comes_later_nor_padding() -> None:
    model = drawn(nn.Transformer(8, 2, 1, 1, 5, 0.0, batch_first=True))
    src, tgt = draw(2, 4, 8), draw(2, 3, 8)
    padding = mt.tensor([[False, False, False, True]] * 2)
    causal = nn.Transformer.generate_square_subsequent_mask(3)
    for mask in (causal.double(), causal != 0):
        masks = {"tgt_mask": mask, "src_key_padding_mask": padding}

        def run(src: Any, tgt: Any, masks: Any = masks) -> Any:
            return model(src, tgt, memory_key_padding_mask=padding, **masks).detach().numpy()

        before = run(src, tgt)
        other, later = src.clone(), tgt.clone()
        other[:, 3], later[:, 2] = 7.0, 7.0
        after = run(other, later)
        np.testing.assert_allclose(after[:, :2], before[:, :2], rtol=1e-12)
        assert not np.allclose(after[:, 2], before[:, 2])


class Noted(nn.Module):
    """A layer that notes how it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(2, 1)
        self.called: list[Any] = []

    def forward(self, x: Any, **options: Any) -> Any:
        self.called.append(options["is_causal"])
        return x


def test_a_stack_recognises_the_causal_mask() -> None:
    stack: Any = nn.TransformerEncoder(Noted(), 1)
    causal = nn.Transformer.generate_square_subsequent_mask(3)
    x = mt.zeros(3, 1, 2)
    for mask in (None, causal, causal != 0, causal.clone().fill_(0.0), causal[:2, :2]):
        stack(x, mask)
    stack(x, causal, is_causal=False)
    stack(x, causal * 0, is_causal=True)
    assert stack.layers[0].called == [False, True, True, False, False, False, True]


@pytest.mark.parametrize("need_weights", [True, False])
def test_derivatives(need_weights: bool) -> None:
    module = drawn(nn.MultiheadAttention(2, 1, add_bias_kv=True, kdim=1))
    names = [name for name, _ in module.named_parameters()]
    query, key, value = (draw(2, n).requires_grad_() for n in (2, 1, 2))
    mask = mt.tensor([[0.0, -inf], [0.3, -0.2]], dtype=mt.float64)

    def attend(*inputs: Any) -> Any:
        parameters = dict(zip(names, inputs[3:], strict=True))
        return nn.functional.multi_head_attention_forward(
            *inputs[:3], 2, 1, None, parameters["in_proj_bias"], parameters["bias_k"],
            parameters["bias_v"], False, 0.0, parameters["out_proj.weight"],
            parameters["out_proj.bias"], attn_mask=mask, need_weights=need_weights,
            use_separate_proj_weight=True, q_proj_weight=parameters["q_proj_weight"],
            k_proj_weight=parameters["k_proj_weight"], v_proj_weight=parameters["v_proj_weight"],
        )  # fmt: skip

    inputs = [query, key, value, *module.parameters()]
    assert gradcheck(attend, inputs)
    assert gradgradcheck(attend, inputs)


# --------------------------------------------------------------------------- names and values


def test_names_in_the_state_dict() -> None:
    def shapes(module: Any) -> dict[str, tuple[int, ...]]:
        return {name: tuple(x.shape) for name, x in module.state_dict().items()}

    assert shapes(nn.MultiheadAttention(4, 2)) == {
        "in_proj_weight": (12, 4),
        "in_proj_bias": (12,),
        "out_proj.weight": (4, 4),
        "out_proj.bias": (4,),
    }
    assert shapes(nn.MultiheadAttention(4, 2, bias=False, add_bias_kv=True, vdim=3)) == {
        "q_proj_weight": (4, 4),
        "k_proj_weight": (4, 4),
        "v_proj_weight": (4, 3),
        "bias_k": (1, 1, 4),
        "bias_v": (1, 1, 4),
        "out_proj.weight": (4, 4),
    }
    names = list(nn.Transformer(4, 2, 1, 2, 8).state_dict())
    assert names[0] == "encoder.layers.0.self_attn.in_proj_weight"
    assert names[12:14] == ["encoder.norm.weight", "encoder.norm.bias"]
    assert names[14] == "decoder.layers.0.self_attn.in_proj_weight"
    assert names[-1] == "decoder.norm.bias"
    assert len(names) == 14 + 2 * 18 + 2


def test_first_values_are_drawn_in_pytorchs_order() -> None:
    mt.manual_seed(0)
    module = nn.MultiheadAttention(8, 2)
    mt.manual_seed(0)
    out_proj = nn.Linear(8, 8)
    expected = nn.init.xavier_uniform_(mt.empty(24, 8))
    assert mt.equal(module.out_proj.weight, out_proj.weight)
    assert mt.equal(module.in_proj_weight, expected)
    assert not module.in_proj_bias.any()
    assert not module.out_proj.bias.any()
    model = nn.Transformer(8, 2, 1, 1, 16)
    for name, p in model.named_parameters():
        if p.ndim > 1:
            bound = math.sqrt(6 / sum(p.shape))
            assert 0.9 * bound < p.abs().max().item() <= bound, name
    assert nn.Transformer(8, 2, 1, 1, 16, dtype=mt.float64).encoder.norm.weight.dtype == mt.float64


def test_copies_start_alike_and_learn_apart() -> None:
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    stack: Any = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False, mask_check=False)
    first, second = stack.layers
    assert mt.equal(first.linear1.weight, second.linear1.weight)
    first.linear1.weight.detach().fill_(0.0)
    assert second.linear1.weight.any()
    assert layer.linear1.weight.any()
