"""The bends between linear layers, and the softened steps that losses are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._runtime.quiet import quietly
from ..autograd import record
from ..dtypes import Array
from . import arguments
from .elementwise import sigmoid, where
from .special import sigmoid_array
from .table import unary

if TYPE_CHECKING:
    from ..tensor import Tensor


def _relu(x: Array) -> Array:
    # Against a row of zeros: in less than half the time that it takes against a number.
    return np.maximum(x, np.zeros(x.shape[-1:], x.dtype))


def _logsigmoid(x: Array) -> Array:
    # ln(1 / (1 + e⁻ˣ)), written so that the exponential cannot overflow.
    return np.minimum(x, np.zeros((), x.dtype)) - np.log1p(np.exp(-np.abs(x)))


# fmt: off
#                                              dL/dx
relu = unary("relu", _relu,                    lambda g, y: g * (y != 0),
    "max(x, 0). The gradient at 0 is 0.", floating=False)
silu = unary("silu", lambda x: x * sigmoid_array(x), lambda g, x: g * _silu_slope(x),
    "x · sigmoid(x)")
logsigmoid = unary("logsigmoid", _logsigmoid,  lambda g, x: g * sigmoid(-x),
    "ln sigmoid(x)")
# fmt: on


def _silu_slope(x: Tensor) -> Tensor:
    s = sigmoid(x)
    return s * (1 + x * (1 - s))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x above 0, `negative_slope` · x below. The gradient at 0 is g · negative_slope."""
    x = arguments.floating_point("leaky_relu", "input", input).array
    y = np.where(x > 0, x, x * x.dtype.type(negative_slope))

    def rule(g: Tensor, x: Tensor) -> Tensor:
        return where(x > 0, g, g * negative_slope)

    return record("leaky_relu", y, (input, rule, input))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(beta x)) / beta: a relu without the bend. Where beta x > threshold, x itself."""
    x = arguments.floating_point("softplus", "input", input).array
    scaled = x * x.dtype.type(beta)
    smooth = quietly(lambda: np.log1p(np.exp(scaled)) / x.dtype.type(beta))
    y = np.where(scaled > threshold, x, smooth)

    def rule(g: Tensor, x: Tensor) -> Tensor:
        return g * where(x * beta > threshold, 1.0, sigmoid(x * beta))

    return record("softplus", y, (input, rule, input))
