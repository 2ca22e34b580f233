"""Making tensors: from data, of constants, and of random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import dtypes
from ._compat import devices
from .dtypes import Array
from .ops import arguments
from .ops.arguments import sizes_of
from .ops.table import named
from .random import Generator, default_generator
from .tensor import Tensor

# ------------------------------------------------------------------------------- from data


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of a copy of the data.

    Args:
        data: a number, nested lists, a NumPy array or a tensor.
        dtype: that of the elements; by default the data's own, where Python floats count as the
            default dtype and Python ints as int64.
        device: the CPU, if any.
        requires_grad: should `backward()` compute a gradient for it?

    Raises:
        ValueError: nested lists are not of equal length.
        TypeError: the data are no numbers.
    """
    return _finish(np.array(_array_of(data, dtype)), device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Make a tensor of the data without a copy if possible; a tensor stays itself."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return _finish(_array_of(data, dtype), device, False)


def from_numpy(ndarray: Array) -> Tensor:
    """Make a tensor of an array, sharing its memory: a change of one is a change of the other."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return _finish(ndarray, None, False)


def _array_of(data: Any, dtype: Any) -> Array:
    """Return the data as an array, itself if it is one, with the dtype that a tensor of it has."""
    if isinstance(data, Tensor):
        array = data.array
    elif isinstance(data, (list, tuple)) and _holds_tensors(data):
        array = np.array(_unpacked(data))
    else:
        array = np.asarray(data)
    if dtype is not None:
        return array.astype(dtypes.as_numpy(dtype), copy=False)
    if array.dtype.kind == "f" and not isinstance(data, (Tensor, np.ndarray, np.generic)):
        return array.astype(dtypes.get_default_dtype().numpy)
    return array


def _holds_tensors(data: Any) -> bool:
    return any(
        isinstance(x, Tensor) or (isinstance(x, (list, tuple)) and _holds_tensors(x)) for x in data
    )


def _unpacked(data: Any) -> Any:
    """Nested lists of tensors, as nested lists of numbers."""
    if isinstance(data, Tensor):
        return data.tolist()
    return [_unpacked(x) for x in data] if isinstance(data, (list, tuple)) else data


def _finish(array: Any, device: Any, requires_grad: bool) -> Tensor:
    dtypes.as_numpy(array.dtype)
    if device is not None:
        devices.device(device)
    return Tensor._wrap(array).requires_grad_(requires_grad)


# ------------------------------------------------------------- of a size: constants and chance

Fill = Callable[[tuple[int, ...], np.dtype[Any], Generator], Array]


def of_size(name: str, fill: Fill, doc: str) -> Callable[..., Tensor]:
    """Make a function of a size, such as `zeros`."""

    def make(
        *size: Any,
        generator: Generator | None = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        wanted = dtypes.get_default_dtype() if dtype is None else dtype
        shape = _checked_size(name, sizes_of(size[0], size[1:]) if size else ())
        array = fill(shape, dtypes.as_numpy(wanted), generator or default_generator)
        return _finish(array, device, requires_grad)

    return named(make, name, f"{doc}, of a size given one by one or as a sequence.")


def like(name: str, fill: Fill, doc: str) -> Callable[..., Tensor]:
    """Make a function of a tensor, such as `zeros_like`."""

    def make(
        input: Tensor,
        *,
        generator: Generator | None = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        wanted = arguments.tensor(name, "input", input).dtype if dtype is None else dtype
        array = fill(input.array.shape, dtypes.as_numpy(wanted), generator or default_generator)
        return _finish(array, device, requires_grad)

    return named(make, name, f"{doc}, of the size and (unless another is given) dtype of `input`.")


def _checked_size(name: str, size: tuple[int, ...]) -> tuple[int, ...]:
    if min(size, default=0) < 0:
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension: {list(size)}")
    return size


def _uniform(shape: tuple[int, ...], dtype: np.dtype[Any], generator: Generator) -> Array:
    _check_floating("rand", dtype)
    return generator.numpy.random(shape, dtype)


def _normal(shape: tuple[int, ...], dtype: np.dtype[Any], generator: Generator) -> Array:
    _check_floating("randn", dtype)
    return generator.numpy.standard_normal(shape, dtype)


def _check_floating(name: str, dtype: np.dtype[Any]) -> None:
    if dtype.kind != "f":
        raise RuntimeError(f"{name}: the dtype must be floating-point, not {dtype}")


# fmt: off
_zeros: Fill = lambda shape, dtype, _: np.zeros(shape, dtype)  # noqa: E731 (lines of a table)
_ones:  Fill = lambda shape, dtype, _: np.ones(shape, dtype)  # noqa: E731
_empty: Fill = lambda shape, dtype, _: np.empty(shape, dtype)  # noqa: E731

zeros, zeros_like = of_size("zeros", _zeros, "0s"), like("zeros_like", _zeros, "0s")
ones, ones_like = of_size("ones", _ones, "1s"), like("ones_like", _ones, "1s")
empty = of_size("empty", _empty, "Any numbers")
empty_like = like("empty_like", _empty, "Any numbers")
rand = of_size("rand", _uniform, "Numbers drawn evenly from [0, 1)")
rand_like = like("rand_like", _uniform, "Numbers drawn evenly from [0, 1)")
randn = of_size("randn", _normal, "Normal numbers of mean 0 and variance 1")
randn_like = like("randn_like", _normal, "Normal numbers of mean 0 and variance 1")
# fmt: on


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """One number everywhere. The dtype is the number's unless given."""
    array = _array_of(fill_value.item() if isinstance(fill_value, Tensor) else fill_value, dtype)
    shape = _checked_size("full", sizes_of(size, ()))
    return _finish(np.full(shape, array, array.dtype), device, requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """One number everywhere, of the size and (unless another is given) dtype of `input`."""
    wanted = arguments.tensor("full_like", "input", input).dtype if dtype is None else dtype
    return full(input.shape, fill_value, dtype=wanted, device=device, requires_grad=requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The matrix (n, m) with 1 on the diagonal, 0 elsewhere; m is n unless given."""
    _checked_size("eye", (n, n if m is None else m))
    wanted = dtypes.get_default_dtype() if dtype is None else dtype
    return _finish(np.eye(n, m, dtype=dtypes.as_numpy(wanted)), device, requires_grad)


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, … up to but without `end`; `arange(end)` starts at 0.

    The dtype is int64 if all three are ints, else the default dtype, unless given.
    """
    if end is None:
        start, end = 0, start
    start, end, step = (x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    if not math.isfinite(start) or not math.isfinite(end):
        raise RuntimeError(f"arange: unsupported range: {start} to {end}")
    if dtype is None:
        whole = all(isinstance(x, (int, np.integer)) for x in (start, end, step))
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    wanted = dtypes.as_numpy(dtype)
    if wanted.kind in "iu":
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) / step < 0:
        raise RuntimeError(f"arange: from {start} to {end} in steps of {step} leads nowhere")
    # Each element is start + i · step in float64, or in int64: nothing piles up.
    n = math.ceil((end - start) / step)
    return _finish((start + np.arange(n) * step).astype(wanted), device, requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """So many numbers from `start` to `end`, both included, at equal distances."""
    if not isinstance(steps, (int, np.integer)):
        raise TypeError(f"linspace(): argument 'steps' must be int, not {type(steps).__name__}")
    if any(isinstance(x, Tensor) and x.array.ndim for x in (start, end)):
        raise RuntimeError("linspace only supports 0-dimensional start and end tensors")
    if steps < 0:
        raise RuntimeError(f"linspace: number of steps must be non-negative, not {steps}")
    wanted = dtypes.as_numpy(dtypes.get_default_dtype() if dtype is None else dtype)
    start, end = float(start), float(end)
    if wanted.kind in "iu":
        start, end = int(start), int(end)
    return _finish(np.linspace(start, end, steps).astype(wanted), device, requires_grad)


# -------------------------------------------------------------------------------- of chance


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers drawn evenly from [low, high); `randint(high, size)` starts at 0."""
    if size is None:
        low, high, size = 0, low, high
    if size is None or isinstance(high, Sequence):
        raise TypeError("randint: expects randint(high, size) or randint(low, high, size)")
    if low >= high:
        raise RuntimeError(f"randint: expects low < high, but got {low} and {high}")
    drawn = (generator or default_generator).numpy.integers(low, high, sizes_of(size, ()))
    return _finish(np.asarray(drawn).astype(dtypes.as_numpy(dtype)), device, requires_grad)


def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers drawn evenly from [low, high), of the size and dtype of `input`.

    `randint_like(input, high)` starts at 0.
    """
    if high is None:
        low, high = 0, low
    wanted = arguments.tensor("randint_like", "input", input).dtype if dtype is None else dtype
    return randint(
        low, high, input.shape, dtype=wanted, device=device, requires_grad=requires_grad
    )


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from 0 to n - 1 in an order drawn by chance."""
    drawn = (generator or default_generator).numpy.permutation(n)
    return _finish(drawn.astype(dtypes.as_numpy(dtype)), device, requires_grad)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that the element says (or p, if given), else 0."""
    x = arguments.floating_point("bernoulli", "input", input).array
    chance = x if p is None else np.full(x.shape, p, x.dtype)
    if not ((chance >= 0) & (chance <= 1)).all():
        raise RuntimeError("bernoulli: a probability is not between 0 and 1")
    drawn = (generator or default_generator).numpy.random(x.shape)
    return Tensor._wrap((drawn < chance).astype(x.dtype))


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Indices (int64), each drawn with a chance in proportion to the weight that stands there.

    Args:
        input: weights, not negative, (C) or (N, C); they need not sum to 1.
        num_samples: how many to draw from each row.
        replacement: may an index be drawn again?
        generator: the default one unless given.

    Returns:
        (num_samples) or (N, num_samples).
    """
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
    random = (generator or default_generator).numpy
    if replacement or num_samples == 1:
        # Lay the weights end to end, and see on which of them a number drawn evenly falls.
        ends = np.cumsum(weights / total, -1)
        ends /= ends[..., -1:]
        drawn = random.random((*weights.shape[:-1], num_samples))
        places = (ends[..., None, :] <= drawn[..., None]).sum(-1)
        return Tensor._wrap(places)
    if ((weights > 0).sum(-1) < num_samples).any():
        raise RuntimeError(
            f"multinomial: cannot draw {num_samples} without replacement where fewer weights are "
            "above 0"
        )
    # Of waiting times with these rates, which come first? (Efraimidis and Spirakis 2006) Their
    # logarithms tell it too, and of the smallest weights without overflow.
    with np.errstate(divide="ignore"):
        waits = np.log(random.standard_exponential(weights.shape)) - np.log(weights, dtype=float)
    return Tensor._wrap(np.argsort(waits, -1)[..., :num_samples])


# ------------------------------------------------------------ by the names of the types of old


class TensorType:
    """A dtype's tensors: `LongTensor([1, 2])`, `LongTensor(2, 3)`, `x.type(LongTensor)`."""

    def __init__(self, dtype: dtypes.dtype) -> None:
        self.dtype = dtype

    def __call__(self, *args: Any) -> Tensor:
        """Make a tensor of the data or, given sizes, of any numbers."""
        if len(args) == 1 and not isinstance(args[0], int):
            return tensor(args[0], dtype=self.dtype)
        return zeros(*args or (0,), dtype=self.dtype)

    def __repr__(self) -> str:
        return f"minitorch.{dtypes.TENSOR_TYPES[self.dtype]}"


FloatTensor, DoubleTensor = TensorType(dtypes.float32), TensorType(dtypes.float64)
LongTensor, IntTensor = TensorType(dtypes.int64), TensorType(dtypes.int32)
ByteTensor, BoolTensor = TensorType(dtypes.uint8), TensorType(dtypes.bool)
