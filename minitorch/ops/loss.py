"""Loss functions: how wrong a prediction is, as a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import arguments
from .activations import logsigmoid
from .elementwise import exp, log, square
from .gather import gather
from .reduction import sum
from .where import where

if TYPE_CHECKING:
    from ..tensor import Tensor


def reduce(name: str, losses: Tensor, reduction: str) -> Tensor:
    """Return the mean or the sum of the losses or, with "none", the losses themselves.

    Raises:
        ValueError: it is another reduction.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: {reduction!r} is not a reduction: 'mean', 'sum' or 'none'")
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def mse_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """Squared error: (input - target)², times the weight if there is one.

    Args:
        input, target: of shapes that broadcast.
        reduction: "mean", "sum" or "none". With a weight, the mean divides by the weights' sum.
        weight: of the input's shape.
    """
    arguments.tensor("mse_loss", "input", input), arguments.tensor("mse_loss", "target", target)
    losses = square(input - target)
    if weight is None:
        return reduce("mse_loss", losses, reduction)
    arguments.same_shape("mse_loss", ValueError, weight=weight, input=input)
    total = reduce("mse_loss", losses * weight, "sum" if reduction == "mean" else reduction)
    return total / sum(weight.expand(losses.array.shape)) if reduction == "mean" else total


def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """Kullback-Leibler divergence: target · (ln target - input), what it costs to predict e^input.

    Args:
        input: the logarithms of the predicted probabilities.
        target: the true probabilities, or with `log_target` their logarithms. The loss is 0 where
            the probability is 0.
        reduction: "batchmean" for the sum divided by the first size, which is the divergence as
            it is defined; "mean" over all elements, "sum", "none".
        log_target: see above.
    """
    arguments.tensor("kl_div", "input", input), arguments.tensor("kl_div", "target", target)
    if log_target:
        losses = exp(target) * (target - input)
    else:
        losses = target * log(where(target == 0, 1.0, target)) - target * input
    if reduction == "batchmean":
        return sum(losses) / (input.array.shape[0] if input.array.ndim else 1)
    return reduce("kl_div", losses, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """-t ln p - (1 - t) ln(1 - p), with p = sigmoid(input): the loss for two classes.

    Args:
        input: logits, any shape.
        target: t in [0, 1], of the input's shape.
        weight: a factor of each loss; broadcasts.
        reduction: "mean", "sum" or "none".
        pos_weight: a factor of the first term, for classes with few examples; broadcasts.

    Raises:
        ValueError: the shapes of input and target differ.
    """
    name, x, t = "binary_cross_entropy_with_logits", input, target
    arguments.same_shape(name, ValueError, target=t, input=x)
    # ln p = logsigmoid(x) and ln(1 - p) = logsigmoid(x) - x.
    yes = t if pos_weight is None else t * pos_weight
    losses = (1 - t) * x - (yes + (1 - t)) * logsigmoid(x)
    return reduce(name, losses if weight is None else losses * weight, reduction)


def _class_dim(input: Tensor, target: Tensor, weight: Tensor | None) -> int:
    """Return the dimension of the classes in nll_loss, or raise where the shapes do not fit."""
    x = arguments.floating_point("nll_loss", "input", input).array.shape
    t = arguments.index("nll_loss", "target", target).shape
    if not x or t != (x[:1] if len(x) > 1 else ()) + x[2:]:
        raise ValueError(f"nll_loss: target of shape {t} does not fit input of shape {x}")
    dim = min(len(x) - 1, 1)
    if weight is not None and weight.array.shape != (x[dim],):
        raise RuntimeError(
            f"nll_loss: weight must have shape ({x[dim]},), not {weight.array.shape}"
        )
    return dim


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood: -w[target] · input[target], where input holds log-probabilities.

    Args:
        input: (C), (N, C) or (N, C, d_1, …).
        target: class indices: (), (N) or (N, d_1, …).
        weight: w of each class, (C); 1 unless given.
        ignore_index: targets of this value do not count.
        reduction: "mean" divides by the sum of the targets' weights; "sum"; "none".

    Raises:
        ValueError: the shapes do not fit together.
        IndexError: a target is not among the C classes.
    """
    dim = _class_dim(input, target, weight)
    counted = target.array != ignore_index
    classes = target._wrap(np.where(counted, target.array, 0))
    arguments.index("nll_loss", "target", classes, input.array.shape[dim])
    picked = gather(input, dim, classes.unsqueeze(dim)).squeeze(dim)
    x = input.array
    w = counted.astype(x.dtype) if weight is None else weight.array[classes.array] * counted
    factors = input._wrap(w)
    losses = where(factors == 0, 0.0, -factors * picked)
    if reduction == "mean":
        return sum(losses) / w.sum()  # type: ignore[no-any-return]
    return reduce("nll_loss", losses, reduction)
