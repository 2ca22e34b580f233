"""`register_post_accumulate_grad_hook`: in PyTorch's order, with PyTorch's gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch as mt


def called(library: Any, seed: int) -> list[tuple[Any, ...]]:
    """A random program on five leaves, backward twice; return the calls of the hooks."""
    rng = np.random.default_rng(seed)
    leaves = [
        library.tensor(rng.standard_normal((3, 3)).tolist(), requires_grad=True) for _ in range(5)
    ]
    calls: list[tuple[Any, ...]] = []
    for i, x in enumerate(leaves):
        x.register_post_accumulate_grad_hook(
            lambda x, i=i: calls.append((i, np.array(x.grad.tolist())))
        )
    for _ in range(2):
        values = list(leaves)
        for _ in range(12):
            i, j = rng.integers(len(values), size=2)
            a, b = values[i], values[j]
            kind = rng.integers(4)
            values.append([a + b, (a @ b) / 3, (a * b).tanh(), a.T - b][kind])
        (values[-1] + values[-2]).sum().backward()
        calls.append(())
    return calls


@pytest.mark.parametrize("seed", range(100))
def test_a_pass_calls_the_same_hooks_with_the_same_gradients(seed: int) -> None:
    """Leaves that wait for one node may come in any order; each, when its gradient is complete."""
    ours, theirs = called(mt, seed), called(torch, seed)
    assert len(ours) == len(theirs)
    for found in (ours, theirs):
        assert found[-1] == ()
    end = next(i for i, call in enumerate(ours) if call == ())
    for part in (slice(0, end), slice(end + 1, -1)):
        mine, their = (dict(found[part]) for found in (ours, theirs))
        assert mine.keys() == their.keys()
        for i, g in mine.items():
            np.testing.assert_allclose(g, their[i], rtol=1e-4, atol=1e-5)
