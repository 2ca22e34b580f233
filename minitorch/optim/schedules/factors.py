"""Rates that are the base rate times a factor of the step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...scalars import sequence
from .. import checks
from ..optimizer import Optimizer
from ..scheduler import LRScheduler


class StepLR(LRScheduler):
    """lr = base_lr · γ^⌊n / step_size⌋: γ times as high after each `step_size` steps.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        step_size: the steps between two changes.
        gamma: γ.
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse a number of steps below 1, and a negative γ."""
        super().check()
        checks.whole("step_size", self.step_size, low=1)
        checks.number("gamma", self.gamma, low=0)

    def get_lr(self) -> list[float]:
        """Multiply the present rates by γ at the end of each stretch."""
        changes = self.last_epoch and self.last_epoch % self.step_size == 0
        return [lr * self.gamma if changes else lr for lr in self._present()]

    def _get_closed_form_lr(self) -> list[float]:
        factor = self.gamma ** (self.last_epoch // self.step_size)
        return [base * factor for base in self._bases()]


class MultiStepLR(LRScheduler):
    """lr = base_lr · γ^k, where k is the number of milestones that n has reached.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        milestones: steps, in any order. One that is given twice counts twice.
        gamma: γ.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones: dict[int, int] = Counter(sequence("", "milestones", milestones))
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse milestones that are no steps, and a negative γ."""
        super().check()
        if not isinstance(self.milestones, dict):
            raise TypeError(f"milestones must be kept in a dict, not {self.milestones}")
        for milestone, times in self.milestones.items():
            checks.whole("a milestone", milestone, low=0)
            checks.whole("how often a milestone counts", times, low=0)
        checks.number("gamma", self.gamma, low=0)

    def get_lr(self) -> list[float]:
        """Multiply the present rates by γ at each milestone."""
        factor = self.gamma ** self.milestones.get(self.last_epoch, 0)
        return [lr * factor for lr in self._present()]

    def _get_closed_form_lr(self) -> list[float]:
        reached = sum(times for n, times in self.milestones.items() if n <= self.last_epoch)
        return [base * self.gamma**reached for base in self._bases()]


class ExponentialLR(LRScheduler):
    """lr = base_lr · γⁿ.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        gamma: γ.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse a negative γ."""
        super().check()
        checks.number("gamma", self.gamma, low=0)

    def get_lr(self) -> list[float]:
        """Multiply the present rates by γ."""
        return [lr if self._is_initial else lr * self.gamma for lr in self._present()]

    def _get_closed_form_lr(self) -> list[float]:
        return [base * self.gamma**self.last_epoch for base in self._bases()]


class ConstantLR(LRScheduler):
    """lr = base_lr · factor until step N, then base_lr.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        factor: in [0, 1].
        total_iters: N.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse a factor that is not in [0, 1]."""
        super().check()
        checks.number("factor", self.factor)
        if not 0 <= self.factor <= 1:
            raise ValueError(
                "Constant multiplicative factor expected to be between 0 and 1, but got "
                f"{self.factor}."
            )
        checks.whole("total_iters", self.total_iters, low=0)

    def get_lr(self) -> list[float]:
        """Multiply the present rates by the factor at first, and divide them by it at step N."""
        n, present = self.last_epoch, self._present()
        if n == 0:
            return [lr * self.factor for lr in present]
        if n != self.total_iters:
            return present
        if not self.factor:  # from 0, no ratio leads back
            return self._get_closed_form_lr()
        return [lr * (1 / self.factor) for lr in present]

    def _get_closed_form_lr(self) -> list[float]:
        factor = 1 if self.last_epoch >= self.total_iters else self.factor
        return [base * factor for base in self._bases()]


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
        ratio = max(1 + rise / before, 0.0)  # a line to 0 would end a rounding error below it
        return [lr * ratio for lr in present]

    def _get_closed_form_lr(self) -> list[float]:
        progress = min(self.total_iters, self.last_epoch) / self.total_iters
        factor = self.start_factor + (self.end_factor - self.start_factor) * progress
        return [base * factor for base in self._bases()]


class PolynomialLR(LRScheduler):
    """lr = base_lr · (1 - min(n, N) / N)^power: down to 0 in N steps.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        total_iters: N.
        power: 1 is a line; above it, the rate falls fast at first.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse a number of steps below 1, and a negative power."""
        super().check()
        checks.whole("total_iters", self.total_iters, low=1)
        checks.number("power", self.power, low=0)

    def get_lr(self) -> list[float]:
        """Multiply the present rates by the ratio of the factor at step n to step n - 1."""
        n, N, present = self.last_epoch, self.total_iters, self._present()
        if self._is_initial or n > N:
            return present
        ratio = ((1 - n / N) / (1 - (n - 1) / N)) ** self.power
        return [lr * ratio for lr in present]

    def _get_closed_form_lr(self) -> list[float]:
        factor = (1 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power
        return [base * factor for base in self._bases()]
