"""How a tensor looks when it is printed: as in PyTorch, four digits after the point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import dtypes

if TYPE_CHECKING:
    from .tensor import Tensor


def tensor_repr(x: Tensor) -> str:
    """Return `tensor([1.0000, 2.0000], requires_grad=True)` and the like."""
    parts = [np.array2string(x.array, separator=", ", precision=4, prefix="tensor(", floatmode="fixed")]
    if x.dtype not in (dtypes.get_default_dtype(), dtypes.int64, dtypes.bool):
        parts.append(f"dtype={x.dtype}")
    if x._node is not None:
        parts.append(f"grad_fn={x._node}")
    elif x._requires_grad:
        parts.append("requires_grad=True")
    return f"tensor({', '.join(parts)})"


def set_printoptions() -> None: ...
