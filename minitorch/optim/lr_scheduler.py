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
from types import FunctionType
from typing import TYPE_CHECKING, Any

from .._compat import missing
from .optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "LRScheduler", "LambdaLR", "LinearLR", "SequentialLR"]


class LRScheduler:
    """What schedules share: sets the learning rate of each of an optimizer's groups, at each step.

    A subclass writes `get_lr`: from `base_lrs`; or from the groups' present rates, times the ratio
    of one step to the step before, so that several schedulers of one optimizer multiply.

    Args:
        optimizer: the one whose rates are set. The first are set at once.
        last_epoch: the number of the last step taken, to resume after it; -1 to begin.

    Attributes:
        base_lrs: the rates at which the schedule starts, one for each group.
        last_epoch: n, the number of the present step, from 0.

    Raises:
        TypeError: `optimizer` is no Optimizer.
        KeyError: when resuming, a group has no `initial_lr`: load the optimizer's state first.
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
        """Return the rate of each group at step `last_epoch`; each class writes its own."""
        raise NotImplementedError(f"{type(self).__name__} needs a get_lr()")

    def _closed_form_lr(self) -> list[float]:
        """Return the rates at step `last_epoch`, computed from `base_lrs` alone."""
        return self.get_lr()

    def _present(self) -> list[float]:
        """Return the rates that the groups have."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def _set(self, lrs: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = float(lr)
        self._last_lr = self._present()

    def step(self) -> None:
        """Set the rates of the next step."""
        self.last_epoch += 1
        self._set(self.get_lr())

    def _initial_step(self) -> None:
        self._is_initial = True
        self.step()
        del self._is_initial

    def _restart(self) -> None:
        """Begin anew, whatever the present rates are."""
        self.last_epoch = 0
        self._set(self._closed_form_lr())

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except the optimizer."""
        return {k: v for k, v in vars(self).items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        vars(self).update(state_dict)


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
        n = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, Sequence) else [lr_lambda] * n
        if len(self.lr_lambdas) != n:
            raise ValueError(f"Expected {n} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply each group's base rate by f(n)."""
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * f(self.last_epoch) for base, f in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except the optimizer and those lambdas that are functions."""
        kept = [None if isinstance(f, FunctionType) else dict(vars(f)) for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        for f, kept in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if kept is not None:
                vars(f).update(kept)
        super().load_state_dict({**state_dict, "lr_lambdas": self.lr_lambdas})


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
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

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
        return [base * factor for base in self.base_lrs]


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

    def get_lr(self) -> list[float]:
        """Multiply what is above eta_min by the ratio of the wave at step n to step n - 1."""
        n, T, low, present = self.last_epoch, self.T_max, self.eta_min, self._present()
        if self._is_initial:
            return present
        if (n - 1 - T) % (2 * T) == 0:  # step n - 1 had the lowest rate: the ratio has no value
            rise = (1 - math.cos(math.pi / T)) / 2
            pairs = zip(present, self.base_lrs, strict=True)
            return [lr + (base - low) * rise for lr, base in pairs]
        factor = (1 + math.cos(math.pi * n / T)) / (1 + math.cos(math.pi * (n - 1) / T))
        return [factor * (lr - low) + low for lr in present]

    def _closed_form_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


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
        # Each scheduler has set its first rates already. Undo that, and let the first one begin.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._undo()
        self._current()._initial_step()
        self._last_lr = self._present()

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
            self._current()._restart()
        else:
            self._current().step()
        self._last_lr = self._present()

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except the optimizer, with the state of each scheduler."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)
        super().load_state_dict({**state_dict, "_schedulers": self._schedulers})


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise AttributeError(missing.message(__name__, name, __all__))
