"""Rates that a function of the step says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from types import FunctionType
from typing import Any

from .. import checks, states
from ..optimizer import Optimizer
from ..scheduler import LRScheduler


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
        return [b * factor for b, factor in zip(self._bases(), self._factors(), strict=True)]

    def _factors(self) -> list[float]:
        """Return f(n) of each group."""
        name = f"factor at step {self.last_epoch}"
        return [checks.number(name, f(self.last_epoch), called=name) for f in self.lr_lambdas]

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


class MultiplicativeLR(LambdaLR):
    """lr ← lr · f(n), at each step: a product of factors.

    Args:
        optimizer, lr_lambda, last_epoch: see `LambdaLR`.
    """

    def get_lr(self) -> list[float]:
        """Multiply each group's present rate by f(n); at first, leave it."""
        present = self._present()
        if self._is_initial:
            return present
        return [lr * factor for lr, factor in zip(present, self._factors(), strict=True)]
