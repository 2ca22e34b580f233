"""How the tables of operations are made: a line there is a call of a function here.

A line gives an operation its name, what it does with arrays, and for each input a *vjp*, the
vector–Jacobian product (see autograd/graph.py). The vector is g = dL/dy, the gradient of the loss L
with respect to the output y; the Jacobian J holds the derivatives ∂y_i/∂a_j; and gᵀ J is dL/da.
Here, where y_i depends on a_i alone, J is diagonal, and gᵀ J is g times the derivative, element by
element:

    mul = binary("mul", np.multiply,  lambda g, b: g * b,  lambda g, a: g * a,  "a · b")
    exp = unary("exp", np.exp,  lambda g, y: g * y,  "eˣ")

The names of a vjp's parameters say what it needs beside g: inputs, called x, or a and b, and the
output y, which comes first. Exactly that is *saved*, kept in memory until the backward pass: `mul`
saves for each input the other one, `exp` is its own derivative and saves y, and `add`, whose vjp is
`lambda g: g`, saves nothing. The two lines above, written out by hand:

    >>> import numpy as np
    >>> import minitorch
    >>> from minitorch.autograd.graph import OUTPUT, record
    >>> def mul(a, b):
    ...     y = np.multiply(a.array, b.array)
    ...     to_a = (a, lambda g, b: g * b, b)  # an input, its vjp, and what is saved for the vjp
    ...     to_b = (b, lambda g, a: g * a, a)
    ...     return record("mul", y, to_a, to_b)
    >>> def exp(x):
    ...     y = np.exp(x.array)
    ...     return record("exp", y, (x, lambda g, y: g * y, OUTPUT))  # OUTPUT stands for y
    >>> x = minitorch.tensor([0.0], requires_grad=True)
    >>> w = minitorch.tensor([3.0], requires_grad=True)
    >>> y = mul(exp(x), w)
    >>> y.backward()
    >>> x.grad, w.grad
    (tensor([3.]), tensor([1.]))

What the table makes also takes numbers, converts two dtypes to a common one, and records nothing
where no gradient is needed. A vjp does not see broadcasting: where an input was broadcast,
`unbroadcast` (autograd/backward.py) sums the gradient over the copies.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from ..autograd.graph import OUTPUT, VJP, mode, record, unrecorded
from . import arguments, operand

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor
    from .operand import Operand

    Unary = Callable[[Tensor], Tensor]
    Binary = Callable[[Operand, Operand], Tensor]


def named(op: F, name: str, doc: str) -> F:
    """Give a function its name and its docstring."""
    op.__name__ = op.__qualname__ = name
    op.__doc__ = doc
    return op


def _saved(vjp: VJP, inputs: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return the function that picks from (*inputs, y) what a vjp needs beside g."""
    code = vjp.__code__  # its first local variables are its parameters
    _, *names = code.co_varnames[: code.co_argcount]
    places = [(inputs + "y").index(name) for name in names]
    if len(places) > 1:
        return itemgetter(*places)
    start = places[0] if places else 0
    return itemgetter(slice(start, start + len(places)))  # of one place, too, it gives a tuple


def unary(name: str, forward: Any, vjp: VJP, doc: str, *, floating: bool = True) -> Unary:
    """Make the operation y = f(x).

    Args:
        name, forward, doc: the operation's name, what it does with an array, its docstring.
        vjp: dL/dx, from g = dL/dy and, by name, x or y.
        floating: integers are converted to the default dtype first.
    """
    saved = _saved(vjp, "x")

    def op(input: Tensor) -> Tensor:
        x = arguments.tensor(name, "input", input).array
        y = operand.apply_one(name, forward, operand.to_floating(x) if floating else x)
        if not (mode.grad and input._requires_grad):
            return unrecorded(name, y, input)
        known = input, OUTPUT
        return record(name, y, (input, vjp, *saved(known)))

    return named(op, name, doc)


def _both_tensors(name: str, input: Any, other: Any) -> tuple[Tensor, Tensor]:
    return arguments.tensor(name, "input", input), arguments.tensor(name, "other", other)


def binary(
    name: str,
    forward: Any,
    vjp_a: VJP,
    vjp_b: VJP,
    doc: str,
    *,
    floating: bool = False,
    numbers: bool = True,
    common: Callable[[Array, Array], tuple[Array, Array]] = operand.common,
) -> Binary:
    """Make the operation y = f(a, b).

    Args:
        name, forward, doc: the operation's name, what it does with two arrays, its docstring.
        vjp_a, vjp_b: dL/da and dL/db, from g = dL/dy and, by name, a, b or y.
        floating: integers are converted to the default dtype first.
        numbers: one of the inputs may be a number.
        common: converts arrays of two dtypes to one.
    """
    saved_a, saved_b = _saved(vjp_a, "ab"), _saved(vjp_b, "ab")
    operands = (operand.pair_of_floats if floating else operand.pair) if numbers else _both_tensors

    def op(input: Operand, other: Operand) -> Tensor:
        a: Any = input
        b: Any = other
        try:
            needs_grad = a._requires_grad | b._requires_grad
        except AttributeError:  # a number or an array beside a tensor
            a, b = operands(name, input, other)
            needs_grad = a._requires_grad | b._requires_grad
        left, right = a.array, b.array
        if left.dtype is not right.dtype:
            left, right = common(left, right)
        if floating:
            left, right = operand.to_floating(left), operand.to_floating(right)
        y = operand.apply(name, forward, left, right)
        if not (needs_grad and mode.grad):
            return unrecorded(name, y, a, b)
        known = a, b, OUTPUT
        return record(name, y, (a, vjp_a, *saved_a(known)), (b, vjp_b, *saved_b(known)))

    return named(op, name, doc)


def comparison(
    name: str, forward: Any, doc: str, *, numbers: bool = True, number_first: bool = False
) -> Binary:
    """Make an operation on two inputs that has no derivative, such as a < b.

    Args:
        name, forward, doc: the operation's name, what it does with two arrays, its docstring.
        numbers, number_first: the second input may be a number, and so may the first.
    """
    operands = operand.pair if numbers else _both_tensors

    def op(input: Operand, other: Operand) -> Tensor:
        if not number_first:
            arguments.tensor(name, "input", input)
        a, b = operands(name, input, other)
        return a._wrap(operand.apply(name, forward, *operand.common(a.array, b.array)))

    return named(op, name, doc)


def predicate(name: str, forward: Any, doc: str) -> Unary:
    """Make an operation on one input that has no derivative, such as isnan(x)."""

    def op(input: Tensor) -> Tensor:
        x = arguments.tensor(name, "input", input).array
        return input._wrap(operand.apply_one(name, forward, x))

    return named(op, name, doc)
