"""How far two vectors are apart, and how different their directions are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dtypes
from ..scalars import flag, number
from . import arguments
from .elementwise import sqrt, square
from .loss import reduce
from .reduction import norm, sum
from .shape import expand
from .signatures import Shapes
from .where import clamp, where

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .arguments import Dims

_COSINE = Shapes("cosine_similarity", one_dtype=False, x1="*", x2="*")
_DISTANCE = Shapes("pairwise_distance", one_dtype=False, x1="*", x2="*")


def normalize(input: Tensor, p: float = 2.0, dim: Dims = 1, eps: float = 1e-12) -> Tensor:
    """x / max(‖x‖, eps): each vector along `dim`, scaled to length 1.

    Args:
        input: floating-point, any shape.
        p: that of the norm ‖x‖ = (Σ |x|ᵖ)^(1/p), see `norm`.
        dim: the dimension of the vectors, or several.
        eps: keeps the denominator from 0.

    Raises:
        RuntimeError: the dtype is not floating-point.
        IndexError: there is no such dimension.
    """
    x = arguments.floating_point("normalize", "input", input)
    return x / clamp(norm(x, p, dim, keepdim=True), min=number("normalize", "eps", eps))


def _direction(x: Tensor, dim: int, eps: float) -> Tensor:
    """x / max(‖x‖, eps), with the gradient of x / ‖x‖ throughout, as in PyTorch."""
    length = norm(x, 2.0, dim, keepdim=True)
    known = length.detach()
    return x / (length + (clamp(known, min=eps) - known))


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 · x2 / (‖x1‖ ‖x2‖): the cosine of the angle between two vectors, from -1 to 1.

    Args:
        x1, x2: of shapes that broadcast.
        dim: the dimension of the vectors; the result does not have it.
        eps: what a shorter vector's length counts as.

    Raises:
        RuntimeError: the shapes do not broadcast, or neither tensor is floating-point.
        IndexError: there is no such dimension.
    """
    _COSINE(x1, x2)
    number("cosine_similarity", "eps", eps)
    dtype = dtypes.promote(x1.array, x2.array)
    if dtype.kind != "f":
        raise RuntimeError(f"cosine_similarity: one dtype must be floating-point, not {x1.dtype}")
    shape = np.broadcast_shapes(x1.array.shape, x2.array.shape)
    arguments.dim_of("cosine_similarity", dim, len(shape))
    a, b = (_direction(expand(x.to(dtype), shape), dim, eps) for x in (x1, x2))
    return sum(a * b, dim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """‖x1 - x2 + eps‖ along the last dimension: how far two vectors are apart.

    Args:
        x1, x2: of shapes that broadcast.
        p: that of the norm, see `norm`.
        eps: added to each element, so that the distance is not 0, where it has no gradient.
        keepdim: keep the last dimension, with size 1.
    """
    _DISTANCE(x1, x2)
    apart = x1 - x2 + number("pairwise_distance", "eps", eps)
    return norm(apart, p, -1, flag("pairwise_distance", "keepdim", keepdim))


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos where the target is 1, max(cos - margin, 0) where it is -1, and 0 elsewhere.

    Args:
        input1, input2: (N, D), or (D). cos is the cosine of the angle between them.
        target: (N), or (): 1 for vectors that should be alike, -1 for those that should not.
        margin: what a cosine may be without loss, where the target is -1.
        reduction: "mean", "sum" or "none".

    Raises:
        RuntimeError: the target does not have one dimension less than the inputs.
    """
    name = "cosine_embedding_loss"
    number(name, "margin", margin)
    dim = arguments.tensor(name, "target", target).array.ndim
    for argument, x in (("input1", input1), ("input2", input2)):
        if arguments.tensor(name, argument, x).array.ndim != dim + 1 or dim > 1:
            raise RuntimeError(
                f"{name}: a target of (N) needs inputs of (N, D), and one of () inputs of (D); "
                f"target has shape {target.array.shape} and {argument} {x.array.shape}"
            )
    lengths = sqrt((sum(square(input1), dim) + 1e-12) * (sum(square(input2), dim) + 1e-12))
    cos = sum(input1 * input2, dim) / lengths
    apart = where(target == -1, clamp(cos - margin, min=0.0), 0.0)
    return reduce(name, where(target == 1, 1 - cos, apart), reduction)
