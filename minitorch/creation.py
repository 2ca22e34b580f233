"""Making tensors: from data, of constants, and of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .random import Generator, default_generator
from .tensor import Tensor


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of a copy of the data.

    Args:
        data: a number, nested lists, a NumPy array or a tensor.
        dtype: that of the elements; by default the data's own, where Python floats count as the
            default dtype and Python ints as int64.
        requires_grad: should `backward()` compute a gradient for it?
    """
    if isinstance(data, Tensor):
        data = data.array
    array = np.array(data)
    if dtype is not None:
        array = array.astype(dtypes.as_numpy(dtype))
    elif array.dtype.kind == "f" and not isinstance(data, (np.ndarray, np.generic)):
        array = array.astype(dtypes.get_default_dtype().numpy)
    dtypes.as_numpy(array.dtype)
    return Tensor._wrap(array).requires_grad_(requires_grad)
