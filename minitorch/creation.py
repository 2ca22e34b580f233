"""Making tensors: from data, of a given size, and of numbers at equal distances."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes
from ._compat import devices
from .dtypes import Array
from .ops import arguments
from .ops.arguments import sizes_of
from .ops.table import named
from .random import Generator, default_generator
from .tensor import Tensor

# ------------------------------------------------------------------------------- from data


def _holds_tensors(data: Any) -> bool:
    return any(
        isinstance(x, Tensor) or (isinstance(x, (list, tuple)) and _holds_tensors(x)) for x in data
    )


def _unpacked(data: Any) -> Any:
    """Return nested lists with tensors in them as nested lists of numbers."""
    if isinstance(data, Tensor):
        return data.tolist()
    return [_unpacked(x) for x in data] if isinstance(data, (list, tuple)) else data


def _array_of(data: Any, dtype: Any) -> Array:
    """Return the data as an array, itself if it is one, with the dtype that a tensor of it has."""
    if isinstance(data, Tensor):
        array = data.array
    elif isinstance(data, (list, tuple)) and _holds_tensors(data):
        array = np.array(_unpacked(data))
    else:
        array = np.asarray(data)
    if dtype is not None:
        return array.astype(dtypes.as_numpy(dtype), copy=False)
    if array.dtype.kind == "f" and not isinstance(data, (Tensor, np.ndarray, np.generic)):
        return array.astype(dtypes.get_default_dtype().numpy)
    return array


def wrap(array: Any, device: Any, requires_grad: bool) -> Tensor:
    """Return a tensor of the array, without a copy.

    Raises:
        TypeError: tensors cannot have the dtype.
        RuntimeError: the device is not the CPU, or the dtype has no gradients.
    """
    dtypes.as_numpy(array.dtype)
    devices.check(device)
    return Tensor._wrap(array).requires_grad_(requires_grad)


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of a copy of the data.

    Args:
        data: a number, nested lists, a NumPy array or a tensor.
        dtype: that of the elements; by default the data's own, where Python floats count as the
            default dtype and Python ints as int64.
        device: the CPU, the only one there is.
        requires_grad: should `backward()` compute a gradient for it?

    Raises:
        ValueError: nested lists are not of equal length.
        TypeError: the data are not numbers.
    """
    return wrap(np.array(_array_of(data, dtype)), device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Make a tensor of the data, without a copy if possible; a tensor is returned as it is."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return wrap(_array_of(data, dtype), device, False)


def from_numpy(ndarray: Array) -> Tensor:
    """Make a tensor of an array, sharing its memory: a change of one is a change of the other."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return wrap(ndarray, None, False)


# ------------------------------------------------------------------------------ of a size

Fill = Callable[[tuple[int, ...], np.dtype[Any], Generator], Array]
"""Make an array of a shape and a dtype, if need be with random numbers of the generator."""


def _checked_size(name: str, size: tuple[int, ...]) -> tuple[int, ...]:
    if min(size, default=0) < 0:
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension: {list(size)}")
    return size


def of_size(name: str, fill: Fill, doc: str) -> Callable[..., Tensor]:
    """Make a function that takes a size, such as `zeros`."""

    def make(
        *size: Any,
        generator: Generator | None = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        wanted = dtypes.get_default_dtype() if dtype is None else dtype
        shape = _checked_size(name, sizes_of(size[0], size[1:]) if size else ())
        array = fill(shape, dtypes.as_numpy(wanted), generator or default_generator)
        return wrap(array, device, requires_grad)

    return named(make, name, f"{doc}. The size is given as separate numbers or as one sequence.")


def like(name: str, fill: Fill, doc: str) -> Callable[..., Tensor]:
    """Make a function that takes the size from a tensor, such as `zeros_like`."""

    def make(
        input: Tensor,
        *,
        generator: Generator | None = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        wanted = arguments.tensor(name, "input", input).dtype if dtype is None else dtype
        array = fill(input.array.shape, dtypes.as_numpy(wanted), generator or default_generator)
        return wrap(array, device, requires_grad)

    return named(make, name, f"{doc}. The size and, unless given, the dtype are those of `input`.")


def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any], _: Generator) -> Array:
    return np.zeros(shape, dtype)


def _ones(shape: tuple[int, ...], dtype: np.dtype[Any], _: Generator) -> Array:
    return np.ones(shape, dtype)


def _empty(shape: tuple[int, ...], dtype: np.dtype[Any], _: Generator) -> Array:
    return np.empty(shape, dtype)


# fmt: off
zeros = of_size("zeros", _zeros, "Zeros")
ones  = of_size("ones",  _ones,  "Ones")
empty = of_size("empty", _empty, "Uninitialised elements")

zeros_like = like("zeros_like", _zeros, "Zeros")
ones_like  = like("ones_like",  _ones,  "Ones")
empty_like = like("empty_like", _empty, "Uninitialised elements")
# fmt: on


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The same number everywhere. The dtype is that of the number unless given."""
    array = _array_of(fill_value.item() if isinstance(fill_value, Tensor) else fill_value, dtype)
    shape = _checked_size("full", sizes_of(size, ()))
    return wrap(np.full(shape, array, array.dtype), device, requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The same number everywhere. The size and, unless given, the dtype are those of `input`."""
    wanted = arguments.tensor("full_like", "input", input).dtype if dtype is None else dtype
    return full(input.shape, fill_value, dtype=wanted, device=device, requires_grad=requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The matrix (n, m) with 1 on the diagonal, 0 elsewhere; m is n unless given."""
    _checked_size("eye", (n, n if m is None else m))
    wanted = dtypes.get_default_dtype() if dtype is None else dtype
    return wrap(np.eye(n, m, dtype=dtypes.as_numpy(wanted)), device, requires_grad)


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, … up to but without `end`; `arange(end)` starts at 0.

    Unless given, the dtype is int64 if all three are ints, and else the default dtype.
    """
    if end is None:
        start, end = 0, start
    start, end, step = (x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    if not math.isfinite(start) or not math.isfinite(end):
        raise RuntimeError(f"arange: unsupported range: {start} to {end}")
    if dtype is None:
        whole = all(isinstance(x, (int, np.integer)) for x in (start, end, step))
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    wanted = dtypes.as_numpy(dtype)
    if wanted.kind in "iu":
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) / step < 0:
        raise RuntimeError(f"arange: from {start} to {end} in steps of {step} is impossible")
    # Each element is start + i · step, in float64 or int64: rounding errors do not add up.
    n = math.ceil((end - start) / step)
    return wrap((start + np.arange(n) * step).astype(wanted), device, requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, at equal distances."""
    if not isinstance(steps, (int, np.integer)):
        raise TypeError(f"linspace(): argument 'steps' must be int, not {type(steps).__name__}")
    if any(isinstance(x, Tensor) and x.array.ndim for x in (start, end)):
        raise RuntimeError("linspace only supports 0-dimensional start and end tensors")
    if steps < 0:
        raise RuntimeError(f"linspace: number of steps must be non-negative, not {steps}")
    wanted = dtypes.as_numpy(dtypes.get_default_dtype() if dtype is None else dtype)
    start, end = float(start), float(end)
    if wanted.kind in "iu":
        start, end = int(start), int(end)
    return wrap(np.linspace(start, end, steps).astype(wanted), device, requires_grad)
