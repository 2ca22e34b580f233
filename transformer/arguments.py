"""What tokenizers, decoding and tasks may be given: a function for each kind of argument.

Each raises an error that says what is wrong: TypeError for the wrong kind of thing, ValueError for
a value out of range, IndexError for a token id that is not in the vocabulary. Most return the
argument, so that they can stand around it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from numbers import Real
from operator import index
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt

if TYPE_CHECKING:
    from minitorch.autograd import Array


class NotFinite(RuntimeError):
    """A model computes numbers that are NaN or infinite: nothing can be chosen by them."""


# ------------------------------------------------------------------------------------ numbers


def _index(value: Any) -> int:
    """Return an int; a bool is none."""
    if isinstance(value, bool):
        raise TypeError
    return index(value)


def whole_number(name: str, value: Any, least: int | None = None) -> int:
    """Return a whole number, of Python or NumPy, that is not less than `least`."""
    try:
        number = _index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {short(value)}") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number


def number(name: str, value: Any) -> Any:
    """Return a number, unless it is NaN or infinite."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {short(value)}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, not {value}")
    return value


# -------------------------------------------------------------------------------------- texts


def text(name: str, value: Any) -> str:
    """Return a str."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    return value


def encodable(value: str) -> str:
    """Return a text of whole characters, so that it can be written in UTF-8."""
    for c in value:
        if "\ud800" <= c <= "\udfff":
            raise ValueError(f"{c!r} is half of a surrogate pair, which is no character")
    return value


def texts(name: str, values: Any) -> list[str]:
    """Return a list of at least one str; a single str is none."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a list of str, not {type(values).__name__}")
    found = [text(f"{name}[{i}]", value) for i, value in enumerate(values)]
    if not found:
        raise ValueError(f"{name} is empty: at least one text is needed")
    return found


def vocabulary(name: str, tokens: Iterable[str], special: Sequence[str]) -> dict[str, int]:
    """Return the id of each token of a vocabulary, which begins with the special tokens.

    Raises:
        ValueError: a token appears twice, is a special one, or is no text; or there are none.
    """
    ids: dict[str, int] = {}
    for token in tokens:
        if token in ids:
            raise ValueError(f"{token!r} appears twice in {name}")
        if token in special:
            raise ValueError(f"{token!r} is in {name}, and is a special token")
        ids[encodable(token)] = len(special) + len(ids)
    if not ids:
        raise ValueError(f"{name} has no tokens: give one at least")
    return ids


# ---------------------------------------------------------------------------------- token ids


def token_ids(ids: Any, vocab_size: int, least: int = 0) -> list[int]:
    """Return token ids, each in range(least, vocab_size), as a list."""
    try:
        values = list(ids)
        if set(map(type, values)) != {int}:
            values = [_index(i) for i in values]
    except (TypeError, RuntimeError):  # a RuntimeError of a tensor of several rows
        raise TypeError(f"token ids must be whole numbers, not {short(ids)}") from None
    for i in (min(values), max(values)) if values else ():
        if not least <= i < vocab_size:
            raise IndexError(f"there is no token {i}: the ids go from {least} to {vocab_size - 1}")
    return values


def pairs(name: str, values: Any) -> list[tuple[int, int]]:
    """Return a list of pairs of whole numbers."""
    try:
        return [(whole_number(name, a), whole_number(name, b)) for a, b in values]
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be pairs of token ids, not {short(values)}") from None


def flat_ids(rows: Any) -> Array:
    """Return the ids of all rows of a batch, one row after the other, int64."""
    try:
        ids = np.array(list(chain.from_iterable(rows)))
    except TypeError:
        raise TypeError(f"a batch is a list of lists of token ids, not {short(rows)}") from None
    if not len(rows):
        raise ValueError("a batch needs at least one sequence of token ids")
    if ids.size and (ids.dtype.kind != "i" or ids.ndim != 1):
        raise TypeError(f"token ids must be whole numbers, not {short(rows)}")
    return ids.astype(np.int64, copy=False)


# ------------------------------------------------------------------------------------ decoding


def generation(model: Any, prompt: Any, max_length: Any) -> None:
    """Raise unless a model can generate `max_length` tokens from a prompt, ids (batch, S)."""
    if not hasattr(model, "begin"):
        raise TypeError(
            f"only a Transformer or a GPT generates text by itself, not {type(model).__name__}"
        )
    whole_number("max_length", max_length, least=1)
    if not isinstance(prompt, mt.Tensor):
        raise TypeError(f"a prompt must be a Tensor of token ids, not {type(prompt).__name__}")
    ids = prompt.detach().numpy()
    if ids.dtype.kind != "i":
        raise TypeError(f"a prompt holds token ids, int64, not {prompt.dtype}")
    if ids.ndim != 2:
        raise ValueError(f"a prompt has the shape (batch, S), not {ids.shape}: use [ids]")
    if not ids.shape[0]:
        raise ValueError("a batch of prompts needs at least one")
    blank = (ids == model.config.pad).all(1)
    if blank.any():
        raise ValueError(
            f"an empty prompt says nothing to go on from: row {blank.argmax()} has no token but "
            "<pad>; begin with <s>"
        )


def next_token_logits(logits: Array) -> Array:
    """Return logits, (…, vocab_size), by which one token at least is possible.

    A logit of -inf rules a token out.

    Raises:
        NotFinite: a logit is NaN or inf, or all of a row are -inf.
    """
    highest = logits.max(-1)
    if not np.isfinite(highest).all():
        wrong = highest[~np.isfinite(highest)][0]
        raise NotFinite(
            f"no token can be chosen: the model's highest logit is {wrong}. Its parameters are NaN "
            "or too large, as after a training that diverged: load those of an earlier checkpoint, "
            "or train anew with a lower learning rate"
        )
    return logits


def sampling(
    temperature: float | None = None, top_k: int | None = None, top_p: float | None = None
) -> None:
    """Raise for options from which no token can be sampled."""
    if temperature is not None and number("temperature", temperature) < 0:
        raise ValueError(f"temperature must not be negative, but is {temperature}")
    if top_k is not None:
        whole_number("top_k", top_k, least=1)
    if top_p is not None and not 0 < number("top_p", top_p) <= 1:
        raise ValueError(f"top_p must be a probability above 0, not {top_p}")


def generator(value: Any) -> None:
    """Raise unless it is a generator of random numbers, or None for the default one."""
    if value is not None and not isinstance(value, mt.Generator):
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        raise TypeError(f"generator must be a minitorch.Generator, not {kind}")


def alpha(value: float) -> None:
    """Raise for a length penalty that would favour short texts, or overflow."""
    if not 0 <= number("alpha", value) <= 100:
        raise ValueError(f"alpha must be in [0, 100], not {value}")
