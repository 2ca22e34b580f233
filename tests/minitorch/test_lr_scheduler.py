"""Each schedule follows its formula, and goes on from a saved state."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
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


# ----------------------------------------------------------- whole runs, with PyTorch 2.13's rates


def linear(start: float, end: float, n: int) -> Any:
    return partial(LinearLR, start_factor=start, end_factor=end, total_iters=n)


def wave(T_max: int, eta_min: float) -> Any:
    return partial(CosineAnnealingLR, T_max=T_max, eta_min=eta_min)


def halving(o: optim.Optimizer, **options: Any) -> LambdaLR:
    return LambdaLR(o, lambda n: 0.5**n, **options)


def in_turn(*make: Any, milestones: list[int]) -> Any:
    return lambda o, **options: SequentialLR(o, [m(o) for m in make], milestones, **options)


WARM_UP_AND_DECAY = in_turn(linear(0.1, 0.9, 4), wave(6, 0.05), halving, milestones=[4, 12])

# Of a base rate of 0.8; the schedules of a list multiply.
RUNS: dict[str, tuple[list[Any], list[float]]] = {
    "linear": ([linear(0.2, 0.7, 8)], [
        0.16, 0.21, 0.26, 0.31, 0.36, 0.41, 0.46, 0.51, 0.56, *[0.56] * 12]),
    "linear to 0": ([linear(1.0, 0.0, 12)], [
        0.8, 0.733333333333, 0.666666666667, 0.6, 0.533333333333, 0.466666666667, 0.4,
        0.333333333333, 0.266666666667, 0.2, 0.133333333333, 0.0666666666667, *[0.0] * 9]),
    "linear in one step": ([linear(0.5, 1.0, 1)], [0.4, *[0.8] * 20]),
    "linear by default": ([LinearLR], [
        0.266666666667, 0.373333333333, 0.48, 0.586666666667, 0.693333333333, *[0.8] * 16]),
    "cosine": ([wave(8, 0.1)], [
        0.8, 0.773357836379, 0.697487373415, 0.583939201328, 0.45, 0.316060798672, 0.202512626585,
        0.126642163621, 0.1, 0.126642163621, 0.202512626585, 0.316060798672, 0.45, 0.583939201328,
        0.697487373415, 0.773357836379, 0.8, 0.773357836379, 0.697487373415, 0.583939201328, 0.45]),
    "cosine to 0 by default": ([partial(CosineAnnealingLR, T_max=7)], [
        0.8, 0.760387547161, 0.649395920743, 0.489008373583, 0.310991626417, 0.150604079257,
        0.039612452839, 0.0, 0.039612452839, 0.150604079257, 0.310991626417, 0.489008373583,
        0.649395920743, 0.760387547161, 0.8, 0.760387547161, 0.649395920743, 0.489008373583,
        0.310991626417, 0.150604079257, 0.039612452839]),
    "cosine upwards": ([wave(5, 1.0)], [
        0.8, 0.819098300563, 0.869098300563, 0.930901699437, 0.980901699437, 1.0, 0.980901699437,
        0.930901699437, 0.869098300563, 0.819098300563, 0.8, 0.819098300563, 0.869098300563,
        0.930901699437, 0.980901699437, 1.0, 0.980901699437, 0.930901699437, 0.869098300563,
        0.819098300563, 0.8]),
    "to and fro": ([wave(1, 0.3)], [*[0.8, 0.3] * 10, 0.8]),
    "three in turn": ([WARM_UP_AND_DECAY], [
        0.08, 0.24, 0.4, 0.56, 0.8, 0.749759526419, 0.6125, 0.425, 0.2375, 0.100240473581, 0.05,
        0.100240473581, 0.8, 0.4, 0.2, 0.1, 0.05, 0.025, 0.0125, 0.00625, 0.003125]),
    "the first for no step": ([in_turn(LinearLR, wave(6, 0.05), milestones=[0])], [
        0.8, 0.749759526419, 0.6125, 0.425, 0.2375, 0.100240473581, 0.05, 0.100240473581, 0.2375,
        0.425, 0.6125, 0.749759526419, 0.8, 0.749759526419, 0.6125, 0.425, 0.2375, 0.100240473581,
        0.05, 0.100240473581, 0.2375]),
    "two at once": ([linear(0.5, 0.8, 5), wave(9, 0.02)], [
        0.4, 0.435094220848, 0.440377407943, 0.413247105069, 0.356218972067, 0.277063719052,
        0.175541327619, 0.0927795158423, 0.0387605796564, 0.02, 0.0435198778935, 0.111242667184,
        0.215, 0.34227721071, 0.47772278929, 0.605, 0.708757332816, 0.776480122107, 0.8,
        0.776480122107, 0.708757332816]),
    "three at once": ([wave(6, 0.1), linear(0.25, 1.0, 10), linear(1.0, 0.5, 3)], [
        0.2, 0.209409709372, 0.185057210891, 0.139565218966, 0.138695653086, 0.125418714767, 0.112,
        0.175915156034, 0.420414627709, 0.806196542661, 1.2532916908, 1.53471439534, 1.6377222544,
        1.53471439534, 1.2532916908, 0.868861127201, 0.4844305636, 0.203007859063, 0.1,
        0.146891108675, 0.275]),
}  # fmt: skip


def run_of(make: list[Any], n: int, lr: float = 0.8, **options: Any) -> list[float]:
    """The rate at first and after each of n steps, of schedules on one optimizer."""
    o = optim.SGD([mt.ones(1, requires_grad=True)], lr=lr)
    o.param_groups[0]["initial_lr"] = 0.8
    schedulers, found = [m(o, **options) for m in make], [o.param_groups[0]["lr"]]
    for _ in range(n):
        o.step()
        for scheduler in schedulers:
            scheduler.step()
        assert schedulers[-1].get_last_lr() == [o.param_groups[0]["lr"]]
        found.append(o.param_groups[0]["lr"])
    return found


@pytest.mark.parametrize("name", RUNS)
def test_the_rates_are_pytorchs_over_a_whole_run(name: str) -> None:
    make, expected = RUNS[name]
    assert run_of(make, 20) == pytest.approx(expected, rel=1e-11, abs=1e-16)


@pytest.mark.parametrize("make", [linear(0.2, 0.7, 8), wave(8, 0.1), halving, WARM_UP_AND_DECAY])
@pytest.mark.parametrize("done", [1, 3, 4, 5, 8, 11, 12, 14])
def test_a_schedule_goes_on_from_last_epoch(make: Any, done: int) -> None:
    whole = run_of([make], 20)
    rest = run_of([make], 20 - done, lr=whole[done], last_epoch=done - 1)
    assert rest == pytest.approx(whole[done:], rel=1e-12, abs=1e-16)


def test_a_step_before_the_optimizers_is_warned_of_as_in_pytorch() -> None:
    class OwnStep(optim.SGD):
        def step(self, closure: Any = None) -> None:  # of which a schedule does not hear
            pass

    for make in MAKE:
        scheduler = make(optimizer())
        with pytest.warns(UserWarning, match="before optimizer.step") as found:
            scheduler.step()
        assert found[0].filename == __file__ or isinstance(scheduler, SequentialLR)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scheduler.step()
    LinearLR(OwnStep([mt.ones(1)], lr=1.0)).step()


def test_a_group_added_later_follows_a_schedule_of_ratios() -> None:
    scheduler = LinearLR(optim.SGD([mt.ones(1)], lr=1.0), 0.5, total_iters=2)
    scheduler.optimizer.add_param_group({"params": [mt.ones(1)], "lr": 10.0})
    scheduler.optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.75, 15.0]  # both times 0.75 / 0.5, as in PyTorch


def test_a_wrong_rate_changes_no_group() -> None:
    scheduler = LambdaLR(optimizer(), [lambda n: 1.0 + n, lambda n: 1.0 - 2 * n])
    scheduler.optimizer.step()
    with pytest.raises(ValueError, match=r"Invalid learning rate: -0\.5"):
        scheduler.step()
    assert [group["lr"] for group in scheduler.optimizer.param_groups] == [1.0, 0.5]


def test_a_builtin_function_has_no_state() -> None:
    scheduler = LambdaLR(optimizer(), abs)
    assert scheduler.state_dict()["lr_lambdas"] == [None, None]
    scheduler.load_state_dict(scheduler.state_dict())


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
