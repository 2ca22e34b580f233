"""The benchmarks' own works, against arithmetic; what they compare is checked in tests/oracle."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import minitorch as mt
from benchmarks import ours, worker
from benchmarks.peers import parameters
from benchmarks.peers.adam import Adam
from benchmarks.start import arrays_of
from benchmarks.works import PEERS, Work
from minitorch import nn, optim


def test_a_step_of_an_mlp_is_gradient_descent_on_the_mean_squared_error() -> None:
    work = Work("tiny", "tiny", "mlp_step", {}, mlp=(5, 3, 4, 2))
    arrays = arrays_of(work)
    losses = [ours.mlp_step(work, arrays)() for _ in range(2)]
    assert losses[0] == losses[1]  # what the arrays hold is not changed

    run = ours.mlp_step(work, arrays)
    x, y = arrays["data.x"].astype(float), arrays["data.y"].astype(float)
    (w, b), (v, c) = ([a.astype(float) for a in layer] for layer in parameters.mlp(arrays))
    for _ in range(3):
        h = np.maximum(x @ w + b, 0)
        error = h @ v + c - y
        assert run() == pytest.approx((error**2).mean(), rel=1e-5)
        back = 2 * error / error.size
        inner = back @ v.T * (h > 0)
        v, c = v - 0.1 * h.T @ back, c - 0.1 * back.sum(0)
        w, b = w - 0.1 * x.T @ inner, b - 0.1 * inner.sum(0)


def test_adam_of_the_peers_is_that_of_the_library() -> None:
    rng = np.random.default_rng(0)
    theirs = rng.standard_normal((3, 2), np.float32)
    mine = nn.Parameter(mt.from_numpy(theirs.copy()))
    ours_, peers = optim.Adam([mine], lr=1e-3), Adam([theirs])
    for _ in range(4):
        gradient = rng.standard_normal((3, 2), np.float32)
        mine.grad = mt.from_numpy(gradient)
        ours_.step()
        peers.step([gradient])
        np.testing.assert_allclose(theirs, mine.detach().numpy(), rtol=1e-6)


def test_the_gpt_of_the_peers_has_its_weights_as_they_multiply() -> None:
    arrays = arrays_of(PEERS[0])
    found = parameters.gpt(arrays)
    assert found.keys() == {name for name in arrays if name != "data.ids"}
    up = arrays["blocks.1.mlp.up.weight"]
    assert up.shape == (256, 64)
    np.testing.assert_array_equal(found["blocks.1.mlp.up.weight"], up.T)
    for name in ("embedding.tokens.weight", "embedding.positions", "norm.bias"):
        np.testing.assert_array_equal(found[name], arrays[name])


def test_a_side_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "micrograd", None)
    monkeypatch.delitem(sys.modules, "benchmarks.peers.micrograd", raising=False)
    with pytest.raises(SystemExit, match=r"^not installed: micrograd$"):
        worker.main("micrograd")
