"""The decoder on its own. Its blocks' arithmetic is tested with the whole model's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minitorch as mt
from minitorch import autograd
from minitorch.testing import assert_close
from transformer import Transformer

everything = mt.ones(1, 1, 1, 4, dtype=mt.bool)


@pytest.mark.parametrize("silenced", [0, 1])
def test_every_block_looks_into_the_memory(
    small_model: Callable[..., Transformer], silenced: int
) -> None:
    """With the cross-attention of either block silenced, the memory still has a say."""
    decoder = small_model().decoder
    rng = np.random.default_rng(0)
    memory = mt.tensor(rng.standard_normal((1, 4, 8)), requires_grad=True)
    x = mt.tensor(rng.standard_normal((1, 3, 8)))
    with mt.no_grad():
        decoder.blocks[silenced].cross_attention.output.weight.zero_()
    y = decoder(x, memory, everything)
    (g,) = autograd.grad(y, memory, mt.tensor(rng.standard_normal(y.shape)))
    assert g.array.any(-1).all()


def test_the_order_of_the_memory_does_not_matter(small_model: Callable[..., Transformer]) -> None:
    decoder = small_model().decoder
    rng = np.random.default_rng(0)
    memory, x = mt.tensor(rng.standard_normal((1, 4, 8))), mt.tensor(rng.standard_normal((1, 3, 8)))
    y = decoder(x, memory, everything)
    assert_close(decoder(x, memory[:, [2, 0, 3, 1]], everything), y, rtol=1e-10, atol=1e-10)


def test_the_first_token_sees_itself_and_the_memory_only(
    small_model: Callable[..., Transformer],
) -> None:
    decoder = small_model().decoder
    rng = np.random.default_rng(0)
    memory, x = mt.tensor(rng.standard_normal((1, 4, 8))), mt.tensor(rng.standard_normal((1, 3, 8)))
    whole = decoder(x, memory, everything)
    assert_close(whole[:, :1], decoder(x[:, :1], memory, everything), rtol=1e-10, atol=1e-10)
