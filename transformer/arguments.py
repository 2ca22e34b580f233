"""Checks of the arguments of tokenizers, decoding and tasks: a function for each kind of argument.

A check raises TypeError for a wrong type, ValueError for a value out of range, and IndexError for a
token id that is not in the vocabulary. Most return the argument, so that a call can wrap it:
`whole_number("top_k", top_k, least=1)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt
from minitorch import scalars
from minitorch.scalars import short

if TYPE_CHECKING:
    from minitorch.autograd import Array


class NotFinite(RuntimeError):
    """The logits of a model are NaN or infinite, so that no token can be chosen."""


whole_number = partial(scalars.whole, "")
number = partial(scalars.number, "")

# -------------------------------------------------------------------------------------- texts


def text(name: str, value: Any) -> str:
    """Return a str."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    return value


def encodable(value: str) -> str:
    """Return a text that UTF-8 can encode, or raise ValueError."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        c = value[error.start]
        raise ValueError(f"{c!r} is half of a surrogate pair, which is no character") from None
    return value


def texts(name: str, values: Any) -> list[str]:
    """Return an iterable of at least one str, but not a single str, as a list."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a list of str, not {type(values).__name__}")
    found = [text(f"{name}[{i}]", value) for i, value in enumerate(values)]
    if not found:
        raise ValueError(f"{name} is empty: at least one text is needed")
    return found


def vocabulary(name: str, tokens: Iterable[str], special: Sequence[str]) -> dict[str, int]:
    """Return the id of each token of a vocabulary; the special tokens have the first ids.

    Raises:
        ValueError: a token appears twice, is a special one, or cannot be encoded; or there are
            none.
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
            values = [whole_number("a token id", i) for i in values]
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
    """Return the ids of all rows of a batch in one int64 array, one row after the other."""
    try:
        ids = np.array(list(chain.from_iterable(rows)))
    except TypeError:
        raise TypeError(f"a batch is a list of lists of token ids, not {short(rows)}") from None
    if not len(rows):
        raise ValueError("a batch needs at least one sequence of token ids")
    if ids.size and (ids.dtype.kind != "i" or ids.ndim != 1):
        raise TypeError(f"token ids must be whole numbers, not {short(rows)}")
    return ids.astype(np.int64, copy=False)


def rows_of_ids(name: str, ids: Any, least: int = 1) -> Array:
    """Return the array of a tensor of token ids, (batch, T), with T of at least `least`.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: the dtype is not int64 or int32.
        ValueError: the shape is another, or there are too few tokens.
    """
    if not isinstance(ids, mt.Tensor):
        raise TypeError(f"{name} must be a Tensor of token ids, not {type(ids).__name__}")
    if ids.dtype not in (mt.int64, mt.int32) and ids.numel():
        raise RuntimeError(f"{name} must be an int64 or int32 tensor of token ids, not {ids.dtype}")
    array: Array = ids.numpy()
    if array.ndim != 2:
        raise ValueError(
            f"{name} must have the shape (batch, T), a row for each text, not {array.shape}"
        )
    if array.shape[1] < least:
        raise ValueError(
            f"too few tokens in {name}, of shape {array.shape}: T must be at least {least}. A text "
            "begins with <s>"
        )
    return array


# ------------------------------------------------------------------------------------ decoding


def generation(model: Any, prompt: Any, max_length: Any) -> None:
    """Raise unless a model can generate `max_length` tokens from a prompt, ids (batch, S)."""
    if not hasattr(model, "begin"):
        raise TypeError(
            f"only a Transformer or a GPT generates text by itself, not {type(model).__name__}"
        )
    whole_number("max_length", max_length, least=1)
    ids = rows_of_ids("prompt", prompt)
    if not len(ids):
        raise ValueError("a batch of prompts needs at least one")
    blank = (ids == model.config.pad).all(1)
    if blank.any():
        raise ValueError(
            f"an empty prompt says nothing to go on from: row {blank.argmax()} has no token but "
            "<pad>; begin with <s>"
        )


def next_token_logits(logits: Array) -> Array:
    """Return logits, (…, vocab_size), if a token can be chosen by them.

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
    """Raise for options of sampling that are out of range."""
    if temperature is not None:
        number("temperature", temperature, 0)
    if top_k is not None:
        whole_number("top_k", top_k, least=1)
    if top_p is not None and not 0 < number("top_p", top_p) <= 1:
        raise ValueError(f"top_p must be a probability above 0, not {top_p}")


def alpha(value: float) -> None:
    """Raise unless alpha is from 0 to 100: below, short texts are favoured; above, it overflows."""
    number("alpha", value, 0, 100)
