"""Checks of arguments that are plain numbers: a count, a probability, True or False.

Each returns the value as a Python number, or says what was given:

    >>> number("dropout", "p", 1.5, 0, 1)
    Traceback (most recent call last):
    ValueError: dropout(): argument 'p' must be at least 0 and at most 1, not 1.5
    >>> whole("topk", "k", 2.5)
    Traceback (most recent call last):
    TypeError: topk(): argument 'k' must be int, not float (2.5)
"""

from __future__ import annotations

import math
import sys
from operator import index
from reprlib import repr as short
from typing import Any

import numpy as np

LARGEST = sys.float_info.max


def _wrong_type(name: str, argument: str, kind: str, value: Any) -> TypeError:
    given = f"{type(value).__name__} ({short(value)})"
    return TypeError(f"{name}(): argument '{argument}' must be {kind}, not {given}")


def flag(name: str, argument: str, value: Any) -> bool:
    """Return True or False, of Python or NumPy, or raise TypeError."""
    if value is True or value is False:
        return value
    if not isinstance(value, np.bool_):
        raise _wrong_type(name, argument, "bool", value)
    return bool(value)


def whole(
    name: str,
    argument: str,
    value: Any,
    least: int | None = None,
    error: type[Exception] = ValueError,
) -> int:
    """Return a whole number, of Python, NumPy or a tensor, that is not less than `least`.

    Raises:
        TypeError: it is no whole number, or a bool.
        ValueError: it is less, unless another error was declared.
    """
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        n = index(value)
    except TypeError:
        raise _wrong_type(name, argument, "int", value) from None
    if least is not None and n < least:
        raise error(f"{name}(): argument '{argument}' must be at least {least}, not {n}")
    return n


def wholes(name: str, argument: str, value: Any) -> list[int]:
    """Return a whole number, or a sequence of them, as a list."""
    each = value if isinstance(value, (list, tuple, range)) else [value]
    return [whole(name, argument, n) for n in each]


def number(
    name: str,
    argument: str,
    value: Any,
    low: float = -LARGEST,
    high: float = LARGEST,
    error: type[Exception] = ValueError,
) -> Any:
    """Return a real number of Python or NumPy that lies in [low, high].

    An infinity is refused unless it is one of the bounds, and NaN always.

    Raises:
        TypeError: it is no real number, or a bool.
        ValueError: it lies outside, unless another error was declared.
    """
    if type(value) is float and low <= value <= high:
        return value
    x = value.item() if isinstance(value, np.generic) else value
    if isinstance(x, bool) or not isinstance(x, (float, int)):
        raise _wrong_type(name, argument, "a number", value)
    if not low <= x <= high:
        bounds = [f"at least {low}"] * (low > -LARGEST) + [f"at most {high}"] * (high < LARGEST)
        finite = ["finite"] * (math.isfinite(low) and high == LARGEST)
        expected = " and ".join(bounds + finite) or "a number"
        raise error(f"{name}(): argument '{argument}' must be {expected}, not {x}")
    return x
