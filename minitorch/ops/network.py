"""Operations of networks that are made of others: embedding, dropout, rms_norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .. import random
from ..autograd import record
from ..dtypes import Array
from . import arguments
from .elementwise import rsqrt, square
from .reduction import mean

if TYPE_CHECKING:
    from ..tensor import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element is 0 with probability p, else divided by 1 - p, so that the expectation stays.

    Args:
        input: floating-point, any shape.
        p: the probability.
        training: False leaves all as it is.
        inplace: must be False.

    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: the probability has to be between 0 and 1, but got {p}")
    if inplace:
        raise NotImplementedError("dropout: there is no inplace=True here. Use the result.")
    x = arguments.tensor("dropout", "input", input).array
    if not training or p == 0:
        return input
    return input * input._wrap(random.keep_mask(x.shape, p, x.dtype))


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x / √(mean(x²) + eps) · weight: layer_norm without the mean and the shift.

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the trailing dimensions over which the mean is taken.
        weight: of shape `normalized_shape`, or None for 1.
        eps: keeps 0 from dividing by 0; the dtype's `finfo.eps` unless given.

    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """
    x, shape = arguments.floating_point("rms_norm", "input", input).array, tuple(normalized_shape)
    if not shape or x.shape[-len(shape) :] != shape:
        raise RuntimeError(
            f"rms_norm: given normalized_shape={list(shape)}, expected input of shape "
            f"[*, {', '.join(map(str, shape))}], but got {list(x.shape)}"
        )
    if weight is not None and weight.array.shape != shape:
        raise RuntimeError(
            f"rms_norm: expected weight of shape {list(shape)} (normalized_shape), but got "
            f"{list(weight.array.shape)}"
        )
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    y = input * rsqrt(mean(square(input), range(-len(shape), 0), keepdim=True) + eps)
    return y if weight is None else y * weight


# ---------------------------------------------------------------------------------- embedding


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of a table that the ids name: y_i = weight[input_i].

    Args:
        input: ids, int64, any shape (*).
        weight: (vocabulary, d).
        padding_idx: the id whose row receives no gradient.

    Returns:
        (*, d).

    Raises:
        IndexError: an id is not in the table.
    """
    table = arguments.tensor("embedding", "weight", weight).array
    if table.ndim != 2:
        raise RuntimeError(f"embedding: weight must have 2 dimensions, not shape {table.shape}")
    V = table.shape[0]
    ids = arguments.index("embedding", "input", input, V)
    if padding_idx is not None:
        if not -V <= padding_idx < V:
            raise RuntimeError(
                f"embedding: padding_idx={padding_idx} is not in the table of {V} rows"
            )
        padding_idx %= V

    def rule(g: Tensor, input: Tensor) -> Tensor:
        return _embedding_back(g, input, V, padding_idx)

    return record("embedding", table.take(ids, 0), (weight, rule, input))


def _embedding_back(g: Tensor, input: Tensor, V: int, padding_idx: int | None) -> Tensor:
    """Add each g to the row that its id names; the padding's stay out."""
    ids = input.array.reshape(-1)
    rows = g.array.reshape(ids.size, g.array.shape[-1])
    if padding_idx is not None:
        counted = ids != padding_idx
        ids, rows = ids[counted], rows[counted]

    def rule(gg: Tensor, input: Tensor) -> Tensor:
        back = embedding(input, gg)
        return back if padding_idx is None else back * (input != padding_idx).unsqueeze(-1)

    return record("embedding", _add_rows(rows, ids, V), (g, rule, input))


def _add_rows(rows: Array, ids: Array, V: int) -> Array:
    """Add rows[i] to row ids[i] of a table of zeros with V rows.

    Rows of one id are brought together and summed at once: np.add.at takes several times as long.
    """
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    starts = np.flatnonzero(np.diff(ids, prepend=-1))  # where another id begins
    table = np.zeros((V, rows.shape[1]), rows.dtype)
    table[ids[starts]] = np.add.reduceat(rows[order], starts, 0)
    return table
