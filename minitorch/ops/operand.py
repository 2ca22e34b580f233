"""What may stand beside a tensor in an operation: another tensor, a number, a NumPy array."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from .._runtime.quiet import quiet, quietly
from .arguments import is_tensor, tensor

if TYPE_CHECKING:
    from typing import TypeAlias

    from ..dtypes import Array
    from ..tensor import Tensor

    Operand: TypeAlias = Tensor | float | np.generic | Array

_quiet = quiet  # CPython compiles a method call on an imported name to slower bytecode


# --------------------------------------------------------------------- from operands to tensors


def fits(value: Any) -> bool:
    """Say whether a value can stand beside a tensor."""
    return isinstance(value, (np.ndarray, np.generic, float, int)) or is_tensor(value)


def beside(name: str, x: Tensor, value: Any, like: np.dtype[Any] | None = None) -> Tensor:
    """Make a tensor of a number or an array that stands beside the tensor x in an operation.

    Args:
        name, x, value: as above.
        like: the dtype to which the operation converts x, if it is not that of x.

    Raises:
        TypeError: it is neither.
        RuntimeError: the number does not even fit into 64 bits.
    """
    if isinstance(value, np.ndarray):
        dtypes.as_numpy(value.dtype)
        return x._wrap(value)
    dtype = dtypes.of_number(value, x.array.dtype if like is None else like)
    if dtype is None:
        raise TypeError(f"{name}: a tensor and a {type(value).__name__} cannot be combined")
    try:
        if dtype.kind == "f":
            return x._wrap(quietly(np.array, value, dtype))  # 1e300 becomes float32's inf
        # By way of the number's own dtype: so -1 becomes uint8's 255, instead of an error.
        return x._wrap(quietly(np.asarray(value).astype, dtype))
    except OverflowError:
        raise dtypes.unfit(name, value, dtype) from None


def beside_exactly(name: str, x: Tensor, value: Any) -> Tensor:
    """As `beside`, but raise RuntimeError for a number that the dtype cannot hold."""
    dtype = None if isinstance(value, np.ndarray) else dtypes.of_number(value, x.array.dtype)
    return beside(name, x, value) if dtype is None else x._wrap(dtypes.number(name, value, dtype))


def pair(name: str, a: Any, b: Any, beside: Any = beside) -> tuple[Tensor, Tensor]:
    """Return two operands as tensors; a number takes the dtype of the tensor beside it.

    Raises:
        TypeError: neither is a tensor, or one is nothing that can stand beside a tensor.
    """
    if not hasattr(a, "_requires_grad"):
        return beside(name, tensor(name, "other", b), a), b
    return a, b if hasattr(b, "_requires_grad") else beside(name, a, b)


def pair_exactly(name: str, a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """As `pair`, but raise RuntimeError for a number that the dtype cannot hold."""
    return pair(name, a, b, beside_exactly)


def pair_of_floats(name: str, a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """As `pair`, for an operation that converts integers to the default dtype: 300 fits there."""
    x = a if hasattr(a, "_requires_grad") else tensor(name, "other", b)
    like = x.array.dtype if x.array.dtype.kind == "f" else dtypes.get_default_dtype().numpy
    return (a, beside(name, a, b, like)) if x is a else (beside(name, b, a, like), b)


def check_exponent(base: Any, exponent: Any) -> None:
    """Raise RuntimeError where integers are raised to a number that their dtype cannot hold."""
    x = getattr(base, "array", None)
    if x is not None and x.dtype.kind in "iu" and isinstance(exponent, (int, np.integer)):
        if exponent < 0:
            raise RuntimeError(
                "pow: integers to negative integer powers are not allowed. Use floats."
            )
        dtypes.number("pow", exponent, x.dtype)


def filling(name: str, x: Tensor, value: Any) -> Tensor:
    """Return a number, or a tensor without dimensions, in the dtype of the tensor x.

    Raises:
        TypeError: it is neither.
        RuntimeError: it has dimensions, or the dtype cannot hold it.
    """
    if not is_tensor(value):
        return x._wrap(dtypes.number(name, value, x.array.dtype))
    if value.array.ndim:
        raise RuntimeError(
            f"{name}: value must be a number or a 0-d tensor, not one of {value.array.ndim} "
            f"dimensions, shape {value.array.shape}"
        )
    dtypes.number(name, value, x.array.dtype)
    return value.to(x.array.dtype)  # type: ignore[no-any-return]


# ------------------------------------------------------------------------- computing with arrays


def to_floating(x: Array) -> Array:
    """Convert integers and bools to the default dtype; floating-point arrays stay as they are."""
    return x if x.dtype.kind == "f" else x.astype(dtypes.get_default_dtype().numpy)


def common(x: Array, y: Array) -> tuple[Array, Array]:
    """Convert two arrays to the dtype that an operation on both computes in."""
    if x.dtype == y.dtype:
        return x, y
    dtype = dtypes.promote(x, y)
    return x.astype(dtype, copy=False), y.astype(dtype, copy=False)


def common_but_bools(x: Array, y: Array) -> tuple[Array, Array]:
    """As `common`, for what is not defined for bools: subtraction.

    Raises:
        RuntimeError: one of the arrays holds bools.
    """
    if "b" in (x.dtype.kind, y.dtype.kind):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. To invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )
    return common(x, y)


def _undefined(name: str, x: Array) -> RuntimeError:
    return RuntimeError(f"{name}: it is not defined for tensors of dtype {x.dtype}")


def apply_one(name: str, forward: Callable[[Array], Array], x: Array) -> Array:
    """Apply `forward` to an array, without NumPy's warnings."""
    try:
        return _quiet.copy().run(forward, x)
    except TypeError:
        raise _undefined(name, x) from None


def apply(name: str, forward: Callable[..., Array], x: Array, y: Array) -> Array:
    """Apply `forward` to two arrays of one dtype, broadcast, without NumPy's warnings.

    Raises:
        RuntimeError: the shapes do not broadcast, or `forward` is not defined for the dtype.
    """
    try:
        return _quiet.copy().run(forward, x, y)
    except ValueError as error:
        for i, (m, n) in enumerate(zip(reversed(x.shape), reversed(y.shape), strict=False), 1):
            if m != n and 1 not in (m, n):
                raise RuntimeError(
                    f"{name}: shapes {x.shape} and {y.shape} do not broadcast: in dimension -{i} "
                    f"the sizes {m} and {n} differ, and neither is 1"
                ) from None
        raise RuntimeError(f"{name}: {error}") from None
    except TypeError:
        raise _undefined(name, x) from None
