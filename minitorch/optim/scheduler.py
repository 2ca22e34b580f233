"""What a schedule is: it sets the learning rates of an optimizer's groups, step by step."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from .._compat.missing import Explained
from . import checks, states
from .optimizer import Optimizer


class LRScheduler(Explained):
    """What schedules share: sets the learning rate of each of an optimizer's groups, at each step.

    A subclass writes `get_lr`: from `base_lrs`; or from the groups' present rates, times the ratio
    of one step to the step before, so that several schedulers of one optimizer multiply. It may
    also write `_get_closed_form_lr`: the same from `base_lrs` alone. What it cannot take, its
    `check` refuses, when it is made and when a state is loaded.

    Args:
        optimizer: the one whose rates are set. The first are set at once.
        last_epoch: the number of the last step taken, to resume after it; -1 to begin.

    Attributes:
        base_lrs: the rates at which the schedule starts, one for each group.
        last_epoch: n, the number of the present step, from 0.

    Raises:
        TypeError, ValueError: `optimizer` is no Optimizer, or an option is out of range.
        KeyError: when resuming, a group has no `initial_lr`: load the optimizer's state first.
    """

    _is_initial = False
    _get_lr_called_within_step = False  # for subclasses that warn unless it is True in get_lr

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        self.last_epoch = last_epoch
        self.check()
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                    "scheduler with last_epoch >= 0: load the optimizer's state first"
                )
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self._initial_step()

    def check(self) -> None:
        """Raise TypeError or ValueError if an attribute is not what it can be."""
        if not isinstance(self.optimizer, Optimizer):
            raise TypeError(f"{type(self.optimizer).__name__} is not an Optimizer")
        if not all("lr" in group for group in self.optimizer.param_groups):
            raise ValueError(f"the groups of {type(self.optimizer).__name__} have no 'lr'")
        checks.whole("last_epoch", self.last_epoch, low=-1)

    def get_lr(self) -> list[float]:
        """Return the rate of each group at step `last_epoch`; each class writes its own."""
        raise NotImplementedError(f"{type(self).__name__} needs a get_lr()")

    def _get_closed_form_lr(self) -> list[float]:
        """Return the rates at step `last_epoch`, computed from `base_lrs` alone."""
        return self.get_lr()

    def _present(self) -> list[float]:
        """Return the rates that the groups have."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def _bases(self) -> list[float]:
        """Return `base_lrs`, of which there must be one for each group."""
        if len(self.base_lrs) != len(self.optimizer.param_groups):
            raise ValueError(
                f"{type(self).__name__} was made for {len(self.base_lrs)} groups, and the optimizer"
                f" has {len(self.optimizer.param_groups)}: make it after the last add_param_group()"
            )
        return self.base_lrs

    def _set(self, lrs: Sequence[float]) -> None:
        for lr in lrs:
            checks.number("lr", lr, low=0, called="learning rate")
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = float(lr)
        self._last_lr = self._present()

    def _update(self, rates: Callable[[], Sequence[float]]) -> None:
        self._get_lr_called_within_step = True
        try:
            self._set(rates())
        finally:
            del self._get_lr_called_within_step

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next step.

        Args:
            epoch: deprecated in PyTorch, with a warning: the step to go to instead.
        """
        # An optimizer of somebody else's, which wraps another, may not know it.
        has_stepped = getattr(self.optimizer, "has_stepped", True)
        if self.last_epoch == 0 and not (self._is_initial or has_stepped):
            warnings.warn(
                "lr_scheduler.step() before optimizer.step(): the first rate of the schedule is "
                "never used. Call them in the opposite order.",
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is None:
            self.last_epoch += 1
            self._update(self.get_lr)
        else:
            warnings.warn(
                "lr_scheduler.step(epoch) is deprecated: call step() once for each step.",
                stacklevel=2,
            )
            self._jump(epoch)

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        del self._is_initial

    def _jump(self, n: int) -> None:
        """Go to step n, whatever the present rates are."""
        self.last_epoch = n
        self._update(self._get_closed_form_lr)

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except the optimizer."""
        return {k: v for k, v in vars(self).items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned.

        Raises:
            TypeError: it is no dict.
            ValueError: it is the state of another schedule, or no state; nothing has changed.
        """
        self._check_state(state_dict)
        self._load(state_dict)

    def _check_state(self, state_dict: dict[str, Any]) -> None:
        states.schedule(state_dict, self.state_dict())
        trial = copy(self)
        vars(trial).update(state_dict)
        with states.loading(type(self).__name__):
            trial.check()

    def _load(self, state_dict: dict[str, Any]) -> None:
        vars(self).update(state_dict)
