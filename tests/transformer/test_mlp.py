"""The feed-forward layer: max(0, x W_1 + b_1) W_2 + b_2, for each token on its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minitorch as mt
from minitorch import autograd
from minitorch.testing import assert_close
from transformer.model.mlp import MLP


def test_values_by_hand() -> None:
    mlp = MLP(2, 3).double()
    with mt.no_grad():
        mlp.up.weight.array[...] = [[1, 0], [0, 1], [1, -1]]  # a row is a hidden unit
        mlp.up.bias.array[...] = [0, -1, 0.5]
        mlp.down.weight.array[...] = [[1, 2, 3], [0, 0, -2]]
        mlp.down.bias.array[...] = [10, 20]
    x = mt.tensor([[[2.0, 3.0], [-1.0, 0.5]]], dtype=mt.float64)
    # (2, 3):     max(0, (2, 3 - 1, 2 - 3 + .5))  = (2, 2, 0)  ->  (2 + 4 + 10, 20)
    # (-1, .5):   max(0, (-1, -.5, -1.5 + .5))    = (0, 0, 0)  ->  the bias
    assert_close(mlp(x), np.array([[[16.0, 20.0], [10.0, 20.0]]]))


def test_it_is_the_formula_of_the_paper(random_module: Callable[..., Any]) -> None:
    mlp = random_module(MLP(4, 6))
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    W_1, b_1 = mlp.up.weight.array.T, mlp.up.bias.array
    W_2, b_2 = mlp.down.weight.array.T, mlp.down.bias.array
    assert_close(mlp(mt.tensor(x)), np.maximum(0, x @ W_1 + b_1) @ W_2 + b_2)


def test_tokens_are_treated_alike_and_alone(random_module: Callable[..., Any]) -> None:
    mlp = random_module(MLP(4, 6))
    rng = np.random.default_rng(0)
    x = mt.tensor(rng.standard_normal((2, 5, 4)), requires_grad=True)
    y = mlp(x)
    order = rng.permutation(5)
    assert_close(mlp(x[:, order]), y[:, order], rtol=1e-12, atol=1e-12)
    (g,) = autograd.grad(y[:, 2].sum(), x)
    assert g.array[:, 2].any()
    assert not g.array[:, [0, 1, 3, 4]].any()


def test_gelu_tanh_is_gpt2s_approximation(random_module: Callable[..., Any]) -> None:
    mlp = random_module(MLP(2, 3, "gelu_tanh", bias=False))
    up, down = (p.detach().numpy() for p in mlp.parameters())
    x = np.random.default_rng(0).standard_normal((2, 3, 2))
    z = x @ up.T
    gelu = 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    assert_close(mlp(mt.tensor(x)), gelu @ down.T, rtol=1e-12, atol=1e-12)
