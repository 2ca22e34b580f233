"""Checks of arguments that are plain numbers: a count, a dimension, True or False."""

from __future__ import annotations

from operator import index as as_index
from typing import Any

import numpy as np


def whole(name: str, argument: str, value: Any) -> int:
    """Return the value, which must be a whole number and no bool, as an int, or raise TypeError."""
    try:
        if not isinstance(value, (bool, np.bool_)):
            return as_index(value)
    except (TypeError, RuntimeError):
        pass
    raise TypeError(f"{name}(): argument '{argument}' must be int, not {type(value).__name__}")


def wholes(name: str, argument: str, value: Any) -> list[int]:
    """Return an int, or a sequence of ints, as a list."""
    each = value if isinstance(value, (list, tuple, range)) else [value]
    return [whole(name, argument, n) for n in each]


def flag(name: str, argument: str, value: Any) -> bool:
    """Return the value, which must be True or False, or raise TypeError."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}(): argument '{argument}' must be bool, not {type(value).__name__}")
    return bool(value)
