"""Greedy decoding and sampling: autoregressive generation, each token fed back as the next input.

A model predicts a probability distribution over the next token. A decoding strategy chooses from
it:

    greedy         the likeliest token
    sample         a random token, drawn from the distribution: a different text each time
    beam_search    several hypotheses at once, to find a text that is likely as a whole (`beam.py`)

In all of them the `prompt` is what the model continues or answers: the source of a Transformer, the
beginning of a text for a GPT. The model is used as it is; call `model.eval()` first to switch
dropout off. Each step after the first reads one token; the cache holds the keys and values of those
before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import minitorch as mt

from .. import arguments
from .step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from minitorch import Tensor
    from minitorch.autograd import Array

    from ..model.models import GPT, Transformer


@mt.no_grad()  # up to each yield: what the caller does between two steps is recorded as before
def stream(
    model: Transformer | GPT, prompt: Tensor, max_length: int, choose: Callable[[Array], Array]
) -> Iterator[Array]:
    """Generate token by token: yield the ids of each step, (batch), as soon as they are chosen."""
    arguments.generation(model, prompt, max_length)
    first, cache = model.begin(prompt, max_length)
    ids, step = first.numpy(), Step(model)
    ended = np.zeros(prompt.shape[0], np.bool_)
    for _ in range(max_length):
        logits = arguments.next_token_logits(step(ids, cache))  # (batch, vocab_size)
        token = np.where(ended, model.config.pad, choose(logits))  # (batch)
        yield token
        ended |= token == model.config.eos
        if ended.all():
            return
        ids = token[:, None]


def top_k_top_p_mask(logits: Array, top_k: int | None = None, top_p: float | None = None) -> Array:
    """Top-k and top-p (nucleus) filtering: mark the tokens that are likely enough to be sampled.

    A vocabulary has a long tail of tokens that fit badly. Each is unlikely, but every few steps one
    of them is drawn, and the text goes astray (Holtzman et al. 2019, "The curious case of neural
    text degeneration", https://arxiv.org/abs/1904.09751).

    Args:
        logits: (…, vocab_size).
        top_k: keep the k likeliest tokens.
        top_p: keep the likeliest tokens that together have at least this probability, and no more
            than it takes; out of the k, if both are given.

    Returns:
        True for the tokens that are kept, bool (…, vocab_size).
    """
    arguments.sampling(top_k=top_k, top_p=top_p)
    if top_k is None and top_p is None:
        return np.ones(logits.shape, np.bool_)
    logits = arguments.next_token_logits(logits)
    order = np.argsort(-logits, axis=-1, kind="stable")[..., :top_k]  # likeliest first
    kept = np.ones(order.shape, np.bool_)
    if top_p is not None:
        ordered = np.take_along_axis(logits, order, -1)
        p = np.exp(ordered - ordered[..., :1])
        p /= p.sum(-1, keepdims=True)
        kept = p.cumsum(-1) - p < top_p  # the likelier tokens do not yet reach top_p
    result = np.zeros(logits.shape, np.bool_)
    np.put_along_axis(result, order, kept, -1)
    return result


def chooser(
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: mt.Generator | None = None,
) -> Callable[[Array], Array]:
    """Return what chooses tokens, (batch), by logits, (batch, vocab_size); see `sample`."""
    arguments.sampling(temperature, top_k, top_p)
    mt.random.check_generator(generator)
    if temperature == 0:
        return lambda logits: logits.argmax(-1)

    def draw(logits: Array) -> Array:
        logits = logits.astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        with np.errstate(over="ignore"):  # at a low temperature, to -inf
            logits /= temperature
        weights = np.where(top_k_top_p_mask(logits, top_k, top_p), np.exp(logits), 0)
        return mt.multinomial(mt.from_numpy(weights), 1, generator=generator).numpy()[:, 0]

    return draw


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
    """Sampling: at each step a random token, drawn with the probability that the model gives it.

        p = softmax(logits / temperature)

    Args:
        model: a Transformer or a GPT.
        prompt: ids (batch, S); for a GPT, shorter ones are padded on the left.
        max_length: the most tokens to generate.
        temperature: below 1 the likely tokens become likelier still; at 0 this is greedy decoding.
        top_k, top_p: sample from the likeliest tokens only; see `top_k_top_p_mask`.
        generator: the source of random numbers; `mt.Generator().manual_seed(0)` draws the same
            tokens again. The default one unless given.

    Returns:
        ids (batch, T): the tokens up to and with `</s>`, then `<pad>`; T is that of the longest.

    Raises:
        ValueError: an option is out of range, or the model would have to read more tokens than it
            can: all but the last.
        NotFinite: a logit is NaN or infinite, as after a training that diverged.
    """
    choose = chooser(temperature, top_k, top_p, generator)
    return mt.from_numpy(np.stack([*stream(model, prompt, max_length, choose)], 1))


def greedy(model: Transformer | GPT, prompt: Tensor, max_length: int) -> Tensor:
    """Greedy decoding: the likeliest token at each step; otherwise as `sample`."""
    return sample(model, prompt, max_length, temperature=0)
