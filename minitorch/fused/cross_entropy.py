"""Cross-entropy, the loss of a classifier: the negative log-likelihood of the right answer.

    loss = -ln p(right answer)        p = softmax(logits)

Logits are the scores of the classes, any real numbers. The loss is 0 if the classifier was certain
of the right answer, and grows without bound as p → 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._runtime.products import max_last, sum_last
from ..dtypes import Array
from ..ops.arguments import tensor
from ..ops.loss import check_reduction, class_indices
from ..ops.signatures import Shapes
from ..scalars import number, whole
from .registry import Backward, Fused, Gradients
from .softmax import log_softmax

if TYPE_CHECKING:
    from ..tensor import Tensor


def definition(
    x: Tensor, *, target: Array, counted: Array, weight: Array, smoothing: float
) -> Tensor:
    """Compute each example's loss, (N), in tensor operations."""
    ignored = x._wrap(~counted)
    log_p = x.masked_fill(ignored.unsqueeze(-1), 0.0).log_softmax(-1)  # (N, C)
    weighted = x._wrap(weight) * log_p
    losses = -(1 - smoothing) * weighted[np.arange(len(target)), target]  # (N)
    if smoothing:
        losses = losses - smoothing * weighted.mean(-1)
    return losses.masked_fill(ignored, 0.0)


def kernel(
    x: Array, *, target: Array, counted: Array, weight: Array, smoothing: float
) -> tuple[Array, Backward]:
    """Compute each example's loss, (N), from logits x (N, C).

    With q_c the probability that the target gives to class c, w the weights, and `counted` False
    for a target that is ignored, whatever its logits,

        loss = -counted Σ_c q_c w_c ln p_c

    As ∂ ln p_c / ∂x_k = δ_ck - p_k, the vjp is

        dx_k = g counted (p_k Σ_c q_c w_c - q_k w_k)

    which for g = 1 and one right answer of weight 1 is p - q: the prediction less the target.

    Here ln p_c = z_c - ln s, with z = x - max(x) and s = Σ_c e^z_c; `on_target` and `on_each` are
    the factors of -ln p_c. Only p is kept for the backward pass; no array of ln p is made.
    """
    rows, C = np.arange(len(x)), x.shape[1]
    z = x - max_last(x)
    p = np.exp(z)
    s = sum_last(p)
    p /= s
    p[~counted] = 0
    log_s = np.log(s[:, 0])
    on_target = weight[target] * counted * x.dtype.type(1 - smoothing)  # (N), of -ln p_target
    loss = on_target * (log_s - z[rows, target])
    if smoothing:
        on_each = weight * x.dtype.type(smoothing / C)  # (C), of each -ln p_c
        loss += log_s * on_each.sum() - z @ on_each
    loss[~counted] = 0

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        g_target = g * on_target
        if not smoothing:
            dx = p * g_target[:, None]
        else:
            g_each = g * counted
            dx = p * (g_target + g_each * on_each.sum())[:, None]
            dx -= np.outer(g_each, on_each)
        dx[rows, target] -= g_target
        return (dx,)

    return loss, backward


CROSS_ENTROPY = Fused("cross_entropy", definition, kernel)

SHAPES = Shapes("cross_entropy", optional="weight", floating=True, input="* C", weight="C")


def _of_indices(
    logits: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, smoothing: float
) -> tuple[Tensor, float]:
    """Return each example's loss, (N), and the sum of the weights of the right answers."""
    *shape, C = logits.array.shape
    if target.array.shape != tuple(shape):
        raise ValueError(
            f"cross_entropy: target of shape {target.array.shape} does not fit the input, of {C} "
            f"classes; expected {tuple(shape)}"
        )
    t, counted = class_indices("cross_entropy", target.reshape(-1), C, ignore_index)
    w = np.ones(C, logits.array.dtype) if weight is None else weight.array
    x = logits if len(shape) == 1 else logits.reshape(-1, C)
    losses = CROSS_ENTROPY(x, target=t, counted=counted, weight=w, smoothing=smoothing)
    return losses, float((w[t] * counted).sum())


def _of_probabilities(
    logits: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, smoothing: float
) -> tuple[Tensor, float]:
    """Return each example's loss and the number of examples; the target is a distribution."""
    if whole("cross_entropy", "ignore_index", ignore_index) >= 0:
        raise RuntimeError("cross_entropy: ignore_index is not supported for floating point target")
    if target.array.shape != logits.array.shape:
        raise ValueError(
            f"cross_entropy: a floating-point target holds class probabilities; of shape "
            f"{target.array.shape} it does not fit input {logits.array.shape}, classes last"
        )
    q = (1 - smoothing) * target + smoothing / logits.array.shape[-1]
    if weight is not None:
        q = q * weight.detach()
    losses: Tensor = -(q * log_softmax(logits, -1)).sum(-1)
    return losses, losses.array.size


def _classes_last(x: Tensor) -> Tensor:
    """Move the classes to the end: (N, C, d_1, …) → (N, d_1, …, C). (C) and (N, C) stay."""
    return x if x.array.ndim < 3 else x.movedim(1, -1)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The negative log-likelihood of the right answer, -ln p(right answer), p = softmax(logits).

        loss_i = -Σ_c q_ic w_c ln p_ic        q_ic = (1 - ε) [c = target_i] + ε / C

    where [c = target_i] is 1 if the condition holds, else 0. With class indices as targets, "mean"
    divides by the sum of the weights w of those that are not ignored; with class probabilities, by
    the number of examples.

    Args:
        input: logits, (C), (N, C) or (N, C, d_1, …).
        target: class indices, int64: (), (N) or (N, d_1, …). Or class probabilities, of the
            input's shape and dtype.
        weight: w, (C), of the input's dtype; 1 unless given. It receives no gradient.
        ignore_index: targets of this value count for nothing (class indices only).
        reduction: "mean", "sum", or "none" for the loss of each example.
        label_smoothing: ε in [0, 1], the probability that is spread evenly over all classes.

    Raises:
        RuntimeError, ValueError: shapes or dtypes do not fit, or an option is out of range.
        IndexError: a target is not among the C classes.
    """
    logits = _classes_last(tensor("cross_entropy", "input", input))
    of_probabilities = tensor("cross_entropy", "target", target).array.dtype.kind == "f"
    check_reduction("cross_entropy", reduction)
    number("cross_entropy", "label_smoothing", label_smoothing, 0, 1, RuntimeError)
    SHAPES(logits, weight)
    if not logits.array.shape[-1]:
        raise ValueError(f"cross_entropy: input {tuple(input.array.shape)} has no classes")
    if of_probabilities:
        target = _classes_last(target)
        losses, n = _of_probabilities(logits, target, weight, ignore_index, label_smoothing)
    else:
        losses, n = _of_indices(logits, target, weight, ignore_index, label_smoothing)
    if reduction == "none":
        return losses.reshape(logits.array.shape[:-1])
    total: Tensor = losses.sum()
    if reduction == "sum":
        return total
    # Where nothing counts there is no mean, and as in PyTorch no gradient either.
    mean: Tensor = total / n if n else total * 0 + math.nan
    return mean
