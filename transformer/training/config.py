"""The configuration of a training: all that is needed to train the same way again."""

from __future__ import annotations

import math
from dataclasses import dataclass

SCHEDULES = ("linear", "cosine", "constant", "paper")


@dataclass(frozen=True)
class TrainingConfig:
    """How to train.

    Attributes:
        steps: parameter updates.
        batch_size: examples in each.
        lr: the highest learning rate, reached after the warm-up.
        warmup: steps over which the learning rate rises in a line.
        schedule: how it goes on: "linear" or "cosine", down to 0 at the last step, "constant", or
            "paper", down with 1 / √step. See `learning_rate`.
        weight_decay: AdamW's: each step draws matrices towards 0 by this times the learning rate.
        clip: the gradient is scaled down to this norm where it is longer.
        accumulate: batches in a step, whose gradients are averaged: a larger batch in less memory.
        processes: share each batch among so many processes, which is faster on several cores.
        label_smoothing: the share of the target spread over all tokens.
        evaluate_every: steps between two evaluations, each of which saves the run.
        evaluate_on: held-out examples in an evaluation.
        patience: stop after so many evaluations in a row without a better one; 0: never.
        seed: of the first parameters, the batches and dropout.

    Raises:
        ValueError: nothing can be trained so.
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
            "steps", "batch_size", "accumulate", "processes", "evaluate_every", "evaluate_on",
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
        """Return the learning rate of a step, counted from 1.

        A line up to `lr` at the last step of the warm-up, the w-th; then, with t going from 0 to 1:

            linear      lr (1 - t)
            cosine      lr (1 + cos πt) / 2    (Loshchilov and Hutter 2016, arXiv 1608.03983)
            constant    lr
            paper       lr √(w / step)         (Vaswani et al. 2017, section 5.3)

        The paper writes its own as d_model^-0.5 · min(step^-0.5, step · w^-1.5), the highest value
        of which is (d_model · w)^-0.5: with that for `lr` it is the same.
        """
        warmup = max(self.warmup, 1)
        t = max(step - 1 - self.warmup, 0) / max(self.steps - self.warmup, 1)
        fall = {
            "linear": 1 - t,
            "cosine": (1 + math.cos(math.pi * t)) / 2,
            "constant": 1.0,
            "paper": math.sqrt(warmup / step),
        }
        return self.lr * min(step / warmup, fall[self.schedule], 1.0)
