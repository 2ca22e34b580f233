"""Writing the target: one token at a time, each fed back, until the end token."""

from __future__ import annotations

import numpy as np

import minitorch as mt
from minitorch import Tensor

from .models import Transformer


@mt.no_grad()
def greedy(model: Transformer, source: Tensor, max_length: int) -> Tensor:
    """Take the likeliest token at each step, for all sources of the batch together.

    Args:
        model: is used as it is; call `model.eval()` first to switch dropout off.
        source: ids (batch, S).
        max_length: how many tokens to write at the most.

    Returns:
        ids (batch, T), T ≤ max_length: what was written, up to and with `</s>`, then `<pad>`. Stops
        as soon as every row has ended.
    """
    config = model.config
    memory, memory_mask = model.encode(source)
    written = np.full((source.shape[0], 1), config.bos)
    ended = np.zeros(source.shape[0], np.bool_)
    for _ in range(max_length):
        logits = model.decode(mt.from_numpy(written), memory, memory_mask)  # (batch, T, vocab)
        token = logits.numpy()[:, -1].argmax(-1)  # (batch)
        token[ended] = config.pad
        written = np.concatenate([written, token[:, None]], axis=1)
        ended |= token == config.eos
        if ended.all():
            break
    return mt.from_numpy(written[:, 1:])
