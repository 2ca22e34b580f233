"""Masks: where a token may look. True lets it, False hides.

A sequence shorter than the longest of its batch is filled up with `<pad>`, and nobody may look
there: `padding_mask`. A decoder that is trained on a whole target at once must not see the answer:
`causal_mask`.

Padding on the right of what a decoder reads needs no mask of its own: the causal mask hides it from
every real token, which all come before it, and the loss ignores what padding says. Padding on the
left, as in prompts that are to be continued together, comes before the real tokens: it is hidden by
both masks in one (`look_back`), and positions are counted from the first real token.
"""

from __future__ import annotations

import numpy as np

import minitorch as mt
from minitorch import Tensor
from minitorch.autograd import Array


def padding_mask(ids: Tensor, pad: int) -> Tensor:
    """True for the tokens that are no padding: (batch, T) → (batch, 1, 1, T), for all who ask."""
    return ids.ne(pad).unsqueeze(1).unsqueeze(1)


def causal_mask(T: int, start: int = 0) -> Tensor:
    """True where the token of the column is not later than that of the row: (T, start + T).

    The rows are T tokens that stand after `start` others; the columns are all of them.
    """
    return mt.ones(T, start + T, dtype=mt.bool).tril(start)


def left_padding(ids: Tensor, pad: int) -> Array | None:
    """Count each row's `<pad>` before its first token: (batch, T) → (batch); None if all are 0.

    A row of nothing but `<pad>` counts as unpadded.
    """
    array = ids.numpy()
    if not (array[:, :1] == pad).any():
        return None
    first: Array = (array != pad).argmax(1)
    return first


def look_back(T: int, start: int = 0, padding: Array | None = None) -> tuple[Tensor | None, bool]:
    """Say where T tokens that follow upon `start` others may look: at these, and not ahead.

    Args:
        T: the tokens that ask.
        start: the tokens before them, which answer too.
        padding: how much of each row, from the left, is padding.

    Returns:
        the mask, which broadcasts to (batch, heads, T, start + T), or None where there is none to
        apply; and whether the causal mask alone is meant, which attention has a short way for.
    """
    if padding is None and (not start or T == 1):
        return None, not start
    mask = causal_mask(T, start)
    if padding is not None:
        real = np.arange(start + T) >= padding[:, None]  # (batch, start + T)
        mask = mask & mt.from_numpy(real[:, None, None])  # (batch, 1, T, start + T)
    return mask, False
