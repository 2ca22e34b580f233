"""Every schedule gives PyTorch's rates: over long runs, in several groups, resumed, chained."""

from __future__ import annotations

import itertools
import math
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch

STEPS = 60

# Of a library and an optimizer, one schedule or several that are stepped one after the other.
Make = Callable[[Any, Any], Any]


def of(name: str, *args: Any, **options: Any) -> Make:
    return lambda library, o: getattr(library.optim.lr_scheduler, name)(o, *args, **options)


def in_turn(*make: Make, milestones: list[int]) -> Make:
    return lambda library, o: library.optim.lr_scheduler.SequentialLR(
        o, [m(library, o) for m in make], milestones
    )


def chained(*make: Make) -> Make:
    return lambda library, o: library.optim.lr_scheduler.ChainedScheduler(
        [m(library, o) for m in make]
    )


SCHEDULES: dict[str, Make] = {
    "lambda": of("LambdaLR", lambda n: 0.9**n),
    "lambdas": of("LambdaLR", [lambda n: 0.9**n, lambda n: 1 / (1 + n)]),
    "multiplicative": of("MultiplicativeLR", lambda n: 1 - 1 / (2 + n)),
    "step": of("StepLR", 7),
    "step by 1": of("StepLR", 1, gamma=0.5),
    "step upwards": of("StepLR", step_size=20, gamma=3.0),
    "milestones": of("MultiStepLR", [30, 5, 5, 12], gamma=0.3),
    "a milestone at 0": of("MultiStepLR", [0, 3]),
    "no milestones": of("MultiStepLR", milestones=[]),
    "exponential": of("ExponentialLR", 0.93),
    "exponential to 0": of("ExponentialLR", gamma=0.0),
    "constant": of("ConstantLR"),
    "constant for 20": of("ConstantLR", factor=0.2, total_iters=20),
    "constant for none": of("ConstantLR", 0.5, 0),
    "linear": of("LinearLR", 0.1, 0.8, 33),
    "polynomial": of("PolynomialLR"),
    "squares": of("PolynomialLR", total_iters=40, power=2.0),
    "roots": of("PolynomialLR", 70, 0.5),
    "cosine": of("CosineAnnealingLR", 25, eta_min=0.01),
    "restarts": of("CosineAnnealingWarmRestarts", 7),
    "longer restarts": of("CosineAnnealingWarmRestarts", 3, T_mult=2, eta_min=0.02),
    "restarts by 3": of("CosineAnnealingWarmRestarts", 1, 3),
    "one cycle": of("OneCycleLR", 2.0, total_steps=STEPS),
    "one cycle of epochs": of("OneCycleLR", max_lr=[2.0, 3.0], epochs=6, steps_per_epoch=11),
    "one cycle along lines": of(
        "OneCycleLR", 1.0, STEPS + 1, pct_start=0.45, anneal_strategy="linear", div_factor=10.0,
        final_div_factor=100.0, base_momentum=[0.5, 0.6], max_momentum=0.7,
    ),
    "three phases": of("OneCycleLR", 1.0, STEPS, three_phase=True),
    "three phases of one length": of("OneCycleLR", 1.0, 70, pct_start=1 / 3, three_phase=True),
    "one cycle with the momentum as it is": of("OneCycleLR", 1.0, STEPS, cycle_momentum=False),
    "from the top": of("OneCycleLR", 1.0, STEPS, pct_start=0.0),
    "to the top": of("OneCycleLR", 1.0, STEPS + 1, pct_start=1.0),
    "in turn": in_turn(
        of("LinearLR", 0.1, total_iters=5), of("StepLR", 4, 0.5), of("ExponentialLR", 0.9),
        of("CosineAnnealingWarmRestarts", 4), of("PolynomialLR", 8),
        milestones=[5, 17, 30, 44],
    ),
    "restarts first": in_turn(
        of("CosineAnnealingWarmRestarts", 4, 2), of("MultiStepLR", [3, 9]), milestones=[20]
    ),
    "multiplicative first": in_turn(
        of("ConstantLR", 0.5, 4), of("LinearLR", 0.5), of("StepLR", 9), milestones=[9, 20]
    ),
    "chained": chained(of("ConstantLR", 0.1, 20), of("ExponentialLR", 0.9)),
    "three chained": chained(
        of("PolynomialLR", 90), of("MultiplicativeLR", lambda n: 0.99), of("StepLR", 8)
    ),
}  # fmt: skip

OPTIMIZERS = {
    "SGD": {"momentum": 0.9},
    "AdamW": {"betas": (0.8, 0.99)},
    "RMSprop": {},
}


def optimizer(library: Any, name: str = "SGD") -> Any:
    p, q = (library.ones(1, requires_grad=True) for _ in range(2))
    groups = [{"params": [p]}, {"params": [q], "lr": 0.25}]
    return getattr(library.optim, name)(groups, lr=0.8, **OPTIMIZERS[name])


def options(o: Any) -> list[Any]:
    """What schedules change in the groups."""
    return [
        [group["lr"], group.get("momentum", 0.0), *group.get("betas", ())]
        for group in o.param_groups
    ]


def agree(ours: Any, theirs: Any) -> None:
    assert options(ours.optimizer) == [
        pytest.approx(group, rel=1e-13, abs=1e-17) for group in options(theirs.optimizer)
    ]
    assert ours.get_last_lr() == [
        pytest.approx(lr, rel=1e-13, abs=1e-17) for lr in theirs.get_last_lr()
    ]


def step(scheduler: Any) -> None:
    scheduler.optimizer.step()
    scheduler.step()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rates_are_pytorchs(schedule: str, name: str) -> None:
    make = SCHEDULES[schedule]
    theirs, ours = (make(library, optimizer(library, name)) for library in (torch, minitorch))
    agree(ours, theirs)
    for _ in range(STEPS):
        step(theirs), step(ours)
        agree(ours, theirs)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_rate_that_is_set_by_hand_is_gone_on_from(schedule: str) -> None:
    make, rng = SCHEDULES[schedule], random.Random(0)
    theirs, ours = (make(library, optimizer(library)) for library in (torch, minitorch))
    for _ in range(STEPS):
        if rng.random() < 0.3:
            group, lr = rng.randrange(2), rng.random()
            for scheduler in (theirs, ours):
                scheduler.optimizer.param_groups[group]["lr"] = lr
        step(theirs), step(ours)
        agree(ours, theirs)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_first_rate_may_be_a_tensor(schedule: str) -> None:
    make, found = SCHEDULES[schedule], []
    for library in (torch, minitorch):
        lr = library.tensor(0.75, dtype=library.float64)
        o = library.optim.SGD([library.ones(1, requires_grad=True)], lr=lr, momentum=0.9)
        o.add_param_group({"params": [library.ones(1, requires_grad=True)], "lr": 0.5})
        scheduler, rates = make(library, o), []
        for _ in range(40):
            rates += [float(group["lr"]) for group in o.param_groups]
            step(scheduler)
        found.append(rates)
        assert float(lr) == 0.75 or library is torch
    assert found[1] == pytest.approx(found[0], rel=1e-13, abs=1e-17)


@pytest.mark.parametrize("done", [1, 4, 17, 31])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_resumed_from_a_state_it_goes_on_as_pytorchs(schedule: str, done: int) -> None:
    make = SCHEDULES[schedule]
    theirs, ours = (make(library, optimizer(library)) for library in (torch, minitorch))
    for _ in range(done):
        step(theirs), step(ours)
    resumed = []
    for library, scheduler in ((torch, theirs), (minitorch, ours)):
        again = make(library, optimizer(library))
        again.optimizer.load_state_dict(scheduler.optimizer.state_dict())
        again.load_state_dict(scheduler.state_dict())
        resumed.append(again)
    for _ in range(STEPS - done):
        step(theirs), step(resumed[0]), step(resumed[1])
        agree(resumed[0], theirs)
        agree(resumed[1], theirs)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_pytorchs_state_is_gone_on_from(schedule: str) -> None:
    """With the state of PyTorch's scheduler, and its optimizer's rates."""
    make = SCHEDULES[schedule]
    theirs, ours = (make(library, optimizer(library)) for library in (torch, minitorch))
    for _ in range(9):
        step(theirs)
    for group, their_group in zip(
        ours.optimizer.param_groups, theirs.optimizer.param_groups, strict=True
    ):
        group.update({k: v for k, v in their_group.items() if k != "params"})
    state = theirs.state_dict()
    if "chained" in schedule:
        state["last_epoch"] = 9  # which PyTorch's does not count
    state.setdefault("use_beta1", False)  # which it has only if it cycles the momentum
    ours.load_state_dict(state)
    for _ in range(20):
        step(theirs), step(ours)
        agree(ours, theirs)


# ------------------------------------------------------------------------------------- plateaus


def losses(kind: str) -> list[float]:
    rng = random.Random(kind)
    return {
        "falling": [1 / (1 + n) for n in range(STEPS)],
        "flat": [1.0] * STEPS,
        "slow": [1 - 1e-4 * n for n in range(STEPS)],
        "noise": [rng.gauss(0, 1) for _ in range(STEPS)],
        "falling noise": [rng.gauss(3 / (1 + n), 0.3) for n in range(STEPS)],
        "not a number": [1.0, math.nan, 0.5, math.inf, math.nan] * (STEPS // 5),
        "growing": [-3 + 0.1 * n for n in range(STEPS)],
    }[kind]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"patience": 2},
        {"patience": 0, "factor": 0.5, "eps": 0.01},
        {"patience": 1, "cooldown": 4, "min_lr": 0.05},
        {"patience": 2, "factor": 0.0, "min_lr": [0.1, 0.2]},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "kind", ["falling", "flat", "slow", "noise", "falling noise", "not a number", "growing"]
)
def test_a_plateau_is_found_where_pytorch_finds_it(kind: str, given: dict[str, Any]) -> None:
    for mode, threshold_mode, threshold in itertools.product(
        ("min", "max"), ("rel", "abs"), (1e-4, 0.2)
    ):
        every = {**given, "mode": mode, "threshold_mode": threshold_mode, "threshold": threshold}
        theirs, ours = (
            library.optim.lr_scheduler.ReduceLROnPlateau(optimizer(library), **every)
            for library in (torch, minitorch)
        )
        for n, loss in enumerate(losses(kind)):
            if n == STEPS // 2:  # a new one goes on from the state
                state, ours = (
                    ours.state_dict(),
                    minitorch.optim.lr_scheduler.ReduceLROnPlateau(ours.optimizer),
                )
                assert {**state, "mode_worse": 0.0} == {**theirs.state_dict(), "mode_worse": 0.0}
                ours.load_state_dict(state)
            theirs.step(torch.tensor(loss, dtype=torch.float64))
            ours.step(minitorch.tensor(loss, dtype=minitorch.float64) if n % 2 else loss)
            agree(ours, theirs)
            assert ours.in_cooldown == theirs.in_cooldown


# ------------------------------------------------------------------------- steps to a given step

JUMPS = [0, 3, 2, 12, 5, 31, 30, 1]


@pytest.mark.parametrize(
    "schedule",
    ["lambda", "step", "milestones", "exponential", "constant", "linear", "polynomial", "cosine"],
)
def test_a_step_that_is_given_is_warned_of_and_gone_to(schedule: str) -> None:
    make = SCHEDULES[schedule]
    theirs, ours = (make(library, optimizer(library)) for library in (torch, minitorch))
    for n in JUMPS:
        for scheduler in (theirs, ours):
            scheduler.optimizer.step()
            with pytest.warns(UserWarning, match="deprecated"):
                scheduler.step(n)
        agree(ours, theirs)
        step(theirs), step(ours)
        agree(ours, theirs)


@pytest.mark.parametrize(("first", "times"), [(3, 1), (2, 2), (5, 1)])
def test_restarts_take_parts_of_an_epoch(first: int, times: int) -> None:
    make = of("CosineAnnealingWarmRestarts", first, times, 0.01)
    theirs, ours = (make(library, optimizer(library)) for library in (torch, minitorch))
    for n in range(200):
        theirs.step(n / 8), ours.step(n / 8)
        agree(ours, theirs)
    for _ in range(20):
        theirs.step(), ours.step()
        agree(ours, theirs)


# ------------------------------------------------------------------------ schedules of one's own


def own(library: Any) -> list[Any]:
    """Schedules as learners write them, on PyTorch's base."""
    base = library.optim.lr_scheduler._LRScheduler

    class Noam(base):  # type: ignore[misc]
        def __init__(self, optimizer: Any, d: int, warmup: int, last_epoch: int = -1) -> None:
            self.d, self.warmup = d, warmup
            super().__init__(optimizer, last_epoch)

        def get_lr(self) -> list[float]:
            n = self._step_count
            rate = self.d**-0.5 * min(n**-0.5, n * self.warmup**-1.5)
            return [rate] * len(self.optimizer.param_groups)

    class WarmUp(base):  # type: ignore[misc]
        def __init__(self, optimizer: Any, warmup: int, total: int, last_epoch: int = -1) -> None:
            self.warmup, self.total = warmup, total
            super().__init__(optimizer, last_epoch)

        def get_lr(self) -> list[float]:
            if not self._get_lr_called_within_step:
                warnings.warn("please use get_last_lr()", UserWarning, stacklevel=2)
            if self.last_epoch < self.warmup:
                return [base * (self.last_epoch + 1) / self.warmup for base in self.base_lrs]
            return self._get_closed_form_lr()

        def _get_closed_form_lr(self) -> list[float]:
            share = (self.last_epoch - self.warmup) / (self.total - self.warmup)
            return [base * 0.5 * (1 + math.cos(math.pi * share)) for base in self.base_lrs]

    class Cyclic(base):  # type: ignore[misc]
        """With a step of its own, which does not call the base's."""

        def __init__(self, optimizer: Any, length: int, last_epoch: int = -1) -> None:
            self.length, self.cycle = length, 0
            super().__init__(optimizer, last_epoch)
            for group in self.optimizer.param_groups:
                group["lr"] = 0.125

        def get_lr(self) -> list[float]:
            return [base / (1 + self.cycle) for base in self.base_lrs]

        def step(self, epoch: int | None = None) -> None:
            self.last_epoch = self.last_epoch + 1 if epoch is None else math.floor(epoch)
            self.cycle = self.last_epoch // self.length
            for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
                group["lr"] = lr
            self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    class AndThen(base):  # type: ignore[misc]
        """A warm-up that hands over to another schedule."""

        def __init__(self, optimizer: Any, warmup: int, after: Any) -> None:
            self.warmup, self.after, self.finished = warmup, after, False
            super().__init__(optimizer)

        def get_lr(self) -> list[float]:
            if self.last_epoch > self.warmup:
                if not self.finished:
                    self.after.base_lrs = [base * 2 for base in self.base_lrs]
                    self.finished = True
                return self.after.get_last_lr()  # type: ignore[no-any-return]
            return [base * (self.last_epoch / self.warmup + 1) for base in self.base_lrs]

        def step(self, epoch: int | None = None) -> None:
            if self.finished:
                self.after.step()
                self._last_lr = self.after.get_last_lr()
            else:
                super().step(epoch)

    def and_then(o: Any) -> Any:
        return AndThen(o, 7, library.optim.lr_scheduler.CosineAnnealingLR(o, 20))

    return [
        lambda o: Noam(o, 64, 10),
        lambda o: WarmUp(o, 10, 50),
        lambda o: Cyclic(o, 9),
        and_then,
    ]


@pytest.mark.parametrize("i", range(4))
def test_a_schedule_of_ones_own_gives_the_same_rates(i: int) -> None:
    theirs, ours = (own(library)[i](optimizer(library)) for library in (torch, minitorch))
    assert ours._step_count == theirs._step_count if i != 2 else True
    for _ in range(STEPS):
        step(theirs), step(ours)
        agree(ours, theirs)
    if i == 1:
        with pytest.warns(UserWarning, match="get_last_lr"):
            ours.get_lr()


# ---------------------------------------------------------------------------- what is not allowed


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o: s.OneCycleLR(o, 1.0),
        lambda s, o: s.OneCycleLR(o, 1.0, epochs=3),
        lambda s, o: s.OneCycleLR(o, 1.0, total_steps=0),
        lambda s, o: s.OneCycleLR(o, 1.0, total_steps=2.5),
        lambda s, o: s.OneCycleLR(o, 1.0, epochs=0, steps_per_epoch=3),
        lambda s, o: s.OneCycleLR(o, 1.0, epochs=3, steps_per_epoch=-1),
        lambda s, o: s.OneCycleLR(o, 1.0, 10, pct_start=1),
        lambda s, o: s.OneCycleLR(o, 1.0, 10, pct_start=1.5),
        lambda s, o: s.OneCycleLR(o, 1.0, 10, anneal_strategy="cosine"),
        lambda s, o: s.OneCycleLR(o, [1.0], 10),
        lambda s, o: s.OneCycleLR(o, 1.0, 10, base_momentum=[0.8]),
        lambda s, o: s.OneCycleLR(o, 1.0, 10, max_momentum=[0.8] * 3),
        lambda s, o: [step(x) for x in [s.OneCycleLR(o, 1.0, 10)] for _ in range(11)],
        lambda s, o: s.ReduceLROnPlateau(o, "mean"),
        lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="both"),
        lambda s, o: s.ReduceLROnPlateau(o, factor=1.0),
        lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 0),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 2.5),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, T_mult=0),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, T_mult=1.5),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 2).step(-1),
        lambda s, o: s.ConstantLR(o, factor=1.5),
        lambda s, o: s.ConstantLR(o, factor=-0.5),
        lambda s, o: s.ChainedScheduler([]),
        lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]),
        lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []),
        lambda s, o: s.MultiplicativeLR(o, [abs]),
    ],
)
def test_what_pytorch_refuses_is_refused(make: Any) -> None:
    for library in (torch, minitorch):
        with pytest.raises(ValueError, match=r"\w"):
            make(library.optim.lr_scheduler, optimizer(library))


def test_a_cycle_without_a_momentum_is_refused() -> None:
    for library in (torch, minitorch):
        o = library.optim.Adagrad([library.ones(1, requires_grad=True)])
        with pytest.raises(ValueError, match="must support momentum or beta1"):
            library.optim.lr_scheduler.OneCycleLR(o, 1.0, 10)
        library.optim.lr_scheduler.OneCycleLR(o, 1.0, 10, cycle_momentum=False)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_a_cycle_can_go_one_step_too_far_as_pytorchs(strategy: str) -> None:
    make = of("OneCycleLR", 1.0, 10, anneal_strategy=strategy)
    theirs, ours = (make(library, optimizer(library)) for library in (torch, minitorch))
    for n in range(10):
        step(theirs), step(ours)
        if n < 9 or strategy == "cos":
            agree(ours, theirs)
    if strategy == "linear":  # where PyTorch's rate is below 0
        assert ours.get_last_lr() == [0.0, 0.0]
        assert max(theirs.get_last_lr()) < 0
    with pytest.raises(ValueError, match="Tried to step 11 times"):
        step(ours)
