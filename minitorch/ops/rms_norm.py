"""RMS norm: each vector scaled to a root mean square of 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from . import arguments, options
from .elementwise import rsqrt, square
from .reduction import mean

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
    x = arguments.floating_point("rms_norm", "input", input).array
    shape = options.normalized_sizes("rms_norm", input, normalized_shape)
    if weight is not None:
        arguments.alike("rms_norm", "weight", weight, shape, input)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    options.number("rms_norm", "eps", eps)
    y = input * rsqrt(mean(square(input), range(-len(shape), 0), keepdim=True) + eps)
    return y if weight is None else y * weight
