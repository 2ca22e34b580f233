"""In-place operations: changing a tensor's elements where they are.

Each is an operation like any other. Its result is then written into the memory of its input, and
the tensor takes over the result's node in the graph (`autograd/views.py` does that, and follows the
change in all views of the memory). If the operation itself saved the old elements for its vjp, it
gets a copy of them. If another operation saved them, the version counter tells `backward()` that
they have changed since, and it raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from .. import dtypes, scalars
from ..autograd.graph import record
from ..autograd.views import overwrite
from ..random import numpy_of
from . import arguments, operand
from .elementwise import add, div, mul, pow, sub, zero_vjp
from .gather import index_fill, scatter
from .indexing import at, getitem, ints_first, is_basic, numpy_index, parts_of
from .where import clamp, masked_fill

if TYPE_CHECKING:
    from ..random import Generator
    from ..tensor import Tensor
    from .operand import Operand


def _check_fit(name: str, x: Tensor, result: Tensor) -> None:
    """Raise if the result cannot be written into x, as 2.5 cannot into integers."""
    a, b = x.array, result.array
    if a.shape != b.shape:
        raise RuntimeError(
            f"{name}: output with shape {list(a.shape)} doesn't match the broadcast shape "
            f"{list(b.shape)}"
        )
    if dtypes.CATEGORY[b.dtype.kind] > dtypes.CATEGORY[a.dtype.kind]:
        raise RuntimeError(
            f"{name}: result type {result.dtype} can't be cast to the desired output type {x.dtype}"
        )


def in_place(op: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Make the in-place form of an operation: its result is written into its first input."""
    name = f"{op.__name__}_"

    def method(input: Tensor, *args: Any, **options: Any) -> Tensor:
        # The operation is given a stand-in for its input. If it saved the stand-in for its vjp,
        # that still exists when nothing here refers to it, and gets a copy of the old elements.
        x = arguments.tensor(name, "input", input)._wrap(input.array)
        x._node, x._requires_grad = input._node, input._requires_grad
        result = op(x, *args, **options)
        if result is x:  # as of dropout outside training
            return input
        saved = ref(x)
        del x
        old = saved()
        if old is not None:
            old.array = old.array.copy()
        _check_fit(name, input, result)
        overwrite(input, result.to(input.array.dtype))
        return input

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{op.__name__}`, in place: its result becomes the tensor's elements."
    method.__wrapped__ = op  # type: ignore[attr-defined]  # so that its signature is known
    return method


add_ = in_place(add)
sub_ = in_place(sub)
mul_ = in_place(mul)
div_ = in_place(div)
pow_ = in_place(pow)
clamp_ = in_place(clamp)
masked_fill_ = in_place(masked_fill)
index_fill_ = in_place(index_fill)
scatter_ = in_place(scatter)


def copy_(input: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write the elements of `src` into the tensor, broadcast to its shape and in its dtype.

    Raises:
        RuntimeError: the shape of `src` does not broadcast to the tensor's.
    """
    x, source = input.array, arguments.tensor("copy_", "src", src).array
    try:
        y = np.broadcast_to(source, x.shape).astype(x.dtype, copy=False)
    except ValueError:
        raise RuntimeError(
            f"copy_: elements of shape {source.shape} do not broadcast to shape {x.shape}"
        ) from None
    overwrite(input, record("copy_", y, (input, zero_vjp), (src, lambda g: g)))
    return input


def fill_(input: Tensor, value: Operand) -> Tensor:
    """Set every element to a value: a number, or a tensor without dimensions."""
    return copy_(input, operand.filling("fill_", input, value))


def zero_(input: Tensor) -> Tensor:
    """Set every element to 0."""
    return fill_(input, 0)


def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Draw every element from the normal distribution with this mean and standard deviation."""
    mean, std = dtypes.real("normal_", mean), dtypes.real("normal_", std)
    if not std >= 0:
        raise RuntimeError(f"normal_ expects std >= 0.0, but found std {std}")
    x = arguments.floating_point("normal_", "self", input).array
    draw = numpy_of(generator).standard_normal(x.shape, x.dtype)
    return copy_(input, input._wrap(draw * x.dtype.type(std) + x.dtype.type(mean)))


def uniform_(
    input: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Draw every element from the uniform distribution over [a, b)."""
    a, b = dtypes.real("uniform_", a), dtypes.real("uniform_", b)
    if not -math.inf < a <= b < math.inf:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found {a} to {b}")
    x = arguments.floating_point("uniform_", "self", input).array
    draw = numpy_of(generator).random(x.shape, x.dtype)
    return copy_(input, input._wrap(draw * x.dtype.type(b - a) + x.dtype.type(a)))


def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Set every element to 1 with probability p, else to 0.

    p is a number, or a tensor that broadcasts to the shape.
    """
    x = input.array
    if arguments.is_tensor(p):
        arguments.broadcasts_to("bernoulli_", "p", p, x.shape)
        chances = p.array
    else:
        chances = dtypes.real("bernoulli_", p)
    if not np.all((chances >= 0) & (chances <= 1)):
        raise RuntimeError("bernoulli_: a probability is not between 0 and 1")
    return copy_(input, input._wrap(numpy_of(generator).random(x.shape) < chances))


def exponential_(
    input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Draw every element from the exponential distribution of density lambd · e^(-lambd x)."""
    rate = dtypes.real("exponential_", lambd)
    if not rate > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate}")
    x = arguments.floating_point("exponential_", "self", input).array
    draw = numpy_of(generator).standard_exponential(x.shape, x.dtype)
    return copy_(input, input._wrap(draw / x.dtype.type(rate)))


def random_(
    input: Tensor,
    first: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Draw whole numbers uniformly: from [first, to), or, `random_(to)`, from [0, to).

    Without either, from all that are not negative and that the dtype holds exactly.

    Raises:
        RuntimeError: `first` is not below `to`, or the dtype does not hold the numbers.
    """
    x = input.array
    if to is None:
        first, to = 0, first
    least = scalars.whole("random_", "first", first)
    if to is not None:
        most = scalars.whole("random_", "to", to) - 1
    elif x.dtype.kind == "f":
        most = 2 ** (np.finfo(x.dtype).nmant + 1)
    else:
        most = int(dtypes.LIMITS[x.dtype][1])
    if least > most:
        raise RuntimeError(f"random_: expects first < to, but got {least} and {to}")
    for bound in (least, most):
        if not dtypes.LIMITS[x.dtype][0] <= bound <= dtypes.LIMITS[x.dtype][1]:
            raise dtypes.unfit("random_", bound, x.dtype)
    draw = numpy_of(generator).integers(least, most, x.shape, endpoint=True)
    return copy_(input, input._wrap(np.asarray(draw).astype(x.dtype)))


def fill_diagonal_(input: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Set the elements [i, i, …] to a number.

    Args:
        input: a matrix, or of more dimensions, all of one size.
        fill_value: the number.
        wrap: of a matrix with more rows than columns: begin again after each square and a row.
    """
    x = input.array
    if x.ndim < 2 or (x.ndim > 2 and len(set(x.shape)) > 1):
        raise RuntimeError(
            f"fill_diagonal_: needs a matrix, or dimensions of one size, not shape {x.shape}"
        )
    on = np.zeros(x.shape, np.bool_)
    np.fill_diagonal(on, True, scalars.flag("fill_diagonal_", "wrap", wrap))
    return masked_fill_(input, input._wrap(on), fill_value)


def detach_(input: Tensor) -> Tensor:
    """Cut the tensor off from the operation that made it.

    Raises:
        RuntimeError: it is a view.
    """
    if input._view:
        raise RuntimeError("detach_: a view cannot be detached in place. Use x.detach().")
    input._node, input._requires_grad = None, False
    return input


def setitem(input: Tensor, index: Any, value: Operand) -> None:
    """`input[index] = value`, broadcast to the shape of input[index] and in the tensor's dtype.

    dL/dinput is g, but 0 at the index; dL/dvalue is g[index].

    Raises:
        IndexError: the index does not fit the shape.
        RuntimeError: the value does not broadcast.
    """
    first, parts = ints_first(parts_of(index), input.array.ndim)
    if first:
        setitem(getitem(input, first), parts, value)
        return
    if isinstance(value, np.ndarray) or arguments.is_tensor(value):
        _, v = operand.pair("setitem", input, value)
    else:
        v = operand.filling("setitem", input, value)
    if is_basic(parts):
        part = getitem(input, parts)
        while v.array.ndim > part.array.ndim and v.array.shape[0] == 1:
            v = v.squeeze(0)
        copy_(part, v)
        return
    where, x = numpy_index(parts), input.array
    y = x.copy()
    try:
        y[where] = v.array
    except (IndexError, ValueError):
        chosen = at("setitem", x, where)
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(v.array.shape)} cannot be broadcast to "
            f"indexing result of shape {list(chosen.shape)}"
        ) from None

    def outside(g: Tensor, *_: Tensor) -> Tensor:
        inside = np.zeros(g.array.shape, np.bool_)
        inside[where] = True
        return g.masked_fill(g._wrap(inside), 0.0)

    tensors = [part for part in parts if arguments.is_tensor(part)]
    overwrite(
        input,
        record("setitem", y, (input, outside, *tensors), (v, lambda g, *_: g[parts], *tensors)),
    )
