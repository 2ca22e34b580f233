"""`minitorch.linalg`: norms of vectors and matrices, those that need no singular values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import dtypes, ops
from ..ops import arguments
from ..ops.arguments import Dims
from ..ops.linalg import matmul
from .spellings import take_numpys_names

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["matmul", "matrix_norm", "norm", "vector_norm"]

_INF = math.inf


def _converted(name: str, A: Any, dtype: Any) -> Tensor:
    """Return A in the dtype, which must be floating-point and not narrower than that of A."""
    x = arguments.tensor(name, "A", A)
    if dtype is not None:
        wanted = dtypes.as_numpy(dtype)
        if wanted.kind != "f" or wanted.itemsize < x.array.itemsize:
            raise RuntimeError(f"{name}: the norm of {x.dtype} cannot be computed in {dtype}")
        x = x.to(dtype=dtype) if x.array.dtype.kind == "f" else x
    return arguments.floating_point(name, "A", x)


def vector_norm(
    x: Tensor, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """(Σ |x|ᵒʳᵈ)^(1/ord) over the dimensions, or over all.

    Args:
        x: floating-point, any shape.
        ord: inf gives the largest |x|, -inf the smallest; 0 counts what is not 0.
        dim: a dimension, several, or None for all.
        keepdim: keep the dimensions, with size 1.
        dtype: convert x to it first; it may not be narrower.

    Raises:
        RuntimeError: there is nothing to choose from, or to divide by.
    """
    name = "linalg.vector_norm"
    x, order = _converted(name, x, dtype), float(dtypes.real(name, ord))
    dims = arguments.dims_of(name, x.ndim, dim or None if isinstance(dim, (list, tuple)) else dim)
    if (order < 0 or order == _INF) and 0 in [x.array.shape[d] for d in dims]:
        raise RuntimeError(f"{name}: there is no {ord} norm of no elements: {x.shape}, {dim=}")
    return ops.norm(x, order, dims or None, keepdim)


def matrix_norm(
    A: Tensor,
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """The norm of each matrix.

    Args:
        A: floating-point, (..., n, m).
        ord: "fro" for √Σ a²; 1 for the largest sum of |a| in a column, -1 for the smallest; inf and
            -inf, the same of a row.
        dim: the dimensions of the rows and of the columns.
        keepdim: keep the two dimensions, with size 1.
        dtype: convert A to it first; it may not be narrower.

    Raises:
        NotImplementedError: `ord` is 2, -2 or "nuc", which need singular values.
        RuntimeError: there is no such norm, or A is no matrix.
    """
    name = "linalg.matrix_norm"
    A = _converted(name, A, dtype)
    if A.ndim < 2:
        raise RuntimeError(f"{name}: A must have at least 2 dimensions, not shape {A.array.shape}")
    if not isinstance(dim, (list, tuple)) or len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be two dimensions, not {dim}")
    row, column = arguments.dims_of(name, A.ndim, dim)
    if ord == "fro":
        return vector_norm(A, 2, (row, column), keepdim)
    if ord in (2, -2, "nuc"):
        raise NotImplementedError(
            f"{name}: {ord=} needs singular values, and no matrix is decomposed here. There are "
            "'fro', 1, -1, inf and -inf. Without a gradient: np.linalg.norm(A.numpy(), ord)."
        )
    if ord not in (1, -1, _INF, -_INF):
        raise RuntimeError(f"{name}: {ord=} is not supported: 'fro', 1, -1, inf and -inf are")
    along, across = (row, column) if ord in (1, -1) else (column, row)
    sums = vector_norm(A, 1, along, keepdim=True)
    largest: Any = ord
    y = vector_norm(sums, _INF if largest > 0 else -_INF, across, keepdim=True)
    return y if keepdim else y.squeeze((row, column))


def norm(
    A: Tensor,
    ord: float | str | None = None,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """The norm of vectors along one dimension, of matrices along two.

    Args:
        A: floating-point.
        ord: None for √Σ a²; else that of `vector_norm` or of `matrix_norm`.
        dim: one dimension for vectors, two for matrices. Without it, A is one of these; or any
            shape, if there is no `ord` either.
        keepdim, dtype: as there.
    """
    x = arguments.tensor("linalg.norm", "A", A)
    dims = None if dim is None else arguments.dims_of("linalg.norm", x.ndim, dim)
    if dims is not None and len(dims) not in (1, 2) and x.ndim:
        raise RuntimeError(f"linalg.norm: dim must be one or two dimensions, not {dim}")
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dims is None and x.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: with {ord=} and no dim, A must be a vector or a matrix, not of shape "
            f"{x.array.shape}"
        )
    if x.ndim == 2 if dims is None else len(dims) == 2:
        return matrix_norm(A, ord, dims or (-2, -1), keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise RuntimeError(f"linalg.norm: {ord=} is of matrices, and of {x.array.shape}, {dim=}")
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


take_numpys_names(__name__)
