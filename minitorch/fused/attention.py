"""Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import random
from .._runtime import threads as parallel
from ..dtypes import Array
from ..ops.probe import probe
from .registry import Fused, WayBack
from .softmax import shares

if TYPE_CHECKING:
    from ..tensor import Tensor


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Each query looks at every key, and takes of the values as much as it found of the keys.

        weights = softmax(query keyᵀ · scale + mask)        result = dropout(weights) value

    Args:
        query: (..., heads, T_q, d_head).
        key: (..., heads, T_k, d_head).
        value: (..., heads, T_k, d_value).
        attn_mask: broadcasts to (..., heads, T_q, T_k). Bool: True where a query may look. Or
            floating-point: added to the scores. A query that may look nowhere gets zeros.
        dropout_p: the probability that a weight is dropped; the others are scaled up to match.
        is_causal: query i may look at keys 0 … i only. Not together with `attn_mask`.
        scale: 1/√d_head unless given.
        enable_gqa: key and value have fewer heads, each of which serves a group of queries' heads.

    Returns:
        (..., heads, T_q, d_value).

    Raises:
        RuntimeError: shapes or dtypes do not fit together, or both masks are given.
    """
    if enable_gqa:
        key, value = (_repeat_heads(query, t) for t in (key, value))
    _check(query, key, value, attn_mask, is_causal)
    T_q, T_k = query.array.shape[-2], key.array.shape[-2]
    keep = None
    if dropout_p:
        batch = np.broadcast_shapes(query.array.shape[:-2], key.array.shape[:-2])
        keep = random.keep_mask((*batch, T_q, T_k), dropout_p, query.array.dtype)
    scale = 1 / math.sqrt(query.array.shape[-1]) if scale is None else scale
    return ATTENTION(query, key, value, attn_mask, keep=keep, scale=scale, causal=is_causal)


def definition(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    keep: Array | None,
    scale: float,
    causal: bool = False,
) -> Tensor:
    """Compute softmax(query keyᵀ · scale + mask) value in tensor operations."""
    scores = probe("scores", query @ key.mT * scale)  # (..., T_q, T_k)
    if causal:
        mask = query._wrap(np.tri(*scores.shape[-2:], dtype=np.bool_))
    if mask is None:
        weights = scores.softmax(-1)  # (..., T_q, T_k)
    else:
        is_bool = mask.array.dtype == np.bool_
        scores = scores.masked_fill(~mask, -math.inf) if is_bool else scores + mask
        nowhere = (scores == -math.inf).all(-1, keepdim=True)  # these rows get zeros, not NaN
        weights = scores.masked_fill(nowhere, 0.0).softmax(-1).masked_fill(nowhere, 0.0)
    weights = probe("weights", weights)
    if keep is not None:
        weights = weights * query._wrap(keep)
    return weights @ value  # (..., T_q, d_value)


def kernel(
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None,
    *,
    keep: Array | None,
    scale: float,
    causal: bool = False,
) -> tuple[Array, WayBack]:
    """Attend in blocks: to some examples at a time, whose tables stay in the cache.

    A causal block of rows ends at the last key that any of its queries may look at, and what lies
    beyond is not computed. Keys and values of several such blocks gather their gradients. Several
    threads share the examples.
    """
    batch = query.shape[:-2]
    shape = (*batch, query.shape[-2], key.shape[-2])
    alike = batch == key.shape[:-2] == value.shape[:-2] != ()
    examples = _examples(shape) if alike and (mask is None or mask.dtype == np.bool_) else []
    blocks = _blocks(shape, causal)
    if len(examples) * len(blocks) < 2:
        mask = np.tri(*shape[-2:], dtype=np.bool_) if causal else mask
        return _attend(query, key, value, mask, keep, scale)

    def part(table: Array | None, some: slice, rows: slice, keys: slice) -> Array | None:
        return None if table is None else np.broadcast_to(table, shape)[some, ..., rows, keys]

    y = np.empty_like(query, shape=(*query.shape[:-1], value.shape[-1]))
    ways: dict[tuple[int, int], WayBack] = {}

    def forward(some: slice) -> None:
        for rows, keys in blocks:
            seen = part(mask, some, rows, keys)
            if causal:
                seen = np.tri(rows.stop - rows.start, keys.stop, rows.start, dtype=np.bool_)
            q, k, v = query[some, ..., rows, :], key[some, ..., keys, :], value[some, ..., keys, :]
            y[some, ..., rows, :], ways[some.start, rows.start] = _attend(
                q, k, v, seen, part(keep, some, rows, keys), scale
            )

    parallel.each(forward, examples)

    def back(g: Array, needs: list[bool]) -> tuple[Array | None, ...]:
        inputs = (query, key, value)
        totals = [
            np.zeros_like(x) if needed else None for x, needed in zip(inputs, needs, strict=False)
        ]

        def backward(some: slice) -> None:
            for rows, keys in blocks:
                gradients = ways[some.start, rows.start](g[some, ..., rows, :], needs)
                for total, places, d in zip(totals, (rows, keys, keys), gradients, strict=False):
                    if total is not None:
                        total[some, ..., places, :] += d

        parallel.each(backward, examples)
        return *totals, None

    return y, back


BLOCK = 2**19
"""The most elements of the tables of a block, if they are of several examples."""

ROWS = 128
"""The most queries of a causal block. With fewer, products are too small to be fast."""

FEW = 8
"""For fewer rows than this a product is made without a copy."""


def _examples(shape: tuple[int, ...]) -> list[slice]:
    """Cut the first dimension of tables (..., T_q, T_k) into parts of at most BLOCK elements."""
    n = shape[0] if len(shape) > 2 else 1
    some = max(1, BLOCK // max(1, math.prod(shape[1:])))
    return [slice(i, i + some) for i in range(0, n, some)]


def _blocks(shape: tuple[int, ...], causal: bool) -> list[tuple[slice, slice]]:
    """Cut tables (..., T_q, T_k) into blocks of rows: the queries and the keys of each."""
    T_q, T_k = shape[-2:]
    if not causal:
        return [(slice(0, T_q), slice(0, T_k))]
    starts = range(0, T_q, ROWS)
    return [(slice(i, min(i + ROWS, T_q)), slice(0, min(i + ROWS, T_q, T_k))) for i in starts]


def _attend(
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None,
    keep: Array | None,
    scale: float,
) -> tuple[Array, WayBack]:
    """Keep of the (T_q, T_k) tables only the weights P, and with dropout the kept weights D = P·m.

    From y = D v:  dv = Dᵀ g  and  dD = g vᵀ, so dP = dD·m.  Back through the softmax of a row,

        dscores = P · (dP - Σ_k dP_k P_k)      and      Σ_k dP_k P_k = Σ_k dD_k D_k = Σ_e g_e y_e

    so that the sum runs over d_value numbers of the result and not over T_k. Then

        dquery = dscores · key · scale         and      dkey = dscoresᵀ · query · scale

    What is computed lies in memory as the inputs do. If those are the heads' parts of longer
    vectors, so are these, and to put the heads side by side again nothing needs to be copied.
    """
    scores = _times_transposed(query, key, scale)
    if mask is not None:
        if mask.dtype == np.bool_:
            mask = np.where(mask, scores.dtype.type(0), scores.dtype.type(-np.inf))
        scores = np.add(scores, mask, out=scores if mask.ndim <= scores.ndim else None)
    weights = shares(scores)
    kept = weights if keep is None else weights * keep
    y = _product(kept, value, like=query)

    def back(g: Array, needs: list[bool]) -> tuple[Array | None, ...]:
        dquery = dkey = dvalue = dmask = None
        if needs[2]:
            dvalue = _product(kept.swapaxes(-1, -2), g, like=value)
        factor = 1.0 if needs[3] else scale  # scores and mask have one gradient, without the factor
        dscores = _times_transposed(g, value, factor)
        if keep is not None:
            dscores *= keep
        dscores -= (np.einsum("...e,...e->...", g, y) * g.dtype.type(factor))[..., None]
        dscores *= weights
        if needs[3]:
            dmask, dscores = dscores, dscores * g.dtype.type(scale)
        if needs[0]:
            dquery = _product(dscores, key, like=query)
        if needs[1]:
            dkey = _product(dscores.swapaxes(-1, -2), query, like=key)
        return dquery, dkey, dvalue, dmask

    return y, back


def _times_transposed(a: Array, b: Array, factor: float) -> Array:
    """The product a bᵀ · factor.

    BLAS takes half the time if bᵀ lies in memory row by row. The copy is worth it for many rows of
    a, not for the one of a token that is being written; it multiplies the factor in on the way.
    """
    by = b.dtype.type(factor)
    bT = b.swapaxes(-1, -2)
    if a.shape[-2] < FEW:
        return (a * by) @ bT  # type: ignore[no-any-return]
    return a @ np.multiply(bT, by, out=np.empty(bT.shape, b.dtype))  # type: ignore[no-any-return]


def _product(a: Array, b: Array, like: Array) -> Array:
    """The matrix product a b, with the order of its dimensions in memory that of `like`."""
    batch, other = a.shape[:-2], b.shape[:-2]
    if batch != other:
        batch = np.broadcast_shapes(batch, other)
    shape = (*batch, a.shape[-2], b.shape[-1])
    return np.matmul(a, b, out=np.empty_like(like, shape=shape))


def _repeat_heads(query: Tensor, x: Tensor) -> Tensor:
    """Let each head of x serve a group of the query's heads."""
    heads, groups = query.array.shape[-3], x.array.shape[-3]
    if heads % groups:
        raise RuntimeError(
            f"scaled_dot_product_attention: {heads} query heads cannot be shared evenly among "
            f"{groups} key and value heads"
        )
    *batch, _, T, d = x.array.shape
    each = x.unsqueeze(-3).expand(*batch, groups, heads // groups, T, d)
    return each.reshape(*batch, heads, T, d)


def _check(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool) -> None:
    q, k, v = query.array, key.array, value.array
    name = "scaled_dot_product_attention"
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise RuntimeError(f"{name}: query, key and value need at least 2 dimensions")
    if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise RuntimeError(
            f"{name}: query {q.shape}, key {k.shape} and value {v.shape} do not fit together: "
            "query and key must have the same last size, key and value as many positions"
        )
    if not q.dtype == k.dtype == v.dtype or q.dtype.kind != "f":
        raise RuntimeError(
            f"{name}: query, key and value must have one floating-point dtype, but have "
            f"{query.dtype}, {key.dtype} and {value.dtype}"
        )
    if mask is not None:
        if is_causal:
            raise RuntimeError(f"{name}: attn_mask cannot be given together with is_causal=True")
        if mask.array.dtype not in (np.bool_, q.dtype):
            raise RuntimeError(f"{name}: attn_mask must be bool or {query.dtype}, not {mask.dtype}")


ATTENTION = Fused("scaled_dot_product_attention", definition, kernel, keeps_result=True)
