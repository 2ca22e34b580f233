"""The loss of a classifier: how surprised it is by the right answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..dtypes import Array
from ..ops import arguments
from .registry import Fused, WayBack
from .softmax import log_softmax
from .sums import row_sums

if TYPE_CHECKING:
    from ..tensor import Tensor


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-ln p(right answer), where p = softmax(logits).

        loss_i = -Σ_c q_ic w_c ln p_ic        q_ic = (1 - ε) [c = target_i] + ε / C

    With class indices as targets, "mean" divides by the sum of the targets' weights w, counting
    only those that are not ignored; with class probabilities, by the number of examples.

    Args:
        input: logits, (C), (N, C) or (N, C, d_1, …).
        target: class indices, int64: () , (N) or (N, d_1, …). Or class probabilities, of the
            input's shape and dtype.
        weight: w, (C); 1 unless given. It receives no gradient.
        ignore_index: targets of this value count for nothing (class indices only).
        reduction: "mean", "sum", or "none" for the loss of each example.
        label_smoothing: ε in [0, 1]: the share of the target spread evenly over all classes.

    Raises:
        RuntimeError, ValueError: shapes do not fit together, or an option is out of range.
        IndexError: a target is not among the C classes.
    """
    name = "cross_entropy"
    x = arguments.tensor(name, "input", input).array
    t = arguments.tensor(name, "target", target).array
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: {reduction!r} is not a reduction: 'mean', 'sum' or 'none'")
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"{name}: label_smoothing must be in [0, 1], not {label_smoothing}")
    if not x.ndim:
        raise RuntimeError(f"{name}: the input needs a dimension of classes")
    class_dim = 0 if x.ndim == 1 else 1
    C = x.shape[class_dim]
    if weight is not None and weight.array.shape != (C,):
        raise RuntimeError(f"{name}: weight must have shape ({C},), not {weight.array.shape}")
    logits = input.movedim(class_dim, -1)
    if t.dtype.kind == "f":
        if ignore_index >= 0:
            raise RuntimeError(f"{name}: ignore_index is not supported for floating point target")
        if t.shape != x.shape:
            raise ValueError(f"{name}: target of shape {t.shape} does not fit input {x.shape}")
        shares = target.movedim(class_dim, -1)
        return _of_probabilities(logits, shares, weight, reduction, label_smoothing)
    if t.shape != logits.array.shape[:-1]:
        raise ValueError(
            f"{name}: target of shape {t.shape} does not fit input of shape {x.shape}; "
            f"expected {logits.array.shape[:-1]}"
        )
    wrong = (t != ignore_index) & ((t < 0) | (t >= C))
    if wrong.any():
        raise IndexError(f"{name}: target {t[wrong][0]} is out of bounds: there are {C} classes")
    t = t.reshape(-1)
    counts = (t != ignore_index).astype(x.dtype)
    t = np.where(t == ignore_index, 0, t)
    w = np.ones(C, x.dtype) if weight is None else weight.array
    losses = CROSS_ENTROPY(
        logits.reshape(-1, C), target=t, counts=counts, weight=w, smoothing=label_smoothing
    )
    if reduction == "none":
        return losses.reshape(target.array.shape)
    total: Tensor = losses.sum()
    if reduction == "sum":
        return total
    n = float((w[t] * counts).sum())
    # Where nothing counts there is no mean, and as in PyTorch no gradient either.
    mean: Tensor = total / n if n else total * 0 + math.nan
    return mean


def _of_probabilities(
    logits: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    """The same with a whole distribution for a target, (N, …, C)."""
    q = (1 - smoothing) * target + smoothing / logits.array.shape[-1]
    log_p = log_softmax(logits, -1)
    losses: Tensor = -(q * log_p if weight is None else q * weight.detach() * log_p).sum(-1)
    if reduction == "none":
        return losses
    total: Tensor = losses.sum()
    return total if reduction == "sum" else total / losses.array.size


def definition(
    x: Tensor, *, target: Array, counts: Array, weight: Array, smoothing: float
) -> Tensor:
    """Compute each example's loss, (N), in tensor operations."""
    log_p = x.log_softmax(-1)  # (N, C)
    w = x._wrap(weight)
    right = (w * log_p)[np.arange(len(target)), target]  # (N)
    spread = (w * log_p).mean(-1)  # (N)
    return -((1 - smoothing) * right + smoothing * spread) * x._wrap(counts)


def kernel(
    x: Array, *, target: Array, counts: Array, weight: Array, smoothing: float
) -> tuple[Array, WayBack]:
    """With q_c the share that the target gives to class c, and n = 0 for an ignored target, else 1,

        loss = -n Σ_c q_c w_c ln p_c        dx_c = n (p_c Σ_k q_k w_k - q_c w_c)

    For one right answer of weight 1 the gradient is p - q: what was said, less what should be.

    With z = x - max(x) and s = Σ_c e^z_c it is ln p_c = z_c - ln s, and only those logarithms that
    the loss counts are looked at; of the whole table, p is all that is kept.
    """
    rows, C = np.arange(len(x)), x.shape[1]
    z = x - x.max(-1, keepdims=True)
    p = np.exp(z)
    total = row_sums(p)
    p /= total
    log_total = np.log(total[:, 0])
    right = weight[target] * counts * x.dtype.type(1 - smoothing)
    loss = right * (log_total - z[rows, target])
    if smoothing:
        spread = weight * x.dtype.type(smoothing / C)
        loss += counts * (log_total * spread.sum() - z @ spread)

    def back(g: Array, needs: list[bool]) -> tuple[Array | None, ...]:
        g_right = g * right
        if not smoothing:
            dx = p * g_right[:, None]
        else:
            g_spread = g * counts
            dx = p * (g_right + g_spread * spread.sum())[:, None]
            dx -= np.outer(g_spread, spread)
        dx[rows, target] -= g_right
        return (dx,)

    return loss, back


CROSS_ENTROPY = Fused("cross_entropy", definition, kernel)
