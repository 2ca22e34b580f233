"""Loss functions: how wrong a prediction is, as a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import scalars
from .._runtime.quiet import quietly
from ..autograd.graph import record
from . import arguments
from .activations import logsigmoid
from .elementwise import exp, log, log1p
from .gather import gather
from .reduction import sum
from .signatures import Shapes
from .where import clamp, where

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


_KL = Shapes("kl_div", floating=True, one_dtype=False, input="*", target="*")


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
    scalars.flag("kl_div", "log_target", log_target)
    if log_target:
        losses = exp(target) * (target - input)
    else:
        losses = target * log(where(target == 0, 1.0, target)) - target * input
    if reduction == "batchmean":
        return sum(losses) / (input.array.shape[0] if input.array.ndim else 1)
    return reduce("kl_div", losses, reduction)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """-t ln p - (1 - t) ln(1 - p): the loss for two classes, of probabilities.

    Where a logarithm is below -100, it counts as -100, so that no loss is infinite. Of logits,
    `binary_cross_entropy_with_logits` is more accurate.

    Args:
        input: probabilities p in [0, 1], any shape.
        target: t in [0, 1], of the input's shape and dtype.
        weight: a factor of each loss; broadcasts.
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: the shapes of input and target differ.
        RuntimeError: a number is not in [0, 1], a dtype does not fit, or the weight does not
            broadcast.
    """
    name, p, t = "binary_cross_entropy", input, target
    arguments.same_shape(name, ValueError, target=t, input=p)
    arguments.floating_point(name, "input", p)
    arguments.alike(name, "target", t, p.array.shape, p)
    for argument, x in (("input", p), ("target", t)):
        if not ((x.array >= 0) & (x.array <= 1)).all():
            hint = ". Apply sigmoid first" if argument == "input" else ""
            raise RuntimeError(f"{name}: all elements of {argument} must be in [0, 1]{hint}")

    def of_input(g: Tensor, p: Tensor, t: Tensor) -> Tensor:
        return g * (p - t) / clamp(p * (1 - p), min=1e-12)

    def of_target(g: Tensor, p: Tensor) -> Tensor:
        return g * (log1p(-p) - log(p))

    def forward() -> Array:
        x, y = p.array, t.array
        ln_p, ln_not_p = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
        return (y - 1) * ln_not_p - y * ln_p  # type: ignore[no-any-return]

    losses = record(name, quietly(forward), (p, of_input, p, t), (t, of_target, p))
    if weight is not None:
        arguments.broadcasts_to(name, "weight", weight, p.array.shape)
        losses = losses * weight.to(p.dtype)
    return reduce(name, losses, reduction)


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
    arguments.floating_point(name, "input", x)
    arguments.floating_point(name, "target", t)
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
    counted = t != scalars.whole(name, "ignore_index", ignore_index)
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
