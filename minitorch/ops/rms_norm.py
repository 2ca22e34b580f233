"""RMS norm: each vector scaled to a root mean square of 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..scalars import number
from .elementwise import rsqrt, square
from .probe import probe
from .reduction import mean
from .signatures import norm_shapes

if TYPE_CHECKING:
    from ..tensor import Tensor


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x / √(mean(x²) + eps) · weight: layer_norm, without subtracting the mean or adding a bias.

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the trailing dimensions over which the mean is taken.
        weight: of shape `normalized_shape`, or None for 1.
        eps: keeps 0 from dividing by 0; the dtype's `finfo.eps` unless given.

    Raises:
        RuntimeError: the shapes do not fit, or the dtype is not floating-point.
        ValueError: eps is not finite.

    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """
    shapes, n_dims = norm_shapes("rms_norm", normalized_shape)
    shapes(input, weight, None)
    eps = float(np.finfo(input.array.dtype).eps) if eps is None else number("rms_norm", "eps", eps)
    x = probe("input", input)
    scale = rsqrt(mean(square(x), range(-n_dims, 0), keepdim=True) + eps)
    y = x * probe("scale", scale)
    return probe("output", y if weight is None else y * weight)
