"""The Gaussian error linear unit (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..dtypes import Array
from ..ops.arguments import floating_point
from ..ops.special import erf_array
from .registry import Backward, Fused, Gradients

if TYPE_CHECKING:
    from ..tensor import Tensor

SQRT_2 = math.sqrt(2)
SQRT_2_PI = math.sqrt(2 * math.pi)
SQRT_2_OVER_PI = math.sqrt(2 / math.pi)
CUBIC = 0.044715


def definition(x: Tensor) -> Tensor:
    """Compute x · Φ(x) in tensor operations."""
    return 0.5 * x * (1 + (x / SQRT_2).erf())


def kernel(x: Array) -> tuple[Array, Backward]:
    """Compute x · Φ(x). Its derivative is Φ(x) + x φ(x), with Φ' = φ(x) = e^(-x²/2) / √(2π)."""
    below = 0.5 * (1 + erf_array(x / SQRT_2))  # Φ(x)

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        return (g * (below + x * np.exp(-0.5 * x * x) / SQRT_2_PI),)

    return x * below, backward


def tanh_definition(x: Tensor) -> Tensor:
    """Compute GPT-2's approximation of x · Φ(x) in tensor operations."""
    return 0.5 * x * (1 + (SQRT_2_OVER_PI * (x + CUBIC * x**3)).tanh())


def tanh_kernel(x: Array) -> tuple[Array, Backward]:
    """Compute x/2 · (1 + t) with t = tanh(u(x)), whose derivative is (1 - t²) u'(x).

    By the product rule, dy/dx = (1 + t)/2 + x/2 · (1 - t²) u'(x).
    """
    square = x * x
    t = np.tanh(SQRT_2_OVER_PI * x * (1 + CUBIC * square))

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        du = SQRT_2_OVER_PI * (1 + 3 * CUBIC * square)  # u'(x)
        return (g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * du),)

    return 0.5 * x * (1 + t), backward


GELU = Fused("gelu", definition, kernel)
GELU_TANH = Fused("gelu_tanh", tanh_definition, tanh_kernel)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x · Φ(x), where Φ(x) is the probability that a standard normal number is below x.

    Args:
        input: floating-point, any shape.
        approximate: "none" for Φ(x) = (1 + erf(x / √2)) / 2; "tanh" for
            Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, as GPT-2 has it.

    Raises:
        RuntimeError: `approximate` is another word, or the dtype is not floating-point.
    """
    x = floating_point("gelu", "input", input)
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: approximate must be 'none' or 'tanh', not {approximate!r}")
    return GELU(x) if approximate == "none" else GELU_TANH(x)
