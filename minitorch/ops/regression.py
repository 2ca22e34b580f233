"""Loss functions for regression: how far numbers are from those that they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING
from warnings import warn

from ..scalars import number
from . import arguments
from .elementwise import abs, sign, square
from .loss import reduce
from .reduction import sum
from .signatures import Shapes
from .where import where

if TYPE_CHECKING:
    from ..tensor import Tensor

_SHAPES = {
    name: Shapes(name, one_dtype=False, input="*", target="*")
    for name in ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss")
}


def _difference(name: str, input: Tensor, target: Tensor) -> Tensor:
    """Return input - target, and warn where their shapes differ."""
    _SHAPES[name](input, target)
    if target.array.dtype == bool:  # labels, as numbers
        target = target.to(input.dtype)
    difference = arguments.floating_point(name, "input - target", input - target)
    if input.array.shape != target.array.shape:
        warn(
            f"{name}: input of shape {input.array.shape} and target of shape "
            f"{target.array.shape} are broadcast to {difference.array.shape}; is this meant?",
            stacklevel=4,  # of who calls the function of `nn.functional`
        )
    return difference


def _reduce_weighted(
    name: str, losses: Tensor, weight: Tensor | None, input: Tensor, reduction: str
) -> Tensor:
    """As `reduce`, of losses times the weight; the mean divides by the sum of the weights."""
    if weight is None:
        return reduce(name, losses, reduction)
    arguments.same_shape(name, ValueError, weight=weight, input=input)
    total = reduce(name, losses * weight, "sum" if reduction == "mean" else reduction)
    return total / sum(weight.expand(losses.array.shape)) if reduction == "mean" else total


def mse_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """Squared error: (input - target)², times the weight if there is one.

    Args:
        input, target: of shapes that broadcast, with a warning where they differ; at least one
            of them floating-point.
        reduction: "mean", "sum" or "none". With a weight, the mean divides by the weights' sum.
        weight: of the input's shape.
    """
    losses = square(_difference("mse_loss", input, target))
    return _reduce_weighted("mse_loss", losses, weight, input, reduction)


def l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """Absolute error: |input - target|, times the weight if there is one.

    Arguments and errors are those of `mse_loss`.
    """
    losses = abs(_difference("l1_loss", input, target))
    return _reduce_weighted("l1_loss", losses, weight, input, reduction)


def _huber(difference: Tensor, delta: float) -> Tensor:
    """d²/2 up to |d| = delta, and delta · (|d| - delta/2) beyond."""
    near = where(abs(difference) >= delta, delta * sign(difference), difference)
    return near * (difference - near / 2)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Huber loss: d²/2 where |d| ≤ delta, else delta · (|d| - delta/2), for d = input - target.

    Squared for small errors, so that there is a smooth minimum, and absolute for large ones, so
    that these do not decide alone. Source: Huber 1964, https://doi.org/10.1214/aoms/1177703732

    Args:
        input, target, reduction, weight: as for `mse_loss`.
        delta: where the one becomes the other; above 0.

    Raises:
        RuntimeError: delta is not above 0.
    """
    if not number("huber_loss", "delta", delta) > 0:
        raise RuntimeError(f"huber_loss: delta must be above 0, not {delta}")
    losses = _huber(_difference("huber_loss", input, target), delta)
    return _reduce_weighted("huber_loss", losses, weight, input, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """Smooth L1 loss, for d = input - target: d²/(2 beta) where |d| < beta, else |d| - beta/2.

    That is Huber loss / beta.

    Args:
        input, target, reduction: as for `mse_loss`.
        beta: where the one becomes the other; with 0, this is `l1_loss`.

    Raises:
        RuntimeError: beta is negative.
    """
    number("smooth_l1_loss", "beta", beta, 0, error=RuntimeError)
    difference = _difference("smooth_l1_loss", input, target)
    losses = _huber(difference, beta) / beta if beta else abs(difference)
    return reduce("smooth_l1_loss", losses, reduction)
