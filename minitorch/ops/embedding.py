"""Embedding: the rows of a table, looked up by ids, and their gradients added to the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import scalars
from ..autograd.graph import record
from ..dtypes import Array
from . import arguments

if TYPE_CHECKING:
    from ..tensor import Tensor


def _add_rows(rows: Array, ids: Array, V: int) -> Array:
    """Add rows[i] to row ids[i] of a table of zeros with V rows.

    The rows of one id are sorted next to each other and summed at once, which takes a fraction of
    the time of np.add.at. Ids of 8 or 16 bits, of a table of up to 65,536 rows, are sorted by
    counting, several times as fast as longer ones.
    """
    order = np.argsort(ids.astype(np.min_scalar_type(max(V - 1, 0))), kind="stable")
    ids = ids[order]
    starts = np.flatnonzero(np.diff(ids, prepend=-1))  # where the next id begins
    table = np.zeros((V, rows.shape[1]), rows.dtype)
    table[ids[starts]] = np.add.reduceat(rows.take(order, 0), starts, 0)
    return table


def _table_gradient(g: Tensor, input: Tensor, V: int, padding_idx: int | None) -> Tensor:
    """The vjp of `embedding`: zeros (V, d), with each vector of g added to the row of its id.

    The padding's vectors are left out. Its own vjp is `embedding` again.
    """
    ids = input.array.reshape(-1)
    rows = g.array.reshape(ids.size, g.array.shape[-1])
    if padding_idx is not None:
        counted = ids != padding_idx
        ids, rows = ids[counted], rows[counted]

    def vjp(h: Tensor, input: Tensor) -> Tensor:
        y = embedding(input, h)
        return y if padding_idx is None else y * (input != padding_idx).unsqueeze(-1)

    return record("embedding", _add_rows(rows, ids, V), (g, vjp, input))


def refuse_options(max_norm: Any, scale_grad_by_freq: Any) -> None:
    """Raise NotImplementedError if an option would change the table, or its gradient."""
    if max_norm is not None or scale_grad_by_freq:
        option = "scale_grad_by_freq" if max_norm is None else "max_norm"
        raise NotImplementedError(f"embedding: there is no {option}= here. Leave it out.")


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of a table that the ids name: y[i] = weight[input[i]].

    Args:
        input: ids, int64, any shape (*).
        weight: (vocabulary, d).
        padding_idx: the id whose row receives no gradient.
        max_norm, scale_grad_by_freq: refused, as they would change the table, or its gradient.
        norm_type, sparse: without effect: they belong to `max_norm`, and to how PyTorch stores the
            gradient, which is dense here.

    Returns:
        (*, d).

    Raises:
        IndexError: an id is not in the table.
        NotImplementedError: `max_norm` or `scale_grad_by_freq` is given.
        RuntimeError: the table is no matrix, or has no row `padding_idx`.
    """
    refuse_options(max_norm, scale_grad_by_freq)
    table = arguments.tensor("embedding", "weight", weight).array
    if table.ndim != 2:
        raise RuntimeError(f"embedding: weight must have 2 dimensions, not shape {table.shape}")
    V = table.shape[0]
    ids = arguments.index("embedding", "input", input, V)
    if padding_idx is not None:
        if not -V <= scalars.whole("embedding", "padding_idx", padding_idx) < V:
            raise RuntimeError(
                f"embedding: padding_idx={padding_idx} is not in the table of {V} rows"
            )
        padding_idx %= V

    def vjp(g: Tensor, input: Tensor) -> Tensor:
        return _table_gradient(g, input, V, padding_idx)

    return record("embedding", table.take(ids, 0), (weight, vjp, input))
