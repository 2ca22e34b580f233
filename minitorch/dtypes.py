"""The types that an element can have, and which of two wins when they meet.

float32 stays float32: a Python number takes the type of the tensor that it meets, and only its
category (bool < integer < float) can raise the result. An int64 tensor times 0.5 is a tensor of
the default dtype, float32, where NumPy would give float64.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np


class dtype:
    """The type of a tensor's elements, such as `minitorch.float32`."""

    __slots__ = ("is_floating_point", "itemsize", "name", "numpy")

    def __init__(self, name: str) -> None:
        self.name = name
        self.numpy: np.dtype[Any] = np.dtype(name)
        self.itemsize: builtins.int = self.numpy.itemsize
        self.is_floating_point: builtins.bool = self.numpy.kind == "f"

    def __repr__(self) -> str:
        return f"minitorch.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # copying or pickling a dtype gives the same object


float32 = float = dtype("float32")
float64 = double = dtype("float64")
int64 = long = dtype("int64")
int32 = int = dtype("int32")
uint8 = dtype("uint8")
bool = dtype("bool")

OF_NUMPY: dict[np.dtype[Any], dtype] = {
    t.numpy: t for t in (float32, float64, int64, int32, uint8, bool)
}
_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}
_default = float32


def get_default_dtype() -> dtype:
    """Return the dtype of a tensor made of Python floats: float32, unless it was changed."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Set the dtype of tensors made of Python floats, float32 or float64."""
    global _default
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"set_default_dtype: only a floating-point dtype can be it, not {d!r}")
    _default = d


def as_numpy(d: Any) -> np.dtype[Any]:
    """Return NumPy's dtype for ours, NumPy's own, or Python's float, int or bool.

    Raises:
        TypeError: it is none that tensors can have.
    """
    if isinstance(d, dtype):
        return d.numpy
    if d is builtins.float:
        return _default.numpy
    try:
        found = np.dtype(d)
    except TypeError:
        found = None
    if found is None or found not in OF_NUMPY:
        names = ", ".join(t.name for t in OF_NUMPY.values())
        raise TypeError(f"{d!r} is not a dtype of tensors here. There are: {names}.")
    return found


def promote(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.dtype[Any]:
    """Return the dtype of an operation on two tensors' arrays, by PyTorch's rules.

    The higher category wins. Within one category a tensor with dimensions wins over one without,
    and otherwise the wider type wins.
    """
    x, y = _CATEGORY[a.dtype.kind], _CATEGORY[b.dtype.kind]
    if x != y:
        return a.dtype if x > y else b.dtype
    if (a.ndim == 0) != (b.ndim == 0):
        return b.dtype if a.ndim == 0 else a.dtype
    return np.promote_types(a.dtype, b.dtype)


def of_number(value: Any, like: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype that a Python or NumPy number takes beside a tensor of dtype `like`."""
    number = np.result_type(type(value))
    category = _CATEGORY.get(number.kind)
    if category is None:
        raise TypeError(f"a tensor cannot be combined with {value!r} of type {type(value).__name__}")
    if category <= _CATEGORY[like.kind]:
        return like
    return _default.numpy if category == 2 else int64.numpy
