"""The activation functions as modules: the nonlinearities between linear layers, and softmax."""

from __future__ import annotations

from typing import Any

from ..scalars import flag
from ..tensor import Tensor
from . import functional as F
from .module import Module


class _MayChangeItsInput(Module):
    """An activation function that can be told to change its input itself: `inplace=True`."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = flag(type(self).__name__, "inplace", inplace)

    def _printed(self, *options: str) -> str:
        return ", ".join([*options, *(["inplace=True"] if self.inplace else [])])

    def extra_repr(self) -> str:
        """Return what is printed: that it changes its input, if it does."""
        return self._printed()


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


class _AlongDim(Module):
    """A function of the elements along one dimension."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim: Any = dim

    def extra_repr(self) -> str:
        """Return what is printed: the dimension."""
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """Scores (logits) to probabilities: eˣ / Σ eˣ, which sum to 1 along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        """Turn scores into probabilities."""
        return F.softmax(input, self.dim)


class LogSoftmax(_AlongDim):
    """Scores (logits) to the logarithms of probabilities: x - ln Σ eˣ, along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        """Turn scores into logarithms of probabilities."""
        return F.log_softmax(input, self.dim)


class Softmin(_AlongDim):
    """Scores to probabilities, the largest for the smallest: softmax(-x), along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        """Turn scores into probabilities."""
        return F.softmin(input, self.dim)


class LogSigmoid(Module):
    """The logarithm of the logistic function: ln sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.logsigmoid(input)


class Softplus(Module):
    """A smooth ReLU: ln(1 + e^(beta x)) / beta; x itself, where beta x > threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Return what is printed: the options."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """x / (1 + |x|)"""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.softsign(input)


class LeakyReLU(_MayChangeItsInput):
    """x above 0, `negative_slope` · x below."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """Return what is printed: the slope."""
        return self._printed(f"negative_slope={self.negative_slope}")


class ELU(_MayChangeItsInput):
    """Exponential linear unit: x above 0, `alpha` · (eˣ - 1) below."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Return what is printed: alpha."""
        return self._printed(f"alpha={self.alpha}")


class SELU(_MayChangeItsInput):
    """Scaled exponential linear unit: 1.0507 · elu(x, 1.6733)."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.selu(input, self.inplace)


class Mish(_MayChangeItsInput):
    """x · tanh(softplus(x))"""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.mish(input, self.inplace)


class Hardtanh(_MayChangeItsInput):
    """x, kept between two bounds."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: {min_val=} must be below {max_val=}")
        self.min_val, self.max_val = min_val, max_val

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """Return what is printed: the bounds."""
        return self._printed(f"min_val={self.min_val}, max_val={self.max_val}")


class ReLU6(_MayChangeItsInput):
    """min(max(x, 0), 6)"""

    def forward(self, input: Tensor) -> Tensor:
        """Apply it to each element."""
        return F.relu6(input, self.inplace)


class GLU(_AlongDim):
    """Gated linear unit: a · sigmoid(b), where a and b are the two halves of x along `dim`."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim)

    def forward(self, input: Tensor) -> Tensor:
        """Gate the first half by the second."""
        return F.glu(input, self.dim)
