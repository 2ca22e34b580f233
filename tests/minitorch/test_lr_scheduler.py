"""Each schedule follows its formula, and goes on from a saved state."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import minitorch as mt
from minitorch import optim
from minitorch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    SequentialLR,
)


def optimizer() -> optim.Optimizer:
    p, q = mt.ones(1, requires_grad=True), mt.ones(1, requires_grad=True)
    return optim.SGD([{"params": [p]}, {"params": [q], "lr": 0.5}], lr=1.0)


def rates(scheduler: LRScheduler, n: int) -> list[float]:
    """The first group's rate, at present and after each of n steps."""
    found = [scheduler.optimizer.param_groups[0]["lr"]]
    for _ in range(n):
        scheduler.optimizer.step()
        scheduler.step()
        found.append(scheduler.optimizer.param_groups[0]["lr"])
    return found


def cosine(n: int, T: int, low: float = 0.0) -> float:
    return low + (1 - low) * (1 + math.cos(math.pi * n / T)) / 2


def test_lambda_multiplies_the_base_rates() -> None:
    scheduler = LambdaLR(optimizer(), lambda n: 1 / (n + 1))
    assert rates(scheduler, 3) == [1, 1 / 2, 1 / 3, 1 / 4]
    assert scheduler.get_last_lr() == [0.25, 0.125]
    each = LambdaLR(optimizer(), [lambda n: 2.0, lambda n: 3.0])
    assert each.get_last_lr() == [2.0, 1.5]
    with pytest.raises(ValueError, match="Expected 2 lr_lambdas, but got 1"):
        LambdaLR(optimizer(), [lambda n: 2.0])


def test_linear_goes_from_start_to_end_and_stays() -> None:
    scheduler = LinearLR(optimizer(), start_factor=0.2, end_factor=1.0, total_iters=4)
    assert rates(scheduler, 6) == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 1], rel=1e-14)
    assert scheduler.get_last_lr() == pytest.approx([1.0, 0.5])
    for bad in ({"start_factor": 0.0}, {"start_factor": 1.1}, {"end_factor": -0.1}):
        with pytest.raises(ValueError, match="multiplicative factor expected"):
            LinearLR(optimizer(), **bad)


def test_cosine_falls_and_rises_again() -> None:
    scheduler = CosineAnnealingLR(optimizer(), T_max=4, eta_min=0.1)
    expected = [cosine(n, 4, 0.1) for n in range(13)]
    assert rates(scheduler, 12) == pytest.approx(expected, rel=1e-14)


def test_sequential_warms_up_then_decays() -> None:
    o = optimizer()
    warm_up = LinearLR(o, start_factor=0.25, total_iters=3)
    scheduler = SequentialLR(o, [warm_up, CosineAnnealingLR(o, T_max=4)], milestones=[3])
    expected = [0.25, 0.5, 0.75, *(cosine(n, 4) for n in range(5))]
    assert rates(scheduler, 7) == pytest.approx(expected, rel=1e-14, abs=1e-16)


def test_a_sequential_in_a_sequential_begins_one_step_ahead_as_in_pytorch() -> None:
    o = optimizer()
    inner = SequentialLR(
        o, [LambdaLR(o, lambda n: 0.1), LambdaLR(o, lambda n: 0.2 + n)], milestones=[2]
    )
    scheduler = SequentialLR(o, [inner, LambdaLR(o, lambda n: 9.0 - n)], milestones=[4])
    assert rates(scheduler, 5) == [0.1, 0.2, 1.2, 2.2, 9.0, 8.0]


def test_two_on_one_optimizer_multiply() -> None:
    o = optimizer()
    a, b = LinearLR(o, start_factor=0.5, total_iters=2), CosineAnnealingLR(o, T_max=10)
    found = [o.param_groups[0]["lr"]]
    for _ in range(3):
        o.step()
        a.step()
        b.step()
        found.append(o.param_groups[0]["lr"])
    assert found == pytest.approx(
        [0.5, 0.75 * cosine(1, 10), cosine(2, 10), cosine(3, 10)], rel=1e-14
    )


class Slope:
    """A callable with a state of its own."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def __call__(self, n: int) -> float:
        return 1 + self.slope * n


MAKE: list[Callable[[optim.Optimizer], LRScheduler]] = [
    lambda o: LambdaLR(o, lambda n: 0.9**n),
    lambda o: LinearLR(o, total_iters=7),
    lambda o: CosineAnnealingLR(o, 6),
    lambda o: SequentialLR(o, [LinearLR(o, total_iters=3), CosineAnnealingLR(o, 6)], [3]),
]


@pytest.mark.parametrize("make", MAKE)
@pytest.mark.parametrize("steps", [0, 2, 3, 5])
def test_a_resumed_schedule_is_the_same_to_the_last_bit(
    make: Any, steps: int, tmp_path: Any
) -> None:
    scheduler = make(optimizer())
    rates(scheduler, steps)
    state = {"s": scheduler.state_dict(), "o": scheduler.optimizer.state_dict()}
    mt.save(state, tmp_path / "state")
    state = mt.load(tmp_path / "state")
    resumed = make(optimizer())
    resumed.optimizer.load_state_dict(state["o"])
    resumed.load_state_dict(state["s"])
    assert resumed.get_last_lr() == scheduler.get_last_lr()
    assert rates(resumed, 8) == rates(scheduler, 8)


def test_the_state_of_a_callable_object_is_kept() -> None:
    scheduler = LambdaLR(optimizer(), Slope(2.0))
    state = scheduler.state_dict()
    resumed = LambdaLR(optimizer(), Slope(0.0))
    resumed.load_state_dict(state)
    assert rates(resumed, 1)[1] == 3.0
    assert isinstance(resumed.lr_lambdas[0], Slope)


def test_a_subclass_writes_get_lr() -> None:
    class Halving(LRScheduler):
        def get_lr(self) -> list[float]:
            return [base / 2**self.last_epoch for base in self.base_lrs]

    assert rates(Halving(optimizer()), 2) == [1, 0.5, 0.25]
    with pytest.raises(NotImplementedError, match=r"needs a get_lr\(\)"):
        LRScheduler(optimizer())


def test_what_does_not_fit_is_refused() -> None:
    o = optimizer()
    with pytest.raises(TypeError, match="Linear is not an Optimizer"):
        LRScheduler(mt.nn.Linear(1, 1))
    with pytest.raises(KeyError, match="initial_lr"):
        LinearLR(o, last_epoch=3)
    with pytest.raises(ValueError, match="one more than the number of milestone"):
        SequentialLR(o, [LinearLR(o)], [3])
    with pytest.raises(ValueError, match="same optimizer"):
        SequentialLR(o, [LinearLR(optimizer())], [])
