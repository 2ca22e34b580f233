"""Cosine annealing: rates that fall along half a wave of the cosine, once or again and again."""

from __future__ import annotations

import math

from .. import checks
from ..optimizer import Optimizer
from ..scheduler import LRScheduler


class CosineAnnealingLR(LRScheduler):
    """Cosine annealing: lr = eta_min + (base_lr - eta_min) · (1 + cos(π n / T_max)) / 2.

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

    def _get_closed_form_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self._bases()]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Cosine annealing, again and again: lr = eta_min + (base_lr - eta_min) · (1 + cos(π t/T)) / 2.

    t counts the steps since the last restart. The first T is T_0; at each restart, where t is T,
    the rate jumps back to base_lr, and T becomes T_mult times as long.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        T_0: the steps until the first restart.
        T_mult: how many times as long each wave is as the one before.
        eta_min: the lowest rate.

    Attributes:
        T_cur, T_i: t and T.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse lengths that are no whole numbers from 1 on, and a lowest rate below 0."""
        super().check()
        for name in ("T_0", "T_mult", "T_i"):
            n = getattr(self, name)
            if not isinstance(n, int) or n < 1:
                least = "integer T_mult >= 1" if name == "T_mult" else f"positive integer {name}"
                raise ValueError(f"Expected {least}, but got {n!r}")
        checks.number("T_cur", self.T_cur, low=-1)
        checks.number("eta_min", self.eta_min, low=0)

    def get_lr(self) -> list[float]:
        """Return the wave's value at t, for each group."""
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self._bases()]

    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next step.

        Args:
            epoch: go to this step instead. It may lie between two, such as 2.5 in the middle of
                the third epoch, where the schedule counts epochs.

        Raises:
            ValueError: `epoch` is below 0.
        """
        if epoch is not None:
            if checks.number("epoch", epoch) < 0:
                raise ValueError(f"Expected non-negative epoch, but got {epoch}")
            self._jump(epoch)
        elif self._is_initial:
            self._jump(self.last_epoch + 1)
        else:
            self.last_epoch += 1
            self.T_cur += 1
            self._restart()
            self._update(self.get_lr)

    def _restart(self) -> None:
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult

    def _jump(self, n: float) -> None:
        self.T_cur, self.T_i = n, self.T_0
        self._restart()
        super()._jump(math.floor(n))
