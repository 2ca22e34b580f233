"""The activation functions as modules: the nonlinearities between linear layers, and softmax."""

from __future__ import annotations

from ..scalars import flag
from ..tensor import Tensor
from . import functional as F
from .module import Module


class _MayChangeItsInput(Module):
    """An activation function that can be told to change its input itself: `inplace=True`."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = flag(type(self).__name__, "inplace", inplace)

    def extra_repr(self) -> str:
        """Return what is printed: that it changes its input, if it does."""
        return "inplace=True" if self.inplace else ""


class ReLU(_MayChangeItsInput):
    """Rectified linear unit: max(x, 0)."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.relu(input, self.inplace)


class GELU(Module):
    """Gaussian error linear unit: x · Φ(x), where Φ is the normal distribution function.

    `approximate="tanh"` is the approximation that GPT-2 was trained with.
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """Return what is printed: which form it is."""
        return f"approximate={self.approximate!r}"


class SiLU(_MayChangeItsInput):
    """Sigmoid linear unit, also called swish: x · sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.silu(input, self.inplace)


class Tanh(Module):
    """Hyperbolic tangent: tanh x."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.tanh(input)


class Sigmoid(Module):
    """Logistic function: 1 / (1 + e⁻ˣ)."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.sigmoid(input)


class Softmax(Module):
    """Scores (logits) to probabilities: eˣ / Σ eˣ, which sum to 1 along `dim`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Turn scores into probabilities."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return what is printed: the dimension."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """Scores (logits) to the logarithms of probabilities: x - ln Σ eˣ, along `dim`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Turn scores into logarithms of probabilities."""
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return what is printed: the dimension."""
        return f"dim={self.dim}"
