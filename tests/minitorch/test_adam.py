"""Adam updates bundled parameters exactly as it updates each of them alone."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from minitorch import optim
from minitorch.optim import bundles
from minitorch.tensor import Tensor

SHAPES = [(3, 4), (5,), (), (2, 0), (4, 3)]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"weight_decay": 0.1},
    {"amsgrad": True, "maximize": True},
]


def parameters(dtype: Any = np.float32) -> list[Tensor]:
    rng = np.random.default_rng(0)
    arrays = [np.asarray(rng.standard_normal(shape), dtype) for shape in SHAPES]
    arrays[-1] = np.asfortranarray(arrays[-1])  # memory in another order
    return [Tensor._wrap(a).requires_grad_() for a in arrays]


def give_gradients(params: list[Tensor], step: int, without: tuple[int, ...] = ()) -> None:
    rng = np.random.default_rng(step)
    for i, p in enumerate(params):
        g = np.asarray(rng.standard_normal(p.array.shape), p.array.dtype)
        p.grad = None if i in without else Tensor._wrap(g)


def one_by_one(kind: type[optim.Adam], steps: list[tuple[int, ...]], **options: Any) -> list[Any]:
    """Let each parameter have an optimizer of its own, so that none steps with another."""
    params = parameters()
    alone = [kind([p], lr=0.1, **options) for p in params]
    for step, without in enumerate(steps):
        give_gradients(params, step, without)
        for optimizer in alone:
            optimizer.step()
    return [p.array for p in params]


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize("options", OPTIONS)
def test_steps_together_equal_steps_alone_to_the_last_bit(
    kind: type[optim.Adam], options: dict[str, Any]
) -> None:
    steps: list[tuple[int, ...]] = [(), (1,), (), (0, 4), ()]  # now and then some have no gradient
    params = parameters()
    optimizer = kind(params, lr=0.1, **options)
    for step, without in enumerate(steps):
        give_gradients(params, step, without)
        optimizer.step()
    for p, expected in zip(params, one_by_one(kind, steps, **options), strict=True):
        np.testing.assert_array_equal(p.array, expected)


def test_a_loaded_state_is_gone_on_from() -> None:
    params = parameters()
    optimizer = optim.Adam(params, lr=0.1)
    for step in range(2):
        give_gradients(params, step)
        optimizer.step()
    other = optim.Adam(params, lr=0.1)
    other.load_state_dict(optimizer.state_dict())
    for step in range(2, 4):
        give_gradients(params, step)
        other.step()
    for p, expected in zip(params, one_by_one(optim.Adam, [()] * 4), strict=True):
        np.testing.assert_array_equal(p.array, expected)


def test_parameters_of_two_dtypes_and_of_any_size_step_in_one_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = one_by_one(optim.Adam, [()])
    monkeypatch.setattr(bundles, "SMALL", 6)  # (3, 4) and (4, 3) are large now
    params = [*parameters(), *parameters(np.float64)]
    optimizer = optim.Adam(params, lr=0.1)
    give_gradients(params[: len(SHAPES)], 0)
    give_gradients(params[len(SHAPES) :], 0)
    optimizer.step()
    for p, array in zip(params, [*expected, *expected], strict=True):
        np.testing.assert_allclose(p.array, array, rtol=1e-5)


def test_a_new_order_of_the_parameters_does_not_mix_up_their_averages() -> None:
    params = parameters()
    optimizer = optim.Adam(params, lr=0.1)
    for step in range(3):
        give_gradients(params, step)
        optimizer.step()
        optimizer.param_groups[0]["params"].reverse()
    for p, expected in zip(params, one_by_one(optim.Adam, [()] * 3), strict=True):
        np.testing.assert_array_equal(p.array, expected)


def test_a_copy_of_an_optimizer_goes_on_with_the_copies_of_its_parameters() -> None:
    params = parameters()
    optimizer = optim.Adam(params, lr=0.1)
    for step in range(4):
        give_gradients(params, step)
        optimizer.step()
        if step == 1:
            params, optimizer = copy.deepcopy((params, optimizer))
    for p, expected in zip(params, one_by_one(optim.Adam, [()] * 4), strict=True):
        np.testing.assert_array_equal(p.array, expected)


@pytest.mark.parametrize("which", [0, 2])
def test_parameters_that_share_memory_take_both_steps(which: int) -> None:
    def after(together: bool) -> Any:
        p, q = parameters()[1], parameters()[which]
        same = q.detach().requires_grad_()
        groups = [[p, q, same]] if together else [[p], [q], [same]]
        optimizers = [optim.Adam(group, lr=0.1) for group in groups]
        for step in range(2):
            give_gradients([p, q, same], step)
            for optimizer in optimizers:
                optimizer.step()
        return q.array

    np.testing.assert_array_equal(after(together=True), after(together=False))


def test_small_parameters_share_a_call_and_keep_their_memory() -> None:
    """Values would be right without, and steps slower: so what is measured is the work."""
    small, large = 2**15, 2**15 + 1
    params = [Tensor._wrap(np.ones(n, np.float32)) for n in (3, large, small)]
    for p in params:
        p.grad = Tensor._wrap(np.ones_like(p.array))
    calls: list[int] = []

    def update(x: Any, g: Any, state: dict[str, Any], options: dict[str, Any]) -> None:
        calls.append(x.size)
        if not state:
            state["m"] = Tensor._wrap(np.zeros_like(x))
        state["m"].array += g
        state["step"] = state.get("step", 0) + 1

    together = bundles.Bundles()
    states: dict[Tensor, dict[str, Any]] = {p: {} for p in params}
    memories = []
    for step in range(4):
        if step == 2:  # as after load_state_dict
            states = {p: {"m": s["m"].clone(), "step": s["step"]} for p, s in states.items()}
        together.update_all(update, params, states, {})
        (bundle,) = together._known.values()
        memories.append((bundle, bundle.flat_states["m"][0]))
    assert calls == [large, small + 3] * 4
    assert len({id(bundle) for bundle, _ in memories}) == 1
    assert memories[0][1] is memories[1][1]
    assert memories[2][1] is memories[3][1]
    assert memories[1][1] is not memories[2][1]
    assert all((s["m"].array == 4).all() for s in states.values())
