"""Operations that act on each element alone, each with its derivative beside it.

Read the tables. In a rule g is dL/dy, the gradient of the result; x, or a and b, are the inputs and
y is the output. A rule names what it needs, and exactly that is saved for it: `exp` is its own
derivative and keeps y, `log` keeps x, `add` keeps nothing. Broadcasting is not seen here: the
engine undoes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd import OUTPUT, Array, Rule, record
from . import operand
from .special import erf_array

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operand import Operand

    Unary = Callable[[Tensor], Tensor]
    Binary = Callable[[Tensor, Operand], Tensor]


# ------------------------------------------------------------------ what the tables are made with


def unary(name: str, forward: Any, rule: Rule, doc: str, *, floating: bool = True) -> Unary:
    """Make the operation y = f(x). `floating`: integers are brought to the default dtype first."""
    wants = _wants(rule)

    def op(input: Tensor) -> Tensor:
        x = operand.tensor(name, "input", input).array
        y = forward(operand.floating(x) if floating else x)
        values = {"x": input, "y": OUTPUT}
        return record(name, y, (input, rule, *[values[w] for w in wants]))

    return _named(op, name, doc)


def binary(
    name: str, forward: Any, rule_a: Rule, rule_b: Rule, doc: str, *, floating: bool = False
) -> Binary:
    """Make the operation y = f(a, b). `floating`: integers are brought to the default dtype."""
    wants_a, wants_b = _wants(rule_a), _wants(rule_b)

    def op(input: Tensor, other: Operand) -> Tensor:
        a, b = operand.pair(name, input, other)
        arrays = operand.common(a.array, b.array)
        if floating:
            arrays = operand.floating(arrays[0]), operand.floating(arrays[1])
        y = operand.apply(name, forward, *arrays)
        values = {"a": a, "b": b, "y": OUTPUT}
        return record(
            name,
            y,
            (a, rule_a, *[values[w] for w in wants_a]),
            (b, rule_b, *[values[w] for w in wants_b]),
        )

    return _named(op, name, doc)


def comparison(name: str, forward: Any, doc: str) -> Binary:
    """Make an operation on two inputs that answers true or false, and so has no gradient."""

    def op(input: Tensor, other: Operand) -> Tensor:
        a, b = operand.pair(name, input, other)
        return a._wrap(operand.apply(name, forward, *operand.common(a.array, b.array)))

    return _named(op, name, doc)


def question(name: str, forward: Any, doc: str) -> Unary:
    """Make an operation on one input that answers true or false, and so has no gradient."""

    def op(input: Tensor) -> Tensor:
        return input._wrap(forward(operand.tensor(name, "input", input).array))

    return _named(op, name, doc)


def _wants(rule: Any) -> tuple[str, ...]:
    """Return the names of what a rule needs besides g: y first, if at all, then inputs."""
    return tuple(rule.__code__.co_varnames[1 : rule.__code__.co_argcount])


def _named(op: Any, name: str, doc: str) -> Any:
    op.__name__ = op.__qualname__ = name
    op.__doc__ = doc
    return op


# ------------------------------------------------------------- what the tables call on arrays


def _power(x: Array, y: Array) -> Array:
    if x.dtype.kind in "iu" and (y < 0).any():
        raise RuntimeError("pow: integers to negative integer powers are not allowed. Use floats.")
    return np.power(x, y)  # type: ignore[no-any-return]


def _sigmoid(x: Array) -> Array:
    # Through tanh, which cannot overflow: 1 / (1 + e⁻ˣ) = (1 + tanh(x / 2)) / 2.
    return 0.5 * np.tanh(0.5 * x) + 0.5  # type: ignore[no-any-return]


def _relu(x: Array) -> Array:
    return np.maximum(x, np.zeros((), x.dtype))  # type: ignore[no-any-return]


def _zero(g: Tensor) -> Tensor:
    """The rule of a step: its derivative is 0 wherever it has one."""
    return g._wrap(np.zeros_like(g.array))


def _wins(a: Tensor, b: Tensor) -> Tensor:
    """1 where a > b, 1/2 where they are equal: the share of a in maximum(a, b)."""
    return (a > b) + 0.5 * (a == b)


# -------------------------------------------------------------------------------- the tables
# fmt: off

# Two inputs                               dL/da                        dL/db

add = binary("add", np.add,                lambda g: g,                 lambda g: g,
    "a + b")
sub = binary("sub", np.subtract,           lambda g: g,                 lambda g: -g,
    "a - b")
mul = binary("mul", np.multiply,           lambda g, b: g * b,          lambda g, a: g * a,
    "a · b")
div = binary("div", np.divide,             lambda g, b: g / b,          lambda g, y, b: -g * y / b,
    "a / b. Integers are divided as the default dtype.", floating=True)
pow = binary("pow", _power,                lambda g, a, b: g * where(b == 0, 0.0, b * a ** (b - 1)),
                                           lambda g, y, a: g * where(y == 0, 0.0, y * log(a)),
    "aᵇ")
maximum = binary("maximum", np.maximum,    lambda g, a, b: g * _wins(a, b),
                                           lambda g, a, b: g * _wins(b, a),
    "The larger of a and b. Where they are equal, each gets half of the gradient.")
minimum = binary("minimum", np.minimum,    lambda g, a, b: g * _wins(b, a),
                                           lambda g, a, b: g * _wins(a, b),
    "The smaller of a and b. Where they are equal, each gets half of the gradient.")

# One input                                dL/dx

exp = unary("exp", np.exp,                 lambda g, y: g * y,
    "eˣ")
log = unary("log", np.log,                 lambda g, x: g / x,
    "ln x: -inf at 0, NaN below")
sqrt = unary("sqrt", np.sqrt,              lambda g, y: g / (2 * y),
    "√x")
rsqrt = unary("rsqrt", lambda x: 1 / np.sqrt(x),            lambda g, y: -0.5 * g * y**3,
    "1 / √x")
square = unary("square", np.square,        lambda g, x: g * (2 * x),
    "x²", floating=False)
reciprocal = unary("reciprocal", np.reciprocal, lambda g, y: -g * y * y,
    "1 / x")
neg = unary("neg", np.negative,            lambda g: -g,
    "-x", floating=False)
abs = unary("abs", np.abs,                 lambda g, x: g * sign(x),
    "|x|. The gradient at 0 is 0.", floating=False)
sign = unary("sign", np.sign,              lambda g: zeros_like(g),
    "1 above 0, -1 below, 0 at 0", floating=False)
sin = unary("sin", np.sin,                 lambda g, x: g * cos(x),
    "sin x, x in radians")
cos = unary("cos", np.cos,                 lambda g, x: -g * sin(x),
    "cos x, x in radians")
tanh = unary("tanh", np.tanh,              lambda g, y: g * (1 - y * y),
    "tanh x = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)")
sigmoid = unary("sigmoid", _sigmoid,       lambda g, y: g * (y * (1 - y)),
    "1 / (1 + e⁻ˣ)")
erf = unary("erf", erf_array,                  lambda g, x: g * (2 / math.sqrt(math.pi)) * exp(-x * x),
    "2/√π ∫₀ˣ e^(-t²) dt")
relu = unary("relu", _relu,                lambda g, y: g * (y > 0),
    "max(x, 0). The gradient at 0 is 0.", floating=False)

# Answers without a gradient

eq = comparison("eq", np.equal, "a == b")
ne = comparison("ne", np.not_equal, "a != b")
lt = comparison("lt", np.less, "a < b")
le = comparison("le", np.less_equal, "a <= b")
gt = comparison("gt", np.greater, "a > b")
ge = comparison("ge", np.greater_equal, "a >= b")
logical_and = comparison("logical_and", np.logical_and, "a and b, of what is not 0")
logical_or = comparison("logical_or", np.logical_or, "a or b, of what is not 0")
logical_xor = comparison("logical_xor", np.logical_xor, "either a or b, of what is not 0")
logical_not = question("logical_not", np.logical_not, "not x, of what is not 0")
isnan = question("isnan", np.isnan, "Is x not a number?")
isinf = question("isinf", np.isinf, "Is x infinite?")
isfinite = question("isfinite", np.isfinite, "Is x neither infinite nor NaN?")
bitwise_and = comparison("bitwise_and", np.bitwise_and, "a & b, bit by bit; of bools, a and b")
bitwise_or = comparison("bitwise_or", np.bitwise_or, "a | b, bit by bit; of bools, a or b")
bitwise_xor = comparison("bitwise_xor", np.bitwise_xor, "a ^ b, bit by bit; of bools, either")
bitwise_not = question("bitwise_not", np.bitwise_not, "~x, bit by bit; of bools, not x")
# fmt: on


# -------------------------------------------------------------------- one of two, by a condition


def where(condition: Tensor, input: Operand, other: Operand) -> Tensor:
    """`input` where the condition holds and `other` elsewhere; all three are broadcast.

    The gradient goes to whichever was taken.

    Raises:
        TypeError: the condition is not a bool tensor.
    """
    mask = operand.mask("where", "condition", condition)
    if not operand.is_tensor(input) and not operand.is_tensor(other):
        input = operand.beside("where", condition, input)
    a, b = operand.pair("where", input, other)
    x, y = operand.common(a.array, b.array)
    return record(
        "where",
        operand.apply("where", partial(np.where, mask), x, y),
        (a, lambda g, condition: where(condition, g, 0.0), condition),
        (b, lambda g, condition: where(condition, 0.0, g), condition),
    )


def masked_fill(input: Tensor, mask: Tensor, value: Operand) -> Tensor:
    """`value` where the mask is true and `input` elsewhere: what hides a position from attention.

    Args:
        input: any shape.
        mask: bool, of a shape that broadcasts with `input`.
        value: a number or a 0-d tensor, brought to the dtype of `input`.
    """
    x, v = operand.pair("masked_fill", input, value)
    if v.ndim:
        raise RuntimeError(f"masked_fill: value must be a number or a 0-d tensor, not {v.ndim}-d")
    return where(mask, v.to(x.array.dtype), x)


def clamp(input: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """min(max(x, `min`), `max`). The gradient passes where x lies between them, ends included.

    Args:
        input: any shape.
        min, max: numbers or tensors that broadcast with `input`; None for no bound.

    Raises:
        RuntimeError: neither bound is given.
    """
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
    y = operand.tensor("clamp", "input", input)
    if min is not None:
        y = where(input < min, min, y)
    if max is not None:
        y = where(y > max, max, y)
    return y
