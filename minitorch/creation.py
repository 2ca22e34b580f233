"""Making tensors: from data, of a given size, and of numbers at equal distances."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes, scalars
from ._compat import devices
from .dtypes import Array
from .ops import arguments
from .ops.arguments import sizes_of
from .ops.conversion import array_of, filled
from .ops.table import named
from .tensor import Tensor

# ------------------------------------------------------------------------------- from data


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
        ValueError: nested lists are not of equal length, or hold a tensor of several elements.
        TypeError: the data are not numbers.
        RuntimeError: the dtype cannot hold one of the numbers.
    """
    return wrap(np.array(array_of("tensor", data, dtype)), device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Make a tensor of the data, without a copy if possible; a tensor is returned as it is."""
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=dtype)
    return wrap(array_of("as_tensor", data, dtype), device, False)


def from_numpy(ndarray: Array) -> Tensor:
    """Make a tensor of an array, sharing its memory: a change of one is a change of the other."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return wrap(ndarray, None, False)


# ------------------------------------------------------------------------------ of a size

Fill = Callable[..., Array]
"""Make an array of a shape and a dtype; with options that the maker takes, such as a generator."""


def _check_options(name: str, fill: Fill, options: dict[str, Any]) -> None:
    """Raise TypeError for an option that the maker does not take."""
    for option in options:
        if option not in fill.__code__.co_varnames[2:]:  # after the shape and the dtype
            raise TypeError(f"{name}() got an unexpected keyword argument {option!r}")


def of_size(name: str, fill: Fill, doc: str) -> Callable[..., Tensor]:
    """Make a function that takes a size, such as `zeros`."""

    def make(
        *sizes: Any,
        size: Any = (),
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **options: Any,
    ) -> Tensor:
        _check_options(name, fill, options)
        wanted = dtypes.as_numpy(dtypes.get_default_dtype() if dtype is None else dtype)
        if sizes and size != ():
            raise TypeError(f"{name}: the size is given twice, as {sizes} and as {size=}")
        shape = sizes_of(name, sizes[0], sizes[1:]) if sizes else sizes_of(name, size)
        return wrap(filled(name, fill, shape, wanted, **options), device, requires_grad)

    return named(make, name, f"{doc}. The size is given as separate numbers or as one sequence.")


def like(name: str, fill: Fill, doc: str) -> Callable[..., Tensor]:
    """Make a function that takes the size from a tensor, such as `zeros_like`."""

    def make(
        input: Tensor,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        memory_format: Any = None,
        **options: Any,
    ) -> Tensor:
        devices.check_format(memory_format)
        _check_options(name, fill, options)
        shape = arguments.tensor(name, "input", input).array.shape
        wanted = dtypes.as_numpy(input.dtype if dtype is None else dtype)
        return wrap(filled(name, fill, shape, wanted, **options), device, requires_grad)

    return named(make, name, f"{doc}. The size and, unless given, the dtype are those of `input`.")


def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    return np.zeros(shape, dtype)


def _ones(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    return np.ones(shape, dtype)


def _empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
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
    """The same number everywhere.

    Unless given, the dtype is bool, int64 or the default one, as the number is a bool, an int or a
    float.

    Raises:
        RuntimeError: the dtype cannot hold the number.
    """
    value = dtypes.real("full", fill_value)
    wanted = dtypes.of_number(value, np.dtype(np.bool_)) if dtype is None else dtype
    array = dtypes.number("full", value, dtypes.as_numpy(wanted))
    return wrap(filled("full", np.full, sizes_of("full", size), array), device, requires_grad)


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
    wanted = dtypes.as_numpy(dtypes.get_default_dtype() if dtype is None else dtype)
    array = filled("eye", np.zeros, sizes_of("eye", n, (n if m is None else m,)), wanted)
    np.fill_diagonal(array, 1)
    return wrap(array, device, requires_grad)


def _triangle_indices(
    name: str, row: int, col: int, offset: int, below: bool, dtype: Any, device: Any
) -> Tensor:
    rows, columns = (
        scalars.whole(name, what, n, 0, RuntimeError) for what, n in (("row", row), ("col", col))
    )
    k = scalars.whole(name, "offset", offset)
    wanted = dtypes.as_numpy(dtype)
    if wanted not in (np.int64, np.int32):
        raise RuntimeError(f"{name}: indices are of int64 or int32, not {wanted}")
    find = np.tril_indices if below else np.triu_indices
    return wrap(np.stack(find(rows, k, columns)).astype(wanted), device, False)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None
) -> Tensor:
    """The indices of a matrix's lower triangle: (2, n), the rows above the columns.

    Args:
        row, col: the sizes of the matrix.
        offset: the diagonal down to which it reaches from below; 0 names the main one.
        dtype: int64 or int32.
        device: the CPU, the only one there is.
    """
    return _triangle_indices("tril_indices", row, col, offset, True, dtype, device)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None
) -> Tensor:
    """The indices of a matrix's upper triangle, as `tril_indices` gives those of the lower one."""
    return _triangle_indices("triu_indices", row, col, offset, False, dtype, device)


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

    Raises:
        RuntimeError: the steps do not lead from start to end, or the dtype cannot hold the numbers.
    """
    if end is None:
        start, end = 0, start
    start, end, step = (dtypes.real("arange", x) for x in (start, end, step))
    whole = all(isinstance(x, int) for x in (start, end, step))
    for x in (start, end, step):
        if not abs(x) < 2**63:  # NaN, too
            raise RuntimeError(f"arange: unsupported range: {start} to {end} in steps of {step}")
    if dtype is None:
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    wanted = dtypes.as_numpy(dtype)
    if wanted == np.int64:
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) / step < 0:
        raise RuntimeError(f"arange: from {start} to {end} in steps of {step} is impossible")
    n = math.ceil((end - start) / step)
    if wanted.kind in "iu" and n:
        start, step = int(start), int(step)
        for x in (start, start + (n - 1) * step):
            dtypes.number("arange", x, wanted)
    # Each element is start + i · step, in float64 or int64: rounding errors do not add up.
    array = filled("arange", lambda shape: start + np.arange(*shape) * step, (n,))
    return wrap(array.astype(wanted), device, requires_grad)


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
    n = scalars.whole("linspace", "steps", steps)
    if any(isinstance(x, Tensor) and x.array.ndim for x in (start, end)):
        raise RuntimeError("linspace only supports 0-dimensional start and end tensors")
    if n < 0:
        raise RuntimeError(f"linspace: number of steps must be non-negative, not {steps}")
    wanted = dtypes.as_numpy(dtypes.get_default_dtype() if dtype is None else dtype)
    start, end = (dtypes.real("linspace", x) for x in (start, end))
    for x in (start, end):
        dtypes.number("linspace", x, wanted)
    if wanted.kind in "iu":
        start, end = int(start), int(end)
    array = filled("linspace", lambda shape: np.linspace(float(start), float(end), *shape), (n,))
    return wrap(array.astype(wanted), device, requires_grad)
