"""Several schedules of one optimizer: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ...scalars import sequence
from .. import checks, states
from ..optimizer import Optimizer
from ..scheduler import LRScheduler
from .plateau import ReduceLROnPlateau


class _Several(LRScheduler):
    """What the two share: checks of the schedulers, and a state that holds theirs."""

    _schedulers: list[LRScheduler]

    def check(self) -> None:
        """Refuse what are not different schedulers of the optimizer."""
        super().check()
        name, some = type(self).__name__, self._schedulers
        for i, scheduler in enumerate(some):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"schedulers[{i}] is a {type(scheduler).__name__}, no LRScheduler")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler, whose step() needs a "
                    f"metric, but got one at index {i}: call that one's step(metric) yourself"
                )
        if len(set(map(id, some))) < len(some):
            raise ValueError(f"{name} got a scheduler twice: make another, which begins anew")
        if any(scheduler.optimizer is not self.optimizer for scheduler in some):
            raise ValueError(f"{name} expects all schedulers to belong to the same optimizer")

    def _undo(self) -> None:
        """Take back the first step of each."""
        for scheduler in self._schedulers:
            if isinstance(scheduler, _Several):
                scheduler._undo()
            else:
                scheduler.last_epoch -= 1

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


class SequentialLR(_Several):
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
        self._schedulers = sequence("SequentialLR", "schedulers", schedulers)
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
            if i and isinstance(scheduler, _Several):
                raise ValueError(
                    f"schedulers[{i}] is a {type(scheduler).__name__}: give one list of all "
                    "schedules"
                )
        if not some or len(milestones) != len(some) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got {len(some)} and {len(milestones)}"
            )
        for milestone in milestones:
            checks.whole("a milestone", milestone, low=0)
        if any(a >= b for a, b in pairwise(milestones)):
            raise ValueError(f"milestones must increase, and do not: {milestones}")

    def _current(self) -> LRScheduler:
        return self._schedulers[bisect_right(self._milestones, self.last_epoch)]

    def step(self) -> None:  # type: ignore[override]
        """Set the rates of the next step."""
        self.last_epoch += 1
        if self.last_epoch in self._milestones:
            self._current()._jump(0)
        else:
            self._current().step()
        self._last_lr = self._present()


class ChainedScheduler(_Several):
    """Several schedules at once: each changes the rates that the one before has set.

    They multiply, if each computes its rates from the present ones: all but LambdaLR, OneCycleLR
    and CosineAnnealingWarmRestarts do, and SequentialLR does except at its milestones.

    Args:
        schedulers: the schedules, of one optimizer.
        optimizer: theirs.
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._schedulers = sequence("ChainedScheduler", "schedulers", schedulers)
        if not self._schedulers:
            raise ValueError("ChainedScheduler expects at least one scheduler to be chained")
        first: Any = self._schedulers[0]
        theirs: Any = getattr(first, "optimizer", None)
        self.optimizer = theirs if optimizer is None else optimizer
        self.last_epoch = getattr(first, "last_epoch", 0)
        self.check()
        self._last_lr = self._present()

    def step(self) -> None:  # type: ignore[override]
        """Set the rates of the next step."""
        self.last_epoch += 1
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._present()
