"""Learning-rate schedules: a warm-up, in which the learning rate rises linearly, then a decay.

At first Adam's averages rest on a few gradients, and with steps of full size training may diverge:
that is what the warm-up is for. Towards the end, smaller and smaller steps settle in a minimum
instead of jumping about in it: that is what the decay is for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from minitorch import optim
from minitorch.scalars import short

from ..fields import Interval, checked

if TYPE_CHECKING:
    from minitorch.optim.lr_scheduler import LambdaLR

SCHEDULES = ("linear", "cosine", "constant", "paper")
STEPS, WARMUP = Interval(1, 10**9), Interval(0, 10**9)


def multiplier(step: int, schedule: str, steps: int, warmup: int) -> float:
    """Return what the highest learning rate is multiplied by at a step.

    In the warm-up, of w steps, it is step / w. Then, with t = (step - 1 - w) / (steps - w), which
    goes from 0 to just below 1, so that the last step still changes the parameters:

        linear      1 - t
        cosine      (1 + cos πt) / 2    (Loshchilov and Hutter 2016, arXiv 1608.03983)
        constant    1
        paper       √(w / step)         (Vaswani et al. 2017, section 5.3)

    The paper writes its learning rate as d_model^-0.5 · min(step^-0.5, step · w^-1.5), the highest
    value of which is (d_model · w)^-0.5; with that for the highest rate, the two are the same.

    Args:
        step: counted from 1. After the last step, an optimizer is given the rate of steps + 1, and
            takes no more.
        schedule: one of `SCHEDULES`.
        steps: of the whole training.
        warmup: those of the warm-up.

    Raises:
        ValueError: an argument is out of range; there is no step after steps + 1.
    """
    checked("schedule", schedule, str, SCHEDULES)
    checked("steps", steps, int, STEPS)
    checked("warmup", warmup, int, WARMUP)
    checked("step", step, int, Interval(1, steps + 1))
    w = max(warmup, 1)
    t = max(step - 1 - warmup, 0) / max(steps - warmup, 1)
    decay = {
        "linear": 1 - t,
        "cosine": (1 + math.cos(math.pi * t)) / 2,
        "constant": 1.0,
        "paper": math.sqrt(w / step),
    }
    return min(step / w, decay[schedule])


def warmup_and_decay(
    optimizer: optim.Optimizer,
    lr: float,
    schedule: str = "linear",
    *,
    steps: int,
    warmup: int = 0,
    done: int = 0,
) -> LambdaLR:
    """Return a scheduler that sets an optimizer's learning rate to lr · multiplier(step).

        scheduler = warmup_and_decay(optimizer, lr=0.004, steps=1000, warmup=100)
        for _ in range(1000):
            ...
            optimizer.step()
            scheduler.step()  # sets the learning rate of the next step

    The rate depends on the number of the step alone: to resume, `done` is all that is needed.

    Args:
        optimizer: its groups all get the same learning rate.
        lr: the highest learning rate.
        schedule, steps, warmup: see `multiplier`.
        done: the steps taken before, if the training is resumed.

    Raises:
        TypeError: the optimizer is none.
        ValueError: a number is out of range, now or when more steps are taken than `steps`.
    """
    if not isinstance(optimizer, optim.Optimizer):
        raise TypeError(f"optimizer must be an Optimizer, not {short(optimizer)}")
    lr = checked("lr", lr, float, Interval(0, 1000, "(]"))
    for group in optimizer.param_groups:
        group["initial_lr"] = lr

    def multiplier_after(done: int) -> float:
        return multiplier(done + 1, schedule, steps, warmup)

    return optim.lr_scheduler.LambdaLR(optimizer, multiplier_after, last_epoch=done - 1)
