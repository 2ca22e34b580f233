"""Are two tensors equal, up to the rounding of their dtype?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..dtypes import Array
from ..tensor import Tensor

# (rtol, atol), as in PyTorch; elements of every other dtype must be equal.
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def _as_array(value: Any) -> Array:
    array = value.array if isinstance(value, Tensor) else np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"assert_close: cannot compare {type(value).__name__}: {value!r}"[:200])
    return array


def _pairs(actual: Any, expected: Any, where: str) -> list[tuple[str, Array, Array]]:
    """Pair up the arrays to be compared, each with its place in the sequences and mappings."""
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        if actual.keys() != expected.keys():
            raise AssertionError(f"The keys differ: {list(actual)} and {list(expected)}")
        places: Any = actual.keys()
    elif isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(actual) != len(expected):
            raise AssertionError(f"The lengths differ: {len(actual)} and {len(expected)}")
        places = range(len(actual))
    else:
        return [(where, _as_array(actual), _as_array(expected))]
    return [p for i in places for p in _pairs(actual[i], expected[i], f"{where}[{i!r}]")]


def _greatest(kind: str, differences: Array, allowed: float, a: Array, b: Array) -> str:
    """Name the elements of a and b that are furthest apart."""
    index = tuple(int(i) for i in np.unravel_index(np.argmax(differences), a.shape))
    return (
        f"Greatest {kind} difference: {differences[index]:.6g} at index {index} "
        f"(up to {allowed:g} allowed): {a[index]!s}, expected {b[index]!s}"
    )


def _difference(
    a: Array, b: Array, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool
) -> str | None:
    """Describe how the arrays differ; None if they are close."""
    if a.shape != b.shape:
        return f"The values for attribute 'shape' do not match: {a.shape} != {b.shape}."
    if check_dtype and a.dtype != b.dtype:
        return f"The values for attribute 'dtype' do not match: {a.dtype} != {b.dtype}."
    if rtol is None or atol is None:
        of_each = [_TOLERANCES.get(x.dtype.name, (0.0, 0.0)) for x in (a, b)]
        rtol, atol = (max(of_both) for of_both in zip(*of_each, strict=True))
    close = np.isclose(a, b, rtol, atol, equal_nan)
    if close.all():
        return None
    wide = np.result_type(a, b, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        absolute = np.where(close, 0, np.abs(a.astype(wide) - b.astype(wide)))
        relative = np.where(close, 0, absolute / np.abs(b))
    return "\n".join([
        "Tensor-likes are not close!",
        "",
        f"Mismatched elements: {close.size - close.sum()} / {close.size} ({1 - close.mean():.1%})",
        _greatest("absolute", absolute, atol, a, b),
        _greatest("relative", relative, rtol, a, b),
    ])  # fmt: skip


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_dtype: bool = True,
    msg: str | None = None,
) -> None:
    """Assert that |actual - expected| <= atol + rtol · |expected| for each element.

    Args:
        actual, expected: tensors, arrays or numbers; or sequences or mappings of them, compared
            item by item.
        rtol, atol: by default (1.3e-6, 1e-5) for float32, (1e-7, 1e-7) for float64 and (0, 0) for
            other dtypes, the wider of the two where dtypes differ. Give both or neither.
        equal_nan: does NaN equal NaN?
        check_dtype: must dtypes be equal? Python numbers are float64, int64 and bool.
        msg: the error's message, in place of the one that describes the difference.

    Raises:
        AssertionError: they are not close, or differ in shape, dtype, length or keys. The message
            names the elements that are furthest apart.
        TypeError: something is neither a number nor a tensor nor an array of numbers.
        ValueError: only one of the tolerances is given, or one is negative or no number.
    """
    if rtol is None or atol is None:
        if rtol is not atol:
            raise ValueError("assert_close: give both rtol and atol, or neither")
    elif not all(isinstance(t, (float, int)) and t >= 0 for t in (rtol, atol)):
        raise ValueError(f"assert_close: {rtol=} and {atol=} must be numbers, 0 or above")
    for where, a, b in _pairs(actual, expected, ""):
        problem = _difference(a, b, rtol, atol, equal_nan, check_dtype)
        if problem:
            raise AssertionError(msg or (f"At {where}: {problem}" if where else problem))
