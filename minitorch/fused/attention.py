"""Scaled dot-product attention.

    attention(query, key, value) = softmax(query keyᵀ / √d_head) value

Each query is compared with every key. Softmax turns the scores of a query into attention weights,
positive and summing to 1; the query's output is the mean of the values under these weights. Why the
scores are divided by √d_head is explained in transformer/model/attention.py.

Source: Vaswani et al. 2017, section 3.2.1, https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._runtime.parts import attention_in_parts
from .._runtime.products import matmul_like, matmul_transposed
from ..dtypes import Array
from ..ops.arguments import broadcasts_to, shape_of_scores, tensor
from ..ops.probe import probe
from ..ops.signatures import Shapes
from ..random import keep_mask
from ..scalars import flag, number
from .registry import Backward, Fused, Gradients
from .softmax import softmax_probabilities

if TYPE_CHECKING:
    from ..tensor import Tensor


def attention_weights(
    query: Tensor, key: Tensor, mask: Tensor | None, scale: float, causal: bool = False
) -> Tensor:
    """Compute softmax(query keyᵀ · scale + mask) in tensor operations."""
    scores = probe("scores", query @ key.mT * scale)  # (..., T_q, T_k)
    if causal:
        mask = query._wrap(np.tri(*scores.shape[-2:], dtype=np.bool_))
    if mask is None:
        weights = scores.softmax(-1)  # (..., T_q, T_k)
    else:
        if mask.array.dtype != np.bool_:
            scores, mask = scores + mask, mask != -math.inf
        scores = scores.masked_fill(~mask, -math.inf)
        no_key = (scores == -math.inf).all(-1, keepdim=True)  # these rows get zeros, not NaN
        weights = scores.masked_fill(no_key, 0.0).softmax(-1).masked_fill(no_key, 0.0)
    return probe("weights", weights)


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
    weights = attention_weights(query, key, mask, scale, causal)  # (..., T_q, T_k)
    if keep is not None:
        weights = weights * query._wrap(keep)  # a scaled dropout mask: 0 or 1 / (1 - p)
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
) -> tuple[Array, Backward]:
    """Compute y = D v, where D = P · keep, P = softmax(S) and S = q kᵀ · scale + mask.

    Backwards through these, the vjps are, with g the gradient of y:

        product    dv = Dᵀ g    and    dD = g vᵀ
        dropout    dP = dD · keep
        softmax    dS = P · (dP - Σ_j dP_j P_j), in each row
        scores     dq = dS k · scale    and    dk = dSᵀ q · scale    and    dmask = dS

    That of softmax follows from its Jacobian ∂P_i/∂S_j = P_i (δ_ij - P_j). As

        Σ_j dP_j P_j = Σ_j dD_j D_j = Σ_e g_e y_e

    the sum runs over the d_value numbers of an output instead of T_k weights. Of the matrices
    (T_q, T_k) only P is kept for the backward pass, and with dropout also D and `keep`.
    """
    if causal:
        mask = np.tri(query.shape[-2], key.shape[-2], dtype=np.bool_)
    scores = matmul_transposed(query, key, scale)  # (..., T_q, T_k)
    if mask is not None and mask.dtype != np.bool_:
        numbers, mask = mask, mask != -np.inf
        scores += np.where(mask, numbers, 0)
    weights = softmax_probabilities(scores, mask)
    dropped = weights if keep is None else weights * keep
    y = matmul_like(dropped, value, like=query)  # (..., T_q, d_value)

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        dquery = dkey = dvalue = dmask = None
        if needs[2]:
            dvalue = matmul_like(dropped.swapaxes(-1, -2), g, like=value)
        # dmask is dS itself. If it is not needed, dscores is dS · scale from the start.
        factor = 1.0 if needs[3] else scale
        dscores = matmul_transposed(g, value, factor)
        if keep is not None:
            dscores *= keep
        dscores -= (np.einsum("...e,...e->...", g, y) * g.dtype.type(factor))[..., None]
        dscores *= weights
        if needs[3]:
            dmask, dscores = dscores, dscores * g.dtype.type(scale)
        if needs[0]:
            dquery = matmul_like(dscores, key, like=query)
        if needs[1]:
            dkey = matmul_like(dscores.swapaxes(-1, -2), query, like=key)
        return dquery, dkey, dvalue, dmask

    return y, backward


ATTENTION = Fused(
    "scaled_dot_product_attention", definition, attention_in_parts(kernel), keeps_result=True
)


NAME = ATTENTION.name
SHAPES = Shapes(NAME, floating=True, query="* T_q d", key="* T_k d", value="* T_k d_value")
GROUPED = Shapes(NAME, query="* heads T_q d", key="* k_heads T_k d", value="* v_heads T_k d_value")


def _repeat_heads(query: Tensor, x: Tensor) -> Tensor:
    """Let each head of x serve a group of the query's heads."""
    heads, groups = query.array.shape[-3], x.array.shape[-3]
    if not groups or heads % groups:
        raise RuntimeError(
            f"{NAME}: {heads} query heads cannot be shared evenly among {groups} key or value heads"
        )
    *batch, _, T, d = x.array.shape
    each = x.unsqueeze(-3).expand(*batch, groups, heads // groups, T, d)
    return each.reshape(*batch, heads, T, d)


def _check_mask(query: Tensor, key: Tensor, mask: Tensor, is_causal: bool) -> None:
    if is_causal:
        raise RuntimeError(f"{NAME}: attn_mask cannot be given together with is_causal=True")
    if tensor(NAME, "attn_mask", mask).array.dtype not in (np.bool_, query.array.dtype):
        raise RuntimeError(f"{NAME}: attn_mask must be bool or {query.dtype}, not {mask.dtype}")
    broadcasts_to(NAME, "attn_mask", mask, shape_of_scores(query, key))


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
    """The mean of the values, weighted for each query by how well their keys match it.

        weights = softmax(query keyᵀ · scale + mask)        output = dropout(weights) value

    Args:
        query: (..., heads, T_q, d_head).
        key: (..., heads, T_k, d_head).
        value: (..., heads, T_k, d_value).
        attn_mask: broadcasts to (..., heads, T_q, T_k). Bool: True where a query may attend
            to a key. Or floating-point: added to the scores. A query without a key gets zeros.
        dropout_p: the probability that a weight is set to 0; the others are divided by
            1 - dropout_p.
        is_causal: query i may attend to keys 0 … i only. Not together with `attn_mask`.
        scale: 1/√d_head unless given.
        enable_gqa: grouped-query attention: key and value have fewer heads, each of which serves a
            group of the queries' heads.

    Returns:
        (..., heads, T_q, d_value).

    Raises:
        RuntimeError: shapes or dtypes do not fit together, both masks are given, or dropout_p is
            no probability.
    """
    flag(NAME, "is_causal", is_causal)
    flag(NAME, "enable_gqa", enable_gqa)
    if enable_gqa:
        GROUPED(query, key, value)
        key, value = (_repeat_heads(query, t) for t in (key, value))
    SHAPES(query, key, value)
    if attn_mask is not None:
        _check_mask(query, key, attn_mask, is_causal)
    keep = None
    if number(NAME, "dropout_p", dropout_p, 0, 1, RuntimeError):
        keep = keep_mask(shape_of_scores(query, key), dropout_p, query.array.dtype)
    d = query.array.shape[-1]
    scale = 1 / math.sqrt(d or 1) if scale is None else number(NAME, "scale", scale)
    return ATTENTION(query, key, value, attn_mask, keep=keep, scale=scale, causal=is_causal)
