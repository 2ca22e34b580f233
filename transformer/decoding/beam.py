"""Beam search: a search for a text that is likely as a whole, not only token by token.

Greedy decoding takes the likeliest token and may end where nothing likely follows. All vocab_size^T
texts of T tokens are too many to try. Beam search keeps the `width` best hypotheses: texts so far,
finished or not. It is not sure to find the best text. At each step it

    expands    each unfinished hypothesis by every token of the vocabulary,
    scores     the results by their log-probability over the length penalty,
    selects    the `width` best, and reorders the key/value cache to match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import minitorch as mt
from minitorch import Tensor

from .. import arguments
from .step import Step

if TYPE_CHECKING:
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


def length_penalty(length: Array, alpha: float) -> Array:
    """lp(n) = ((5 + n) / 6)^alpha, which is 1 for one token, and grows (Wu et al. 2016, eq. 14)."""
    return ((5 + length) / 6) ** alpha


def _best(scores: Array, k: int) -> Array:
    """Return the places of the k largest of each row, the largest first: (rows, k).

    Of equals the first comes first, as with argmax: width 1 is greedy decoding to the last token.
    """
    places = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
    best = np.take_along_axis(scores, places, 1)
    if (np.count_nonzero(scores >= best.min(1, keepdims=True), 1) > k).any():  # which of equals?
        return np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(places, np.argsort(-best, axis=1, kind="stable"), 1)


class _Hypotheses:
    """The beam: for each prompt of a batch, `width` hypotheses, at first all of them empty.

    Attributes:
        ids: the tokens, (batch, width, max_length), padded on the right.
        log_p: ln P(hypothesis | prompt), (batch, width).
        scores: log_p over the length penalty, (batch, width).
        lengths: the tokens of each, `</s>` included, (batch, width).
        ended: True where `</s>` is among them, (batch, width).
    """

    def __init__(self, batch: int, width: int, max_length: int, pad: int, eos: int) -> None:
        self.pad, self.eos = pad, eos
        self.ids = np.full((batch, width, max_length), pad)
        self.log_p = np.full((batch, width), -np.inf)  # at first there is one text, the empty one
        self.log_p[:, 0] = 0
        self.scores = self.log_p
        self.lengths = np.zeros((batch, width), np.int64)
        self.ended = np.zeros((batch, width), np.bool_)

    def expand(self, next_log_p: Array) -> Array:
        """Append every token to each hypothesis; return ln P of the results. Add 1 to `lengths`.

            ln P(hypothesis, token | prompt) = ln P(hypothesis | prompt) + ln P(token | hypothesis)

        Args:
            next_log_p: ln P(token | hypothesis), (batch, width, vocab_size); overwritten.

        Returns:
            (batch, width, vocab_size).
        """
        next_log_p[self.ended] = -np.inf  # after `</s>` only padding follows, with probability 1
        next_log_p[self.ended, max(self.pad, 0)] = 0  # pad=-1 has no place of its own
        self.lengths = self.lengths + ~self.ended
        return self.log_p[:, :, None] + next_log_p

    def select(self, log_p: Array, scores: Array, i: int) -> tuple[Array, Array]:
        """Keep the `width` expanded hypotheses with the best scores.

        Args:
            log_p, scores: of all expanded hypotheses, (batch, width, vocab_size).
            i: the place of the new token.

        Returns:
            the hypothesis that each was expanded from, and its new token, (batch, width) both.
        """
        batch, width, vocab_size = scores.shape
        best = _best(scores.reshape(batch, -1), width)  # (batch, width): places in the flat rows
        self.scores = np.take_along_axis(scores.reshape(batch, -1), best, 1)
        self.log_p = np.take_along_axis(log_p.reshape(batch, -1), best, 1)
        parent, token = np.divmod(best, vocab_size)
        self.ids = np.take_along_axis(self.ids, parent[:, :, None], 1)
        self.lengths = np.take_along_axis(self.lengths, parent, 1)
        self.ended = np.take_along_axis(self.ended, parent, 1)
        self.ids[:, :, i] = token = np.where(self.ended, self.pad, token)
        self.ended |= token == self.eos
        return parent, token


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
    """Search for the texts with the best scores, for all prompts of the batch together.

        score(y) = ln P(y | prompt) / lp(|y|)        lp(n) = ((5 + n) / 6)^alpha

    Each token lowers the probability of the whole, so that of all texts the shortest would tend to
    win. The length penalty lp makes up for that (Wu et al. 2016, section 7,
    https://arxiv.org/abs/1609.08144); with alpha = 0 the score is the log-probability itself.
    `</s>` counts too.

    A hypothesis that has ended stays in the beam and competes with those that go on. The search is
    over when all in the beam have ended, or at the limit; there, texts without an end count too.
    Width 1 is greedy decoding.

    Args:
        model: a Transformer or a GPT.
        prompt: ids (batch, S); for a GPT, shorter ones are padded on the left.
        max_length: the most tokens to generate.
        width: the hypotheses to keep.
        alpha: the strength of the length penalty, at most 100.
        n_best: the texts to return; at most `width`.

    Raises:
        ValueError: an argument is out of range, or the model would have to read more tokens than it
            can: all but the last.
        NotFinite: as in `greedy`.
    """
    arguments.generation(model, prompt, max_length)
    arguments.whole_number("width", width, least=1)
    if arguments.whole_number("n_best", n_best, least=1) > width:
        raise ValueError(f"a beam of {width} cannot give the {n_best} best texts")
    arguments.alpha(alpha)
    batch = prompt.shape[0]
    beam = _Hypotheses(batch, width, max_length, model.config.pad, model.config.eos)
    first_rows = np.arange(batch)[:, None] * width  # of each prompt's hypotheses, in the cache

    first, cache = model.begin(prompt, max_length)
    ids, step = first.numpy(), Step(model)
    end = max_length
    for i in range(max_length):
        logits = mt.from_numpy(step(ids, cache)).double()
        arguments.next_token_logits(logits.numpy())
        next_log_p = logits.log_softmax(-1).numpy()
        if i == 0:  # each prompt was read once; from here on, one row per hypothesis
            rows = np.repeat(np.arange(batch), width)
            next_log_p = next_log_p[rows]
            cache.select(rows)

        log_p = beam.expand(next_log_p.reshape(batch, width, -1))
        scores = log_p / length_penalty(beam.lengths, alpha)[:, :, None]
        parent, token = beam.select(log_p, scores, i)
        if beam.ended.all():
            end = i + 1
            break
        cache.select((first_rows + parent).reshape(-1))
        ids = token.reshape(-1, 1)
    return Beams(mt.from_numpy(beam.ids[:, :n_best, :end]), mt.from_numpy(beam.scores[:, :n_best]))
