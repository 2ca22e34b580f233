"""Categorical: probabilities, samples, their logarithms, and what it refuses."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch._compat.distributions import Categorical, kl_divergence
from minitorch.tensor import Tensor
from minitorch.testing import gradcheck

inf = math.inf
ROWS = [[0.1, 0.2, 0.7], [1.0, 1.0, 2.0]]
P = np.array([[0.1, 0.2, 0.7], [0.25, 0.25, 0.5]])


def floats(values: Any) -> Tensor:
    return mt.tensor(values, dtype=mt.float64, requires_grad=True)


@pytest.mark.parametrize(
    "c", [Categorical(floats(ROWS)), Categorical(logits=floats(np.log(P) + 5))], ids=repr
)
def test_what_it_knows(c: Categorical) -> None:
    np.testing.assert_allclose(c.probs.detach().numpy(), P, rtol=1e-12)
    np.testing.assert_allclose(c.logits.detach().numpy(), np.log(P), rtol=1e-12)
    np.testing.assert_allclose(c.entropy().detach().numpy(), -(P * np.log(P)).sum(1), rtol=1e-12)
    np.testing.assert_allclose(c.perplexity().log().detach().numpy(), c.entropy().detach().numpy())
    value = mt.tensor([[2, 0], [1, 1], [0, 2]])
    expected = [[0.7, 0.25], [0.2, 0.25], [0.1, 0.5]]
    np.testing.assert_allclose(c.log_prob(value).detach().numpy(), np.log(expected), rtol=1e-12)
    np.testing.assert_allclose(c.log_prob(mt.tensor(2.0)).detach().numpy(), np.log([0.7, 0.5]))
    assert (c.batch_shape, c.event_shape, c.param_shape) == ((2,), (), (2, 3))
    assert c.mode.tolist() == [2, 2]
    assert c.mean.isnan().all()
    assert c.variance.isnan().all()
    assert c.enumerate_support().tolist() == [[0, 0], [1, 1], [2, 2]]
    assert c.enumerate_support(expand=False).shape == (3, 1)
    for module in ("distributions", "distributions.categorical", "distributions.kl"):
        assert import_module(f"minitorch.{module}").Categorical is Categorical


def test_samples_have_the_frequencies_and_the_seed() -> None:
    c = Categorical(mt.tensor(ROWS))
    mt.manual_seed(0)
    drawn = c.sample((20_000,))
    assert (drawn.shape, drawn.dtype, drawn.requires_grad) == ((20_000, 2), mt.int64, False)
    for j, p in enumerate(P):
        share = mt.bincount(drawn[:, j]).numpy() / 20_000
        np.testing.assert_allclose(share, p, atol=4 * math.sqrt(0.25 / 20_000))
    mt.manual_seed(1)
    first = c.sample((5,))
    mt.manual_seed(1)
    assert c.sample(mt.Size([5])).tolist() == first.tolist()
    assert c.sample().shape == (2,)
    assert c.sample([2, 3]).shape == (2, 3, 2)
    assert c.sample((0,)).shape == (0, 2)
    assert Categorical(mt.ones(4)).sample().shape == ()
    assert c.expand((3, 2)).sample((5,)).shape == (5, 3, 2)


def test_gradients_reach_probabilities_and_logits() -> None:
    value = mt.tensor([2, 0])
    for name in ("probs", "logits"):
        x = floats(ROWS)
        assert gradcheck(lambda x, name=name: Categorical(**{name: x}).log_prob(value), (x,))
        assert gradcheck(lambda x, name=name: Categorical(**{name: x}).entropy(), (x,))
        assert not Categorical(**{name: x}).sample().requires_grad


def test_what_cannot_happen() -> None:
    c = Categorical(logits=mt.tensor([-inf, 0.0]))
    assert c.probs.tolist() == [0.0, 1.0]
    assert c.entropy().item() == 0
    assert c.log_prob(mt.tensor([0, 1])).tolist() == [-inf, 0.0]
    assert set(c.sample((100,)).tolist()) == {1}
    eps = mt.finfo(mt.float32).eps
    sure = Categorical(mt.tensor([0.0, 1.0]))
    assert sure.log_prob(mt.tensor(0)).item() == pytest.approx(math.log(eps))


def test_kl_divergence() -> None:
    p, q = Categorical(floats(ROWS)), Categorical(floats([1.0, 1.0, 2.0]))
    expected = (P * np.log(P / P[1])).sum(1)
    np.testing.assert_allclose(kl_divergence(p, q).detach().numpy(), expected, atol=1e-12)
    sure = Categorical(mt.tensor([0.0, 1.0]))
    assert kl_divergence(sure, Categorical(mt.ones(2))).item() == pytest.approx(math.log(2))
    assert kl_divergence(Categorical(mt.ones(2)), sure).item() == inf


def test_unchecked_if_asked() -> None:
    c = Categorical(mt.tensor([-1.0, 2.0]), validate_args=False)
    assert c.probs.tolist() == [-1.0, 2.0]
    with pytest.raises(IndexError, match="not in range"):
        c.log_prob(mt.tensor(2))
