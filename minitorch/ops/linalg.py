"""Products of matrices, with their derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd import record
from . import arguments, operand

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
    a, b = arguments.tensor("matmul", "input", input), arguments.tensor("matmul", "other", other)
    m, n = a.array.shape, b.array.shape
    if not m or not n:
        raise RuntimeError(
            f"matmul: both tensors need a dimension, got {m} @ {n}. Multiply with *?"
        )
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


def _product(name: str, input: Tensor, other: Tensor, *ndims: int) -> Tensor:
    """`matmul` for those of its cases that have a name, by how many dimensions there are."""
    shapes = [
        arguments.tensor(name, argument, t).array.shape
        for argument, t in (("input", input), ("other", other))
    ]
    if tuple(len(shape) for shape in shapes) != ndims:
        raise RuntimeError(
            f"{name}: expects tensors of {ndims[0]} and {ndims[1]} dimensions, and got shapes "
            f"{shapes[0]} and {shapes[1]}. Use matmul?"
        )
    if shapes[0][: ndims[0] - 2] != shapes[1][: ndims[0] - 2]:
        raise RuntimeError(f"{name}: the batch sizes of {shapes[0]} and {shapes[1]} differ")
    return matmul(input, other)


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices: (n, k), (k, m) → (n, m)."""
    return _product("mm", input, mat2, 2, 2)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two stacks of matrices: (b, n, k), (b, k, m) → (b, n, m)."""
    return _product("bmm", input, mat2, 3, 3)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector: (n, k), (k) → (n)."""
    return _product("mv", input, vec, 2, 1)


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Σ_i a_i b_i of two vectors: (k), (k) → ()."""
    if (
        arguments.tensor("dot", "input", input).array.shape
        != arguments.tensor("dot", "tensor", tensor).array.shape
    ):
        raise RuntimeError(
            f"dot: the vectors must be of one size, not {input.array.shape} and "
            f"{tensor.array.shape}"
        )
    return _product("dot", input, tensor, 1, 1)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """y_ij = a_i b_j of two vectors: (n), (m) → (n, m)."""
    a, b = arguments.tensor("outer", "input", input), arguments.tensor("outer", "vec2", vec2)
    if a.array.ndim != 1 or b.array.ndim != 1:
        raise RuntimeError(
            f"outer: expects two vectors, not shapes {a.array.shape}, {b.array.shape}"
        )
    return a.unsqueeze(1) * b
