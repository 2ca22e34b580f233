"""The encoder on its own. Its blocks' arithmetic is tested with the whole model's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minitorch as mt
from minitorch.testing import assert_close
from transformer import Transformer
from transformer.model.masks import padding_mask

both_norms = pytest.mark.parametrize("pre_norm", [False, True], ids=["post-norm", "pre-norm"])


@both_norms
def test_without_positions_it_knows_no_order(
    small_model: Callable[..., Transformer], pre_norm: bool
) -> None:
    encoder = small_model(pre_norm=pre_norm).encoder
    rng = np.random.default_rng(0)
    x = mt.tensor(rng.standard_normal((2, 6, 8)))
    ids = mt.tensor([[3, 4, 5, 6, 7, 8], [3, 4, 5, 6, 0, 0]])
    order = rng.permutation(6)
    memory = encoder(x, padding_mask(ids, 0))
    shuffled = encoder(x[:, order], padding_mask(ids[:, order], 0))
    assert_close(shuffled, memory[:, order], rtol=1e-10, atol=1e-10)


def test_with_positions_the_model_knows_the_order(small_model: Callable[..., Transformer]) -> None:
    model = small_model()
    forwards, _ = model.encode(mt.tensor([[3, 4, 5]]))
    backwards, _ = model.encode(mt.tensor([[5, 4, 3]]))
    assert abs(forwards.array[:, ::-1] - backwards.array).max() > 0.01


@both_norms
def test_the_memory_leaves_it_normalised(
    small_model: Callable[..., Transformer], pre_norm: bool
) -> None:
    encoder = small_model(pre_norm=pre_norm).encoder
    last = encoder.norm if pre_norm else encoder.blocks[-1].add_mlp.norm
    with mt.no_grad():
        last.weight.fill_(1.0)
        last.bias.fill_(0.0)
    x = mt.tensor(10 * np.random.default_rng(0).standard_normal((2, 3, 8)))
    memory = encoder(x, mt.ones(2, 1, 1, 3, dtype=mt.bool))
    assert_close(memory.mean(-1), np.zeros((2, 3)), rtol=0, atol=1e-9)
    assert_close(memory.square().mean(-1), np.ones((2, 3)), rtol=0, atol=1e-4)
