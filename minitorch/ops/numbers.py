"""Checks of numbers among the arguments: sizes, counts, probabilities."""

from __future__ import annotations

import math
from operator import index as as_index
from typing import Any


def whole(
    name: str, argument: str, value: Any, least: int = 0, error: type[Exception] = ValueError
) -> int:
    """Return a whole number that is at least `least`.

    Raises:
        TypeError: it is no whole number, or a bool.
        ValueError: it is less, unless another error was declared.
    """
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise TypeError(f"{name}: {argument} must be a whole number, not {value!r}")
    number = as_index(value)
    if number < least:
        raise error(f"{name}: {argument} must be at least {least}, not {number}")
    return number


def between(name: str, argument: str, value: Any, low: float, high: float = math.inf) -> Any:
    """Return a number that lies in [low, high].

    Raises:
        TypeError: it is no number.
        ValueError: it is less, more, or NaN.
    """
    try:
        fits = low <= value <= high
    except TypeError:
        raise TypeError(f"{name}: {argument} must be a number, not {value!r}") from None
    if not fits:
        raise ValueError(f"{name}: {argument} has to be between {low} and {high}, but got {value}")
    return value
