"""Loss functions: how wrong a prediction is, as a number."""

from __future__ import annotations

from typing import TYPE_CHECKING
from warnings import warn

import numpy as np

from . import arguments
from .activations import logsigmoid
from .elementwise import exp, log, square
from .gather import gather
from .options import boolean, integer
from .reduction import sum
from .where import where

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor


def check_reduction(name: str, reduction: str) -> None:
    """Raise ValueError unless it is a reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: {reduction!r} is not a reduction: 'mean', 'sum' or 'none'")


def reduce(name: str, losses: Tensor, reduction: str) -> Tensor:
    """Return the mean or the sum of the losses or, with "none", the losses themselves.

    Raises:
        ValueError: it is another reduction.
    """
    check_reduction(name, reduction)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


_MSE = arguments.Shapes("mse_loss", one_dtype=False, input="*", target="*")
_KL = arguments.Shapes("kl_div", floating=True, one_dtype=False, input="*", target="*")


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
    _MSE(input, target)
    difference = arguments.floating_point("mse_loss", "input - target", input - target)
    if input.array.shape != target.array.shape:
        warn(
            f"mse_loss: input of shape {input.array.shape} and target of shape "
            f"{target.array.shape} are broadcast to {difference.array.shape}; is this meant?",
            stacklevel=2,
        )
    losses = square(difference)
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
    _KL(input, target)
    arguments.floating_point("kl_div", "target", target)
    boolean("kl_div", "log_target", log_target)
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
        RuntimeError: a weight does not broadcast to them, or one of them is not floating-point.
    """
    name, x, t = "binary_cross_entropy_with_logits", input, target
    arguments.same_shape(name, ValueError, target=t, input=x)
    arguments.floating_point(name, "input", x), arguments.floating_point(name, "target", t)
    if weight is not None:
        arguments.broadcasts_to(name, "weight", weight, x.array.shape)
        weight = weight.to(x.dtype)
    if pos_weight is not None:
        arguments.broadcasts_to(name, "pos_weight", pos_weight, x.array.shape)
        pos_weight = pos_weight.to(x.dtype)
    # ln p = logsigmoid(x) and ln(1 - p) = logsigmoid(x) - x.
    yes = t if pos_weight is None else t * pos_weight
    losses = (1 - t) * x - (yes + (1 - t)) * logsigmoid(x)
    return reduce(name, losses if weight is None else losses * weight, reduction)


def class_indices(name: str, target: Tensor, C: int, ignore_index: int) -> tuple[Array, Array]:
    """Return the class of each target, 0 for those that are ignored, and which are not.

    Raises:
        RuntimeError: the targets are no whole numbers.
        IndexError: one is not among the C classes.
    """
    t = target.array
    if t.dtype.kind not in "iu":
        raise RuntimeError(f"{name}: target must hold class indices, int64, not {target.dtype}")
    counted = t != integer(name, "ignore_index", ignore_index)
    classes = np.where(counted, t, np.int64(0))
    if ((classes < 0) | (classes >= C)).any():
        wrong = classes[(classes < 0) | (classes >= C)][0]
        raise IndexError(f"{name}: target {wrong} is out of bounds: there are {C} classes")
    return classes, counted


def _class_dim(input: Tensor, target: Tensor, weight: Tensor | None) -> int:
    """Return the dimension of the classes in nll_loss, or raise where the arguments do not fit."""
    x = arguments.floating_point("nll_loss", "input", input).array.shape
    t = arguments.tensor("nll_loss", "target", target).array.shape
    if not x or t != (x[:1] if len(x) > 1 else ()) + x[2:]:
        raise ValueError(f"nll_loss: target of shape {t} does not fit input of shape {x}")
    dim = min(len(x) - 1, 1)
    if weight is not None:
        arguments.alike("nll_loss", "weight", weight, (x[dim],), input)
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
        weight: w of each class, (C), of the input's dtype; 1 unless given.
        ignore_index: targets of this value do not count.
        reduction: "mean" divides by the sum of the targets' weights; "sum"; "none".

    Raises:
        ValueError, RuntimeError: shapes or dtypes do not fit together.
        IndexError: a target is not among the C classes.
    """
    dim = _class_dim(input, target, weight)
    check_reduction("nll_loss", reduction)
    C = input.array.shape[dim]
    classes, counted = class_indices("nll_loss", target, C, ignore_index)
    picked = gather(input, dim, input._wrap(classes).unsqueeze(dim)).squeeze(dim)
    w = counted.astype(input.array.dtype) if weight is None else weight.array[classes] * counted
    losses = where(input._wrap(counted), -input._wrap(w) * picked, 0.0)
    if reduction == "mean":
        return sum(losses) / w.sum()  # type: ignore[no-any-return]
    return reduce("nll_loss", losses, reduction)
