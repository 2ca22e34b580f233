"""One cycle: the rate goes up and far down, and the momentum in the opposite direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...scalars import LARGEST, sequence
from .. import checks, states
from ..optimizer import Optimizer
from ..scheduler import LRScheduler

PHASE = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
"""What describes a phase: its last step, and the entries of a group between which it goes."""

BETWEEN = {"initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum"}


def _check_positive(name: str, n: Any) -> None:
    if not isinstance(n, int) or n <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {n}")


def _phase(*values: Any) -> dict[str, Any]:
    return dict(zip(PHASE, values, strict=True))


class OneCycleLR(LRScheduler):
    """One cycle of N steps: up to max_lr, and down to far below where it began.

    The rate begins at max_lr / div_factor, reaches max_lr after a share `pct_start` of the steps,
    and is max_lr / div_factor / final_div_factor in the last. The high rates in the middle keep the
    parameters out of narrow minima; there the momentum is low.

    Source: Smith and Topin 2017, https://arxiv.org/abs/1708.07120.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        max_lr: the highest rate, or one for each group.
        total_steps: N; or give `epochs` and `steps_per_epoch`, whose product it is.
        pct_start: the share of the steps in which the rate rises.
        anneal_strategy: goes between them along half a wave, "cos", or along a line, "linear".
        cycle_momentum: change the optimizer's momentum too, or the first of its betas?
        base_momentum, max_momentum: the momentum's bounds, or one for each group.
        div_factor, final_div_factor: see above.
        three_phase: go down as slowly as up, and to the end in a third phase?

    Raises:
        TypeError, ValueError: an option cannot be. Or, of `step()`, ValueError: the cycle is over.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError(
                    "You must define either total_steps OR (epochs AND steps_per_epoch)"
                )
            _check_positive("epochs", epochs)
            _check_positive("steps_per_epoch", steps_per_epoch)
            total_steps = epochs * steps_per_epoch
        self.optimizer, self.last_epoch, self.total_steps = optimizer, last_epoch, total_steps
        self._anneal_func_type, self.cycle_momentum = anneal_strategy, cycle_momentum
        self.check()
        self.use_beta1 = "betas" in optimizer.defaults
        self._schedule_phases = self._phases(pct_start, three_phase)
        highest = self._each("max_lr", max_lr)
        factors = {"div_factor": div_factor, "final_div_factor": final_div_factor}
        for name, factor in factors.items():
            if checks.number(name, factor) <= 0:
                raise ValueError(f"{name} must be above 0, not {factor}")
        low = self._each("base_momentum", base_momentum, checks.BELOW_1)
        high = self._each("max_momentum", max_momentum, checks.BELOW_1)
        for i, group in enumerate(optimizer.param_groups if last_epoch == -1 else []):
            group["max_lr"], group["initial_lr"] = highest[i], highest[i] / div_factor
            group["min_lr"] = group["initial_lr"] / final_div_factor
            if cycle_momentum:
                group["base_momentum"], group["max_momentum"] = low[i], high[i]
        super().__init__(optimizer, last_epoch)

    def check(self) -> None:
        """Refuse a number of steps below 1, an unknown strategy, an optimizer without momentum."""
        super().check()
        strategy = self._anneal_func_type
        _check_positive("total_steps", self.total_steps)
        if strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {strategy}"
            )
        if checks.flag("cycle_momentum", self.cycle_momentum) and not (
            {"momentum", "betas"} & self.optimizer.defaults.keys()
        ):
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )

    def _phases(self, pct_start: float, three_phase: bool) -> list[dict[str, Any]]:
        """Describe the phases, as a saved state holds them in PyTorch too."""
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        turn, end = pct_start * self.total_steps, self.total_steps - 1
        high, low = "max_momentum", "base_momentum"
        up = _phase(turn - 1, "initial_lr", "max_lr", high, low)
        if not checks.flag("three_phase", three_phase):
            return [up, _phase(end, "max_lr", "min_lr", low, high)]
        down = _phase(2 * turn - 2, "max_lr", "initial_lr", low, high)
        return [up, down, _phase(end, "initial_lr", "min_lr", high, high)]

    def _check_state(self, state_dict: dict[str, Any]) -> None:
        super()._check_state(state_dict)
        with states.loading("OneCycleLR, _schedule_phases"):
            phases = sequence("", "it", state_dict["_schedule_phases"])
            for phase in phases or [None]:
                if not isinstance(phase, dict) or tuple(phase) != PHASE:
                    raise ValueError(f"a phase is a dict with {PHASE}, not {phase}")
                end, *names = phase.values()
                checks.number("end_step", end)
                if not BETWEEN.issuperset(names):
                    raise ValueError(f"a phase goes between entries of {BETWEEN}, not {names}")

    def _each(self, name: str, value: Any, highest: float = LARGEST) -> list[Any]:
        """Return an option that is one number, or one for each group, as a list."""
        n = len(self.optimizer.param_groups)
        values = list(value) if isinstance(value, (list, tuple)) else [value] * n
        if len(values) != n:
            raise ValueError(
                f"{name} must have the same length as optimizer.param_groups. {name} has "
                f"{len(values)} values, param_groups has {n}."
            )
        return [checks.number(name, x, low=0, high=highest) for x in values]

    def get_lr(self) -> list[float]:
        """Return each group's rate between the ends of the present phase, and set its momentum."""
        n, start = self.last_epoch, 0.0
        self._bases()
        if n > self.total_steps:
            raise ValueError(
                f"Tried to step {n} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        *before, last = self._schedule_phases
        for phase in before:
            if n <= phase["end_step"]:
                break
            start = phase["end_step"]
        else:
            phase = last
        length = phase["end_step"] - start
        share = (n - start) / length if length else 1.0
        rates = []
        for group in self.optimizer.param_groups:
            rate = self._between(group[phase["start_lr"]], group[phase["end_lr"]], share)
            rates.append(max(rate, 0.0))  # step N lies beyond the end of a line
            if self.cycle_momentum:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                momentum = self._between(*ends, share)
                if self.use_beta1:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum
        return rates

    def _between(self, start: float, end: float, share: float) -> float:
        """Return the value after a share of the way from start to end."""
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2 * (math.cos(math.pi * share) + 1)
        return (end - start) * share + start
