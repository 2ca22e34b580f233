"""Activation functions: the nonlinear steps between linear layers.

Without one between them, two linear layers compute no more than a single one can. `logsigmoid` and
`softplus` also occur in losses, where exp and log, one after the other, would overflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._runtime.quiet import quietly
from ..autograd.graph import record
from . import arguments
from .elementwise import sigmoid
from .special import sigmoid_array
from .table import unary
from .where import where

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor


def relu_array(x: Array) -> Array:
    """max(x, 0)"""
    # Against a row of zeros NumPy takes less than half the time that it takes against a number.
    return np.maximum(x, np.zeros(x.shape[-1:], x.dtype))


def _logsigmoid(x: Array) -> Array:
    # ln(1 / (1 + e⁻ˣ)), written so that the exponential cannot overflow.
    return np.minimum(x, np.zeros((), x.dtype)) - np.log1p(np.exp(-np.abs(x)))


def _silu_derivative(x: Tensor) -> Tensor:
    """The derivative of x σ(x), where σ' = σ (1 - σ)."""
    s = sigmoid(x)
    return s * (1 + x * (1 - s))


# fmt: off
#                                              dL/dx
relu = unary("relu", relu_array,               lambda g, y: where(y != 0, g, 0.0),
    "max(x, 0). The gradient at 0 is 0.", floating=False)
silu = unary("silu", lambda x: x * sigmoid_array(x), lambda g, x: g * _silu_derivative(x),
    "x · sigmoid(x)")
logsigmoid = unary("logsigmoid", _logsigmoid,  lambda g, x: g * sigmoid(-x),
    "ln sigmoid(x)")
# fmt: on


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x above 0, `negative_slope` · x below. The gradient at 0 is g · negative_slope."""
    x = arguments.floating_point("leaky_relu", "input", input).array
    y = np.where(x > 0, x, x * x.dtype.type(negative_slope))

    def vjp(g: Tensor, x: Tensor) -> Tensor:
        return where(x > 0, g, g * negative_slope)

    return record("leaky_relu", y, (input, vjp, input))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(beta x)) / beta: a smooth relu. Where beta x > threshold, x itself."""
    x = arguments.floating_point("softplus", "input", input).array
    scaled = x * x.dtype.type(beta)
    smooth = quietly(lambda: np.log1p(np.exp(scaled)) / x.dtype.type(beta))
    y = np.where(scaled > threshold, x, smooth)

    def vjp(g: Tensor, x: Tensor) -> Tensor:
        return g * where(x * beta > threshold, 1.0, sigmoid(x * beta))

    return record("softplus", y, (input, vjp, input))
