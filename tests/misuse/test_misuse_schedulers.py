"""Learning-rate schedules held wrong: see `misuse.py`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch import nn, optim
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
)


def parameters() -> list[nn.Parameter]:
    return [nn.Parameter(mt.ones(1))]


def o(groups: int = 1) -> optim.Optimizer:
    return optim.SGD([{"params": parameters()} for _ in range(groups)], lr=1.0)


def linear(**options: Any) -> LinearLR:
    return LinearLR(o(), **options)


def cosine(T_max: Any, **options: Any) -> CosineAnnealingLR:
    return CosineAnnealingLR(o(), T_max, **options)


def sequential(milestones: Any, n: int = 2, **options: Any) -> SequentialLR:
    optimizer = o()
    return SequentialLR(optimizer, [LinearLR(optimizer) for _ in range(n)], milestones, **options)


def one_cycle(*args: Any, **options: Any) -> OneCycleLR:
    """Make a cycle; if it cannot be, the groups must be as they were."""
    optimizer = o()
    before = repr(optimizer)
    try:
        return OneCycleLR(optimizer, *args, **options)
    except Exception:
        assert repr(optimizer) == before
        raise


def plateau(*args: Any, **options: Any) -> ReduceLROnPlateau:
    return ReduceLROnPlateau(o(), *args, **options)


def chained(*make: Callable[[optim.Optimizer], LRScheduler]) -> ChainedScheduler:
    optimizer = o()
    return ChainedScheduler([m(optimizer) for m in make])


def steps(scheduler: LRScheduler, n: int = 1) -> None:
    for _ in range(n):
        scheduler.optimizer.step()
        scheduler.step()


def added(make: Callable[[optim.Optimizer], LRScheduler], n: int = 1) -> None:
    """Add a group when the schedule has been made, and take steps."""
    scheduler = make(o())
    scheduler.optimizer.add_param_group({"params": parameters()})
    steps(scheduler, n)


MAKE: dict[str, Callable[[], LRScheduler]] = {
    "lambda": lambda: LambdaLR(o(), lambda n: 0.5**n),
    "callable": lambda: LambdaLR(o(), Slope()),
    "linear": linear,
    "cosine": lambda: cosine(10),
    "sequential": lambda: sequential([3]),
    "milestones": lambda: MultiStepLR(o(), [3, 5]),
    "restarts": lambda: CosineAnnealingWarmRestarts(o(), 3),
    "one cycle": lambda: one_cycle(1.0, 10),
    "plateau": plateau,
    "chained": lambda: chained(LinearLR, ConstantLR),
}


class Slope:
    slope = 1.0

    def __call__(self, n: int) -> float:
        return 1 / (1 + self.slope * n)


def loads(kind: str, *path: Any, into: str | None = None) -> None:
    """Load a state into a schedule with one entry changed, path[-1], or (if None) left out."""
    *keys, value = path
    saved, scheduler = MAKE[kind](), MAKE[into or kind]()
    state = at = saved.state_dict()
    for key in keys[:-1]:
        at[key] = at = at[key].copy()  # the state's lists are the schedule's own
    if value is None:
        del at[keys[-1]]
    elif keys:
        at[keys[-1]] = value
    before = repr(scheduler.state_dict())
    try:
        scheduler.load_state_dict(state)
    finally:
        assert repr(scheduler.state_dict()) == before


PHASE = {
    "end_step": 3, "start_lr": "min_lr", "end_lr": "max_lr", "start_momentum": "max_momentum",
    "end_momentum": "base_momentum",
}  # fmt: skip

MISUSES = [
    Misuse("a model for the optimizer", lambda: LinearLR(nn.Linear(1, 1)), TypeError,
           "Linear is not an Optimizer"),
    Misuse("a model for the optimizer of a function", lambda: LambdaLR(nn.Linear(1, 1), abs),
           TypeError, "Linear is not an Optimizer"),
    Misuse("the class for the optimizer", lambda: CosineAnnealingLR(optim.SGD, 3), TypeError,
           "not an Optimizer"),
    Misuse("an optimizer without a rate", lambda: LinearLR(optim.Optimizer(parameters(), {})),
           ValueError, "Optimizer have no 'lr'"),
    Misuse("a schedule without get_lr", lambda: LRScheduler(o()), NotImplementedError, "get_lr"),
    Misuse("a schedule that is not here", lambda: optim.lr_scheduler.CyclicLR(o(), 1, 3),
           AttributeError, "LambdaLR"),
    # Where to begin
    Misuse("resuming without initial rates", lambda: linear(last_epoch=3), KeyError,
           "initial_lr.*load the optimizer's state"),
    Misuse("a step before the beginning", lambda: linear(last_epoch=-2), ValueError,
           "last_epoch.*-2"),
    Misuse("half a step", lambda: cosine(3, last_epoch=0.5), ValueError, "last_epoch.*0.5"),
    Misuse("a step as text", lambda: linear(last_epoch="3"), TypeError, "last_epoch.*'3'"),
    Misuse("no step", lambda: linear(last_epoch=None), TypeError, "last_epoch.*None"),
    Misuse("a flag for a step", lambda: linear(last_epoch=True), TypeError, "last_epoch.*True"),
    # Functions
    Misuse("a factor for a function", lambda: LambdaLR(o(), 0.5), TypeError, "function.*0.5"),
    Misuse("a function of another number of groups", lambda: LambdaLR(o(2), [abs]), ValueError,
           "Expected 2 lr_lambdas, but got 1"),
    Misuse("a name among the functions", lambda: LambdaLR(o(2), [abs, "abs"]), TypeError,
           "function.*'abs'"),
    Misuse("a function that returns nothing", lambda: LambdaLR(o(), lambda n: None), TypeError,
           "step 0.*None"),
    Misuse("a function that returns NaN", lambda: LambdaLR(o(), lambda n: math.nan), ValueError,
           "step 0: nan"),
    Misuse("a function that returns infinity",
           lambda: steps(LambdaLR(o(), lambda n: math.inf if n else 1.0)), ValueError,
           "step 1: inf"),
    Misuse("a function below 0", lambda: steps(LambdaLR(o(), lambda n: 0.5 - n)), ValueError,
           "learning rate: -0.5"),
    Misuse("a function that returns a list", lambda: LambdaLR(o(), lambda n: [1.0]), TypeError,
           r"step 0.*\[1.0\]"),
    # Lines
    Misuse("a start of 0", lambda: linear(start_factor=0), ValueError, "greater than 0.*got 0"),
    Misuse("a start above 1", lambda: linear(start_factor=1.5), ValueError, "less or equal.*1.5"),
    Misuse("a start that is NaN", lambda: linear(start_factor=math.nan), ValueError, "nan"),
    Misuse("a start as text", lambda: linear(start_factor="0.1"), TypeError, "start_factor.*'0.1'"),
    Misuse("an end below 0", lambda: linear(end_factor=-0.1), ValueError, "between 0 and 1.*-0.1"),
    Misuse("an end above 1", lambda: linear(end_factor=2), ValueError, "between 0 and 1.*2"),
    Misuse("no end", lambda: linear(end_factor=None), TypeError, "end_factor.*None"),
    Misuse("a line of no steps", lambda: linear(total_iters=0), ValueError, "total_iters.*0"),
    Misuse("a line of fewer than no steps", lambda: linear(total_iters=-5), ValueError,
           "total_iters.*-5"),
    Misuse("a line of two and a half steps", lambda: linear(total_iters=2.5), ValueError,
           "total_iters.*2.5"),
    Misuse("a line of text steps", lambda: linear(total_iters="5"), TypeError, "total_iters.*'5'"),
    # Waves
    Misuse("a wave of no steps", lambda: cosine(0), ValueError, "T_max.*0"),
    Misuse("a wave of fewer than no steps", lambda: cosine(-4), ValueError, "T_max.*-4"),
    Misuse("a wave of NaN steps", lambda: cosine(math.nan), ValueError, "T_max.*nan"),
    Misuse("a wave without its length", lambda: cosine(None), TypeError, "T_max.*None"),
    Misuse("a wave in a list", lambda: cosine([10]), TypeError, r"T_max.*\[10\]"),
    Misuse("a lowest rate below 0", lambda: cosine(3, eta_min=-0.1), ValueError, "eta_min.*-0.1"),
    Misuse("a lowest rate that is NaN", lambda: cosine(3, eta_min=math.nan), ValueError,
           "eta_min.*nan"),
    Misuse("a lowest rate as text", lambda: cosine(3, eta_min="0"), TypeError, "eta_min.*'0'"),
    # Stretches and milestones
    Misuse("stretches of no steps", lambda: StepLR(o(), 0), ValueError, "step_size.*0"),
    Misuse("stretches of text", lambda: StepLR(o(), "3"), TypeError, "step_size.*'3'"),
    Misuse("stretches of half a step", lambda: StepLR(o(), 0.5), ValueError, "step_size.*0.5"),
    Misuse("a gamma below 0", lambda: StepLR(o(), 3, -0.1), ValueError, "gamma.*-0.1"),
    Misuse("no gamma", lambda: ExponentialLR(o(), None), TypeError, "gamma.*None"),
    Misuse("a gamma that is NaN", lambda: ExponentialLR(o(), math.nan), ValueError, "gamma.*nan"),
    Misuse("a milestone for the milestones", lambda: MultiStepLR(o(), 3), TypeError,
           "milestones.*3"),
    Misuse("a milestone at half a step", lambda: MultiStepLR(o(), [2.5]), ValueError, "2.5"),
    Misuse("a milestone of a letter", lambda: MultiStepLR(o(), ["a"]), TypeError, "milestone.*'a'"),
    Misuse("a negative milestone", lambda: MultiStepLR(o(), [-3]), ValueError, "-3"),
    Misuse("a constant above 1", lambda: ConstantLR(o(), 1.5), ValueError, "between 0 and 1.*1.5"),
    Misuse("a constant as text", lambda: ConstantLR(o(), "1"), TypeError, "factor.*'1'"),
    Misuse("a power of no steps", lambda: PolynomialLR(o(), 0), ValueError, "total_iters.*0"),
    Misuse("a power below 0", lambda: PolynomialLR(o(), 5, -1), ValueError, "power.*-1"),
    Misuse("a product of no functions", lambda: MultiplicativeLR(o(), 0.9), TypeError, "0.9"),
    Misuse("a product that is NaN", lambda: steps(MultiplicativeLR(o(), lambda n: math.nan)),
           ValueError, "step 1: nan"),
    # Restarts
    Misuse("a first wave of no steps", lambda: CosineAnnealingWarmRestarts(o(), 0), ValueError,
           "T_0.*0"),
    Misuse("a first wave of 2.0 steps", lambda: CosineAnnealingWarmRestarts(o(), 2.0), ValueError,
           "positive integer T_0.*2.0"),
    Misuse("waves half as long", lambda: CosineAnnealingWarmRestarts(o(), 2, 0.5), ValueError,
           "T_mult >= 1.*0.5"),
    Misuse("a restart's lowest rate as text",
           lambda: CosineAnnealingWarmRestarts(o(), 2, eta_min="0"), TypeError, "eta_min.*'0'"),
    Misuse("an epoch below 0", lambda: CosineAnnealingWarmRestarts(o(), 2).step(-0.5), ValueError,
           "non-negative epoch.*-0.5"),
    Misuse("an epoch as text", lambda: CosineAnnealingWarmRestarts(o(), 2).step("1"), TypeError,
           "epoch.*'1'"),
    # One cycle
    Misuse("a cycle of unknown length", lambda: one_cycle(1.0), ValueError, "total_steps OR"),
    Misuse("a cycle of no epochs", lambda: one_cycle(1.0, epochs=0, steps_per_epoch=3), ValueError,
           "positive integer epochs.*0"),
    Misuse("epochs of 2.5 steps", lambda: one_cycle(1.0, epochs=2, steps_per_epoch=2.5), ValueError,
           "steps_per_epoch.*2.5"),
    Misuse("a cycle of no steps", lambda: one_cycle(1.0, 0), ValueError, "total_steps.*0"),
    Misuse("a cycle of text steps", lambda: one_cycle(1.0, "10"), ValueError, "total_steps.*10"),
    Misuse("a rise that is all, as an int", lambda: one_cycle(1.0, 10, pct_start=1), ValueError,
           "float between 0 and 1 pct_start.*1"),
    Misuse("a rise as a percentage", lambda: one_cycle(1.0, 10, pct_start=30.0), ValueError, "30.0"),
    Misuse("an unknown strategy", lambda: one_cycle(1.0, 10, anneal_strategy="cosine"), ValueError,
           "'cos' or 'linear'.*cosine"),
    Misuse("a highest rate too many", lambda: one_cycle([1.0, 2.0], 10), ValueError,
           "max_lr has 2 values.*has 1"),
    Misuse("a highest rate below 0", lambda: one_cycle(-1.0, 10), ValueError, "max_lr.*-1.0"),
    Misuse("a momentum of 1", lambda: one_cycle(1.0, 10, max_momentum=1.0), ValueError,
           "max_momentum.*1.0"),
    Misuse("a momentum as text", lambda: one_cycle(1.0, 10, base_momentum="0.8"), TypeError,
           "base_momentum.*'0.8'"),
    Misuse("cycle_momentum as text", lambda: one_cycle(1.0, 10, cycle_momentum="no"), TypeError,
           "cycle_momentum.*'no'"),
    Misuse("three phases in a number", lambda: one_cycle(1.0, 10, three_phase=3), TypeError,
           "three_phase.*3"),
    Misuse("a division by 0", lambda: one_cycle(1.0, 10, div_factor=0), ValueError, "div_factor.*0"),
    Misuse("a final division by less than 0", lambda: one_cycle(1.0, 10, final_div_factor=-1.0),
           ValueError, "final_div_factor.*-1.0"),
    Misuse("a cycle of an optimizer without momentum",
           lambda: OneCycleLR(optim.Adagrad(parameters()), 1.0, 10), ValueError,
           "momentum or beta1"),
    Misuse("a step after the cycle", lambda: steps(one_cycle(1.0, 10), 11), ValueError,
           "Tried to step 11 times.*10"),
    Misuse("a group added under a cycle", lambda: added(lambda x: OneCycleLR(x, 1.0, 10)),
           ValueError, "for 1 groups.*has 2"),
    # A metric
    Misuse("a mode that is no mode", lambda: plateau("mean"), ValueError, "mode mean is unknown"),
    Misuse("a loss for the mode", lambda: plateau(0.5), ValueError, "mode 0.5 is unknown"),
    Misuse("a threshold mode that is none", lambda: plateau(threshold_mode="both"), ValueError,
           "threshold mode both is unknown"),
    Misuse("a factor of 1", lambda: plateau(factor=1.0), ValueError, "Factor should be < 1.0"),
    Misuse("a factor below 0", lambda: plateau(factor=-0.5), ValueError, "factor.*-0.5"),
    Misuse("no patience", lambda: plateau(patience=None), TypeError, "patience.*None"),
    Misuse("a negative patience", lambda: plateau(patience=-1), ValueError, "patience.*-1"),
    Misuse("a lowest rate too many", lambda: plateau(min_lr=[0.1, 0.2]), ValueError,
           "expected 1 min_lrs, got 2"),
    Misuse("a lowest rate that is negative", lambda: plateau(min_lr=-1), ValueError, "min_lr.*-1"),
    Misuse("a metric as text", lambda: plateau().step("0.5x"), TypeError, "metrics.*'0.5x'"),
    Misuse("no metric", lambda: plateau().step(None), TypeError, "metrics.*None"),
    Misuse("a metric of two elements", lambda: plateau().step(mt.ones(2)), TypeError,
           r"metrics must be a number, or a tensor of one.*Tensor"),
    # All at once
    Misuse("nothing chained", lambda: chained(), ValueError, "at least one"),
    Misuse("a schedule for the chain", lambda: ChainedScheduler(linear()), TypeError, "schedulers"),
    Misuse("an optimizer in a chain", lambda: ChainedScheduler([o()]), TypeError,
           "not an Optimizer|no LRScheduler"),
    Misuse("a metric's schedule in a chain", lambda: chained(LinearLR, ReduceLROnPlateau),
           ValueError, r"`ReduceLROnPlateau`.*index 1.*step\(metric\)"),
    Misuse("a chain of two optimizers", lambda: ChainedScheduler([linear(), linear()]), ValueError,
           "same optimizer"),
    Misuse("a chain in a sequence",
           lambda: SequentialLR(x := o(), [LinearLR(x), ChainedScheduler([LinearLR(x)])], [3]),
           ValueError, "ChainedScheduler: give one list of all schedules"),
    Misuse("a metric's schedule in a sequence",
           lambda: SequentialLR(x := o(), [ReduceLROnPlateau(x)], []), ValueError, "needs a metric"),
    # One after another
    Misuse("no schedulers", lambda: SequentialLR(o(), [], []), ValueError, "got 0 and 0"),
    Misuse("None for the schedulers", lambda: SequentialLR(o(), None, []), TypeError,
           "schedulers.*None"),
    Misuse("one schedule for the list", lambda: SequentialLR(o(), linear(), []), TypeError,
           "'schedulers' must be a list"),
    Misuse("an optimizer among the schedulers", lambda: SequentialLR(o(), [o()], []), TypeError,
           r"schedulers\[0\] is a SGD"),
    Misuse("a schedule of another optimizer", lambda: SequentialLR(o(), [linear()], []), ValueError,
           "same optimizer"),
    Misuse("a schedule twice", lambda: SequentialLR(x := o(), [LinearLR(x)] * 2, [3]), ValueError,
           "twice"),
    Misuse("a sequence inside a sequence",
           lambda: SequentialLR(x := o(), [LinearLR(x), SequentialLR(x, [LinearLR(x)], [])], [3]),
           ValueError, "one list of all schedules"),
    Misuse("a milestone too few", lambda: sequential([]), ValueError, "got 2 and 0"),
    Misuse("a milestone for the list", lambda: sequential(3), TypeError, "milestones.*3"),
    Misuse("milestones out of order", lambda: sequential([5, 3], 3), ValueError, r"\[5, 3\]"),
    Misuse("a milestone twice", lambda: sequential([3, 3], 3), ValueError, r"\[3, 3\]"),
    Misuse("a milestone before the beginning", lambda: sequential([-1]), ValueError, "-1"),
    Misuse("a milestone between two steps", lambda: sequential([2.5]), ValueError, "2.5"),
    Misuse("a milestone as text", lambda: sequential(["3"]), TypeError, "milestone.*'3'"),
    Misuse("a sequence for no optimizer", lambda: SequentialLR(None, [linear()], []), TypeError,
           "NoneType is not an Optimizer"),
    # Groups that came later
    Misuse("a group added under a function", lambda: added(lambda x: LambdaLR(x, abs)), ValueError,
           "for 1 groups.*has 2"),
    Misuse("a group added under a wave",
           lambda: added(lambda x: CosineAnnealingLR(x, 1), 2), ValueError, "for 1 groups.*has 2"),
    # States
    Misuse("a list for a state", lambda: linear().load_state_dict([]), TypeError, "list"),
    Misuse("another schedule's state", lambda: loads("linear", 1, into="cosine"), ValueError,
           "no 'T_max'"),
    Misuse("a state without a sequence's", lambda: loads("linear", 1, into="sequential"),
           ValueError, "no '_schedulers'"),
    Misuse("a state without a function's", lambda: loads("linear", 1, into="lambda"), ValueError,
           "no 'lr_lambdas'"),
    Misuse("a function's state before the beginning", lambda: loads("lambda", "last_epoch", -2),
           ValueError, "LambdaLR.*last_epoch.*-2"),
    Misuse("a sequence's state before the beginning",
           lambda: loads("sequential", "last_epoch", -2), ValueError, "SequentialLR.*-2"),
    Misuse("a state without its step", lambda: loads("linear", "last_epoch", None), ValueError,
           "'last_epoch'"),
    Misuse("a state with a step as text", lambda: loads("linear", "last_epoch", "3"), ValueError,
           "last_epoch.*'3'"),
    Misuse("a state of two groups", lambda: loads("linear", "base_lrs", [1.0, 2.0]), ValueError,
           "base_lrs.*2 entries"),
    Misuse("a state with a rate as text", lambda: loads("linear", "base_lrs", ["1"]), ValueError,
           "base_lrs.*lr must.*'1'"),
    Misuse("a state with a rate below 0", lambda: loads("cosine", "_last_lr", [-1.0]), ValueError,
           "_last_lr.*rate: -1"),
    Misuse("a state with no rates", lambda: loads("cosine", "_last_lr", 1.0), ValueError,
           "_last_lr.*list"),
    Misuse("a state with a line of no steps", lambda: loads("linear", "total_iters", 0), ValueError,
           "LinearLR.*total_iters.*0"),
    Misuse("a state with a wave of no steps", lambda: loads("cosine", "T_max", 0), ValueError,
           "CosineAnnealingLR.*T_max.*0"),
    Misuse("a state with a milestone too many", lambda: loads("sequential", "_milestones", [1, 2]),
           ValueError, "got 2 and 2"),
    Misuse("a state with a schedule too few", lambda: loads("sequential", "_schedulers", []),
           ValueError, "_schedulers.*0 entries"),
    Misuse("a wrong state in a sequence's",
           lambda: loads("sequential", "_schedulers", 1, "total_iters", -1), ValueError,
           "total_iters.*-1"),
    Misuse("a function's state with a list", lambda: loads("callable", "lr_lambdas", [3]),
           ValueError, "lr_lambdas.*3"),
    Misuse("a function's state with a function too many",
           lambda: loads("callable", "lr_lambdas", [None, None]), ValueError,
           "lr_lambdas: it has 2 entries, and should have 1"),
    Misuse("a state with half a milestone", lambda: loads("milestones", "milestones", {2.5: 1}),
           ValueError, "MultiStepLR.*milestone.*2.5"),
    Misuse("a state with a list of milestones", lambda: loads("milestones", "milestones", [3, 5]),
           ValueError, "MultiStepLR.*milestones"),
    Misuse("a state with a restart after no steps", lambda: loads("restarts", "T_i", 0), ValueError,
           "T_i.*0"),
    Misuse("a state with an unknown strategy", lambda: loads("one cycle", "_anneal_func_type", "x"),
           ValueError, "OneCycleLR.*x"),
    Misuse("a state without phases", lambda: loads("one cycle", "_schedule_phases", []), ValueError,
           "OneCycleLR.*_schedule_phases"),
    Misuse("a state whose phase lacks its end",
           lambda: loads("one cycle", "_schedule_phases", [{"start_lr": "max_lr"}]), ValueError,
           "OneCycleLR.*a phase is a dict with.*start_lr"),
    Misuse("a state whose phase goes elsewhere",
           lambda: loads("one cycle", "_schedule_phases", [{**PHASE, "end_lr": "params"}]),
           ValueError, "OneCycleLR.*between.*params"),
    Misuse("a state whose phase ends in text",
           lambda: loads("one cycle", "_schedule_phases", [{**PHASE, "end_step": "3"}]), ValueError,
           "OneCycleLR.*end_step.*'3'"),
    Misuse("a state without patience", lambda: loads("plateau", "patience", -1), ValueError,
           "ReduceLROnPlateau.*patience.*-1"),
    Misuse("a state whose best is text", lambda: loads("plateau", "best", "low"), ValueError,
           "ReduceLROnPlateau.*best.*'low'"),
    Misuse("a state of a chain of one", lambda: loads("chained", "_schedulers", []), ValueError,
           "_schedulers.*0 entries"),
    Misuse("an object's state for a function", lambda: loads("callable", 1, into="lambda"),
           ValueError, "lr_lambdas.*None"),
]  # fmt: skip


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
