"""Copies of a tensor, as it is and in another dtype; arrays of users' data, and of a size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from .._compat import devices
from .._runtime.quiet import quietly
from ..autograd.graph import record
from . import arguments
from .arguments import sizes_of
from .table import named

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor
    from .table import Unary


def clone(input: Tensor) -> Tensor:
    """A copy, through which gradients pass."""
    return record("clone", input.array.copy(), (input, lambda g: g))


def to(input: Tensor, *args: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
    """The elements as another dtype, or the tensor itself if it has that dtype.

    `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`, for what another tensor has.
    There is one device, the CPU.

    Args:
        input: any shape. The gradient that comes back has its dtype again.
        args: as above.
        dtype, device: the same, by name.
        options: copy=True for a copy in any case; non_blocking is accepted, and has no effect.
    """
    for arg in args:
        if arguments.is_tensor(arg):
            dtype = arg.dtype
        elif isinstance(arg, (str, devices.device)):
            device = arg
        elif arg is not None and not isinstance(arg, bool):
            dtype = arg
    devices.check(device)
    before = input.array.dtype
    after = before if dtype is None else dtypes.as_numpy(dtype)
    if after == before:
        return clone(input) if options.get("copy") else input
    y = quietly(input.array.astype, after)
    if after.kind != "f" or before.kind != "f":
        return input._wrap(y)
    return record("to", y, (input, lambda g: g.to(before)))


def _to(name: str, dtype: dtypes.dtype, doc: str) -> Unary:
    def method(input: Tensor) -> Tensor:
        return to(input, dtype)

    return named(method, name, doc)


to_float32 = _to("float", dtypes.float32, "The elements as float32.")
to_float64 = _to("double", dtypes.float64, "The elements as float64.")
to_int64 = _to("long", dtypes.int64, "The elements as int64, rounded towards 0.")
to_int32 = _to("int", dtypes.int32, "The elements as int32, rounded towards 0.")
to_bool = _to("bool", dtypes.bool, "True where an element is not 0.")


# ------------------------------------------------------------------------------- from users' data

_PLAIN = {float, int, bool}


def _dtypes_in(name: str, data: Any) -> set[np.dtype[Any]]:
    """Return the dtypes of the numbers in nested lists, of NumPy's and of tensors their own."""
    if isinstance(data, (list, tuple)):
        kinds = {*map(type, data)}
        if kinds <= _PLAIN:  # as nearly always
            numbers = [dtypes.of_number(kind(), np.dtype(np.bool_)) for kind in kinds]
            return {d for d in numbers if d is not None}
        return {d for x in data for d in _dtypes_in(name, x)}
    if type(data) in _PLAIN:
        return _dtypes_in(name, [data])
    array = data.array if arguments.is_tensor(data) else np.asarray(data)
    if array.dtype.kind not in "biufc":
        raise TypeError(
            f"{name}: the data must be numbers, in nested lists or in arrays, not of type "
            f"{type(data).__name__}"
        )
    return {dtypes.as_numpy(array.dtype)}


def _without_tensors(name: str, data: Any) -> Any:
    """Return nested lists with a number in the place of each tensor of one element."""
    if isinstance(data, (list, tuple)):
        plain = {*map(type, data)} <= _PLAIN
        return data if plain else [_without_tensors(name, x) for x in data]
    if not arguments.is_tensor(data):
        return data
    if data.array.size != 1:
        raise ValueError(
            f"{name}: only one element tensors can be converted to Python scalars, and one has "
            f"shape {data.array.shape}. Use stack or cat?"
        )
    return data.array.item()


def array_of(name: str, data: Any, dtype: Any = None) -> Array:
    """Return the data as an array, itself if it is one, with the dtype that a tensor of it has.

    Args:
        name: of the function that was given the data.
        data: a number, nested lists, an array or a tensor.
        dtype: by default the one that all numbers promote to. A Python float counts as the default
            dtype, a Python int as int64.

    Raises:
        TypeError: the data are not numbers, or tensors cannot have the dtype.
        ValueError: nested lists are not of equal length, or hold a tensor of several elements.
        RuntimeError: the dtype cannot hold one of the numbers. Those of an array wrap, as in `to`.
    """
    wanted = None if dtype is None else dtypes.as_numpy(dtype)
    given = data.array if arguments.is_tensor(data) else data
    if isinstance(given, np.ndarray):
        return quietly(given.astype, wanted or dtypes.as_numpy(given.dtype), copy=False)  # type: ignore[no-any-return]
    try:
        found = _dtypes_in(name, data)
        array = np.asarray(_without_tensors(name, data))
    except RecursionError:
        raise ValueError(f"{name}: the lists are nested too deeply") from None
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(f"{name}: nested lists must be of equal length: {data}") from None
    if wanted is None:
        default = dtypes.get_default_dtype().numpy
        wanted = dtypes.promote_all([np.empty(1, d) for d in found]) if found else default
    if wanted.kind in "iu" and array.dtype != wanted and array.size:
        dtypes.number(name, array.min(), wanted)
        dtypes.number(name, array.max(), wanted)
    try:
        return quietly(array.astype, wanted, copy=False)  # type: ignore[no-any-return]
    except OverflowError:
        raise dtypes.unfit(name, array.max(), wanted) from None


def filled(
    name: str, fill: Callable[..., Array], size: Sequence[int], *args: Any, **options: Any
) -> Array:
    """Make an array by `fill(size, *args, **options)`.

    Raises:
        RuntimeError: a size is negative, or the memory does not suffice.
    """
    shape = sizes_of(name, size)
    if min(shape, default=0) < 0:
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension: {[*shape]}")
    try:
        return fill(shape, *args, **options)
    except (ValueError, MemoryError) as error:
        raise RuntimeError(
            f"{name}: cannot allocate a tensor of size {[*shape]}: {error}"
        ) from None
