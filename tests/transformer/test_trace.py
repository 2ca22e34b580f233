"""A trace records what happened inside, under names, and leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minitorch as mt
from minitorch.testing import assert_close
from transformer import Transformer
from transformer.explain import trace

SOURCE = mt.tensor([[3, 4, 5, 6, 7], [8, 9, 0, 0, 0]])
TARGET = mt.tensor([[1, 5, 6], [1, 7, 0]])
B, S, T, D, HEADS, D_HEAD, D_FF = 2, 5, 3, 8, 2, 4, 12  # of small_model


def attention(path: str, T_q: int, T_k: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{path}.q": (B, HEADS, T_q, D_HEAD),
        f"{path}.k": (B, HEADS, T_k, D_HEAD),
        f"{path}.v": (B, HEADS, T_k, D_HEAD),
        f"{path}.scores": (B, HEADS, T_q, T_k),
        f"{path}.weights": (B, HEADS, T_q, T_k),
        f"{path}.mixed": (B, HEADS, T_q, D_HEAD),
        f"{path}.heads": (B, HEADS, T_q, D),
        f"{path}.output": (B, T_q, D),
    }


def norm(path: str, T: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{path}.norm.input": (B, T, D),
        f"{path}.norm.mean": (B, T, 1),
        f"{path}.norm.scale": (B, T, 1),
        f"{path}.norm.output": (B, T, D),
    }


def mlp(path: str, T: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{path}.pre_activation": (B, T, D_FF),
        f"{path}.hidden": (B, T, D_FF),
        f"{path}.output": (B, T, D),
    }


def expected_shapes() -> dict[str, tuple[int, ...]]:
    shapes = {
        "embedding.tokens": (B, T, D),
        "embedding.positions": (T, D),
        "embedding.residual": (B, T, D),
        "logits": (B, T, 13),
    }
    for i in range(2):
        block = f"encoder.blocks.{i}"
        shapes |= attention(f"{block}.attention", S, S)
        shapes |= mlp(f"{block}.mlp", S)
        for box in ("add_attention", "add_mlp"):
            shapes |= norm(f"{block}.{box}", S) | {f"{block}.{box}.residual": (B, S, D)}
        block = f"decoder.blocks.{i}"
        shapes |= attention(f"{block}.self_attention", T, T)
        shapes |= attention(f"{block}.cross_attention", T, S)
        shapes |= mlp(f"{block}.mlp", T)
        for box in ("add_self_attention", "add_cross_attention", "add_mlp"):
            shapes |= norm(f"{block}.{box}", T) | {f"{block}.{box}.residual": (B, T, D)}
    return shapes


def test_every_intermediate_has_its_name_and_shape(small_model: Callable[..., Transformer]) -> None:
    model = small_model()
    with trace(model) as t:
        model(SOURCE, TARGET)
    assert {name: array.shape for name, array in t.items()} == expected_shapes()


def test_what_is_recorded_is_what_the_names_say(small_model: Callable[..., Transformer]) -> None:
    model = small_model()
    with trace(model) as t:
        logits = model(SOURCE, TARGET)
    assert_close(t["logits"], logits)
    block = "decoder.blocks.1"
    assert_close(t["logits"], t[f"{block}.add_mlp.residual"] @ model.output.weight.array.T)
    assert_close(
        t["embedding.tokens"],
        model.embedding.tokens.weight.array[TARGET.array] * np.sqrt(D),
        rtol=1e-6,
        atol=1e-6,
    )
    for path in ("encoder.blocks.1.attention", f"{block}.cross_attention"):
        q, k, v = (t[f"{path}.{name}"] for name in "qkv")
        scores, weights = t[f"{path}.scores"], t[f"{path}.weights"]
        assert_close(scores, q @ k.swapaxes(-1, -2) / np.sqrt(D_HEAD))
        assert_close(weights.sum(-1), np.ones(weights.shape[:-1]))
        assert not weights[1, ..., 2:].any()  # the second source has two tokens
        exponentials = np.exp(scores[0])
        assert_close(weights[0], exponentials / exponentials.sum(-1, keepdims=True))
        assert_close(t[f"{path}.mixed"], weights @ v)
    hidden = t[f"{block}.mlp.hidden"]
    assert (hidden >= 0).all()
    mlp = model.decoder.blocks[1].mlp
    x = t[f"{block}.add_cross_attention.residual"]
    assert_close(hidden, np.maximum(0, x @ mlp.up.weight.array.T + mlp.up.bias.array))


def test_a_module_can_be_traced_by_itself(small_model: Callable[..., Transformer]) -> None:
    block = small_model().encoder.blocks[0]
    with trace(block) as t:
        block(mt.zeros(1, 4, D, dtype=mt.float64))
    assert t["attention.weights"].shape == (1, HEADS, 4, 4)
    with trace(block.mlp) as t:
        block.mlp(mt.zeros(1, 4, D, dtype=mt.float64))
    assert list(t) == ["pre_activation", "hidden", "output"]


@pytest.mark.parametrize("pre_norm", [False, True], ids=["post-norm", "pre-norm"])
def test_tracing_changes_no_result(small_model: Callable[..., Transformer], pre_norm: bool) -> None:
    model = small_model(pre_norm=pre_norm).float()
    plain = model.loss(SOURCE, TARGET)
    plain.backward()
    expected = [p.grad for p in model.parameters()]
    model.zero_grad()
    with trace(model):
        traced = model.loss(SOURCE, TARGET)
    traced.backward()
    assert_close(traced, plain, rtol=1e-5, atol=1e-5)
    for p, g in zip(model.parameters(), expected, strict=True):
        assert_close(p.grad, g, rtol=1e-3, atol=1e-4)


def test_what_is_recorded_stays_as_it_was(small_model: Callable[..., Transformer]) -> None:
    model = small_model()
    with trace(model) as t:
        logits = model(SOURCE, TARGET)
    before = t["logits"].copy()
    with mt.no_grad():
        logits.detach().zero_()
    assert_close(t["logits"], before)


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_a_trace_is_left_behind(
    small_model: Callable[..., Transformer], fails: bool
) -> None:
    model, x = small_model(), mt.zeros(3, requires_grad=True)
    try:
        with trace(model) as t:
            model(SOURCE, TARGET)
            assert x.softmax(-1).grad_fn.name != "softmax"  # the definition runs
            if fails:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert x.softmax(-1).grad_fn.name == "softmax"  # the kernel runs
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    t.clear()
    model(SOURCE, TARGET)
    assert not t
