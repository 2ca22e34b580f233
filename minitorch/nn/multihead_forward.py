"""Multi-head attention as a function of its weights: what `nn.MultiheadAttention` computes.

How attention works is written in `transformer/model/attention.py`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..creation import zeros
from ..fused.attention import attention_weights, scaled_dot_product_attention
from ..fused.linear import linear
from ..ops.arguments import tensor
from ..ops.arrange import cat, pad
from ..ops.dropout import dropout
from ..scalars import whole

if TYPE_CHECKING:
    from ..tensor import Tensor

NAME = "multi_head_attention_forward"


def _of_shape(
    argument: str, x: Any, *shapes: tuple[int, ...], error: type[Exception] = AssertionError
) -> Tensor:
    """Return x, if it is a tensor of one of the shapes, or raise an error."""
    shape = tensor(NAME, argument, x).array.shape
    if shape not in shapes:
        expected = " or ".join(map(str, shapes))
        raise error(f"{NAME}: {argument} must have shape {expected} here, not {shape}")
    return x  # type: ignore[no-any-return]


def _check_query(query: Any, embed_dim: int, num_heads: int) -> None:
    """Raise AssertionError unless the query is of a size that can be cut into heads."""
    ndim = tensor(NAME, "query", query).ndim
    if ndim not in (2, 3):
        raise AssertionError(
            f"{NAME}: query should be unbatched 2D or batched 3D tensor but received {ndim}-D "
            "query tensor"
        )
    E = query.shape[-1]
    if embed_dim != E:
        raise AssertionError(
            f"{NAME}: was expecting embedding dimension of {embed_dim}, but got {E}: "
            f"query has shape {query.array.shape}"
        )
    if E % whole(NAME, "num_heads", num_heads, 1):
        raise AssertionError(f"{NAME}: embed_dim {E} is not divisible by num_heads {num_heads}")


def _check_inputs(inputs: tuple[Any, Any, Any], weights: Any, position: int) -> None:
    """Raise AssertionError unless query, key and value fit together, and fit their weights.

    Args:
        inputs, weights: of each of the three.
        position: the dimension that counts tokens.
    """
    query, key, _ = inputs
    if tensor(NAME, "key", key).ndim != query.ndim:
        raise AssertionError(f"{NAME}: query is {query.ndim}-D, so key must be, not {key.ndim}-D")
    names, tokens = ("query", "key", "value"), (query, key, key)  # a value for each key
    for name, x, like, weight in zip(names, inputs, tokens, weights, strict=True):
        fitting = list(query.array.shape)
        fitting[position] = like.array.shape[position]
        fitting[-1] = tensor(NAME, f"{name[0]}_proj_weight", weight).array.shape[-1]
        _of_shape(name, x, tuple(fitting))


def _merged(
    attn_mask: Tensor | None, key_padding_mask: Tensor | None, scores: tuple[int, ...], dtype: Any
) -> Tensor | None:
    """Merge the masks into one, which fits scores of shape (N, heads, L, S).

    Bools become one mask of bools, as `scaled_dot_product_attention` takes it: True where a query
    may attend. Otherwise it is one of numbers, which are added to the scores.
    """
    N, heads, L, S = scores
    masks = []
    if attn_mask is not None:
        fitting = (L, S), (N * heads, L, S)
        mask = _of_shape("attn_mask", attn_mask, *fitting, error=RuntimeError)
        masks.append(mask if mask.ndim == 2 else mask.reshape(scores))
    if key_padding_mask is not None:
        mask = _of_shape("key_padding_mask", key_padding_mask, (N, S))
        masks.append(mask.reshape(N, 1, 1, S))
    for mask in masks:
        if mask.dtype not in (dtypes.bool, dtype):
            raise AssertionError(
                f"{NAME}: only bool and floating types of masks are supported, here {dtype}, not "
                f"{mask.dtype}. Convert it: .bool() gives a mask that is True where it hides."
            )
    if not masks:
        return None
    if all(mask.dtype == dtypes.bool for mask in masks):
        return ~(masks[0] if len(masks) == 1 else masks[0] | masks[1])
    added = [
        zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)
        if mask.dtype == dtypes.bool
        else mask
        for mask in masks
    ]
    return added[0] if len(added) == 1 else added[0] + added[1]


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    *,
    batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """What `nn.MultiheadAttention` computes; there it is said what the other arguments are.

    Args:
        embed_dim_to_check: the size of the query's vectors, E.
        in_proj_weight: (3 · E, E), for queries, keys and values. With `use_separate_proj_weight`
            there are `q_proj_weight` (E, E), `k_proj_weight` (E, kdim) and `v_proj_weight` instead.
        in_proj_bias: (3 · E), or None.
        bias_k, bias_v: (1, 1, E), one more key and value, or None.
        dropout_p, training: in training, set attention weights to 0 with this probability.
        static_k, static_v: keys and values (N · heads, S, E / heads) to use in place of computed
            ones.
        batch_first: let the batch come before the positions. (PyTorch's function has not got this.)
    """
    _check_query(query, embed_dim_to_check, num_heads)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            f"{NAME}: Need attn_mask if specifying the is_causal hint. "
            "nn.Transformer.generate_square_subsequent_mask makes it."
        )
    if (bias_k is None) != (bias_v is None):
        raise AssertionError(f"{NAME}: bias_k and bias_v must be given together, or neither")
    ndim, E = query.ndim, embed_dim_to_check
    projections: Any = (q_proj_weight, k_proj_weight, v_proj_weight)
    if not use_separate_proj_weight:  # three products with a part each are as fast as one
        projections = _of_shape("in_proj_weight", in_proj_weight, (3 * E, E)).chunk(3)
    biases: Any = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
    _check_inputs((query, key, value), projections, 1 if batch_first and ndim == 3 else 0)
    if ndim == 2:
        query, key, value, batch_first = query[None], key[None], value[None], True
        if key_padding_mask is not None:
            key_padding_mask = tensor(NAME, "key_padding_mask", key_padding_mask)[None]

    # (N, L, E) or (L, N, E) → (N, heads, L, d)
    d, order = E // num_heads, (0, 2, 1, 3) if batch_first else (1, 2, 0, 3)
    q, k, v = [
        linear(x, weight, bias).reshape(*x.shape[:2], num_heads, d).permute(order)
        for x, weight, bias in zip((query, key, value), projections, biases, strict=True)
    ]
    N, L = q.shape[0], q.shape[2]
    k = k if static_k is None else static_k.reshape(N, num_heads, -1, d)
    v = v if static_v is None else static_v.reshape(N, num_heads, -1, d)

    more: list[Any] = [] if bias_k is None else [(bias_k, bias_v)]  # keys and values, at the end
    if add_zero_attn:
        more.append((zeros(E, dtype=q.dtype),) * 2)
    causal = is_causal and key_padding_mask is None and not need_weights and not more
    mask = None
    if not causal:  # otherwise the hint stands for the mask
        mask = _merged(attn_mask, key_padding_mask, (N, num_heads, L, k.shape[2]), q.dtype)
    for more_k, more_v in more:
        k = cat([k, more_k.reshape(1, num_heads, 1, d).expand(N, -1, -1, -1)], 2)
        v = cat([v, more_v.reshape(1, num_heads, 1, d).expand(N, -1, -1, -1)], 2)
    if more and mask is not None:
        mask = pad(mask, (0, len(more)), value=mask.dtype == dtypes.bool)  # all may attend to them

    weights = None
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        weights = attention_weights(q, k, mask, 1 / math.sqrt(d))  # (N, heads, L, S)
        weights = dropout(weights, dropout_p)
        y = weights @ v
        weights = weights.mean(1) if average_attn_weights else weights
    else:
        y = scaled_dot_product_attention(q, k, v, mask, dropout_p, causal)
    # (N, heads, L, d) → (N, L, E) or (L, N, E)
    y = y.permute((0, 2, 1, 3) if batch_first else (2, 0, 1, 3)).flatten(2)
    y = linear(y, out_proj_weight, out_proj_bias)
    if ndim == 2:
        y, weights = y[0], weights if weights is None else weights[0]
    return y, weights
