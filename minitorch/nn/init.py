"""Initialisation: first values for parameters. Each function fills its tensor and returns it.

fan_in is the number of inputs that each output sums over, fan_out the number of outputs that each
input goes to: for a weight of shape (out, in, *rest), fan_in = in · rest and fan_out = out · rest.
With independent inputs of variance 1, an output has variance fan_in · std². So std = 1 / √fan_in
keeps activations of one size from layer to layer, and 1 / √fan_out gradients.
"""

from __future__ import annotations

import math
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np

from .._compat.guests import lookup
from ..autograd.grad_mode import no_grad
from ..ops import arguments
from ..random import numpy_of
from ..scalars import number

if TYPE_CHECKING:
    from ..random import Generator
    from ..tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

SKIPPED = ContextVar("SKIPPED", default=False)
"""True while `nn.utils.skip_init` builds a module: then nothing is drawn at random."""


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers from the normal distribution N(mean, std²)."""
    tensor = arguments.tensor("normal_", "tensor", tensor)
    with no_grad():
        return tensor if SKIPPED.get() else tensor.normal_(mean, std, generator=generator)


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers from the uniform distribution on [a, b)."""
    tensor = arguments.tensor("uniform_", "tensor", tensor)
    with no_grad():
        return tensor if SKIPPED.get() else tensor.uniform_(a, b, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with `val`."""
    with no_grad():
        return arguments.tensor("constant_", "tensor", tensor).fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return constant_(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return constant_(tensor, 1)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with numbers from N(mean, std²), each drawn again until it lies in [a, b].

    Raises:
        ValueError: less than a thousandth of the distribution lies there: it would take too long.
    """
    arguments.tensor("trunc_normal_", "tensor", tensor)
    if not std > 0:
        raise ValueError(f"trunc_normal_: std must be above 0, not {std}")
    below_b, below_a = (math.erf((end - mean) / std / math.sqrt(2)) for end in (b, a))
    if not below_b - below_a > 2e-3:
        raise ValueError(f"trunc_normal_: N({mean}, {std}²) has almost nothing in [{a}, {b}]")
    with no_grad():
        tensor.normal_(mean, std, generator=generator)
        while (outside := (tensor < a) | (tensor > b)).any():
            again = tensor[outside].normal_(mean, std, generator=generator)
            tensor[outside] = again
    return tensor


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity: 1 on the diagonal, 0 elsewhere.

    Raises:
        ValueError: it has not two dimensions.
    """
    shape = arguments.tensor("eye_", "tensor", tensor).array.shape
    if len(shape) != 2:
        raise ValueError(f"eye_: only a tensor with 2 dimensions is supported, not {len(shape)}")
    with no_grad():
        return tensor.copy_(tensor._wrap(np.eye(*shape)))


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill a matrix W with rows, or if there are more of them columns, that are orthonormal.

    So W keeps the length of every vector, or of those that it does not map to shorter ones, times
    the gain; and so does a product of such matrices. W is drawn uniformly from all that there are:
    of the factors of a matrix of normal numbers, A = QR, Q with the signs of R's diagonal.

    Args:
        tensor: the matrix; of more dimensions, all but the first count as columns.
        gain: a factor.
        generator: the source of the numbers; the default one unless given.

    Raises:
        ValueError: it has fewer than two dimensions.

    Source: Saxe et al. 2013, https://arxiv.org/abs/1312.6120; for the signs, Mezzadri 2007,
    https://arxiv.org/abs/math-ph/0609050
    """
    x = arguments.floating_point("orthogonal_", "tensor", tensor).array
    if x.ndim < 2:
        raise ValueError("orthogonal_: Only tensors with 2 or more dimensions are supported")
    gain = number("orthogonal_", "gain", gain)
    if not x.size or SKIPPED.get():
        return tensor
    rows, columns = len(x), x.size // len(x)
    tall = (max(rows, columns), min(rows, columns))
    q, r = np.linalg.qr(numpy_of(generator).standard_normal(tall))
    q *= np.sign(np.diagonal(r))
    with no_grad():
        return tensor.copy_(tensor._wrap(gain * (q if rows >= columns else q.T).reshape(x.shape)))


def _fans(tensor: Tensor) -> tuple[int, int]:
    """Return (fan_in, fan_out)."""
    shape = arguments.tensor("init", "tensor", tensor).array.shape
    if len(shape) < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    rest = math.prod(shape[2:])
    return shape[1] * rest, shape[0] * rest


_calculate_fan_in_and_fan_out = _fans  # PyTorch's name, which layers written by hand ask for


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill from the uniform distribution on ±gain · √(6 / (fan_in + fan_out)).

    Its variance is gain² · 2 / (fan_in + fan_out), a compromise between activations and gradients.
    Source: Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html.
    """
    bound = gain * math.sqrt(6 / max(sum(_fans(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from N(0, std²) with std = gain · √(2 / (fan_in + fan_out)). See `xavier_uniform_`."""
    return normal_(tensor, 0, gain * math.sqrt(2 / max(sum(_fans(tensor)), 1)), generator)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The gain: the factor on std that keeps the variance the same through a nonlinearity.

    ReLU, for example, sets half of the inputs to 0: half of their mean square is left, gain = √2.

    Args:
        nonlinearity: "linear", "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
        param: the negative slope of leaky_relu; 0.01 unless given.

    Raises:
        ValueError: another name.
    """
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"negative_slope {slope!r} not a valid number")
    gains = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + slope**2)),
        "selu": 3 / 4,
    }
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}; there are {', '.join(gains)}")
    return gains[nonlinearity]


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = _fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from the uniform distribution on [-b, b) with b = gain · √(3 / fan).

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852.

    Args:
        tensor: the weight, of two or more dimensions.
        a: the negative slope of the leaky_relu that follows.
        mode: "fan_in" keeps the variance of activations, "fan_out" that of gradients.
        nonlinearity: the one that follows, for the gain.
        generator: the source of the numbers; the default one unless given.
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from N(0, std²) with std = gain / √fan. Arguments as for `kaiming_uniform_`."""
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


if not TYPE_CHECKING:
    __getattr__, __dir__ = lookup(
        __name__,
        {
            "..._compat.old_names": "uniform normal constant eye xavier_uniform xavier_normal "
            "kaiming_uniform kaiming_normal orthogonal"
        },
    )
