"""What may stand beside a tensor in an operation: another tensor, a number, a NumPy array.

Also how an operation computes: `quietly`, without NumPy's warnings.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd import Array

if TYPE_CHECKING:
    from typing import TypeAlias

    from ..tensor import Tensor

    Operand: TypeAlias = Tensor | float | np.generic | Array


_quiet = copy_context()
_quiet.run(np.seterr, all="ignore")


def quietly(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call a function of arrays in which 1/0 is inf, and inf - inf NaN, without a warning.

    NumPy keeps what it warns of in a context variable. Running in a context where that is nothing
    costs a tenth of a microsecond, entering `np.errstate` several; and nobody else's setting
    changes. The copy makes it safe in threads, which cannot be in one context at once.
    """
    return _quiet.copy().run(function, *args, **options)


def is_tensor(value: Any) -> bool:
    """Say whether a value is a tensor, knowing only that tensors can require gradients."""
    return hasattr(value, "_requires_grad")


def tensor(name: str, argument: str, value: Any) -> Tensor:
    """Return the value, which must be a tensor, or raise TypeError."""
    if not hasattr(value, "_requires_grad"):
        raise TypeError(
            f"{name}(): argument '{argument}' must be a Tensor, not {type(value).__name__}"
        )
    return value  # type: ignore[no-any-return]


def tensors(name: str, argument: str, values: Any) -> list[Tensor]:
    """Return a sequence of tensors as a list, or raise TypeError."""
    if is_tensor(values):
        raise TypeError(f"{name}(): argument '{argument}' must be a list of Tensors, not a Tensor")
    return [tensor(name, f"{argument}[{i}]", t) for i, t in enumerate(values)]


def mask(name: str, argument: str, value: Any) -> Array:
    """Return the array of a bool tensor, or raise TypeError."""
    array = tensor(name, argument, value).array
    if array.dtype != np.bool_:
        raise TypeError(f"{name}(): argument '{argument}' must be a bool tensor, not {value.dtype}")
    return array


def index(name: str, argument: str, value: Any, size: int | None = None) -> Array:
    """Return the array of a tensor of indices, each of them in range(size).

    Raises:
        RuntimeError: the dtype is not int64 or int32.
        IndexError: an index is out of range; negative ones are.
    """
    array = tensor(name, argument, value).array
    if array.dtype.kind != "i" and array.size:
        raise RuntimeError(
            f"{name}: {argument} must be an int64 or int32 tensor, not {value.dtype}"
        )
    if size is not None and array.size and not (array.min() >= 0 and array.max() < size):
        wrong = array[(array < 0) | (array >= size)][0]
        raise IndexError(f"{name}: {argument} holds {wrong}, which is not in range({size})")
    return array


def floating_point(name: str, argument: str, value: Any) -> Tensor:
    """Return the value, which must be a floating-point tensor."""
    if tensor(name, argument, value).array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}: the dtype of {argument} must be floating-point, not {value.dtype}: .float()?"
        )
    return value  # type: ignore[no-any-return]


def pair(name: str, a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Return both operands as tensors; a number takes the dtype of the tensor beside it."""
    if not hasattr(a, "_requires_grad"):
        return beside(name, tensor(name, "other", b), a), b
    return a, b if hasattr(b, "_requires_grad") else beside(name, a, b)


def fits(value: Any) -> bool:
    """Say whether a value can stand beside a tensor."""
    return isinstance(value, (np.ndarray, np.generic, float, int)) or is_tensor(value)


def beside(name: str, x: Tensor, value: Any) -> Tensor:
    """Wrap a number or an array that stands beside the tensor x in an operation."""
    if isinstance(value, np.ndarray):
        dtypes.as_numpy(value.dtype)
        return x._wrap(value)
    dtype = dtypes.of_number(value, x.array.dtype)
    if dtype is None:
        raise TypeError(f"{name}: a tensor and a {type(value).__name__} cannot be combined")
    if dtype.kind == "f":
        return x._wrap(quietly(np.array, value, dtype))  # 1e300 becomes float32's inf
    # Through an array of the number's own, in which -1 becomes uint8's 255.
    return x._wrap(quietly(np.asarray(value).astype, dtype))


def floating(x: Array) -> Array:
    """Bring integers and bools to the default dtype; floating-point arrays stay as they are."""
    return x if x.dtype.kind == "f" else x.astype(dtypes.get_default_dtype().numpy)


def common(x: Array, y: Array) -> tuple[Array, Array]:
    """Bring two arrays to the dtype of an operation on both."""
    if x.dtype == y.dtype:
        return x, y
    dtype = dtypes.promote(x, y)
    return x.astype(dtype, copy=False), y.astype(dtype, copy=False)


def apply_one(name: str, forward: Callable[[Array], Array], x: Array) -> Array:
    """Apply `forward` to an array, quietly."""
    try:
        return _quiet.copy().run(forward, x)
    except TypeError:
        raise _undefined(name, x) from None


def apply(name: str, forward: Callable[..., Array], x: Array, y: Array) -> Array:
    """Apply `forward` to two arrays of one dtype, broadcast against each other, quietly."""
    try:
        return _quiet.copy().run(forward, x, y)
    except ValueError:
        for i, (m, n) in enumerate(zip(reversed(x.shape), reversed(y.shape), strict=False), 1):
            if m != n and 1 not in (m, n):
                raise RuntimeError(
                    f"{name}: shapes {x.shape} and {y.shape} do not broadcast: in dimension -{i} "
                    f"the sizes {m} and {n} differ, and neither is 1"
                ) from None
        raise
    except TypeError:
        raise _undefined(name, x) from None


def _undefined(name: str, x: Array) -> RuntimeError:
    return RuntimeError(f"{name}: it is not defined for tensors of dtype {x.dtype}")
