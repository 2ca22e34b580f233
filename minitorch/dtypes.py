"""The dtypes of a tensor's elements, and type promotion: which of two wins in an operation.

float32 stays float32. A Python number takes the dtype of the tensor beside it, unless its category
(bool < integer < float) is higher: an int64 tensor times 0.5 has the default dtype, float32, where
NumPy would give float64.
"""

from __future__ import annotations

import builtins
import math
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


class dtype:
    """The type of a tensor's elements, such as `minitorch.float32`.

    Attributes:
        name: "float32".
        itemsize: the number of bytes of an element.
        is_floating_point, is_signed: does it hold fractions, and negative numbers?
        is_complex: False.
    """

    __slots__ = ("_numpy", "is_floating_point", "is_signed", "itemsize", "name")

    is_complex = False

    def __init__(self, name: str, itemsize: builtins.int = 0) -> None:
        self.name = name
        self._numpy: np.dtype[Any] | None = None if itemsize else np.dtype(name)
        kind = "f" if self._numpy is None else self._numpy.kind
        self.itemsize = itemsize if self._numpy is None else self._numpy.itemsize
        self.is_floating_point, self.is_signed = kind == "f", kind in "fi"

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's dtype of the same name.

        Raises:
            TypeError: this one is only a name.
        """
        if self._numpy is None:
            raise TypeError(
                f"{self!r} is a name here, to be compared and kept in a configuration. No tensor "
                "holds it, and nothing is computed in it: use float32."
            )
        return self._numpy

    def __repr__(self) -> str:
        return f"minitorch.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # copying or pickling a dtype gives the same object


float32 = float = dtype("float32")
float64 = double = dtype("float64")
int64 = long = dtype("int64")
int32 = int = dtype("int32")
int16 = short = dtype("int16")
int8 = dtype("int8")
uint8 = dtype("uint8")
bool = dtype("bool")
# Half precision saves time on a GPU. These two are only names.
float16 = half = dtype("float16", itemsize=2)
bfloat16 = dtype("bfloat16", itemsize=2)

OF_NUMPY: dict[np.dtype[Any], dtype] = {
    t.numpy: t for t in (float32, float64, int64, int32, int16, int8, uint8, bool)
}
CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}  # of NumPy's `dtype.kind`: bool < integer < float
_CATEGORY_OF_NUMBER = {builtins.bool: 0, builtins.int: 1, builtins.float: 2}
_default = float32


def get_default_dtype() -> dtype:
    """Return the dtype of a tensor made of Python floats: float32, unless it was changed."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Set the dtype of tensors made of Python floats: float32 or float64.

    Raises:
        TypeError: it is not a floating-point dtype.
    """
    global _default
    if not isinstance(d, dtype) or d.numpy.kind != "f":
        raise TypeError(f"set_default_dtype: the dtype must be floating-point, not {d!r}")
    _default = d


def as_numpy(d: Any) -> np.dtype[Any]:
    """Return the NumPy dtype that ours, NumPy's own, or Python's float, int or bool stands for.

    Raises:
        TypeError: tensors cannot have it.
    """
    if isinstance(d, dtype):
        return d.numpy
    found: np.dtype[Any] | None
    try:
        found = np.dtype(d)
    except (TypeError, ValueError):
        found = None
    if found is None or found not in OF_NUMPY:
        names = ", ".join(t.name for t in OF_NUMPY.values())
        raise TypeError(f"{d!r} is not a dtype of tensors here. There are: {names}.")
    return found


def promote(a: Array, b: Array) -> np.dtype[Any]:
    """Return the dtype of an operation on two tensors' arrays (PyTorch's type promotion).

    The higher category wins. Within one category a tensor with dimensions wins over one without,
    and otherwise the wider type wins.
    """
    p: np.dtype[Any] = a.dtype
    q: np.dtype[Any] = b.dtype
    x, y = CATEGORY[p.kind], CATEGORY[q.kind]
    if x != y:
        return p if x > y else q
    if (a.ndim == 0) != (b.ndim == 0):
        return q if a.ndim == 0 else p
    return np.promote_types(p, q)


def promote_all(arrays: list[Array]) -> np.dtype[Any]:
    """Return the dtype of an operation on many tensors' arrays."""
    widest = arrays[0]
    for array in arrays[1:]:
        widest = np.empty((0,) * array.ndim, promote(widest, array))
    dtype: np.dtype[Any] = widest.dtype
    return dtype


def of_number(value: Any, like: np.dtype[Any]) -> np.dtype[Any] | None:
    """Return the dtype that a Python or NumPy number takes beside a tensor of dtype `like`.

    None if it is not a real number.
    """
    category = _CATEGORY_OF_NUMBER.get(type(value))
    if category is None:
        category = CATEGORY.get(value.dtype.kind) if isinstance(value, np.generic) else None
        if category is None:
            return None
    if category <= CATEGORY[like.kind]:
        return like
    return (bool, int64, _default)[category].numpy


def _limits(d: np.dtype[Any]) -> tuple[Any, Any]:
    """Return the smallest and the largest number of a dtype, as Python numbers."""
    if d.kind == "b":
        return False, True
    if d.kind == "f":
        return np.finfo(d).min.item(), np.finfo(d).max.item()
    return np.iinfo(d).min, np.iinfo(d).max


LIMITS = {t.numpy: _limits(t.numpy) for t in OF_NUMPY.values()}


def _fits(value: Any, d: np.dtype[Any]) -> builtins.bool:
    """Say whether a dtype can hold a number that is beyond its limits."""
    if d.kind == "f":
        return isinstance(value, builtins.float) and not math.isfinite(value)
    # As in PyTorch, -1 stands for the largest number of an unsigned dtype.
    wraps = d.kind == "u" and isinstance(value, builtins.int) and -LIMITS[d][1] <= value < 0
    return wraps or d.kind == "b"


def unfit(name: str, value: Any, d: np.dtype[Any]) -> RuntimeError:
    """Return the error for a number that a dtype cannot hold."""
    least, most = LIMITS[d]
    shown = str(value)
    if len(shown) > 30:
        shown = f"{shown[:12]}… ({len(shown)} characters)"
    return RuntimeError(
        f"{name}: {shown} cannot be converted to {d.name} without overflow: it holds numbers from "
        f"{least} to {most}"
    )


def real(name: str, value: Any) -> Any:
    """Return a real number of Python's, NumPy's or a tensor's as Python's, or raise TypeError."""
    number = value.item() if isinstance(value, np.generic) or hasattr(value, "array") else value
    if type(number) not in _CATEGORY_OF_NUMBER:
        raise TypeError(f"{name}: expected a number, not a {type(value).__name__}")
    return number


def number(name: str, value: Any, d: np.dtype[Any]) -> Array:
    """Return a number as an array without dimensions, of a dtype that must be able to hold it.

    Raises:
        TypeError: it is no real number.
        RuntimeError: the dtype cannot hold it, as int64 cannot hold NaN.
    """
    if type(value) not in _CATEGORY_OF_NUMBER:
        value = real(name, value)
    least, most = LIMITS[d]
    if least <= value <= most:
        return np.array(value, d)
    if not _fits(value, d):
        raise unfit(name, value, d)
    return np.asarray(value).astype(d)


class _Limits:
    """What `finfo` and `iinfo` have in common."""

    _shown: tuple[str, ...]

    def __init__(self, of: Any, floating: builtins.bool) -> None:
        if not isinstance(of, dtype) or of is bool or of.is_floating_point != floating:
            kind, other = ("floating-point", "iinfo") if floating else ("integer", "finfo")
            raise TypeError(
                f"{type(self).__name__}: it is of {kind} dtypes, not of {of!r}. See {other}()."
            )
        self.dtype, self.bits = of.name, 8 * of.itemsize

    def __repr__(self) -> str:
        values = [f"{name}={getattr(self, name):g}" for name in self._shown]
        return f"{type(self).__name__}({', '.join(values)}, dtype={self.dtype})"


class finfo(_Limits):
    """The limits of a floating-point dtype: `finfo(minitorch.float32).eps`.

    Attributes:
        dtype: its name.
        bits: the size of a number.
        eps: the distance from 1 to the next larger number.
        max, min: the largest and the smallest (most negative) number.
        tiny, smallest_normal: the smallest positive number of full precision.
        resolution: 10 to minus the number of decimal digits that are kept.
    """

    _shown = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")

    def __init__(self, type: dtype | None = None) -> None:
        super().__init__(_default if type is None else type, floating=True)
        # A number is ± 1.fraction · 2^exponent: so many bits are the fraction's, after the sign's
        # and the exponent's.
        fraction = {"float64": 52, "float32": 23, "float16": 10, "bfloat16": 7}[self.dtype]
        highest = 2 ** (self.bits - 2 - fraction) - 1  # the exponents lie in [1 - highest, highest]
        self.eps = 2.0**-fraction
        self.max = (2 - self.eps) * 2.0**highest
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** (1 - highest)
        self.resolution = 10.0 ** -builtins.int(fraction * math.log10(2))


class iinfo(_Limits):
    """The limits of an integer dtype: `iinfo(minitorch.int8).max` is 127.

    Attributes:
        dtype: its name.
        bits: the size of a number.
        max, min: the largest and the smallest (most negative) number.
    """

    _shown = ("min", "max")

    def __init__(self, type: dtype) -> None:
        super().__init__(type, floating=False)
        self.min, self.max = LIMITS[type.numpy]
