"""The configuration of a training run: its hyperparameters, which repeat it exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .schedule import SCHEDULES, multiplier


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
        accumulate: batches in a step, whose gradients are averaged: a larger batch in less memory.
        processes: split each batch among so many processes, which is faster on several cores.
        label_smoothing: the fraction of the target's probability that is spread evenly over all
            tokens.
        evaluate_every: steps between two evaluations, each of which saves the run.
        evaluate_on: held-out examples in an evaluation.
        patience: early stopping, after so many evaluations in a row without a better one; 0: never.
        seed: of the first parameters, the batches and dropout.

    Raises:
        ValueError: a value is out of range.
    """

    steps: int = 1000
    batch_size: int = 128
    lr: float = 5e-3
    warmup: int = 100
    schedule: str = "linear"
    weight_decay: float = 0.1
    clip: float = 1.0
    accumulate: int = 1
    processes: int = 1
    label_smoothing: float = 0.0
    evaluate_every: int = 100
    evaluate_on: int = 1000
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in (
            "steps",
            "batch_size",
            "accumulate",
            "processes",
            "evaluate_every",
            "evaluate_on",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("warmup", "weight_decay", "patience"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(
                    f"{name} must be a number, and not negative, but is {getattr(self, name)}"
                )
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must be in [0, 2**64), not {self.seed}")
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"schedule must be one of {', '.join(SCHEDULES)}, not {self.schedule!r}"
            )
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), not {self.label_smoothing!r}")
        for name in ("lr", "clip"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise ValueError(f"{name} must be a positive number, not {getattr(self, name)}")

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 1; see `schedule.py`."""
        return self.lr * multiplier(step, self.schedule, self.steps, self.warmup)
