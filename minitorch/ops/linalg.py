"""Products of matrices, with their derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import record
from . import operand
from .signatures import Shapes

if TYPE_CHECKING:
    from ..tensor import Tensor


_MATMUL = Shapes(  # "k | * n k": a vector (k), or matrices (…, n, k); see signatures.py
    "matmul",
    input="k | * n k",
    other="k | * k m",
    called={"k": "inner sizes"},
    hint="Does one need to be transposed, a @ b.mT?",
)


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The product of two matrices, or of stacks of them: y_ij = Σ_k a_ik b_kj.

        y = a b        dL/da = g bᵀ        dL/db = aᵀ g

    Take a of shape (2, 3) and b of shape (3, 4). Then y has shape (2, 4), and so has g = dL/dy.
    The number a_ik occurs in all of row i of y, in y_ij with the factor b_kj; and b_kj occurs in
    all of column j, in y_ij with the factor a_ik. By the chain rule

        dL/da_ik = Σ_j g_ij b_kj        that is   g bᵀ:   (2, 4) @ (4, 3) → (2, 3)
        dL/db_kj = Σ_i a_ik g_ij        that is   aᵀ g:   (3, 2) @ (2, 4) → (3, 4)

    Further dimensions in front count the matrices of a stack, and broadcast: (5, 2, 3) @ (3, 4) →
    (5, 2, 4) multiplies each of five matrices by the same b, as if there were five copies of it.
    Then aᵀ g has shape (5, 3, 4), a gradient for each copy. All copies are b, so its gradient is
    their sum, (3, 4), which `unbroadcast` (autograd/backward.py) takes.

    Args:
        input: (..., n, k), or a vector (k), which stands for a row.
        other: (..., k, m), or a vector (k), which stands for a column.

    Returns:
        (..., n, m), without the n or the m that a vector lacks.

    Raises:
        RuntimeError: the inner sizes or the dtypes differ, or the leading sizes do not broadcast.
    """
    _MATMUL(input, other)
    a, b = input.array, other.array
    if a.ndim == 1:
        return matmul(input.unsqueeze(0), other).squeeze(-2 if b.ndim > 1 else -1)
    if b.ndim == 1:
        return matmul(input, other.unsqueeze(1)).squeeze(-1)
    return record(
        "matmul",
        operand.apply("matmul", np.matmul, a, b),
        (input, lambda g, b: matmul(g, b.mT), other),
        (other, lambda g, a: matmul(a.mT, g), input),
    )


# ---------------------------------------------------- cases of matmul that have names, and outer

_OF_OTHERS = "Use matmul for other numbers of dimensions."
_MM = Shapes("mm", input="n k", mat2="k m", hint=_OF_OTHERS)
_BMM = Shapes("bmm", input="b n k", mat2="b k m", hint=_OF_OTHERS)
_MV = Shapes("mv", input="n k", vec="k", hint=_OF_OTHERS)
_DOT = Shapes("dot", input="k", tensor="k", hint="It takes two vectors of one size.")
_OUTER = Shapes("outer", input="n", vec2="m", one_dtype=False, hint="It takes two vectors.")


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices: (n, k), (k, m) → (n, m)."""
    _MM(input, mat2)
    return matmul(input, mat2)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two stacks of matrices: (b, n, k), (b, k, m) → (b, n, m)."""
    _BMM(input, mat2)
    return matmul(input, mat2)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector: (n, k), (k) → (n)."""
    _MV(input, vec)
    return matmul(input, vec)


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Σ_i a_i b_i of two vectors: (k), (k) → ()."""
    _DOT(input, tensor)
    return matmul(input, tensor)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """y_ij = a_i b_j of two vectors: (n), (m) → (n, m)."""
    _OUTER(input, vec2)
    return input.unsqueeze(1) * vec2
