"""Numbers in a form that JSON can hold."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from minitorch.autograd import Array


def encoded(array: Array, dtype: str) -> dict[str, Any]:
    """Return an array as {"shape": [...], "data": base64}."""
    data = np.ascontiguousarray(array, dtype).tobytes()
    return {"shape": list(array.shape), "data": base64.b64encode(data).decode("ascii")}


def rounded(x: float) -> float:
    """Return a number with six digits."""
    return float(f"{x:.6g}")
