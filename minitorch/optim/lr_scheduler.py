"""Learning-rate schedules: the rate as a function of the step. n counts the steps from 0.

    LambdaLR            lr = base_lr · f(n)
    MultiplicativeLR    lr ← lr · f(n)
    StepLR              lr = base_lr · γ^⌊n / step_size⌋
    MultiStepLR         lr = base_lr · γ^(milestones that n has reached)
    ExponentialLR       lr = base_lr · γⁿ
    ConstantLR          lr = base_lr · factor until step N, then base_lr
    LinearLR            lr = base_lr · (start + (end - start) · min(n, N) / N)
    PolynomialLR        lr = base_lr · (1 - min(n, N) / N)^power
    CosineAnnealingLR   lr = eta_min + (base_lr - eta_min) · (1 + cos(π n / T_max)) / 2
    CosineAnnealingWarmRestarts   the same, again and again
    OneCycleLR          up to max_lr, then far down, and the momentum in the opposite direction
    ReduceLROnPlateau   lr ← factor · lr when a metric no longer improves
    SequentialLR        one schedule until step m, then another
    ChainedScheduler    several at once

Call `scheduler.step()` after each `optimizer.step()`. They stand in `schedules/`.
"""

from typing import TYPE_CHECKING

from .._compat.guests import lookup
from .scheduler import LRScheduler
from .schedules.chains import ChainedScheduler, SequentialLR
from .schedules.factors import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from .schedules.functions import LambdaLR, MultiplicativeLR
from .schedules.one_cycle import OneCycleLR
from .schedules.plateau import ReduceLROnPlateau
from .schedules.waves import CosineAnnealingLR, CosineAnnealingWarmRestarts

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
    "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR",
    "OneCycleLR", "PolynomialLR", "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip

_LRScheduler = LRScheduler  # PyTorch's name for it before 2.0

if not TYPE_CHECKING:
    __getattr__, __dir__ = lookup(__name__)
