"""Copies of a tensor: as it is, and in another dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import dtypes
from .._compat import devices
from .._runtime.quiet import quietly
from ..autograd.graph import record
from . import arguments
from .table import named

if TYPE_CHECKING:
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
