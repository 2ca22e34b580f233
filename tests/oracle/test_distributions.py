"""Categorical agrees with PyTorch's: values, shapes, gradients, refusals; samples by frequency."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch as mt

from .convert import difference, to_minitorch
from .operations import gradient_difference

inf, nan = math.inf, math.nan
SHAPES = [(1,), (3,), (2, 3), (2, 1, 4), (0, 3)]

QUERIES: dict[str, Callable[[Any, Any], Any]] = {
    "probs": lambda lib, c: c.probs,
    "logits": lambda lib, c: c.logits,
    "entropy": lambda lib, c: c.entropy(),
    "perplexity": lambda lib, c: c.perplexity(),
    "mode": lambda lib, c: c.mode,
    "mean": lambda lib, c: c.mean,
    "variance": lambda lib, c: c.variance,
    "stddev": lambda lib, c: c.stddev,
    "shapes": lambda lib, c: [tuple(s) for s in (c.batch_shape, c.event_shape, c.param_shape)],
    "log_prob": lambda lib, c: c.log_prob(lib.zeros(c.batch_shape)),
    "log_prob, broadcast": lambda lib, c: c.log_prob(lib.zeros((5, *c.batch_shape)).long()),
    "log_prob of one": lambda lib, c: c.log_prob(lib.tensor(0)),
    "support": lambda lib, c: c.enumerate_support(),
    "support, small": lambda lib, c: c.enumerate_support(expand=False),
    "expanded": lambda lib, c: c.expand((2, *c.batch_shape)).log_prob(lib.tensor(0)),
    "sample": lambda lib, c: [tuple(c.sample(s).shape) for s in ((), (2,), (2, 3))],
    "sample's dtype": lambda lib, c: c.sample().dtype,
    "kl": lambda lib, c: lib.distributions.kl_divergence(c, lib.distributions.Categorical(
        logits=lib.arange(float(c.param_shape[-1]), dtype=c.probs.dtype))),
}  # fmt: skip


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("given", ["probs", "logits"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_agrees_with_pytorch(name: str, given: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    for shape in SHAPES[: -1 if given == "logits" else None]:  # PyTorch cannot check no logits
        theirs = torch.rand(shape, dtype=dtype)
        if given == "logits":
            theirs = theirs * 8 - 4
        else:
            theirs[..., :1] = 0  # one that is impossible
            theirs[..., -1:] += 1
        theirs.requires_grad_()
        ours = to_minitorch(theirs)
        expected = QUERIES[name](torch, torch.distributions.Categorical(**{given: theirs}))
        got = QUERIES[name](mt, mt.distributions.Categorical(**{given: ours}))
        assert difference(expected, got) is None, shape
        if isinstance(expected, torch.Tensor) and expected.numel():
            assert gradient_difference(expected, got, [theirs], [ours]) is None, shape


REFUSED: dict[str, Callable[[Any, Any], Any]] = {
    "neither": lambda lib, C: C(),
    "both": lambda lib, C: C(lib.ones(2), lib.ones(2)),
    "a number": lambda lib, C: C(lib.tensor(1.0)),
    "below 0": lambda lib, C: C(lib.tensor([-1.0, 2.0])),
    "zeros": lambda lib, C: C(lib.zeros(2)),
    "infinite": lambda lib, C: C(lib.tensor([0.0, inf])),
    "NaN": lambda lib, C: C(logits=lib.tensor([nan, 0.0])),
    "no categories": lambda lib, C: C(lib.zeros(0)),
    "no outcome": lambda lib, C: C(lib.ones(2)).log_prob(lib.tensor(2)),
    "below all": lambda lib, C: C(lib.ones(2)).log_prob(lib.tensor(-1)),
    "half": lambda lib, C: C(lib.ones(2)).log_prob(lib.tensor(0.5)),
    "an int": lambda lib, C: C(lib.ones(2)).log_prob(1),
    "another shape": lambda lib, C: C(lib.ones(2, 2)).log_prob(lib.zeros(3)),
    "an int for a shape": lambda lib, C: C(lib.ones(2)).sample(2),
    "another number": lambda lib, C: lib.distributions.kl_divergence(
        C(lib.ones(2)), C(lib.ones(3))
    ),
    "a number for q": lambda lib, C: lib.distributions.kl_divergence(C(lib.ones(2)), 2),
    "another batch": lambda lib, C: C(lib.ones(2, 3)).expand((3,)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_pytorch_refuses(name: str) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - whatever it is
        REFUSED[name](torch, torch.distributions.Categorical)
    with pytest.raises(theirs.type):
        REFUSED[name](mt, mt.distributions.Categorical)


def test_both_draw_with_the_same_frequencies() -> None:
    weights = [0.05, 0.15, 0.3, 0.5]
    torch.manual_seed(0)
    mt.manual_seed(0)
    theirs = torch.distributions.Categorical(torch.tensor(weights)).sample((100_000,))
    ours = mt.distributions.Categorical(mt.tensor(weights)).sample((100_000,))
    a, b = (np.bincount(drawn.numpy()) / 100_000 for drawn in (theirs, ours))
    np.testing.assert_allclose(a, b, atol=4 * math.sqrt(2 * 0.25 / 100_000))
