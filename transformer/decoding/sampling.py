"""Writing: one token at a time, each fed back, until the end token.

What a model says at each step is a distribution over the tokens. The ways to write differ in what
they make of it:

    greedy         take the likeliest token
    sample         draw one, so that each time another text comes out
    beam_search    keep several beginnings, and find a likelier whole (`beam.py`)

In all of them `prompt` is what the model goes on from: the source of a Transformer, the beginning
of a text for a GPT. The model is used as it is; call `model.eval()` first to switch dropout off.
Each step reads one token and finds the keys and values of the others in the cache.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import minitorch as mt
from minitorch import Tensor
from minitorch.autograd import Array

from ..model.models import GPT, Transformer


def greedy(model: Transformer | GPT, prompt: Tensor, max_length: int) -> Tensor:
    """Take the likeliest token at each step, for all prompts of the batch together.

    Args:
        model: a Transformer or a GPT.
        prompt: ids (batch, S); for a GPT, shorter ones are filled up with `<pad>` on the left.
        max_length: how many tokens to write at the most.

    Returns:
        ids (batch, T), T ≤ max_length: what was written, up to and with `</s>`, then `<pad>`. Stops
        as soon as every row has ended.

    Raises:
        ValueError: with so many tokens more, the text would be longer than the model can read.
    """
    return _write(model, prompt, max_length, lambda logits: logits.argmax(-1))


def sample(
    model: Transformer | GPT,
    prompt: Tensor,
    max_length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: mt.Generator | None = None,
) -> Tensor:
    """Draw a token at each step, with the probability that the model gives it.

    Args:
        model, prompt, max_length: as in `greedy`.
        temperature: the logits are divided by it. Below 1 the likely tokens become likelier; at 0
            the likeliest is all that is left.
        top_k, top_p: draw from the likeliest tokens only; see `likeliest`.
        generator: draws the tokens; `mt.Generator().manual_seed(0)` draws the same ones again. The
            default one unless given.

    Returns:
        as `greedy`.
    """
    check_sampling(temperature, top_k, top_p)
    if temperature == 0:
        return greedy(model, prompt, max_length)

    def draw(logits: Array) -> Array:
        logits = logits.astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        with np.errstate(over="ignore"):  # to -inf, where it is cold
            logits /= temperature
        weights = np.where(likeliest(logits, top_k, top_p), np.exp(logits), 0)
        return mt.multinomial(mt.from_numpy(weights), 1, generator=generator).numpy()[:, 0]

    return _write(model, prompt, max_length, draw)


def likeliest(logits: Array, top_k: int | None = None, top_p: float | None = None) -> Array:
    """Say of each token whether it is likely enough to be drawn.

    A vocabulary has a long tail of tokens that fit badly. Each is unlikely, but every few steps one
    of them is drawn, and the text goes astray (Holtzman et al. 2019, "The curious case of neural
    text degeneration", https://arxiv.org/abs/1904.09751).

    Args:
        logits: (batch, vocab_size).
        top_k: keep the k likeliest tokens.
        top_p: keep the likeliest tokens that together have at least this probability, and no more
            than it takes; out of the k, if both are given.

    Returns:
        bool (batch, vocab_size).
    """
    check_sampling(top_k=top_k, top_p=top_p)
    if top_k is None and top_p is None:
        return np.ones(logits.shape, np.bool_)
    order = np.argsort(-logits, axis=-1, kind="stable")[:, :top_k]  # likeliest first
    kept = np.ones(order.shape, np.bool_)
    if top_p is not None:
        ordered = np.take_along_axis(logits, order, -1)
        p = np.exp(ordered - ordered[:, :1])
        p /= p.sum(-1, keepdims=True)
        kept = p.cumsum(-1) - p < top_p  # those before it do not yet have that much
    result = np.zeros(logits.shape, np.bool_)
    np.put_along_axis(result, order, kept, -1)
    return result


def check_sampling(
    temperature: float | None = None, top_k: int | None = None, top_p: float | None = None
) -> None:
    """Raise a ValueError if nothing can be drawn so."""
    if temperature is not None and not temperature >= 0:
        raise ValueError(f"temperature must not be negative, but is {temperature}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, not {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be a probability above 0, not {top_p}")


@mt.no_grad()
def _write(
    model: Transformer | GPT, prompt: Tensor, max_length: int, choose: Callable[[Array], Array]
) -> Tensor:
    """Write by a rule that takes logits, (batch, vocab_size), to tokens, (batch)."""
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
