"""Operations that act on each element alone, each with its derivative beside it.

A line of a table (see table.py) holds the operation's name, what it does with arrays, and its vjp:
g is dL/dy, the gradient of the output y; x, or a and b, are the inputs. A vjp calls an operation
that is further down the table as a method: x.cos().
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, scalars
from ..autograd.graph import record
from . import arguments, operand
from .special import erf_array, sigmoid_array
from .table import binary, comparison, predicate, unary
from .where import where

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor
    from .operand import Operand


# -------------------------------------------- what the tables do with arrays and with gradients


def _power(a: Array, b: Array) -> Array:
    if b.ndim == 0 and b == 2:
        return np.square(a)  # np.power takes 20 times as long
    if a.dtype.kind in "iu" and (b < 0).any():  # 1 / a⁻ᵇ rounded towards 0: of ±1, b's parity tells
        return np.where((b < 0) & (a != 1) & (a != -1), 0, np.power(a, np.where(b < 0, b & 1, b)))
    return np.power(a, b, dtype=a.dtype)  # of bools, there is none


def _square(x: Array) -> Array:
    return np.square(x, dtype=np.int64 if x.dtype == np.bool_ else None)


def _sign(x: Array) -> Array:
    # np.sign takes 50 times as long for float32, and knows no bools.
    if x.dtype.kind in "bu":
        return (x > 0).astype(x.dtype)
    return np.subtract(x > 0, x < 0, dtype=x.dtype)


def _unless_whole(f: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Leave whole numbers as they are; NumPy 2.0 rounds them to floats."""
    return lambda x: f(x) if x.dtype.kind == "f" else x.copy()


def checked_division(a: Array, b: Array, divide: Any) -> Array:
    """Divide; of integers, raise where b is 0, for which NumPy only warns and gives 0."""
    if a.dtype.kind in "iub" and not b.all():
        raise RuntimeError("ZeroDivisionError: an integer tensor is divided by 0")
    return divide(a, b, dtype=a.dtype)  # type: ignore[no-any-return]


def _truncate(a: Array, b: Array, dtype: np.dtype[Any]) -> Array:
    if a.dtype.kind == "f":
        return np.trunc(a / b)
    floor = np.floor_divide(a, b, dtype=dtype)
    return np.where((floor < 0) & (floor * b != a), floor + 1, floor)


def zero_vjp(g: Tensor) -> Tensor:
    """The vjp of a step function, or of an input without influence: the derivative is 0."""
    return g._wrap(np.zeros_like(g.array))


def _pow_vjp_a(g: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """g b aᵇ⁻¹, but 0 where b = 0: a⁻¹ may be inf. If not, a varying b keeps its derivative."""
    flat = b == 0
    if not flat.array.any():
        return g * (b * a ** (b - 1))
    flat = flat & (1 / a).isinf() if b.requires_grad else flat
    return where(flat, 0.0, g * (b * a ** where(flat, 0, b - 1)))


def _pow_vjp_b(g: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """g aᵇ ln a, but 0 where a = 0 and b ≥ 0: ln 0 is -inf."""
    return g * (y * where((a == 0) & (b >= 0), 1, a).log())


# -------------------------------------------------------------------------------- the tables
# fmt: off

# Two inputs                               dL/da                        dL/db
_add = binary("add", np.add,               lambda g: g,                 lambda g: g,
    "a + b")
_sub = binary("sub", np.subtract,          lambda g: g,                 lambda g: -g,
    "a - b", common=operand.common_but_bools)
mul = binary("mul", np.multiply,           lambda g, b: g * b,          lambda g, a: g * a,
    "a · b")
_div = binary("div", np.divide,            lambda g, b: g / b,          lambda g, y, b: -g * y / b,
    "a / b. Integers are first converted to the default dtype.", floating=True)
_div_floor = binary("div", partial(checked_division, divide=np.floor_divide), zero_vjp, zero_vjp,
    "a / b, rounded down")
_div_trunc = binary("div", partial(checked_division, divide=_truncate), zero_vjp, zero_vjp,
    "a / b, rounded towards 0")
remainder = binary("remainder", partial(checked_division, divide=np.remainder), lambda g: g,
                                           lambda g, a, b: -g * (a // b),
    "a - b ⌊a / b⌋: the remainder of the division a / b, with the sign of b")
_pow = binary("pow", _power,               _pow_vjp_a,                   _pow_vjp_b,
    "aᵇ")

# One input                                dL/dx
exp = unary("exp", np.exp,                 lambda g, y: g * y,
    "eˣ")
expm1 = unary("expm1", np.expm1,           lambda g, y: g * (y + 1),
    "eˣ - 1, accurate for small x too")
log = unary("log", np.log,                 lambda g, x: g / x,
    "ln x: -inf at 0, NaN below")
log1p = unary("log1p", np.log1p,           lambda g, x: g / (x + 1),
    "ln(1 + x), accurate for small x too")
sqrt = unary("sqrt", np.sqrt,              lambda g, y: g / (2 * y),
    "√x")
rsqrt = unary("rsqrt", lambda x: 1 / np.sqrt(x),            lambda g, y: -0.5 * g * y**3,
    "1 / √x")
square = unary("square", _square,          lambda g, x: g * (2 * x),
    "x²", floating=False)
reciprocal = unary("reciprocal", np.reciprocal, lambda g, y: -g * y * y,
    "1 / x")
neg = unary("neg", np.negative,            lambda g: -g,
    "-x", floating=False)
abs = unary("abs", np.abs,                 lambda g, x: g * x.sign(),
    "|x|. The gradient at 0 is 0.", floating=False)
sign = unary("sign", _sign,                zero_vjp,
    "1 above 0, -1 below, 0 at 0", floating=False)
sin = unary("sin", np.sin,                 lambda g, x: g * x.cos(),
    "sin x, x in radians")
cos = unary("cos", np.cos,                 lambda g, x: -g * x.sin(),
    "cos x, x in radians")
tanh = unary("tanh", np.tanh,              lambda g, y: g * (1 - y * y),
    "tanh x = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)")
sigmoid = unary("sigmoid", sigmoid_array,  lambda g, y: g * (y * (1 - y)),
    "1 / (1 + e⁻ˣ)")
erf = unary("erf", erf_array,              lambda g, x: g * (2 / math.sqrt(math.pi)) * exp(-x * x),
    "2/√π ∫₀ˣ e^(-t²) dt")
floor = unary("floor", _unless_whole(np.floor), zero_vjp,
    "The largest whole number that is not above x", floating=False)
ceil = unary("ceil", _unless_whole(np.ceil), zero_vjp,
    "The smallest whole number that is not below x", floating=False)

# Comparisons and predicates: true or false, without a derivative
eq = comparison("eq", np.equal, "a == b")
ne = comparison("ne", np.not_equal, "a != b")
lt = comparison("lt", np.less, "a < b")
le = comparison("le", np.less_equal, "a <= b")
gt = comparison("gt", np.greater, "a > b")
ge = comparison("ge", np.greater_equal, "a >= b")
logical_and = comparison("logical_and", np.logical_and,
    "a and b; every number but 0 counts as true", numbers=False)
logical_or = comparison("logical_or", np.logical_or,
    "a or b; every number but 0 counts as true", numbers=False)
logical_xor = comparison("logical_xor", np.logical_xor,
    "exactly one of a and b; every number but 0 counts as true", numbers=False)
logical_not = predicate("logical_not", np.logical_not, "not x; every number but 0 counts as true")
isnan = predicate("isnan", np.isnan, "Is x not a number?")
isinf = predicate("isinf", np.isinf, "Is x infinite?")
isfinite = predicate("isfinite", np.isfinite, "Is x neither infinite nor NaN?")

# Bit by bit, of whole numbers: without a derivative too
bitwise_and = comparison("bitwise_and", np.bitwise_and,
    "a & b, bit by bit; of bools, a and b", number_first=True)
bitwise_or = comparison("bitwise_or", np.bitwise_or,
    "a | b, bit by bit; of bools, a or b", number_first=True)
bitwise_xor = comparison("bitwise_xor", np.bitwise_xor,
    "a ^ b, bit by bit; of bools, exactly one of a and b", number_first=True)
bitwise_not = predicate("bitwise_not", np.bitwise_not, "~x, bit by bit; of bools, not x")
# fmt: on


# ------------------------------------------------------------------- operations with options


def _scaled(name: str, input: Operand, other: Operand, alpha: float) -> Tensor:
    """alpha · other"""
    a, b = operand.pair(name, input, other)
    if isinstance(alpha, float) and "f" not in (a.array.dtype.kind, b.array.dtype.kind):
        raise RuntimeError(f"{name}: alpha={alpha} must be a whole number, as the elements are")
    return mul(b, b._wrap(dtypes.number(name, alpha, dtypes.promote(a.array, b.array))))


def add(input: Operand, other: Operand, *, alpha: float = 1) -> Tensor:
    """input + alpha · other"""
    return _add(input, other if alpha == 1 else _scaled("add", input, other, alpha))


def sub(input: Operand, other: Operand, *, alpha: float = 1) -> Tensor:
    """input - alpha · other"""
    return _sub(input, other if alpha == 1 else _scaled("sub", input, other, alpha))


def div(input: Operand, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """input / other, of integers in the default dtype.

    Args:
        input, other: of shapes that broadcast.
        rounding_mode: None; "floor" to round down, as Python's `//`; or "trunc", towards 0.
            Rounded, integers stay integers, and the gradient is 0.
    """
    if rounding_mode is None:
        return _div(input, other)
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(f"div: {rounding_mode=} must be None, 'floor' or 'trunc'")
    return (_div_floor if rounding_mode == "floor" else _div_trunc)(input, other)


def floor_divide(input: Operand, other: Operand) -> Tensor:
    """input / other, rounded down: Python's `//`"""
    return _div_floor(input, other)


def pow(input: Operand, exponent: Operand) -> Tensor:
    """inputᵉˣᵖᵒⁿᵉⁿᵗ; 0⁰ is 1. Of integers, tensors of negative exponents round towards 0.

    Raises:
        RuntimeError: the input holds integers and the exponent is a negative Python integer.
    """
    operand.check_exponent(input, exponent)
    return _pow(input, exponent)


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number with so many decimals; of two as near, the one with an even last digit."""
    x = arguments.tensor("round", "input", input).array
    # A copy: of whole numbers, NumPy 2.0 gives x itself.
    y = np.round(x, scalars.whole("round", "decimals", decimals)).astype(x.dtype)
    return record("round", y, (input, zero_vjp))
