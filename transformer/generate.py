"""Writing: one token at a time, each fed back, until the end token.

`prompt` is what the model goes on from: the source of a Transformer, the beginning of a text for a
GPT. The model is used as it is; call `model.eval()` first to switch dropout off.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import minitorch as mt
from minitorch import Tensor
from minitorch.autograd import Array

from .models import GPT, Transformer


def greedy(model: Transformer | GPT, prompt: Tensor, max_length: int) -> Tensor:
    """Take the likeliest token at each step, for all prompts of the batch together.

    Args:
        model: a Transformer or a GPT.
        prompt: ids (batch, T); for a GPT, shorter ones are filled up with `<pad>` on the left.
        max_length: how many tokens to write at the most.

    Returns:
        ids (batch, T'), T' ≤ max_length: what was written, up to and with `</s>`, then `<pad>`.
        Stops as soon as every row has ended.
    """
    return _write(model, prompt, max_length, lambda logits: logits.argmax(-1))


@mt.no_grad()
def _write(
    model: Transformer | GPT, prompt: Tensor, max_length: int, choose: Callable[[Array], Array]
) -> Tensor:
    """Write by a rule that takes logits (batch, vocab_size) to tokens (batch)."""
    config = model.config
    ids, cache = model.begin(prompt, max_length)
    written = np.full((prompt.shape[0], max_length), config.pad)
    ended = np.zeros(prompt.shape[0], np.bool_)
    for i in range(max_length):
        token = choose(model.step(ids, cache).numpy())  # (batch)
        written[~ended, i] = token[~ended]
        ended |= token == config.eos
        if ended.all():
            return mt.from_numpy(written[:, : i + 1])
        ids = mt.from_numpy(written[:, i : i + 1])
    return mt.from_numpy(written)
