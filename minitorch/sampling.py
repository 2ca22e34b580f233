"""Random sampling: tensors of numbers that a generator draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes, scalars
from .creation import like, of_size, wrap, zeros
from .dtypes import Array
from .ops import arguments, operand
from .ops.arguments import sizes_of
from .ops.conversion import filled
from .random import Generator, numpy_of
from .tensor import Tensor

# ---------------------------------------------------------------------- of a size: real numbers


def _check_floating(name: str, dtype: np.dtype[Any]) -> None:
    if dtype.kind != "f":
        raise RuntimeError(f"{name}: the dtype must be floating-point, not {dtype}")


def _uniform(
    shape: tuple[int, ...], dtype: np.dtype[Any], generator: Generator | None = None
) -> Array:
    _check_floating("rand", dtype)
    return numpy_of(generator).random(shape, dtype)


def _normal(
    shape: tuple[int, ...], dtype: np.dtype[Any], generator: Generator | None = None
) -> Array:
    _check_floating("randn", dtype)
    return numpy_of(generator).standard_normal(shape, dtype)


# fmt: off
rand  = of_size("rand",  _uniform, "Numbers from the uniform distribution on [0, 1)")
randn = of_size("randn", _normal,  "Numbers from the standard normal distribution")

rand_like  = like("rand_like",  _uniform, "Numbers from the uniform distribution on [0, 1)")
randn_like = like("randn_like", _normal,  "Numbers from the standard normal distribution")
# fmt: on


def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from the normal distribution with this mean and standard deviation.

    Args:
        mean, std: numbers, beside a size; or tensors that broadcast, or one of them a tensor.
        size: of the result; without it, the size is that of the tensors, and the dtype the mean's.
        generator: the default one unless given.
        dtype, device, requires_grad: beside a size, as for `randn`.

    Raises:
        RuntimeError: a standard deviation is negative, or a tensor not floating-point.
        TypeError: two numbers without a size, or tensors with an option that goes with a size.
    """
    if size is not None:
        mean, std = dtypes.real("normal", mean), dtypes.real("normal", std)
        empty = zeros(size, dtype=dtype, device=device)
        return empty.normal_(mean, std, generator=generator).requires_grad_(requires_grad)
    if not (arguments.is_tensor(mean) or arguments.is_tensor(std)):
        raise TypeError(
            f"normal: without a size, mean or std must be a Tensor, and they are {mean} and {std}"
        )
    if dtype is not None or device is not None or requires_grad:
        raise TypeError("normal: dtype, device and requires_grad are taken beside a size only")
    means, stds = operand.pair("normal", mean, std)
    for argument, x in ("mean", means), ("std", stds):
        arguments.floating_point("normal", argument, x)
    if not (stds.array >= 0).all():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    shape = arguments.broadcast("normal", means.array.shape, stds.array.shape)
    wanted = means.array.dtype
    drawn = numpy_of(generator).standard_normal(shape, wanted)
    return wrap((drawn * stds.array + means.array).astype(wanted, copy=False), None, False)


# --------------------------------------------------------------------------------- whole numbers


def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers drawn uniformly from [low, high); `randint(high, size)` starts at 0.

    Raises:
        RuntimeError: low is not below high.
    """
    if size is None:
        high, size = None, high
    if None in (low, high):
        low, high = 0, low if high is None else high
    if not isinstance(size, Sequence):  # randint(0, 5) for 0 to 4 would be 5 numbers below 0
        raise TypeError(
            "randint: expects randint(high, size) or randint(low, high, size) with size a tuple of "
            f"ints, not {size!r}"
        )
    low, high = scalars.whole("randint", "low", low), scalars.whole("randint", "high", high)
    if low >= high:
        raise RuntimeError(f"randint: expects low < high, but got {low} and {high}")
    wanted, random = dtypes.as_numpy(dtype), numpy_of(generator)
    least, most = dtypes.LIMITS[wanted if wanted.kind != "f" else dtypes.int64.numpy]
    if low < least or high - 1 > most:
        raise RuntimeError(
            f"randint: numbers from {low} to {high - 1} do not fit into {wanted}, which holds "
            f"those from {int(least)} to {int(most)}"
        )
    drawn = filled(
        "randint", lambda shape: random.integers(low, high, shape), sizes_of("randint", size)
    )
    return wrap(np.asarray(drawn).astype(wanted), device, requires_grad)


def randint_like(
    input: Tensor,
    low: int | None = None,
    high: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers drawn uniformly from [low, high), of the size and dtype of `input`.

    `randint_like(input, high)` starts at 0.
    """
    wanted = arguments.tensor("randint_like", "input", input).dtype if dtype is None else dtype
    return randint(low, high, input.shape, dtype=wanted, device=device, requires_grad=requires_grad)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A random permutation: the numbers from 0 to n - 1 in random order."""
    n, random = scalars.whole("randperm", "n", n), numpy_of(generator)
    wanted = dtypes.as_numpy(dtype)
    dtypes.number("randperm", n, wanted)
    drawn = filled("randperm", lambda shape: random.permutation(*shape), (n,))
    return wrap(drawn.astype(wanted), device, requires_grad)


# ------------------------------------------------------------------- by given probabilities


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that the element is (or p, if given), else 0.

    Raises:
        RuntimeError: a probability is not between 0 and 1, or the dtype is not floating-point.
    """
    x = arguments.floating_point("bernoulli", "input", input).array
    probability = x if p is None else np.full(x.shape, dtypes.number("bernoulli", p, x.dtype))
    if not ((probability >= 0) & (probability <= 1)).all():
        raise RuntimeError("bernoulli: a probability is not between 0 and 1")
    drawn = numpy_of(generator).random(x.shape)
    return Tensor._wrap((drawn < probability).astype(x.dtype))


def _weights(input: Tensor, num_samples: int, replacement: bool) -> tuple[Array, Array]:
    """Return the weights of `multinomial` and the sum of each row; raise if they are invalid."""
    weights = arguments.floating_point("multinomial", "input", input).array
    if weights.ndim not in (1, 2) or not weights.size:
        raise RuntimeError(f"multinomial: input must be (C) or (N, C), not {weights.shape}")
    if weights.shape[-1] > 2**24:
        raise RuntimeError("multinomial: number of categories cannot exceed 2^24")
    total = weights.sum(-1, keepdims=True, dtype=np.float64)
    if not (np.isfinite(total).all() and (weights >= 0).all() and (total > 0).all()):
        raise RuntimeError(
            "multinomial: weights must be finite and not negative, and one of a row above 0"
        )
    if num_samples <= 0:
        raise RuntimeError(f"multinomial: cannot draw {num_samples} samples")
    if not replacement and num_samples > 1 and ((weights > 0).sum(-1) < num_samples).any():
        raise RuntimeError(
            f"multinomial: cannot draw {num_samples} without replacement where fewer weights are "
            "above 0"
        )
    return weights, total


def _places(ends: Array, drawn: Array) -> Array:
    """Count for each number how many of its row's ends, (…, C) and sorted, are not above it."""
    if drawn.shape[-1] == 1:  # one number of each row: compared in all rows at once
        places: Array = (ends <= drawn).sum(-1, keepdims=True)
        return places
    rows, numbers = ends.reshape(-1, ends.shape[-1]), drawn.reshape(-1, drawn.shape[-1])
    found = [row.searchsorted(of_row, "right") for row, of_row in zip(rows, numbers, strict=True)]
    return np.stack(found).reshape(drawn.shape)


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Indices (int64), each drawn with a probability in proportion to its weight.

    Args:
        input: weights, not negative, (C) or (N, C); they need not sum to 1.
        num_samples: how many to draw from each row.
        replacement: may an index be drawn again?
        generator: the default one unless given.

    Returns:
        (num_samples) or (N, num_samples).

    Raises:
        RuntimeError: the weights are negative, not finite, all 0, or too few of a row are above 0.
    """
    num_samples = scalars.whole("multinomial", "num_samples", num_samples)
    weights, total = _weights(input, num_samples, replacement)
    random = numpy_of(generator)
    if scalars.flag("multinomial", "replacement", replacement) or num_samples == 1:
        # Inverse transform sampling: where in the cumulative weights does a uniform number fall?
        ends = np.cumsum(weights / total, -1)
        ends /= ends[..., -1:]
        drawn = random.random((*weights.shape[:-1], num_samples))
        return Tensor._wrap(_places(ends, drawn))
    # Without replacement: draw an exponential waiting time for each weight, with the weight as its
    # rate; the first `num_samples` to come are the sample (Efraimidis and Spirakis 2006,
    # https://doi.org/10.1016/j.ipl.2005.11.003). Logarithms of the times do not overflow.
    with np.errstate(divide="ignore"):
        waits = np.log(random.standard_exponential(weights.shape)) - np.log(weights, dtype=float)
    return Tensor._wrap(np.argsort(waits, -1)[..., :num_samples])
