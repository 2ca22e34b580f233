"""Products of matrices, with their derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd import record
from . import operand

if TYPE_CHECKING:
    from ..tensor import Tensor


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The product of two matrices, or of stacks of them: y_ij = Σ_k a_ik b_kj.

        y = a b        dL/da = g bᵀ        dL/db = aᵀ g

    Shapes: (..., n, k) @ (..., k, m) → (..., n, m), the leading dimensions broadcast. A vector on
    the left stands for a row, one on the right for a column; the result lacks that dimension.

    Raises:
        RuntimeError: the inner sizes or the dtypes differ, or the leading sizes do not broadcast.
    """
    a, b = operand.tensor("matmul", "input", input), operand.tensor("matmul", "other", other)
    m, n = a.array.shape, b.array.shape
    if not m or not n:
        raise RuntimeError(f"matmul: both tensors need a dimension, got {m} @ {n}. Multiply with *?")
    if a.array.dtype != b.array.dtype:
        raise RuntimeError(f"matmul: the dtypes {a.dtype} and {b.dtype} differ. Convert one: .to()")
    if len(m) == 1:
        return matmul(a.unsqueeze(0), b).squeeze(-2 if len(n) > 1 else -1)
    if len(n) == 1:
        return matmul(a, b.unsqueeze(1)).squeeze(-1)
    if m[-1] != n[-2]:
        hint = f" Transpose the second, to {(*n[:-2], n[-1], n[-2])}?" if m[-1] == n[-1] else ""
        raise RuntimeError(f"matmul: {m} @ {n}: the inner sizes {m[-1]} and {n[-2]} differ.{hint}")
    return record(
        "matmul",
        operand.apply("matmul", np.matmul, a.array, b.array),
        (a, lambda g, b: matmul(g, b.mT), b),
        (b, lambda g, a: matmul(a.mT, g), a),
    )
