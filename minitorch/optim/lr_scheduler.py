"""Learning rates that change on the way. Call `scheduler.step()` after each `optimizer.step()`."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

from .._compat import missing
from .optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "LRScheduler", "LambdaLR", "LinearLR", "SequentialLR"]


class LRScheduler:
    """Sets the learning rate of each of an optimizer's groups, step by step.

    A subclass writes `get_lr`. It may start from the group's present rate, as the formula from one
    step to the next, so that schedulers on the same optimizer multiply; or from `base_lrs`.

    Args:
        optimizer: the one whose rates are set. The first are set at once.
        last_epoch: the steps taken before, less one; for an optimizer whose groups have an
            `initial_lr`.

    Attributes:
        base_lrs: the rates from which the schedule starts.
        last_epoch: the number of the present step, from 0.
    """

    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                    "scheduler with last_epoch >= 0: load the optimizer's state first"
                )
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def get_lr(self) -> list[float]:
        """Return the rate of each group at `last_epoch`; each class writes its own."""
        raise NotImplementedError(f"{type(self).__name__} needs a get_lr()")

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last."""
        return self._last_lr

    def step(self) -> None:
        """Go on to the next step's rates."""
        self.last_epoch += 1
        self._set(self.get_lr())

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer."""
        return {k: v for k, v in vars(self).items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        vars(self).update(state_dict)

    def _initial_step(self) -> None:
        self._is_initial = True
        self.step()
        del self._is_initial

    def _restart(self) -> None:
        """Begin the schedule, whatever the present rates are."""
        self.last_epoch = 0
        self._set(self._closed_form_lr())

    def _closed_form_lr(self) -> list[float]:
        """The rates at `last_epoch` as a function of `base_lrs` alone."""
        return self.get_lr()

    def _set(self, lrs: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = float(lr)
        self._last_lr = self._present()

    def _present(self) -> list[float]:
        return [float(group["lr"]) for group in self.optimizer.param_groups]


class LambdaLR(LRScheduler):
    """base_lr · f(step).

    Args:
        optimizer: see `LRScheduler`.
        lr_lambda: f, or one for each group. The state_dict keeps what a callable object has in it,
            but no function.
        last_epoch: see `LRScheduler`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        n = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, Sequence) else [lr_lambda] * n
        if len(self.lr_lambdas) != n:
            raise ValueError(f"Expected {n} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply the rate that each group began with."""
        return [
            base * f(self.last_epoch)
            for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer and functions."""
        kept = [None if isinstance(f, FunctionType) else dict(vars(f)) for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        for f, kept in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if kept is not None:
                vars(f).update(kept)
        super().load_state_dict({**state_dict, "lr_lambdas": self.lr_lambdas})


class LinearLR(LRScheduler):
    """From start_factor · base_lr to end_factor · base_lr on a line, in `total_iters` steps.

    Args:
        optimizer: see `LRScheduler`.
        start_factor: in (0, 1].
        end_factor: in [0, 1].
        total_iters: the steps until the end is reached.
        last_epoch: see `LRScheduler`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to "
                f"1, but got {start_factor}."
            )
        if not 0 <= end_factor <= 1:
            raise ValueError(
                "Ending multiplicative factor expected to be between 0 and 1, but got "
                f"{end_factor}."
            )
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Scale the present rates by the line's value here, over its value one step before."""
        n, present = self.last_epoch, self._present()
        if n == 0:
            return [lr * self.start_factor for lr in present]
        if self._is_initial or n > self.total_iters:
            return present
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (n - 1) * rise
        return [lr * (1 + rise / before) for lr in present]

    def _closed_form_lr(self) -> list[float]:
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        factor = self.start_factor + (self.end_factor - self.start_factor) * share
        return [base * factor for base in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    """eta_min + (base_lr - eta_min) · (1 + cos(π · step / T_max)) / 2: slow, fast, slow.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, without the restarts.

    Args:
        optimizer: see `LRScheduler`.
        T_max: the steps until the lowest rate is reached; from there it rises again.
        eta_min: the lowest rate.
        last_epoch: see `LRScheduler`.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Scale what the present rates have above eta_min by the curve's step from the last."""
        n, T, low, present = self.last_epoch, self.T_max, self.eta_min, self._present()
        if self._is_initial:
            return present
        if (n - 1 - T) % (2 * T) == 0:  # the last was the lowest, and there is nothing to scale
            rise = (1 - math.cos(math.pi / T)) / 2
            return [
                lr + (base - low) * rise for lr, base in zip(present, self.base_lrs, strict=True)
            ]
        factor = (1 + math.cos(math.pi * n / T)) / (1 + math.cos(math.pi * (n - 1) / T))
        return [factor * (lr - low) + low for lr in present]

    def _closed_form_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class SequentialLR(LRScheduler):
    """One schedule after another: a warm-up, then a decay.

    Inside another one it begins a step ahead, as PyTorch's does. Give one list of all schedules.

    Args:
        optimizer: see `LRScheduler`.
        schedulers: the schedules, of the same optimizer.
        milestones: the steps at which the second, the third, … begin.
        last_epoch: see `LRScheduler`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        if not schedulers or len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got {len(schedulers)} and {len(milestones)}"
            )
        if any(scheduler.optimizer is not optimizer for scheduler in schedulers):
            raise ValueError("SequentialLR expects all schedulers to belong to the same optimizer")
        self.optimizer = optimizer
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        self.last_epoch = last_epoch + 1
        # Each scheduler has set its first rate already: take that back, and let the first begin.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._undo()
        self._current()._initial_step()
        self._last_lr = self._present()

    def step(self) -> None:
        """Go on to the next step's rates."""
        self.last_epoch += 1
        if self.last_epoch in self._milestones:
            self._current()._restart()
        else:
            self._current().step()
        self._last_lr = self._present()

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer, with the state of each scheduler."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)
        super().load_state_dict({**state_dict, "_schedulers": self._schedulers})

    def _current(self) -> LRScheduler:
        return self._schedulers[bisect_right(self._milestones, self.last_epoch)]

    def _undo(self) -> None:
        for scheduler in self._schedulers:
            if isinstance(scheduler, SequentialLR):
                scheduler._undo()
            else:
                scheduler.last_epoch -= 1


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise AttributeError(missing.sentence(__name__, name, __all__))
