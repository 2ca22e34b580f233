"""What may stand beside a tensor in an operation: another tensor, a number, a NumPy array."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd import Array

if TYPE_CHECKING:
    from typing import TypeAlias

    from ..tensor import Tensor

    Operand: TypeAlias = Tensor | float | np.generic | Array


def is_tensor(value: Any) -> bool:
    """Say whether a value is a tensor, knowing only that tensors can require gradients."""
    return hasattr(value, "_requires_grad")


def tensor(name: str, argument: str, value: Any) -> Tensor:
    """Return the value, which must be a tensor, or raise TypeError."""
    if not is_tensor(value):
        raise TypeError(
            f"{name}(): argument '{argument}' must be a Tensor, not {type(value).__name__}"
        )
    return value  # type: ignore[no-any-return]


def mask(name: str, argument: str, value: Any) -> Array:
    """Return the array of a bool tensor, or raise TypeError."""
    array = tensor(name, argument, value).array
    if array.dtype != np.bool_:
        raise TypeError(f"{name}(): argument '{argument}' must be a bool tensor, not {value.dtype}")
    return array


def pair(name: str, a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Return both operands as tensors; a number takes the dtype of the tensor beside it."""
    if not is_tensor(a):
        return beside(name, tensor(name, "other", b), a), b
    return a, b if is_tensor(b) else beside(name, a, b)


def beside(name: str, x: Tensor, value: Any) -> Tensor:
    """Wrap a number or an array that stands beside the tensor x in an operation."""
    if isinstance(value, np.ndarray):
        dtypes.as_numpy(value.dtype)
        return x._wrap(value)
    if not isinstance(value, (numbers.Real, np.bool_)):
        raise TypeError(f"{name}: a tensor and a {type(value).__name__} cannot be combined")
    return x._wrap(np.array(value, dtypes.of_number(value, x.array.dtype)))


def floating(x: Array) -> Array:
    """Bring integers and bools to the default dtype; floating-point arrays stay as they are."""
    return x if x.dtype.kind == "f" else x.astype(dtypes.get_default_dtype().numpy)


def common(x: Array, y: Array) -> tuple[Array, Array]:
    """Bring two arrays to the dtype of an operation on both."""
    if x.dtype == y.dtype:
        return x, y
    dtype = dtypes.promote(x, y)
    return x.astype(dtype, copy=False), y.astype(dtype, copy=False)


def apply(name: str, forward: Callable[..., Array], x: Array, y: Array) -> Array:
    """Apply `forward` to two arrays of one dtype, broadcast against each other."""
    try:
        return forward(x, y)
    except ValueError:
        for i, (m, n) in enumerate(zip(reversed(x.shape), reversed(y.shape), strict=False), 1):
            if m != n and 1 not in (m, n):
                raise RuntimeError(
                    f"{name}: shapes {x.shape} and {y.shape} do not broadcast: in dimension -{i} "
                    f"the sizes {m} and {n} differ, and neither is 1"
                ) from None
        raise
