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
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
    _LRScheduler,
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


def test_a_line_to_0_ends_at_0() -> None:
    scheduler = LinearLR(optimizer(), 0.1, end_factor=0.0, total_iters=4)
    assert rates(scheduler, 5)[-2:] == [0, 0]


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
    lambda o: ChainedScheduler([ConstantLR(o, 0.5, 4), ExponentialLR(o, 0.9)]),
    lambda o: MultiStepLR(o, [2, 2, 6], 0.3),
    lambda o: StepLR(o, 3),
    lambda o: MultiplicativeLR(o, lambda n: 1 - 1 / (1 + n)),
    lambda o: PolynomialLR(o, 9, 2.0),
]
OTHERS: list[Callable[[optim.Optimizer], LRScheduler]] = [  # which PyTorch's never warn
    lambda o: CosineAnnealingWarmRestarts(o, 2, 2),
]


@pytest.mark.parametrize("make", [*MAKE, *OTHERS, lambda o: OneCycleLR(o, 2.0, 14)])
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


def test_stretches_milestones_powers_and_constants() -> None:
    runs = [
        (StepLR(optimizer(), 2, 0.5), [1, 1, 0.5, 0.5, 0.25]),
        (MultiStepLR(optimizer(), [3, 1, 3], 0.5), [1, 0.5, 0.5, 0.125, 0.125]),
        (ExponentialLR(optimizer(), 0.5), [1, 0.5, 0.25, 0.125, 0.0625]),
        (ConstantLR(optimizer(), 0.25, 2), [0.25, 0.25, 1, 1, 1]),
        (ConstantLR(optimizer(), 0.0, 2), [0, 0, 1, 1, 1]),
        (ConstantLR(optimizer(), 0.25, 0), [0.25] * 5),
        (ConstantLR(optimizer()), [1 / 3] * 5),
        (StepLR(optimizer(), 3), [1, 1, 1, 0.1, 0.1]),
        (MultiStepLR(optimizer(), [2]), [1, 1, 0.1, 0.1, 0.1]),
        (PolynomialLR(optimizer(), 4), [1, 0.75, 0.5, 0.25, 0]),
        (PolynomialLR(optimizer(), 2, power=2), [1, 0.25, 0, 0, 0]),
        (MultiplicativeLR(optimizer(), lambda n: 1 / n), [1, 1, 1 / 2, 1 / 6, 1 / 24]),
    ]
    for scheduler, expected in runs:
        assert rates(scheduler, 4) == pytest.approx(expected, rel=1e-14)
        assert scheduler.get_last_lr()[1] == pytest.approx(expected[4] / 2, rel=1e-14)


def test_all_at_once_multiply() -> None:
    o = optimizer()
    both = ChainedScheduler([ConstantLR(o, 0.5, 2), ExponentialLR(o, 0.8)])
    assert rates(both, 3) == pytest.approx([0.5, 0.4, 0.64, 0.512], rel=1e-14)


def test_waves_restart_and_grow() -> None:
    scheduler = CosineAnnealingWarmRestarts(optimizer(), 2, T_mult=2, eta_min=0.1)
    expected = [cosine(n, 2, 0.1) for n in range(2)] + [cosine(n, 4, 0.1) for n in range(4)]
    assert rates(scheduler, 6) == pytest.approx([*expected, 1.0], rel=1e-14)
    assert (scheduler.T_cur, scheduler.T_i, scheduler.last_epoch) == (0, 8, 6)
    scheduler.step(2 + 1 / 3)  # within an epoch
    assert scheduler.get_last_lr()[0] == pytest.approx(cosine(1 / 3, 4, 0.1), rel=1e-14)
    later = CosineAnnealingWarmRestarts(scheduler.optimizer, 2, 2, last_epoch=6)
    assert (later.last_epoch, later.T_cur, later.T_i) == (7, 1, 8)


def test_waves_come_first_and_last_in_a_sequence() -> None:
    o = optimizer()
    waves = [CosineAnnealingWarmRestarts(o, 2), StepLR(o, 9), CosineAnnealingWarmRestarts(o, 3)]
    scheduler = SequentialLR(o, waves, milestones=[3, 5])
    expected = [1, 0.5, 1, 1, 1, *(cosine(n, 3) for n in (0, 1, 2, 0))]
    assert rates(scheduler, 8) == pytest.approx(expected, rel=1e-14)


def test_one_cycle_goes_up_and_down_and_the_momentum_down_and_up() -> None:
    o = optim.SGD([mt.ones(1, requires_grad=True)], momentum=0.5)
    scheduler = OneCycleLR(
        o, 1.0, epochs=3, steps_per_epoch=3, pct_start=5 / 9, anneal_strategy="linear",
        div_factor=5.0, final_div_factor=2.0, base_momentum=0.5, max_momentum=0.9,
    )  # fmt: skip
    found = [(o.param_groups[0]["lr"], o.param_groups[0]["momentum"])]
    for _ in range(8):
        o.step()
        scheduler.step()
        found.append((scheduler.get_last_lr()[0], o.param_groups[0]["momentum"]))
    up, down = [0.2, 0.4, 0.6, 0.8, 1.0], [0.775, 0.55, 0.325, 0.1]
    assert [lr for lr, _ in found] == pytest.approx([*up, *down], rel=1e-12)
    momenta = [0.9, 0.8, 0.7, 0.6, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert [m for _, m in found] == pytest.approx(momenta, rel=1e-12)
    o.step()
    scheduler.step()  # as in PyTorch, one step more is taken, but the rate is not below 0 here
    assert scheduler.get_last_lr() == [0.0]
    with pytest.raises(ValueError, match="Tried to step 10 times"):
        scheduler.step()


def test_one_cycle_in_three_phases_changes_the_first_beta() -> None:
    o = optim.AdamW([mt.ones(1, requires_grad=True)], betas=(0.5, 0.99))
    scheduler = OneCycleLR(o, 1.0, 12, pct_start=0.25, three_phase=True)
    found = []
    for _ in range(12):
        found.append((o.param_groups[0]["lr"], o.param_groups[0]["betas"]))
        o.step()
        scheduler.step()
    assert [found[n][0] for n in (0, 2, 4, 11)] == pytest.approx([0.04, 1.0, 0.04, 4e-6])
    assert [found[n][1][0] for n in (0, 2, 4, 11)] == pytest.approx([0.95, 0.85, 0.95, 0.95])
    assert {betas[1] for _, betas in found} == {0.99}


def test_one_cycle_may_have_one_step() -> None:
    scheduler = OneCycleLR(optimizer(), [1.0, 2.0], epochs=1, steps_per_epoch=1)
    assert scheduler.total_steps == 1
    assert scheduler.get_last_lr() == pytest.approx([4e-6, 8e-6])


def test_a_phase_of_no_steps_is_at_its_end() -> None:
    scheduler = OneCycleLR(optimizer(), 1.0, 10, pct_start=0.1)  # where PyTorch divides by 0
    assert scheduler.get_last_lr() == [1.0, 1.0]


def test_a_plateau_lowers_the_rate_after_patience() -> None:
    scheduler = ReduceLROnPlateau(optimizer(), factor=0.5, patience=1, cooldown=2, min_lr=[0.2, 0])
    found = []
    for loss in [1.0, 1.0, 0.9999, mt.tensor(1.0), 1.0, 1.0, 1.0, 0.5, 0.6, math.nan, 0.7, 0.7]:
        scheduler.step(loss)
        found.append(scheduler.get_last_lr()[0])
    assert found == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2]
    assert scheduler.get_last_lr()[1] == 0.0625
    assert (scheduler.best, scheduler.in_cooldown, scheduler.last_epoch) == (0.5, True, 12)
    higher = ReduceLROnPlateau(optimizer(), "max", patience=0, threshold=0.1, threshold_mode="abs")
    for accuracy, lr in [(0.5, 1.0), (0.61, 1.0), (0.7, 0.1), (0.8, 0.1)]:
        higher.step(accuracy)
        assert higher.get_last_lr()[0] == pytest.approx(lr)
    higher = ReduceLROnPlateau(optimizer(), "max", patience=0, threshold=0.5)
    for accuracy, lr in [(0.5, 1.0), (0.8, 1.0), (1.1, 0.1)]:
        higher.step(accuracy)
        assert higher.get_last_lr()[0] == pytest.approx(lr)


def test_a_plateau_by_default_and_a_reduction_that_is_too_small() -> None:
    scheduler = ReduceLROnPlateau(optimizer())
    state = {k: v for k, v in scheduler.state_dict().items() if k != "_last_lr"}
    assert state == {
        "mode": "min", "factor": 0.1, "patience": 10, "threshold": 1e-4, "threshold_mode": "rel",
        "cooldown": 0, "default_min_lr": 0.0, "min_lrs": [0.0, 0.0], "eps": 1e-8, "last_epoch": 0,
        "best": math.inf, "cooldown_counter": 0, "num_bad_epochs": 0,
    }  # fmt: skip
    scheduler = ReduceLROnPlateau(optimizer(), factor=0.5, patience=0, eps=0.3)
    scheduler.step(1.0)
    for _ in range(3):
        scheduler.step(1.0)
    assert scheduler.get_last_lr() == [0.5, 0.5]  # 1 → 0.5 is more than 0.3, 0.5 → 0.25 is not


def test_a_plateaus_state_and_a_group_that_came_later(tmp_path: Any) -> None:
    scheduler = ReduceLROnPlateau(optimizer(), patience=2)
    mt.save(scheduler.state_dict(), tmp_path / "new")
    assert mt.load(tmp_path / "new")["best"] == math.inf
    for _ in range(3):
        scheduler.step(1.0)
    mt.save(scheduler.state_dict(), tmp_path / "state")
    scheduler.optimizer.add_param_group({"params": mt.ones(1), "lr": 10.0})
    resumed = ReduceLROnPlateau(scheduler.optimizer)
    resumed.load_state_dict({**mt.load(tmp_path / "state"), "_last_lr": resumed.get_last_lr()})
    resumed.step(1.0)
    assert resumed.get_last_lr() == pytest.approx([0.1, 0.05, 1.0])


def test_a_schedule_written_for_pytorch_finds_its_names() -> None:
    class Noam(_LRScheduler):
        def __init__(self, optimizer: Any, warmup: int, last_epoch: int = -1) -> None:
            self.warmup = warmup
            super().__init__(optimizer, last_epoch)

        def get_lr(self) -> list[float]:
            assert self._get_lr_called_within_step
            n = self._step_count
            return [base * min(n / self.warmup, 1) for base in self.base_lrs]

    scheduler = Noam(optimizer(), 4)
    assert rates(scheduler, 4) == [0.25, 0.5, 0.75, 1, 1]
    assert not scheduler._get_lr_called_within_step
    before = {k: v for k, v in scheduler.state_dict().items() if k != "_step_count"}
    again = Noam(optimizer(), 4)
    again.load_state_dict(before)  # a state of an older file
    assert again.last_epoch == 4


def test_an_optimizer_that_wraps_another_may_be_scheduled() -> None:
    class Wrapping(optim.Optimizer):
        def __init__(self, optimizer: optim.Optimizer) -> None:  # which does not call the base's
            self.optimizer, self.param_groups = optimizer, optimizer.param_groups

        def step(self, closure: Any = None) -> Any:
            return self.optimizer.step(closure)

    wrapping = Wrapping(optimizer())
    assert rates(StepLR(wrapping, 1, 0.5), 2) == [1, 0.5, 0.25]


@pytest.mark.parametrize("make", [
    lambda o: LambdaLR(o, lambda n: 0.9**n),
    lambda o: StepLR(o, 2, 0.5),
    lambda o: MultiStepLR(o, [4, 1, 4], 0.5),
    lambda o: ExponentialLR(o, 0.75),
    lambda o: ConstantLR(o, 0.5, 3),
    lambda o: LinearLR(o, 0.25, 0.75, 4),
    lambda o: PolynomialLR(o, 5, 2.0),
    lambda o: PolynomialLR(o),
    lambda o: CosineAnnealingLR(o, 4, 0.1),
    lambda o: CosineAnnealingWarmRestarts(o, 2, 2, 0.1),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_every_step_can_be_gone_to_at_once(make: Any) -> None:
    stepped, gone = rates(make(optimizer()), 7), make(optimizer())
    gone.optimizer.step()
    for n in (5, 2, 7, 0, 1, 3, 6, 4):
        gone.step(n)
        assert gone.get_last_lr()[0] == pytest.approx(stepped[n], rel=1e-12, abs=1e-16)
        assert gone.last_epoch == n


@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_counts_in_a_saved_state_may_be_floats() -> None:
    scheduler = MultiStepLR(optimizer(), [1, 1, 3], 0.5)
    scheduler.load_state_dict({**scheduler.state_dict(), "milestones": {1: 2.0, 3: 1.0}})
    scheduler.optimizer.step()
    scheduler.step(4)
    assert scheduler.get_last_lr() == [0.125, 0.0625]


def test_a_step_that_is_given_is_gone_to_with_a_warning() -> None:
    scheduler = StepLR(optimizer(), 2, 0.5)
    scheduler.optimizer.step()
    for n, lr in ((5, 0.25), (0, 1.0), (3, 0.5)):
        with pytest.warns(UserWarning, match="deprecated") as found:
            scheduler.step(n)
        assert found[0].filename == __file__
        assert scheduler.get_last_lr()[0] == lr


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
        of_others = isinstance(scheduler, (SequentialLR, ChainedScheduler))
        assert found[0].filename == __file__ or of_others
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
