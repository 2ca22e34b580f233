"""Add & Norm: x <- norm(x + sublayer(x)), or x <- x + sublayer(norm(x))."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch.testing import assert_close
from transformer import TransformerConfig
from transformer.model.add_norm import AddAndNorm

both_norms = pytest.mark.parametrize("pre_norm", [False, True], ids=["post-norm", "pre-norm"])


def config(**changes: Any) -> TransformerConfig:
    return TransformerConfig(**{"vocab_size": 5, "d_model": 4, "n_heads": 1, **changes})


def normed(box: AddAndNorm, x: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    size = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return centred / size * box.norm.weight.array + box.norm.bias.array


def sum_through(box: AddAndNorm, x: Any, sublayer: Callable[[Any], Any]) -> Any:
    """The line of a block: a sublayer's result, added to the residual stream."""
    return box.norm_after(x + box.dropout(sublayer(box.norm_before(x))))


@both_norms
def test_it_is_its_formula(random_module: Callable[..., Any], pre_norm: bool) -> None:
    box = random_module(AddAndNorm(config(pre_norm=pre_norm)))
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    y = sum_through(box, mt.tensor(x), lambda x: x * x + 1)
    if pre_norm:
        assert_close(y, x + (normed(box, x) ** 2 + 1))
    else:
        assert_close(y, normed(box, x + (x**2 + 1)))


@both_norms
def test_the_residual_stream_is_never_dropped(pre_norm: bool) -> None:
    box = AddAndNorm(config(pre_norm=pre_norm, dropout=0.75))
    x = mt.randn(50, 40, 4)
    in_training = sum_through(box, x, mt.zeros_like)
    assert_close(in_training, sum_through(box.eval(), x, mt.zeros_like), rtol=0, atol=0)


def test_what_the_sublayer_computes_is_dropped_at_the_stated_rate() -> None:
    box = AddAndNorm(config(pre_norm=True, dropout=0.75))
    x = mt.randn(50, 40, 4)
    added = (sum_through(box, x, mt.ones_like) - x).numpy()
    kept = added > 1
    assert_close(added, np.where(kept, 4, 0).astype(np.float32), atol=1e-5, rtol=0)  # 1 / (1 - 3/4)
    assert kept.mean() == pytest.approx(0.25, abs=0.02)
    assert_close(sum_through(box.eval(), x, mt.ones_like), x + 1)
