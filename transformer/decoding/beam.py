"""Beam search: the likeliest whole, not the likeliest next token.

Greedy writing takes the likeliest token and may find itself where nothing likely follows. To look
at every text is out of the question: there are vocab_size^T of them. Beam search keeps the best
`width` beginnings, goes on from each with every token, and keeps the best `width` of these.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import minitorch as mt
from minitorch import Tensor
from minitorch.autograd import Array

from ..model.models import GPT, Transformer


class Beams(NamedTuple):
    """What a beam search found for each prompt, the best first.

    Attributes:
        ids: (batch, n_best, T), each up to and with `</s>`, then `<pad>`.
        scores: (batch, n_best); see `beam_search`. -inf where there are no more texts to find.
    """

    ids: Tensor
    scores: Tensor


@mt.no_grad()
def beam_search(
    model: Transformer | GPT,
    prompt: Tensor,
    max_length: int,
    width: int = 4,
    *,
    alpha: float = 0.6,
    n_best: int = 1,
) -> Beams:
    """Look for the texts with the best scores, for all prompts of the batch together.

        score(y) = ln P(y | prompt) / lp(|y|)        lp(n) = ((5 + n) / 6)^alpha

    Each token lowers the probability of the whole, so that of all texts the shortest would tend to
    win. The length penalty lp makes up for that (Wu et al. 2016, section 7,
    https://arxiv.org/abs/1609.08144); alpha = 0 is the probability itself. `</s>` counts too.

    A text that has ended stays in the beam and competes with those that go on. The search is over
    when all in the beam have ended, or at the limit; there, texts without an end count too. Width 1
    is greedy writing.

    Args:
        model: a Transformer or a GPT.
        prompt: ids (batch, S); for a GPT, shorter ones are filled up with `<pad>` on the left.
        max_length: how many tokens to write at the most.
        width: how many beginnings to keep.
        alpha: the strength of the length penalty, at most 100.
        n_best: how many texts to return; at most `width`.

    Raises:
        ValueError: an argument is out of range, or with `max_length` tokens more the text would be
            longer than the model can read.
    """
    if not 1 <= n_best <= width:
        raise ValueError(f"a beam of {width} cannot give the {n_best} best texts")
    check_alpha(alpha)
    pad, eos = model.config.pad, model.config.eos
    batch = prompt.shape[0]
    ids, cache = model.begin(prompt, max_length)
    first_rows = np.arange(batch)[:, None] * width  # of each prompt's beam, in the cache

    log_p = np.full((batch, width), -np.inf)  # at first there is one beginning, the empty one
    log_p[:, 0] = 0
    written = np.full((batch, width, max_length), pad)
    lengths = np.zeros((batch, width), np.int64)
    ended = np.zeros((batch, width), np.bool_)
    scores = log_p
    for i in range(max_length):
        next_log_p = model.step(ids, cache).double().log_softmax(-1).numpy()
        if i == 0:
            rows = np.repeat(np.arange(batch), width)
            next_log_p = next_log_p[rows]
            cache.select(rows)
        next_log_p = next_log_p.reshape(batch, width, -1)
        next_log_p[ended] = -np.inf  # after the end there is nothing but padding
        next_log_p[ended, pad] = 0
        lengths = lengths + ~ended

        # Of all that the beam can go on with, keep the best.
        log_p = log_p[:, :, None] + next_log_p  # (batch, width, vocab_size)
        candidates = log_p / length_penalty(lengths, alpha)[:, :, None]
        best = _best(candidates.reshape(batch, -1), width)  # (batch, width)
        scores = np.take_along_axis(candidates.reshape(batch, -1), best, 1)
        log_p = np.take_along_axis(log_p.reshape(batch, -1), best, 1)
        source, token = np.divmod(best, next_log_p.shape[-1])
        written = np.take_along_axis(written, source[:, :, None], 1)
        written[:, :, i] = token
        lengths = np.take_along_axis(lengths, source, 1)
        ended = np.take_along_axis(ended, source, 1) | (token == eos)
        if ended.all():
            written = written[:, :, : i + 1]
            break
        cache.select((first_rows + source).reshape(-1))
        ids = mt.from_numpy(token.reshape(-1, 1))
    return Beams(mt.from_numpy(written[:, :n_best]), mt.from_numpy(scores[:, :n_best]))


def check_alpha(alpha: float) -> None:
    """Raise a ValueError for a length penalty that would shorten texts, or overflow."""
    if not 0 <= alpha <= 100:
        raise ValueError(f"alpha must be in [0, 100], not {alpha}")


def length_penalty(length: Array, alpha: float) -> Array:
    """What the log-probability of a text with so many tokens is divided by; 1 for one token."""
    return ((5 + length) / 6) ** alpha


def _best(scores: Array, n: int) -> Array:
    """Return the places of the n largest of each row, the largest first: (rows, n)."""
    places = np.sort(np.argpartition(-scores, n - 1, axis=1)[:, :n], axis=1)
    order = np.argsort(-np.take_along_axis(scores, places, 1), axis=1, kind="stable")
    return np.take_along_axis(places, order, 1)
