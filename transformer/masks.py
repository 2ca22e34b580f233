"""Masks: where a token may look. True lets it, False hides.

A sequence shorter than the longest of its batch is filled up with `<pad>`, and nobody may look
there: `padding_mask`. A decoder that is trained on a whole target at once must not see the answer:
`causal_mask`. The decoder's own padding needs no mask where it stands on the right: the causal mask
hides it from every real token, which all come before it, and the loss ignores what padding says.
"""

from __future__ import annotations

import minitorch as mt
from minitorch import Tensor


def padding_mask(ids: Tensor, pad: int) -> Tensor:
    """True for the tokens that are no padding: (batch, T) → (batch, 1, 1, T), for all who ask."""
    return (ids != pad).unsqueeze(1).unsqueeze(1)


def causal_mask(T: int) -> Tensor:
    """True where the token of the column is not later than that of the row: (T, T)."""
    return mt.ones(T, T, dtype=mt.bool).tril()
