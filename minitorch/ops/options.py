"""Checks of the arguments that are no tensors: numbers, and the sizes to normalise over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from .arguments import tensor

if TYPE_CHECKING:
    from ..tensor import Tensor


def integer(name: str, argument: str, value: Any) -> int:
    """Return the value, which must be an int and no bool, or raise TypeError."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}(): argument '{argument}' must be int, not {type(value).__name__}")
    return index(value)


def boolean(name: str, argument: str, value: Any) -> None:
    """Raise TypeError unless the value is a bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}(): argument '{argument}' must be bool, not {type(value).__name__}")


def number(
    name: str,
    argument: str,
    value: Any,
    least: float = -math.inf,
    most: float = math.inf,
    error: type[Exception] = ValueError,
) -> None:
    """Raise `error` unless the value is a finite number from `least` to `most`.

    Raises:
        TypeError: it is no number, or a bool.
    """
    if isinstance(value, bool) or not isinstance(value, (float, int, np.floating, np.integer)):
        raise TypeError(
            f"{name}(): argument '{argument}' must be a number, not {type(value).__name__}"
        )
    if not (least <= value <= most and math.isfinite(value)):
        between = "" if most == math.inf else f" and between {least} and {most}"
        raise error(f"{name}: {argument} must be finite{between}, not {value}")


def normalized_sizes(name: str, input: Tensor, normalized_shape: Sequence[int]) -> tuple[int, ...]:
    """Return `normalized_shape` as a tuple; the last sizes of the input must be these.

    Raises:
        TypeError: it is no sequence of ints.
        RuntimeError: it is empty, or the input has other sizes.
    """
    shape = tensor(name, "input", input).array.shape
    try:
        sizes = tuple([index(n) for n in normalized_shape])
    except TypeError:
        raise TypeError(
            f"{name}(): argument 'normalized_shape' must be a sequence of ints, not "
            f"{normalized_shape!r}"
        ) from None
    if not sizes or shape[-len(sizes) :] != sizes:
        raise RuntimeError(
            f"{name}: given normalized_shape={list(sizes)}, expected input of shape "
            f"[*, {', '.join(map(str, sizes))}], but got {list(shape)}"
        )
    return sizes
