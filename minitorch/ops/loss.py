"""How far off a prediction is, as a number: the losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import arguments
from .activations import logsigmoid
from .elementwise import exp, log, square, where
from .gather import gather
from .reduction import sum

if TYPE_CHECKING:
    from ..tensor import Tensor


def reduce(name: str, losses: Tensor, reduction: str) -> Tensor:
    """Bring all losses to one, their "mean" or "sum"; with "none", leave them."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: {reduction!r} is not a reduction: 'mean', 'sum' or 'none'")
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def mse_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """(input - target)², times the weight if there is one: the squared error.

    With a weight, "mean" divides by the sum of the weights.
    """
    a = arguments.tensor("mse_loss", "input", input)
    b = arguments.tensor("mse_loss", "target", target)
    losses = square(a - b)
    if weight is None:
        return reduce("mse_loss", losses, reduction)
    if weight.array.shape != a.array.shape:
        raise ValueError(
            f"mse_loss: weight has shape {weight.array.shape}, and input {a.array.shape}"
        )
    total = reduce("mse_loss", losses * weight, "sum" if reduction == "mean" else reduction)
    return total / sum(weight.expand(losses.array.shape)) if reduction == "mean" else total


def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """target · (ln target - input): what it costs to take e^input for the distribution `target`.

    Args:
        input: logarithms of probabilities.
        target: probabilities, or with `log_target` their logarithms. Where one is 0, so is the
        loss.
        reduction: "batchmean" for the sum divided by the first size, which is the Kullback-Leibler
            divergence; "mean" over all elements, "sum", "none".
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
    """-t ln p - (1 - t) ln(1 - p) with p = sigmoid(input): the surprise at a yes or no.

    Args:
        input: logits, any shape.
        target: t in [0, 1], of the input's shape.
        weight: a factor of each loss; broadcasts.
        reduction: "mean", "sum" or "none".
        pos_weight: a factor of the first term, for classes with few examples; broadcasts.
    """
    name = "binary_cross_entropy_with_logits"
    x, t = arguments.tensor(name, "input", input), arguments.tensor(name, "target", target)
    if x.array.shape != t.array.shape:
        raise ValueError(
            f"{name}: target has shape {t.array.shape}, which must be the input's, {x.array.shape}"
        )
    # ln p = logsigmoid(x) and ln(1 - p) = logsigmoid(x) - x.
    yes = t if pos_weight is None else t * pos_weight
    losses = (1 - t) * x - (yes + (1 - t)) * logsigmoid(x)
    return reduce(name, losses if weight is None else losses * weight, reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-w · input[target]: with logarithms of probabilities, the surprise at the right answers.

    Args:
        input: (C), (N, C) or (N, C, d_1, …).
        target: class indices: (), (N) or (N, d_1, …).
        weight: w of each class, (C); 1 unless given.
        ignore_index: targets of this value count for nothing.
        reduction: "mean" divides by the sum of the targets' weights; "sum"; "none".

    Raises:
        ValueError: the shapes do not fit together.
        IndexError: a target is not among the C classes.
    """
    x = arguments.floating_point("nll_loss", "input", input).array
    t = arguments.index("nll_loss", "target", target)
    if not x.ndim or t.shape != (x.shape[:1] if x.ndim > 1 else ()) + x.shape[2:]:
        raise ValueError(
            f"nll_loss: target of shape {t.shape} does not fit input of shape {x.shape}"
        )
    class_dim = min(x.ndim - 1, 1)
    C = x.shape[class_dim]
    if weight is not None and weight.array.shape != (C,):
        raise RuntimeError(f"nll_loss: weight must have shape ({C},), not {weight.array.shape}")
    counted = t != ignore_index
    safe = target._wrap(np.where(counted, t, 0))
    arguments.index("nll_loss", "target", safe, C)
    w = counted.astype(x.dtype) if weight is None else weight.array[safe.array] * counted
    picked = gather(input, class_dim, safe.unsqueeze(class_dim)).squeeze(class_dim)
    factors = input._wrap(w)
    losses = where(factors == 0, 0.0, -factors * picked)
    if reduction == "mean":
        return sum(losses) / w.sum()  # type: ignore[no-any-return]
    return reduce("nll_loss", losses, reduction)
