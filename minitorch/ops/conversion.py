"""Copies of a tensor, as it is and in another dtype; arrays of users' data, and of a size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from .._compat import devices
from .._runtime.quiet import quietly
from ..autograd.graph import record
from . import arguments
from .table import named

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor
    from .table import Unary


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy, through which gradients pass."""
    devices.check_format(memory_format)
    return record("clone", input.array.copy(), (input, lambda g: g))


def to(
    input: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """The elements as another dtype, or the tensor itself if it has that dtype.

    `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`, for what another tensor has.
    There is one device, the CPU.

    Args:
        input: any shape. The gradient that comes back has its dtype again.
        args: as above, and then perhaps `non_blocking` and `copy`.
        dtype, device: the same, by name.
        non_blocking, memory_format: have no effect.
        copy: make a copy in any case.
    """
    for arg in args:
        if arguments.is_tensor(arg):
            dtype = arg.dtype
        elif isinstance(arg, (str, devices.device)):
            device = arg
        elif arg is not None and not isinstance(arg, bool):
            dtype = arg
    devices.check(device)
    devices.check_format(memory_format)
    before = input.array.dtype
    after = before if dtype is None else dtypes.as_numpy(dtype)
    if after == before:
        flags = [copy, *[arg for arg in args[1:] if isinstance(arg, bool)][1:]]
        return clone(input) if any(flags) else input
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
to_int16 = _to("short", dtypes.int16, "The elements as int16, rounded towards 0.")
to_int8 = _to("char", dtypes.int8, "The elements as int8, rounded towards 0.")
to_uint8 = _to("byte", dtypes.uint8, "The elements as uint8, rounded towards 0.")
to_bool = _to("bool", dtypes.bool, "True where an element is not 0.")
to_float16 = _to("half", dtypes.float16, "Raises TypeError: use float32, no tensor is of float16.")
to_bfloat16 = _to("bfloat16", dtypes.bfloat16, "Raises TypeError, as `half` does.")


# ------------------------------------------------------------------------------- from users' data

_PLAIN = {float, int, bool}


def _numbers(name: str, data: Any, found: set[Any]) -> Any:
    """Return nested lists with numbers for tensors; add the types and dtypes of all to `found`."""
    if isinstance(data, (list, tuple)):
        kinds = {*map(type, data)}
        if kinds <= _PLAIN:  # as nearly always
            found |= kinds
            return data
        return [_numbers(name, x, found) for x in data]
    if type(data) in _PLAIN:
        found.add(type(data))
        return data
    array = data.array if arguments.is_tensor(data) else np.asarray(data)
    if array.dtype.kind not in "biuf":
        what = f"an array of {array.dtype}" if isinstance(data, np.ndarray) else type(data).__name__
        raise TypeError(
            f"{name}: the data must be real numbers, in nested lists or in arrays, not {what}"
        )
    found.add(array.dtype)
    if not arguments.is_tensor(data):
        return array
    if array.size != 1:
        raise ValueError(
            f"{name}: only one element tensors can be converted to Python scalars, and one has "
            f"shape {array.shape}. Use stack or cat?"
        )
    return array.item()


def _promoted(found: set[Any]) -> np.dtype[Any]:
    """Return the dtype that all of these promote to; the default one, if there are none."""
    default = dtypes.get_default_dtype()
    each = [dtypes.as_numpy(default if d is float else d) for d in found or {float}]
    return each[0] if len(each) == 1 else dtypes.promote_all([np.empty(1, d) for d in each])


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
    given = data.array if arguments.is_tensor(data) else data
    if isinstance(given, np.ndarray):
        if dtype is None:
            return given
        _numbers(name, given, set())  # raises where it holds none
        return quietly(given.astype, dtypes.as_numpy(dtype), copy=False)  # type: ignore[no-any-return]
    found: set[Any] = set()
    try:
        array = np.asarray(_numbers(name, data, found))
    except RecursionError:
        raise ValueError(f"{name}: the lists are nested too deeply") from None
    except OverflowError:
        raise RuntimeError(f"{name}: a number is too large for 64 bits") from None
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(f"{name}: nested lists must be of equal length: {data}") from None
    wanted = dtypes.as_numpy(_promoted(found) if dtype is None else dtype)
    if array.dtype == wanted:
        return array
    if wanted.kind in "iu" and array.size:
        dtypes.number(name, array.min(), wanted)
        dtypes.number(name, array.max(), wanted)
    try:
        return quietly(array.astype, wanted)  # type: ignore[no-any-return]
    except OverflowError:
        raise dtypes.unfit(name, array.max(), wanted) from None


def filled(
    name: str, fill: Callable[..., Array], shape: tuple[int, ...], *args: Any, **options: Any
) -> Array:
    """Make an array by `fill(shape, *args, **options)`.

    Raises:
        RuntimeError: a size is negative, or the memory does not suffice.
    """
    if min(shape, default=0) < 0:
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension: {[*shape]}")
    try:
        return fill(shape, *args, **options)
    except (ValueError, MemoryError) as error:
        raise RuntimeError(
            f"{name}: cannot allocate a tensor of size {[*shape]}: {error}"
        ) from None
