"""What the tables of operations are made with: a line there is a call of a function here.

A rule names what it needs beside g: inputs x, or a and b, and the output y, which comes first.
Exactly that is saved for it: `exp` is its own derivative and keeps y, `log` keeps x, `add` keeps
nothing. Broadcasting is not seen in a rule: the engine undoes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..autograd import OUTPUT, VJP, mode, record, unrecorded
from . import arguments, operand

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operand import Operand

    Unary = Callable[[Tensor], Tensor]
    Binary = Callable[[Operand, Operand], Tensor]


def unary(name: str, forward: Any, rule: VJP, doc: str, *, floating: bool = True) -> Unary:
    """Make the operation y = f(x). `floating`: integers are brought to the default dtype first."""
    keep = _places(rule, "x")

    def op(input: Tensor) -> Tensor:
        x = arguments.tensor(name, "input", input).array
        y = operand.apply_one(name, forward, operand.floating(x) if floating else x)
        if not (mode.grad and input._requires_grad):
            return unrecorded(name, y, input)
        known = input, OUTPUT
        return record(name, y, (input, rule, *[known[i] for i in keep]))

    return named(op, name, doc)


def binary(
    name: str,
    forward: Any,
    rule_a: VJP,
    rule_b: VJP,
    doc: str,
    *,
    floating: bool = False,
    numbers: bool = True,
) -> Binary:
    """Make the operation y = f(a, b).

    Args:
        name, forward, doc: the operation's name, what it does with two arrays, its docstring.
        rule_a, rule_b: dL/da and dL/db.
        floating: integers are brought to the default dtype first.
        numbers: one of the inputs may be a number.
    """
    keep_a, keep_b = _places(rule_a, "ab"), _places(rule_b, "ab")
    operands = operand.pair if numbers else _both_tensors

    def op(input: Operand, other: Operand) -> Tensor:
        a, b = operands(name, input, other)
        x, y = a.array, b.array
        if x.dtype is not y.dtype:
            x, y = operand.common(x, y)
        if floating:
            x, y = operand.floating(x), operand.floating(y)
        out = operand.apply(name, forward, x, y)
        if not (mode.grad and (a._requires_grad or b._requires_grad)):
            return unrecorded(name, out, a, b)
        known = a, b, OUTPUT
        return record(
            name,
            out,
            (a, rule_a, *[known[i] for i in keep_a]),
            (b, rule_b, *[known[i] for i in keep_b]),
        )

    return named(op, name, doc)


def comparison(
    name: str, forward: Any, doc: str, *, numbers: bool = True, number_first: bool = False
) -> Binary:
    """Make an operation on two inputs that has no gradient: most answer true or false.

    Args:
        name, forward, doc: the operation's name, what it does with two arrays, its docstring.
        numbers: the second input may be a number.
        number_first: so may the first.
    """

    operands = operand.pair if numbers else _both_tensors

    def op(input: Operand, other: Operand) -> Tensor:
        if not number_first:
            arguments.tensor(name, "input", input)
        a, b = operands(name, input, other)
        return a._wrap(operand.apply(name, forward, *operand.common(a.array, b.array)))

    return named(op, name, doc)


def question(name: str, forward: Any, doc: str) -> Unary:
    """Make an operation on one input that has no gradient: most answer true or false."""

    def op(input: Tensor) -> Tensor:
        x = arguments.tensor(name, "input", input).array
        return input._wrap(operand.apply_one(name, forward, x))

    return named(op, name, doc)


def _both_tensors(name: str, input: Any, other: Any) -> tuple[Tensor, Tensor]:
    return arguments.tensor(name, "input", input), arguments.tensor(name, "other", other)


def _places(rule: Any, inputs: str) -> list[int]:
    """Return the places, in (*inputs, y), of what a rule names beside g."""
    names = rule.__code__.co_varnames[1 : rule.__code__.co_argcount]
    return [(inputs + "y").index(name) for name in names]


def named(op: F, name: str, doc: str) -> F:
    """Give a function its name and its docstring."""
    op.__name__ = op.__qualname__ = name
    op.__doc__ = doc
    return op
