"""Masks: which tokens a token may attend to. True lets it, False hides.

Each mask is a table with a row for each query, the token that looks, and a column for each key, the
token that is looked at. ✓ is True, · is False.

The **padding mask**. A sequence shorter than the longest of its batch is filled up with `<pad>`,
and no real token may attend to that. "dogs bark", in a batch with "the cat sleeps":

              dogs   bark   <pad>
    dogs       ✓      ✓      ·
    bark       ✓      ✓      ·
    <pad>      ✓      ✓      ·        all rows are alike, so that one is stored

The **causal mask**. A decoder in training is given its whole target at once, and each token is to
predict the next. It may attend to itself and to earlier tokens, never to the ones it predicts:

              <s>    the    cat    sleeps
    <s>        ✓      ·      ·       ·        predicts "the"
    the        ✓      ✓      ·       ·        predicts "cat"
    cat        ✓      ✓      ✓       ·        predicts "sleeps"
    sleeps     ✓      ✓      ✓       ✓        predicts </s>

**Both at once.** In a decoder, padding on the right needs no mask of its own: it comes after every
real token, so the causal mask hides it from them, and the loss ignores what padding predicts.
Padding on the left, as in prompts that are to be continued together, comes before the real tokens
and needs both masks. (And positions are counted from the first real token: see `embedding.py`.)

              <pad>  dogs   bark
    <pad>      ·      ·      ·        nothing to attend to: zeros, which nobody reads
    dogs       ·      ✓      ·
    bark       ·      ✓      ✓
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import minitorch as mt
from minitorch.ops.numbers import whole

from .arguments import check_padding, real_tokens

if TYPE_CHECKING:
    from minitorch import Tensor
    from minitorch.autograd import Array


def padding_mask(ids: Tensor, pad: int) -> Tensor:
    """Return True for the tokens that are not padding: (batch, T) → (batch, 1, 1, T).

    The two axes of size 1 are broadcast over the heads and the queries.

    >>> the, cat, sleeps, dogs, bark, pad = 3, 4, 5, 6, 7, 0
    >>> ids = mt.tensor([[the, cat, sleeps], [dogs, bark, pad]])
    >>> padding_mask(ids, pad).tolist()
    [[[[True, True, True]]], [[[True, True, False]]]]
    """
    return mt.from_numpy(real_tokens(ids, pad)[:, None, None])


def causal_mask(T: int, start: int = 0) -> Tensor:
    """Return True where the key is not later than the query: (T, start + T).

    The queries are T tokens that follow `start` others; the keys are all start + T tokens.

    >>> causal_mask(4).int()
    tensor([[1, 0, 0, 0],
            [1, 1, 0, 0],
            [1, 1, 1, 0],
            [1, 1, 1, 1]], dtype=minitorch.int32)
    """
    T, start = whole("causal_mask", "T", T), whole("causal_mask", "start", start)
    return mt.ones(T, start + T, dtype=mt.bool).tril(start)


def left_padding(ids: Tensor, pad: int) -> Array | None:
    """Count each row's `<pad>` before its first token: (batch, T) → (batch); None if all are 0.

    A row of nothing but `<pad>` counts as unpadded.
    """
    real = real_tokens(ids, pad)
    return None if real[:, 0].all() else real.argmax(1)


def decoder_mask(
    T: int, start: int = 0, padding: Array | None = None
) -> tuple[Tensor | None, bool]:
    """Return the causal mask, joined with that of padding on the left if there is any.

    Args:
        T: the number of queries.
        start: the number of tokens before them, which are keys too.
        padding: how many of each row's first tokens are padding, (batch); None if none are.

    Returns:
        (mask, is_causal), the arguments of attention. The mask broadcasts to (batch, heads, T,
        start + T). It is None if no mask is needed, or if `is_causal` alone describes it: then the
        attention kernel skips what the causal mask hides.

    >>> mask, is_causal = decoder_mask(3, padding=np.array([1]))  # <pad> dogs bark
    >>> mask.int().squeeze()
    tensor([[0, 0, 0],
            [0, 1, 0],
            [0, 1, 1]], dtype=minitorch.int32)
    """
    check_padding(padding, T, start)
    if padding is None and (not start or T == 1):
        # At the start, is_causal says it all; later, a single query may see every key.
        return None, not start
    mask = causal_mask(T, start)  # (T, start + T)
    if padding is not None:
        real = np.arange(start + T) >= padding[:, None]  # (batch, start + T)
        mask = mask & mt.from_numpy(real[:, None, None])  # (batch, 1, T, start + T)
    return mask, False
