"""The configuration of a training run: its hyperparameters, which repeat it exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..fields import Allowed, Interval, check_fields
from .schedule import SCHEDULES, STEPS, WARMUP, multiplier, warmup_and_decay

if TYPE_CHECKING:
    from minitorch.optim import Optimizer
    from minitorch.optim.lr_scheduler import LRScheduler

ALLOWED: dict[str, Allowed] = {
    "steps": STEPS,
    "batch_size": Interval(1, 10**6),
    "lr": Interval(0, 1000, "(]"),
    "warmup": WARMUP,
    "schedule": SCHEDULES,
    "weight_decay": Interval(0, 1000),
    "clip": Interval(0, 10**9, "(]"),
    "accumulate": Interval(1, 10**6),
    "label_smoothing": Interval(0, 1, "[)"),
    "evaluate_every": STEPS,
    "evaluate_on": Interval(1, 10**6),
    "patience": Interval(0, 10**9),
    "keep": Interval(0, 1000),
    "seed": Interval(0, 2**64, "[)"),
}


@dataclass(frozen=True)
class TrainingConfig:
    """The hyperparameters of a training run.

    Attributes:
        steps: parameter updates.
        batch_size: examples in each.
        lr: the highest learning rate, reached after the warm-up.
        warmup: steps over which the learning rate rises linearly.
        schedule: how the learning rate goes on: "linear" or "cosine", down almost to 0 at the last
            step, "constant", or "paper", down with 1 / √step.
        weight_decay: AdamW's: each step multiplies matrices by 1 - learning rate · this.
        clip: the gradient is scaled down to this norm where it is longer.
        accumulate: batches in a step, which are learned as one: a larger batch in less memory.
        label_smoothing: the fraction of the target's probability that is spread evenly over all
            tokens.
        evaluate_every: steps between two evaluations, each of which saves the run.
        evaluate_on: held-out examples in an evaluation; all that there are, if these are fewer.
        patience: early stopping, after so many evaluations in a row without a better one; 0: never.
        keep: the parameters of so many steps are kept in the run's directory, to see how the model
            learned; 0: of none.
        seed: of the first parameters, the batches and dropout.

    The upper bounds, in `ALLOWED`, are there to catch slips: 1,000,000,000 for steps, warmup,
    evaluate_every, patience and clip; 1,000,000 for batch_size, accumulate and evaluate_on; 1,000
    for lr, weight_decay and keep.

    Raises:
        ValueError: a value is of another type, or out of range.
    """

    steps: int = 1000
    batch_size: int = 128
    lr: float = 5e-3
    warmup: int = 100
    schedule: str = "linear"
    weight_decay: float = 0.1
    clip: float = 1.0
    accumulate: int = 1
    label_smoothing: float = 0.0
    evaluate_every: int = 100
    evaluate_on: int = 1000
    patience: int = 0
    keep: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        check_fields(self, ALLOWED)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 1; see `schedule.py`.

        Raises:
            ValueError: there is no such step.
        """
        return self.lr * multiplier(step, self.schedule, self.steps, self.warmup)

    @property
    def kept_steps(self) -> tuple[int, ...]:
        """The steps whose parameters are kept, close together where the model learns fast.

        Of n, step i = 0, …, n - 1 is steps · (i / (n - 1))², rounded down, but at least i: from
        step 0, before the first update, to the last. A single one is the last.

        >>> TrainingConfig(steps=800, keep=12).kept_steps
        (0, 6, 26, 59, 105, 165, 238, 323, 423, 535, 661, 800)
        """
        if self.keep == 1:
            return (self.steps,)
        last = min(self.keep - 1, self.steps)
        return tuple(max(i, self.steps * i**2 // last**2) for i in range(last + 1))

    def scheduler(self, optimizer: Optimizer, done: int = 0) -> LRScheduler:
        """Return what sets an optimizer's learning rate, `done` steps having been taken."""
        return warmup_and_decay(
            optimizer, self.lr, self.schedule, steps=self.steps, warmup=self.warmup, done=done
        )
