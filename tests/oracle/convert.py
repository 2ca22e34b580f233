"""From PyTorch's values to minitorch's, and how the two are compared.

PyTorch's test data is private (`torch.testing._internal`), hence the exact version in the extra
`oracle`. It is imported here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import ModuleErrorEnum, module_db
from torch.testing._internal.common_optimizers import optim_db

import minitorch

__all__ = [
    "DTYPES",
    "ModuleErrorEnum",
    "NoCounterpartError",
    "describe",
    "difference",
    "fresh",
    "module_db",
    "op_db",
    "optim_db",
    "tensors",
    "to_minitorch",
    "without_nan",
]

DTYPES = {
    torch.float32: minitorch.float32,
    torch.float64: minitorch.float64,
    torch.int64: minitorch.int64,
    torch.int32: minitorch.int32,
    torch.int16: minitorch.int16,
    torch.int8: minitorch.int8,
    torch.uint8: minitorch.uint8,
    torch.bool: minitorch.bool,
}

TOLERANCE = {"float64": 1e-11, "float32": 2e-5}
"""Relative and absolute; both libraries round, in different orders."""


class NoCounterpartError(Exception):
    """A value of PyTorch's that minitorch cannot hold, such as a complex or a sparse tensor."""


def to_minitorch(value: Any) -> Any:
    """Return minitorch's counterpart, also of what lies inside lists, tuples and dicts.

    A tensor shares PyTorch's memory, strides and all. One that stands in several places stays one.

    Raises:
        NoCounterpartError: a tensor has a dtype, a layout or dimensions that minitorch has not.
    """
    return _map(_to_minitorch, value, {})


def fresh(value: Any) -> Any:
    """Return PyTorch's values with each tensor as a new leaf on the same memory.

    Some samples are views that were made without a graph and changed later; PyTorch then sends
    their gradient to the base instead.
    """
    return _map(_leaf, value, {})


def without_nan(value: Any) -> Any:
    """Return PyTorch's values with 0 in the place of NaN."""
    return _map(_filled, value, {})


def _to_minitorch(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        if value.dtype not in DTYPES or value.layout is not torch.strided:
            raise NoCounterpartError(f"{value.dtype}, {value.layout}")
        if value.ndim > 64:
            raise NoCounterpartError("NumPy's arrays have at most 64 dimensions")
        x = minitorch.from_numpy(value.detach().resolve_neg().numpy())
        return x.requires_grad_(value.requires_grad)
    if isinstance(value, torch.dtype):
        return DTYPES.get(value, value)
    return str(value) if isinstance(value, torch.device) else value


def _leaf(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().requires_grad_(value.requires_grad)
    return value


def _filled(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        zero = value.detach().nan_to_num(0.0, torch.inf, -torch.inf)
        return zero.requires_grad_(value.requires_grad)
    return value


def _map(f: Callable[[Any], Any], value: Any, done: dict[int, Any]) -> Any:
    if isinstance(value, (list, tuple)):
        kind = list if isinstance(value, list) else tuple  # a torch.Size becomes a tuple
        return kind(_map(f, v, done) for v in value)
    if isinstance(value, dict):
        return {key: _map(f, v, done) for key, v in value.items()}
    if isinstance(value, torch.Tensor):
        if id(value) not in done:
            done[id(value)] = f(value)
        return done[id(value)]
    return f(value)


def tensors(value: Any) -> Iterator[Any]:
    """Yield the tensors of either library inside nested lists, tuples and dicts, in order."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        yield value
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from tensors(v)
    elif isinstance(value, dict):
        yield from tensors(list(value.values()))


def difference(
    expected: Any, got: Any, *, values: bool = True, tolerance: dict[str, float] = TOLERANCE
) -> str | None:
    """Say how what minitorch gave differs from what PyTorch gave; None if it does not.

    Args:
        expected: PyTorch's.
        got: minitorch's.
        values: compare the elements too, not only shape and dtype.
        tolerance: relative and absolute, for each dtype; 0 for those that are left out.
    """
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(expected.detach(), got, values, tolerance)
    if isinstance(expected, torch.dtype):
        return None if got is DTYPES[expected] else f"expected {expected}, got {got}"
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)) or len(got) != len(expected):
            return f"expected {len(expected)} results, got {got!r}"
        each = (
            difference(e, g, values=values, tolerance=tolerance)
            for e, g in zip(expected, got, strict=True)
        )
        return next((f"[{i}]: {d}" for i, d in enumerate(each) if d), None)
    if isinstance(got, minitorch.Tensor):
        return f"expected {expected!r}, got a tensor of shape {tuple(got.shape)}"
    if type(got) is not type(expected):
        return f"expected {expected!r}, got {got!r} of type {type(got).__name__}"
    same = not values or got == expected or (got != got and expected != expected)
    return None if same else f"expected {expected!r}, got {got!r}"


def _tensor_difference(
    expected: torch.Tensor, got: Any, values: bool, tolerance: dict[str, float]
) -> str | None:
    if not isinstance(got, minitorch.Tensor):
        return f"expected a tensor of shape {tuple(expected.shape)}, got {got!r}"
    if tuple(got.shape) != tuple(expected.shape):
        return f"expected shape {tuple(expected.shape)}, got {tuple(got.shape)}"
    if got.dtype is not DTYPES.get(expected.dtype):
        return f"expected {expected.dtype}, got {got.dtype}"
    if not values:
        return None
    x, y = expected.resolve_neg().numpy(), got.array
    tol = tolerance.get(str(x.dtype), 0.0)
    with np.errstate(all="ignore"):
        wrong = ~np.isclose(y, x, rtol=tol, atol=tol, equal_nan=True)
    if not wrong.any():
        return None
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (
        f"{np.count_nonzero(wrong)} of {x.size} elements differ; at {first} "
        f"expected {x[first]!r}, got {y[first]!r}"
    )


def describe(value: Any) -> str:
    """Show a value of PyTorch's in a few words: a tensor by dtype, shape and strides."""
    if isinstance(value, torch.Tensor):
        strides = "" if value.is_contiguous() else f" strides {value.stride()}"
        small = f"={value.tolist()}" if value.numel() <= 4 else ""
        return f"{str(value.dtype)[6:]}{list(value.shape)}{strides}{small}"
    if isinstance(value, list):
        return f"[{', '.join(map(describe, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(describe(v) for v in value if not (isinstance(v, dict) and not v))})"
    if isinstance(value, dict):
        return ", ".join(f"{key}={describe(v)}" for key, v in value.items())
    return repr(value)
