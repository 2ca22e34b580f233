"""More activation functions: those that Transformers seldom use, composed of other operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..scalars import number
from . import arguments
from .activations import leaky_relu, softplus
from .arrange import split
from .elementwise import abs, expm1, sigmoid, tanh
from .where import clamp, where

if TYPE_CHECKING:
    from ..tensor import Tensor

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
"""With these, layers of SELUs keep mean 0 and variance 1 (Klambauer et al. 2017, equation 14)."""


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Exponential linear unit: x above 0, `alpha` · (eˣ - 1) below. The gradient at 0 is g · alpha.

    Source: Clevert et al. 2015, https://arxiv.org/abs/1511.07289
    """
    x = arguments.floating_point("elu", "input", input)
    below = number("elu", "alpha", alpha) * expm1(clamp(x, max=0.0))
    return where(x < 0, below, leaky_relu(x, alpha))


def selu(input: Tensor) -> Tensor:
    """Scaled exponential linear unit: 1.0507 · elu(x, 1.6733).

    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
    """
    return SELU_SCALE * elu(arguments.floating_point("selu", "input", input), SELU_ALPHA)


def mish(input: Tensor) -> Tensor:
    """x · tanh(softplus(x)). Source: Misra 2019, https://arxiv.org/abs/1908.08681"""
    x = arguments.floating_point("mish", "input", input)
    return x * tanh(softplus(x))


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)"""
    x = arguments.tensor("softsign", "input", input)
    return x / (1 + abs(x))


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """x, kept between two bounds: `clamp`, but for the gradient, which is 0 at the bounds too.

    Args:
        input: any shape, any dtype but bool. For whole numbers, the bounds are cut to such.
        min_val, max_val: the bounds.

    Raises:
        ValueError: `min_val` is above `max_val`.
        RuntimeError: the dtype is bool.
    """
    x = arguments.tensor("hardtanh", "input", input)
    if x.array.dtype.kind == "b":
        raise RuntimeError("hardtanh: it is not defined for tensors of dtype bool")
    if min_val > max_val:
        raise ValueError(f"hardtanh: {min_val=} cannot be greater than {max_val=}")
    if x.array.dtype.kind in "iu":
        min_val, max_val = int(min_val), int(max_val)
    outside = (x <= min_val) | (x >= max_val)
    return where(outside, clamp(x.detach(), min_val, max_val), x)


def relu6(input: Tensor) -> Tensor:
    """min(max(x, 0), 6). The gradient is 0 at 0 and at 6."""
    return hardtanh(arguments.tensor("relu6", "input", input), 0.0, 6.0)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Gated linear unit: a · sigmoid(b), where a and b are the two halves of x along `dim`.

    Args:
        input: floating-point, of an even size along `dim`.
        dim: the dimension that is halved.

    Raises:
        RuntimeError: that size is odd, or there is no dimension.

    Source: Dauphin et al. 2016, https://arxiv.org/abs/1612.08083
    """
    x = arguments.floating_point("glu", "input", input)
    if not x.array.ndim:
        raise RuntimeError("glu: a tensor without dimensions has no halves")
    size = x.array.shape[arguments.dim_of("glu", dim, x.array.ndim)]
    if size % 2:
        raise RuntimeError(f"glu: the size of the halved dimension must be even, not {size}")
    a, b = split(x, [size // 2, size // 2], dim)
    return a * sigmoid(b)
