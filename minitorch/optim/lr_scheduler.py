"""Learning-rate schedules: the rate as a function of the step. n counts the steps from 0.

    LambdaLR            lr = base_lr · f(n)
    LinearLR            lr = base_lr · (start + (end - start) · min(n, N) / N)
    CosineAnnealingLR   lr = eta_min + (base_lr - eta_min) · (1 + cos(π n / T_max)) / 2
    SequentialLR        one schedule until step m, then another

Call `scheduler.step()` after each `optimizer.step()`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from copy import copy
from itertools import pairwise
from types import FunctionType
from typing import TYPE_CHECKING, Any

from .._compat.guests import door
from ..scalars import sequence
from . import checks, states
from .optimizer import Optimizer
from .scheduler import LRScheduler

__all__ = ["CosineAnnealingLR", "LRScheduler", "LambdaLR", "LinearLR", "SequentialLR"]


def _attributes(f: Callable[[int], float]) -> dict[str, Any] | None:
    """Return the attributes of a callable object; None for a function."""
    return None if isinstance(f, FunctionType) else getattr(f, "__dict__", None)


class LambdaLR(LRScheduler):
    """lr = base_lr · f(n).

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        lr_lambda: f, or one for each group. Functions are not saved in the state_dict; of other
            callable objects, the attributes are.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        n = len(getattr(optimizer, "param_groups", []))
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, Sequence) else [lr_lambda] * n
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse what are not as many functions as groups."""
        super().check()
        n, fs = len(self.optimizer.param_groups), self.lr_lambdas
        if len(fs) != n:
            raise ValueError(f"Expected {n} lr_lambdas, but got {len(fs)}")
        if not all(map(callable, fs)):
            raise TypeError(f"lr_lambda must be a function, or a list of them, not {fs}")

    def get_lr(self) -> list[float]:
        """Multiply each group's base rate by f(n)."""
        bases, factors = self._bases(), [f(self.last_epoch) for f in self.lr_lambdas]
        name = f"factor at step {self.last_epoch}"
        for factor in factors:
            checks.number(name, factor, called=name)
        return [base * factor for base, factor in zip(bases, factors, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except the optimizer and those lambdas that are functions."""
        kept = [copy(_attributes(f)) for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": kept}

    def _check_state(self, state_dict: dict[str, Any]) -> None:
        own = self.state_dict()
        states.schedule(state_dict, own)
        for kept, mine in zip(state_dict["lr_lambdas"], own["lr_lambdas"], strict=True):
            if not isinstance(kept, type(mine)):
                raise ValueError(f"loaded state dict, lr_lambdas: {kept} stands for {mine}")
        super()._check_state({**state_dict, "lr_lambdas": self.lr_lambdas})

    def _load(self, state_dict: dict[str, Any]) -> None:
        for f, kept in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if kept is not None:
                vars(f).update(kept)
        super()._load({**state_dict, "lr_lambdas": self.lr_lambdas})


class LinearLR(LRScheduler):
    """A straight line, such as a warm-up: lr = base_lr · (start + (end - start) · min(n, N) / N).

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        start_factor: start, in (0, 1].
        end_factor: end, in [0, 1].
        total_iters: N, the steps until the end is reached; the rate stays there.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse factors that are not in (0, 1] and [0, 1], and a number of steps below 1."""
        super().check()
        checks.number("start_factor", self.start_factor)
        checks.number("end_factor", self.end_factor)
        if not 0 < self.start_factor <= 1:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to "
                f"1, but got {self.start_factor}."
            )
        if not 0 <= self.end_factor <= 1:
            raise ValueError(
                "Ending multiplicative factor expected to be between 0 and 1, but got "
                f"{self.end_factor}."
            )
        checks.whole("total_iters", self.total_iters, low=1)

    def get_lr(self) -> list[float]:
        """Multiply the present rates by the ratio of the line at step n to step n - 1."""
        n, present = self.last_epoch, self._present()
        if n == 0:
            return [lr * self.start_factor for lr in present]
        if self._is_initial or n > self.total_iters:
            return present
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (n - 1) * rise
        return [lr * (1 + rise / before) for lr in present]

    def _closed_form_lr(self) -> list[float]:
        progress = min(self.total_iters, self.last_epoch) / self.total_iters
        factor = self.start_factor + (self.end_factor - self.start_factor) * progress
        return [base * factor for base in self._bases()]


class CosineAnnealingLR(LRScheduler):
    """Half a wave: lr = eta_min + (base_lr - eta_min) · (1 + cos(π n / T_max)) / 2.

    The rate falls slowly at first, then fast, and slowly again towards eta_min.
    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, without the restarts.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        T_max: the steps until eta_min is reached; after them the rate rises again.
        eta_min: the lowest rate.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse a period or a lowest rate below 0."""
        super().check()
        checks.number("T_max", self.T_max)
        if self.T_max <= 0:
            raise ValueError(f"T_max must be above 0, not {self.T_max}")
        checks.number("eta_min", self.eta_min, low=0)

    def get_lr(self) -> list[float]:
        """Multiply what is above eta_min by the ratio of the wave at step n to step n - 1."""
        n, T, low, present = self.last_epoch, self.T_max, self.eta_min, self._present()
        if self._is_initial:
            return present
        if (n - 1 - T) % (2 * T) == 0:  # step n - 1 had the lowest rate: the ratio has no value
            rise = (1 - math.cos(math.pi / T)) / 2
            pairs = zip(present, self._bases(), strict=True)
            return [lr + (base - low) * rise for lr, base in pairs]
        factor = (1 + math.cos(math.pi * n / T)) / (1 + math.cos(math.pi * (n - 1) / T))
        return [factor * (lr - low) + low for lr in present]

    def _closed_form_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self._bases()]


class SequentialLR(LRScheduler):
    """One schedule after another, such as a warm-up and then a decay.

    Each begins anew at its milestone. Do not nest one SequentialLR in another, where it would begin
    a step ahead, as PyTorch's does: give one list of all schedules.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        schedulers: the schedules, of the same optimizer.
        milestones: the steps at which the second, the third, … begin.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = optimizer
        self._schedulers: list[LRScheduler] = sequence("SequentialLR", "schedulers", schedulers)
        self._milestones: list[int] = sequence("SequentialLR", "milestones", milestones)
        self.last_epoch = last_epoch
        self.check()
        self.last_epoch = n = last_epoch + 1
        # Each scheduler has set its first rates already. Undo that, and let the first one begin.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._undo()
        if n == 0:
            self._current()._initial_step()
        else:
            self._current()._jump(n - max(m for m in (0, *self._milestones) if m <= n))
        self._last_lr = self._present()

    def check(self) -> None:
        """Refuse schedulers and milestones that do not make one schedule of the optimizer."""
        super().check()
        some, milestones = self._schedulers, self._milestones
        for i, scheduler in enumerate(some):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"schedulers[{i}] is a {type(scheduler).__name__}, no LRScheduler")
            if i and isinstance(scheduler, SequentialLR):
                raise ValueError(
                    f"schedulers[{i}] is a SequentialLR: give one list of all schedules"
                )
        if not some or len(milestones) != len(some) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got {len(some)} and {len(milestones)}"
            )
        if len(set(map(id, some))) < len(some):
            raise ValueError("SequentialLR got a scheduler twice: make another, which begins anew")
        if any(scheduler.optimizer is not self.optimizer for scheduler in some):
            raise ValueError("SequentialLR expects all schedulers to belong to the same optimizer")
        for milestone in milestones:
            checks.whole("a milestone", milestone, low=0)
        if any(a >= b for a, b in pairwise(milestones)):
            raise ValueError(f"milestones must increase, and do not: {milestones}")

    def _current(self) -> LRScheduler:
        return self._schedulers[bisect_right(self._milestones, self.last_epoch)]

    def _undo(self) -> None:
        """Take back the first step of each."""
        for scheduler in self._schedulers:
            if isinstance(scheduler, SequentialLR):
                scheduler._undo()
            else:
                scheduler.last_epoch -= 1

    def step(self) -> None:
        """Set the rates of the next step."""
        self.last_epoch += 1
        if self.last_epoch in self._milestones:
            self._current()._jump(0)
        else:
            self._current().step()
        self._last_lr = self._present()

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except the optimizer, with the state of each scheduler."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def _check_state(self, state_dict: dict[str, Any]) -> None:
        states.schedule(state_dict, self.state_dict())
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler._check_state(state)
        super()._check_state({**state_dict, "_schedulers": self._schedulers})

    def _load(self, state_dict: dict[str, Any]) -> None:
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler._load(state)
        super()._load({**state_dict, "_schedulers": self._schedulers})


if not TYPE_CHECKING:
    __getattr__, __dir__ = door(__name__)
