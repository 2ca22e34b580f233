"""`register_post_accumulate_grad_hook`: what is called as soon as a leaf has its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import Tensor, nn, optim
from minitorch.autograd.engine import after_backward
from minitorch.utils.checkpoint import checkpoint

RNG = np.random.default_rng(0)


def leaf(*shape: int) -> Tensor:
    return mt.from_numpy(RNG.standard_normal(shape)).requires_grad_()


def noted(*leaves: Tensor) -> list[tuple[int, Any]]:
    """Note the leaf, and its `grad`, whenever a hook is called."""
    seen: list[tuple[int, Any]] = []
    for i, x in enumerate(leaves):
        x.register_post_accumulate_grad_hook(
            lambda x, i=i: seen.append((i, x.grad.numpy().copy()))
        )
    return seen


def test_the_last_layer_is_first_and_its_gradient_complete() -> None:
    """y = tanh(x a) b + tanh(x a) b, so that b gets its gradient in two parts."""
    x, a, b = mt.from_numpy(RNG.standard_normal((5, 3))), leaf(3, 4), leaf(4, 2)
    seen = noted(a, b)
    h = (x @ a).tanh()
    (h @ b + h @ b).sum().backward()
    hidden = np.tanh(x.numpy() @ a.detach().numpy())
    g = np.full((5, 2), 2.0)
    of_b = hidden.T @ g
    of_a = x.numpy().T @ ((g @ b.detach().numpy().T) * (1 - hidden**2))
    assert [i for i, _ in seen] == [1, 0]
    np.testing.assert_allclose(seen[0][1], of_b, rtol=1e-12)
    np.testing.assert_allclose(seen[1][1], of_a, rtol=1e-12)


def test_the_pass_has_not_yet_come_to_what_was_before() -> None:
    a, b = leaf(3), leaf(3)
    there: list[bool] = []
    b.register_post_accumulate_grad_hook(lambda _: there.append(a.grad is not None))
    a.register_post_accumulate_grad_hook(lambda _: there.append(b.grad is not None))
    (a.exp() * b).sum().backward()
    assert there == [False, True]


def test_it_is_called_once_a_pass_and_gradients_add_up_before() -> None:
    x = leaf(3)
    x.register_hook(lambda g: g * 10)
    seen = noted(x)
    for _ in range(2):
        (x * 2 + x).sum().backward()
    assert [g.tolist() for _, g in seen] == [[30.0] * 3, [60.0] * 3]


def test_it_may_step_and_forget_so_that_no_two_gradients_are_held() -> None:
    """An optimizer for each parameter, in the backward pass: as all at once, at the end."""
    together, apart = (nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)) for _ in "ab")
    apart.load_state_dict(together.state_dict())
    held: list[int] = []

    def step_now(p: Tensor) -> None:
        held.append(sum(q.grad is not None for q in apart.parameters()))
        optim.Adam([p], lr=0.1).step()
        p.grad = None

    for p in apart.parameters():
        p.register_post_accumulate_grad_hook(step_now)
    x = mt.ones(3, 4)
    for model in (together, apart):
        model(x).square().sum().backward()
    optim.Adam(together.parameters(), lr=0.1).step()
    assert held == [1, 1, 1, 1]
    for p, q in zip(together.parameters(), apart.parameters(), strict=True):
        assert p.tolist() == q.tolist()


def test_its_gradient_shares_memory_with_no_other() -> None:
    a, b = leaf(3), leaf(3)
    a.register_post_accumulate_grad_hook(lambda x: x.grad.mul_(0))
    b.register_post_accumulate_grad_hook(lambda x: x.grad.add_(5))
    c = leaf(3)
    g = mt.ones(3).double()
    (a + b + c).backward(g)
    assert (a.grad.tolist(), b.grad.tolist(), c.grad.tolist()) == ([0] * 3, [6] * 3, [1] * 3)
    assert g.tolist() == [1, 1, 1]


def test_a_leaf_may_be_the_output_and_may_be_used_inside_a_checkpoint() -> None:
    x = leaf(2)
    seen = noted(x)
    x.backward(mt.ones(2).double())
    (checkpoint(lambda: x * 3) + x).sum().backward()
    assert [g.tolist() for _, g in seen] == [[1, 1], [5, 5]]


def test_grad_calls_none_and_a_removed_one_is_not_called() -> None:
    x = leaf(2)
    seen: list[Tensor] = []
    handle = x.register_post_accumulate_grad_hook(seen.append)
    mt.autograd.grad((x * 2).sum(), x)
    assert seen == []
    (x * 2).sum().backward()
    assert len(seen) == 1
    handle.remove()
    (x * 2).sum().backward()
    assert len(seen) == 1


def test_what_is_left_for_the_end_is_done_once_all_gradients_are_there() -> None:
    a, b = leaf(2), leaf(2)
    order: list[str] = []

    def hook(x: Tensor) -> None:
        after_backward(lambda: order.append(f"end {a.grad is not None} {b.grad is not None}"))
        with mt.enable_grad():
            (leaf(1) * 2).sum().backward()  # a pass inside has an end of its own
        order.append("hook")

    b.register_post_accumulate_grad_hook(hook)
    (a.exp() * b).sum().backward()
    assert order == ["hook", "end True True"]

    a.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (a.exp() * b).sum().backward()
    assert order == ["hook", "end True True", "hook"]  # no end to a pass that failed


def test_what_it_may_not_be() -> None:
    x = leaf(2)
    with pytest.raises(RuntimeError, match="cannot be registered on non-leaf tensors"):
        (x * 2).register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="a tensor that doesn't require gradient"):
        mt.ones(2).register_post_accumulate_grad_hook(print)
    with pytest.raises(TypeError, match="the hook must be callable, not a int"):
        x.register_post_accumulate_grad_hook(3)  # type: ignore[arg-type]
