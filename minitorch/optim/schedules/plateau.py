"""A rate that falls when a metric no longer improves."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from ...scalars import short
from .. import checks
from ..optimizer import Optimizer
from ..scheduler import LRScheduler


def _number(metrics: Any) -> float:
    """Return a metric as a float; it may be infinite, or NaN."""
    try:
        return float(metrics)
    except (TypeError, ValueError, RuntimeError):
        shown = f"{type(metrics).__name__} ({short(metrics)})"
        raise TypeError(f"metrics must be a number, or a tensor of one, not {shown}") from None


class ReduceLROnPlateau(LRScheduler):
    """lr ← factor · lr, after more than `patience` steps without an improvement of a metric.

    Call `scheduler.step(loss)`, for instance after each epoch, with the loss on held-out data.

    Args:
        optimizer: the one whose rates are set.
        mode: "min" if a lower metric is better, "max" if a higher one is.
        factor: below 1.
        patience: how many steps in a row may bring no improvement.
        threshold: what counts as one: better than the best by this share of it ("rel"), or by this
            much ("abs").
        threshold_mode: "rel" or "abs".
        cooldown: steps after a reduction that are not judged.
        min_lr: the lowest rate, or one for each group.
        eps: a reduction by no more than this is left out.

    Raises:
        TypeError, ValueError: an option cannot be.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.optimizer, self.last_epoch = optimizer, 0
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        each = isinstance(min_lr, (list, tuple))
        self.default_min_lr = None if each else min_lr
        self.min_lrs: list[Any] = list(min_lr) if each else []  # type: ignore[arg-type]
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = 0
        self.check()
        self._lowest()
        self._last_lr = self._present()

    def check(self) -> None:
        """Refuse an unknown mode, a factor of 1 or more, and numbers below 0."""
        super().check()
        if self.mode not in ("min", "max"):
            raise ValueError(f"mode {self.mode} is unknown!")
        if self.threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {self.threshold_mode} is unknown!")
        if checks.number("factor", self.factor, low=0) >= 1:
            raise ValueError(f"Factor should be < 1.0, not {self.factor}")
        for name in ("patience", "cooldown", "cooldown_counter", "num_bad_epochs"):
            checks.whole(name, getattr(self, name), low=0)
        if not isinstance(self.best, (int, float)):
            raise TypeError(f"best must be a number, not {self.best!r}")
        checks.number("threshold", self.threshold)
        checks.number("eps", self.eps, low=0)
        given = self.min_lrs if self.default_min_lr is None else [self.default_min_lr]
        for low in given:
            checks.number("min_lr", low, low=0)

    def _lowest(self) -> list[float]:
        """Return the lowest rate of each group, also of those that were added later."""
        n = len(self.optimizer.param_groups)
        if self.default_min_lr is not None:
            self.min_lrs = [self.default_min_lr] * n
        if len(self.min_lrs) != n:
            raise ValueError(f"expected {n} min_lrs, got {len(self.min_lrs)}")
        return self.min_lrs

    @property
    def in_cooldown(self) -> bool:
        """Is this one of the steps after a reduction that are not judged?"""
        return self.cooldown_counter > 0

    def _is_better(self, metric: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            least = self.best * (1 + sign * self.threshold)
        else:
            least = self.best + sign * self.threshold
        return metric > least if self.mode == "max" else metric < least

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Judge a metric, and set the rates of the next step.

        Args:
            metrics: the metric, as a number or a tensor of one. NaN is no improvement.
            epoch: deprecated in PyTorch, with a warning: the number of this step.
        """
        if epoch is not None:
            warnings.warn(
                "lr_scheduler.step(metrics, epoch) is deprecated: call step(metrics).", stacklevel=2
            )
        metric = _number(metrics)
        lowest = self._lowest()
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(metric):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            present = self._present()
            reduced = [max(lr * self.factor, low) for lr, low in zip(present, lowest, strict=True)]
            pairs = zip(present, reduced, strict=True)
            self._set([new if old - new > self.eps else old for old, new in pairs])
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._present()
