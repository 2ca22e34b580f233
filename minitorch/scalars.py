"""Checks of arguments that are plain values: a number, a list of them, True or False.

Each returns the value as Python's own type, or says what was given:

    >>> number("dropout", "p", 1.5, 0, 1)
    Traceback (most recent call last):
    ValueError: dropout(): argument 'p' must be at least 0 and at most 1, not 1.5
    >>> whole("topk", "k", 2.5)
    Traceback (most recent call last):
    TypeError: topk(): argument 'k' must be int, not float (2.5)

The first two arguments are the name of the function and of its argument. Where the first is empty,
as for an option that several functions take, the message is "k must be int, not float (2.5)".
"""

from __future__ import annotations

import math
import reprlib
import sys
from collections.abc import Mapping
from operator import index
from typing import Any

import numpy as np

LARGEST = sys.float_info.max


def short(value: Any) -> str:
    """Show a value in a few characters, on one line."""
    return " ".join(reprlib.repr(value).split())


def _must_be(name: str, argument: str, kind: str, given: Any) -> str:
    called = f"{name}(): argument '{argument}'" if name else argument
    return f"{called} must be {kind}, not {given}"


def _wrong_type(name: str, argument: str, kind: str, value: Any) -> TypeError:
    given = f"{type(value).__name__} ({short(value)})"
    return TypeError(_must_be(name, argument, kind, given))


def flag(name: str, argument: str, value: Any) -> bool:
    """Return True or False, given as Python's bool or NumPy's, or raise TypeError."""
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
    """Return an int, given as Python's, NumPy's or a tensor.

    Raises:
        TypeError: it is no whole number, or a bool.
        ValueError: it is less than `least`; or the `error` that is given instead.
    """
    if type(value) is int and (least is None or least <= value):
        return value
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        n = index(value)
    except TypeError:
        raise _wrong_type(name, argument, "int", value) from None
    if least is not None and n < least:
        raise error(_must_be(name, argument, f"at least {least}", n))
    return n


def wholes(name: str, argument: str, value: Any) -> list[int]:
    """Return an int, or a sequence of ints, as a list of ints."""
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
    """Return a real number in [low, high], given as Python's or NumPy's.

    NaN is refused, and so is an infinity unless it is one of the bounds.

    Raises:
        TypeError: it is no real number, or a bool.
        ValueError: it is out of range; or the `error` that is given instead.
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
        raise error(_must_be(name, argument, expected, x))
    return x


def sequence(name: str, argument: str, value: Any) -> list[Any]:
    """Return a list, a tuple, an array or a tensor as a list, or raise TypeError."""
    found = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(found, (str, Mapping)) or not hasattr(found, "__getitem__"):
        raise _wrong_type(name, argument, "a list", value)
    return list(found)
