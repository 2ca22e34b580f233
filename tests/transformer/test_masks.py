"""Masks leak nothing: what a token may not look at has no influence, and gets no gradient.

Influence is tested on values, and, exactly, on gradients: that of the logits which must not see a
vector, with respect to that vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch as mt
from minitorch import Tensor, autograd
from minitorch.fused import definitions
from minitorch.testing import assert_close
from transformer import Transformer, TransformerConfig
from transformer.model.embedding import Embedding
from transformer.model.masks import causal_mask, decoder_mask, padding_mask
from transformer.model.rotary import RotaryPositions

PAD, BOS, EOS = 0, 1, 2

kernels_and_definitions = st.sampled_from([nullcontext, definitions])
few_lengths = st.lists(st.integers(1, 5), min_size=2, max_size=3)
both_norms = pytest.mark.parametrize("pre_norm", [False, True], ids=["post-norm", "pre-norm"])


def test_padding_mask_by_hand() -> None:
    mask = padding_mask(mt.tensor([[5, 6, 7], [5, 0, 0]]), pad=0)
    assert mask.dtype == mt.bool
    assert mask.shape == (2, 1, 1, 3)  # to be stretched over heads and queries
    assert mask.tolist() == [[[[True, True, True]]], [[[True, False, False]]]]
    assert padding_mask(mt.tensor([[5, 6]]), pad=6).tolist() == [[[[True, False]]]]


def test_causal_mask_by_hand() -> None:
    assert causal_mask(3).dtype == mt.bool
    assert causal_mask(3).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def filled(rows: Sequence[Any], on_the_left: bool = False) -> Tensor:
    """Fill rows of ids up with `<pad>` to one length."""
    longest = max(map(len, rows))
    padding = [[PAD] * (longest - len(row)) for row in rows]
    return mt.tensor(
        [
            [*some, *row] if on_the_left else [*row, *some]
            for row, some in zip(rows, padding, strict=True)
        ]
    )


def batch(rng: np.random.Generator, lengths: list[int]) -> Tensor:
    """Draw rows of ids, of the given lengths."""
    return filled([rng.integers(3, 13, n).tolist() for n in lengths])


def vectors(model: Transformer, ids: Tensor) -> Tensor:
    """Return the embedded ids, as a leaf to take gradients of."""
    return model.embedding(ids).detach().requires_grad_()


def run(model: Transformer, source: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Run the model on embedded sources x and targets y, up to the logits."""
    mask = padding_mask(source, PAD)
    return model.output(model.decoder(y, model.encoder(x, mask), mask))


def test_run_is_the_model(small_model: Callable[..., Transformer]) -> None:
    model, rng = small_model(), np.random.default_rng(0)
    source, target = batch(rng, [3, 5]), batch(rng, [4, 2])
    logits = run(model, source, vectors(model, source), vectors(model, target))
    assert_close(logits, model(source, target))


@both_norms
@given(
    T=st.integers(2, 6), data=st.data(), seed=st.integers(0, 99), through=kernels_and_definitions
)
def test_the_future_does_not_reach_the_past(
    small_model: Callable[..., Transformer],
    pre_norm: bool,
    T: int,
    data: Any,
    seed: int,
    through: Any,
) -> None:
    changed = data.draw(st.integers(1, T - 1), label="position of the changed token")
    rng = np.random.default_rng(seed)
    model = small_model(pre_norm=pre_norm)
    source, target = batch(rng, [5, 3]), batch(rng, [T, T])
    other = target.clone()
    other[:, changed] = 3 + (target[:, changed] - 2) % 10  # another id, no special one
    with through():
        before, after = model(source, target), model(source, other)
        assert_close(after[:, :changed], before[:, :changed], rtol=1e-12, atol=1e-12)
        assert (after[:, changed] != before[:, changed]).any()

        y = vectors(model, target)
        logits = run(model, source, vectors(model, source), y)[:, :changed]
        (g,) = autograd.grad(logits, y, mt.tensor(rng.standard_normal(logits.shape)))
    assert not g.array[:, changed:].any()
    assert g.array[:, :changed].any(-1).all()


@both_norms
@given(lengths=few_lengths, seed=st.integers(0, 99), through=kernels_and_definitions)
def test_padding_of_a_source_is_not_seen(
    small_model: Callable[..., Transformer],
    pre_norm: bool,
    lengths: list[int],
    seed: int,
    through: Any,
) -> None:
    rng = np.random.default_rng(seed)
    model = small_model(pre_norm=pre_norm)
    source, target = batch(rng, [*lengths, 6]), batch(rng, [4] * (len(lengths) + 1))
    padding = source.array == PAD
    x, y = vectors(model, source), vectors(model, target)
    other = x.detach().clone()
    other[mt.tensor(padding)] += 100.0
    with through():
        logits = run(model, source, x, y)
        assert_close(run(model, source, other, y), logits, rtol=1e-12, atol=1e-12)
        (g,) = autograd.grad(logits, x, mt.tensor(rng.standard_normal(logits.shape)))
    assert not g.array[padding].any()
    assert g.array[~padding].any(-1).all()


@both_norms
@given(lengths=few_lengths, seed=st.integers(0, 99), through=kernels_and_definitions)
def test_padding_of_a_target_is_not_seen(
    small_model: Callable[..., Transformer],
    pre_norm: bool,
    lengths: list[int],
    seed: int,
    through: Any,
) -> None:
    rng = np.random.default_rng(seed)
    model = small_model(pre_norm=pre_norm)
    target, source = batch(rng, [*lengths, 6]), batch(rng, [4] * (len(lengths) + 1))
    padding = target.array == PAD
    x, y = vectors(model, source), vectors(model, target)
    other = y.detach().clone()
    other[mt.tensor(padding)] += 100.0
    real = mt.tensor(~padding)
    with through():
        logits = run(model, source, x, y)[real]
        assert_close(run(model, source, x, other)[real], logits, rtol=1e-12, atol=1e-12)
        (g,) = autograd.grad(logits, y, mt.tensor(rng.standard_normal(logits.shape)))
    assert not g.array[padding].any()
    assert g.array[~padding].any(-1).all()


@both_norms
@given(
    lengths=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=4),
    seed=st.integers(0, 99),
    on_the_left=st.booleans(),
)
def test_company_in_a_batch_changes_nothing(
    small_model: Callable[..., Transformer],
    pre_norm: bool,
    lengths: list[tuple[int, int]],
    seed: int,
    on_the_left: bool,
) -> None:
    rng = np.random.default_rng(seed)
    model = small_model(pre_norm=pre_norm)
    examples = [[rng.integers(3, 13, n).tolist() for n in pair] for pair in lengths]
    sources, targets = zip(*examples, strict=True)
    together = model(filled(sources, on_the_left), filled(targets, on_the_left))
    for logits, (source, target) in zip(together, examples, strict=True):
        alone = model(mt.tensor([source]), mt.tensor([target]))[0]
        T = len(target)
        assert_close(logits[-T:] if on_the_left else logits[:T], alone, rtol=1e-10, atol=1e-10)


@both_norms
def test_pad_is_not_learned_where_nothing_else_uses_it(
    small_model: Callable[..., Transformer], pre_norm: bool
) -> None:
    model, rng = small_model(pre_norm=pre_norm, tie_embeddings=False), np.random.default_rng(0)
    model.loss(batch(rng, [2, 5]), batch(rng, [6, 3])).backward()
    g = model.embedding.tokens.weight.grad.array
    assert not g[PAD].any()
    assert g.any()


# ----------------------------------------------------------------------------- what just fits


def test_what_just_fits_is_accepted() -> None:
    assert causal_mask(0).shape == (0, 0)
    nothing_real, is_causal = decoder_mask(2, padding=np.array([2]))
    assert nothing_real is not None
    assert not nothing_real.any()
    assert not is_causal
    later, _ = decoder_mask(2, 1, np.array([3, 0], np.int32))
    assert later is not None
    assert later.squeeze().tolist() == [[[False] * 3] * 2, [[True, True, False], [True] * 3]]
    x = mt.ones(1, 2, 4, 6)
    assert RotaryPositions(8, 6)(x, 4).shape == x.shape
    assert RotaryPositions(1, 2)(mt.ones(1, 1, 1, 2)).shape == (1, 1, 1, 2)
    config = TransformerConfig(5, d_model=4, n_heads=2, max_length=8, n_segments=2)
    ids = mt.tensor([[1, 2, 3], [4, 0, 0]])
    embedding = Embedding(config)
    segments = mt.ones_like(ids)
    y = embedding(ids, 5, np.array([0, 3]), segments)
    assert y.shape == (2, 3, 4)
    assert embedding(ids.int(), 0).shape == (2, 3, 4)  # int32 ids, as PyTorch takes them
    assert Embedding(TransformerConfig(5, d_model=4, n_heads=2))(ids[:0]).shape == (0, 3, 4)


def test_tokens_after_a_cache_stand_behind_its_padding() -> None:
    config = TransformerConfig(5, d_model=4, n_heads=2, max_length=8, dropout=0.0)
    embedding = Embedding(config)
    ids = mt.tensor([[1, 2, 3, 4]])
    whole = embedding(ids, 0, np.array([2]))
    later = embedding(ids[:, 2:], 2, np.array([2]))
    assert_close(later, whole[:, 2:], rtol=0, atol=0)
    assert_close(embedding(ids[:, 2:]), whole[:, 2:], rtol=0, atol=0)  # at positions 0 and 1
