"""Derivatives of every elementwise operation, to the fifth, where they are easily wrong.

At 0, ±1 and ±inf, with equal operands, with exponents of every kind. What is written down is from
PyTorch 2.13, in float64, where it agrees with the formula; the powers are by the formula, as
PyTorch's third derivative of x² at 0 is NaN for an exponent that is a tensor.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import ops
from minitorch.autograd import grad
from minitorch.tensor import Tensor

inf, nan = math.inf, math.nan
ORDERS = 5


def derivatives(f: Callable[[Tensor], Tensor], x: float) -> list[float]:
    """Return y = f(x) and its derivatives; 0 where y does not depend on x any more."""
    point = mt.tensor(x, dtype=mt.float64, requires_grad=True)
    y: Any = f(point)
    found = [y.item()]
    for _ in range(ORDERS):
        if y.requires_grad:
            (y,) = grad(y.sum(), point, create_graph=True, allow_unused=True)
            y = mt.tensor(0.0) if y is None else y
        else:
            y = mt.tensor(0.0)
        found.append(y.item())
    return found


#   operation, x, [y, dy/dx, d²y/dx², …]
TABLE: list[tuple[str, float, list[float]]] = [
    ("exp", 0, [1, 1, 1, 1, 1, 1]),
    ("exp", 1, [2.71828182846, 2.71828182846, 2.71828182846, 2.71828182846, 2.71828182846, 2.71828182846]),
    ("exp", -1, [0.367879441171, 0.367879441171, 0.367879441171, 0.367879441171, 0.367879441171, 0.367879441171]),
    ("exp", inf, [inf, inf, inf, inf, inf, inf]),
    ("exp", -inf, [0, 0, 0, 0, 0, 0]),
    ("expm1", 0, [0, 1, 1, 1, 1, 1]),
    ("expm1", 1, [1.71828182846, 2.71828182846, 2.71828182846, 2.71828182846, 2.71828182846, 2.71828182846]),
    ("expm1", -1, [-0.632120558829, 0.367879441171, 0.367879441171, 0.367879441171, 0.367879441171, 0.367879441171]),
    ("expm1", inf, [inf, inf, inf, inf, inf, inf]),
    ("expm1", -inf, [-1, 0, 0, 0, 0, 0]),
    ("log", 0, [-inf, inf, -inf, inf, -inf, inf]),
    ("log", 1, [0, 1, -1, 2, -6, 24]),
    ("log", inf, [inf, 0, 0, 0, 0, 0]),
    ("log1p", 0, [0, 1, -1, 2, -6, 24]),
    ("log1p", 1, [0.69314718056, 0.5, -0.25, 0.25, -0.375, 0.75]),
    ("log1p", -1, [-inf, inf, -inf, inf, -inf, inf]),
    ("log1p", inf, [inf, 0, 0, 0, 0, 0]),
    ("sqrt", 0, [0, inf, -inf, inf, -inf, inf]),
    ("sqrt", 1, [1, 0.5, -0.25, 0.375, -0.9375, 3.28125]),
    ("sqrt", inf, [inf, 0, 0, 0, 0, 0]),
    ("rsqrt", 0, [inf, -inf, inf, -inf, inf, -inf]),
    ("rsqrt", 1, [1, -0.5, 0.75, -1.875, 6.5625, -29.53125]),
    ("rsqrt", inf, [0, 0, 0, 0, 0, 0]),
    ("square", 0, [0, 0, 2, 0, 0, 0]),
    ("square", 1, [1, 2, 2, 0, 0, 0]),
    ("square", -1, [1, -2, 2, 0, 0, 0]),
    ("square", inf, [inf, inf, 2, 0, 0, 0]),
    ("square", -inf, [inf, -inf, 2, 0, 0, 0]),
    ("reciprocal", 0, [inf, -inf, inf, -inf, inf, -inf]),
    ("reciprocal", 1, [1, -1, 2, -6, 24, -120]),
    ("reciprocal", -1, [-1, -1, -2, -6, -24, -120]),
    ("reciprocal", inf, [0, 0, 0, 0, 0, 0]),
    ("reciprocal", -inf, [0, 0, 0, 0, 0, 0]),
    ("neg", 0, [0, -1, 0, 0, 0, 0]),
    ("neg", 1, [-1, -1, 0, 0, 0, 0]),
    ("neg", -1, [1, -1, 0, 0, 0, 0]),
    ("neg", inf, [-inf, -1, 0, 0, 0, 0]),
    ("neg", -inf, [inf, -1, 0, 0, 0, 0]),
    ("abs", 0, [0, 0, 0, 0, 0, 0]),
    ("abs", 1, [1, 1, 0, 0, 0, 0]),
    ("abs", -1, [1, -1, 0, 0, 0, 0]),
    ("abs", inf, [inf, 1, 0, 0, 0, 0]),
    ("abs", -inf, [inf, -1, 0, 0, 0, 0]),
    ("sign", 0, [0, 0, 0, 0, 0, 0]),
    ("sign", 1, [1, 0, 0, 0, 0, 0]),
    ("sign", -1, [-1, 0, 0, 0, 0, 0]),
    ("sign", inf, [1, 0, 0, 0, 0, 0]),
    ("sign", -inf, [-1, 0, 0, 0, 0, 0]),
    ("sin", 0, [0, 1, 0, -1, 0, 1]),
    ("sin", 1, [0.841470984808, 0.540302305868, -0.841470984808, -0.540302305868, 0.841470984808, 0.540302305868]),
    ("sin", -1, [-0.841470984808, 0.540302305868, 0.841470984808, -0.540302305868, -0.841470984808, 0.540302305868]),
    ("cos", 0, [1, 0, -1, 0, 1, 0]),
    ("cos", 1, [0.540302305868, -0.841470984808, -0.540302305868, 0.841470984808, 0.540302305868, -0.841470984808]),
    ("cos", -1, [0.540302305868, 0.841470984808, -0.540302305868, -0.841470984808, 0.540302305868, 0.841470984808]),
    ("tanh", 0, [0, 1, 0, -2, 0, 16]),
    ("tanh", 1, [0.761594155956, 0.419974341614, -0.639700008449, 0.621626680771, 0.665091044751, -5.55689355847]),
    ("tanh", -1, [-0.761594155956, 0.419974341614, 0.639700008449, 0.621626680771, -0.665091044751, -5.55689355847]),
    ("tanh", inf, [1, 0, 0, 0, 0, 0]),
    ("tanh", -inf, [-1, 0, 0, 0, 0, 0]),
    ("sigmoid", 0, [0.5, 0.25, 0, -0.125, 0, 0.25]),
    ("sigmoid", 1, [0.73105857863, 0.196611933241, -0.0908577476729, -0.0353255805162, 0.123506861366, -0.0510419761246]),
    ("sigmoid", -1, [0.26894142137, 0.196611933241, 0.0908577476729, -0.0353255805162, -0.123506861366, -0.0510419761246]),
    ("sigmoid", inf, [1, 0, 0, 0, 0, 0]),
    ("sigmoid", -inf, [0, 0, 0, 0, 0, 0]),
    ("erf", 0, [0, 1.1283791671, 0, -2.25675833419, 0, 13.5405500051]),
    ("erf", 1, [0.84270079295, 0.415107497421, -0.830214994841, 0.830214994841, 1.66042998968, -8.30214994841]),
    ("erf", -1, [-0.84270079295, 0.415107497421, 0.830214994841, 0.830214994841, -1.66042998968, -8.30214994841]),
    ("floor", 0, [0, 0, 0, 0, 0, 0]),
    ("floor", 1, [1, 0, 0, 0, 0, 0]),
    ("floor", -1, [-1, 0, 0, 0, 0, 0]),
    ("floor", inf, [inf, 0, 0, 0, 0, 0]),
    ("floor", -inf, [-inf, 0, 0, 0, 0, 0]),
    ("ceil", 0, [0, 0, 0, 0, 0, 0]),
    ("ceil", 1, [1, 0, 0, 0, 0, 0]),
    ("ceil", -1, [-1, 0, 0, 0, 0, 0]),
    ("ceil", inf, [inf, 0, 0, 0, 0, 0]),
    ("ceil", -inf, [-inf, 0, 0, 0, 0, 0]),
    ("round", 0, [0, 0, 0, 0, 0, 0]),
    ("round", 1, [1, 0, 0, 0, 0, 0]),
    ("round", -1, [-1, 0, 0, 0, 0, 0]),
    ("round", inf, [inf, 0, 0, 0, 0, 0]),
    ("round", -inf, [-inf, 0, 0, 0, 0, 0]),
    ("relu", 0, [0, 0, 0, 0, 0, 0]),
    ("relu", 1, [1, 1, 0, 0, 0, 0]),
    ("relu", -1, [0, 0, 0, 0, 0, 0]),
    ("relu", inf, [inf, 1, 0, 0, 0, 0]),
    ("relu", -inf, [0, 0, 0, 0, 0, 0]),
    ("silu", 0, [0, 0.5, 0.5, 0, -0.5, 0]),
    ("silu", 1, [0.73105857863, 0.927670511871, 0.30236611881, -0.307898823535, -0.0177954606985, 0.566492330707]),
    ("silu", -1, [-0.26894142137, 0.0723294881285, 0.30236611881, 0.307898823535, -0.0177954606985, -0.566492330707]),
    ("logsigmoid", 0, [-0.69314718056, 0.5, -0.25, 0, 0.125, 0]),
    ("logsigmoid", 1, [-0.313261687518, 0.26894142137, -0.196611933241, 0.0908577476729, 0.0353255805162, -0.123506861366]),
    ("logsigmoid", -1, [-1.31326168752, 0.73105857863, -0.196611933241, -0.0908577476729, 0.0353255805162, 0.123506861366]),
    ("logsigmoid", inf, [0, 0, 0, 0, 0, 0]),
    ("logsigmoid", -inf, [-inf, 1, 0, 0, 0, 0]),
    ("leaky_relu", 0, [0, 0.01, 0, 0, 0, 0]),
    ("leaky_relu", 1, [1, 1, 0, 0, 0, 0]),
    ("leaky_relu", -1, [-0.01, 0.01, 0, 0, 0, 0]),
    ("leaky_relu", inf, [inf, 1, 0, 0, 0, 0]),
    ("leaky_relu", -inf, [-inf, 0.01, 0, 0, 0, 0]),
    ("softplus", 0, [0.69314718056, 0.5, 0.25, 0, -0.125, 0]),
    ("softplus", 1, [1.31326168752, 0.73105857863, 0.196611933241, -0.0908577476729, -0.0353255805162, 0.123506861366]),
    ("softplus", -1, [0.313261687518, 0.26894142137, 0.196611933241, 0.0908577476729, -0.0353255805162, -0.123506861366]),
    ("softplus", inf, [inf, 1, 0, 0, 0, 0]),
    ("softplus", -inf, [0, 0, 0, 0, 0, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "expected"), TABLE, ids=lambda v: str(v)[:12])
def test_of_one_input(name: str, x: float, expected: list[float]) -> None:
    assert derivatives(getattr(ops, name), x) == pytest.approx(expected, rel=1e-10, abs=1e-10)


def power(x: float, e: float) -> list[float]:
    """The derivatives of xᵉ by the formula: e (e - 1) ⋯ (e - k + 1) xᵉ⁻ᵏ, 0 if the factor is 0."""
    found, factor = [], 1.0
    for k in range(ORDERS + 1):
        if not factor:
            found.append(0.0)
        elif x == 0 and e < k:
            found.append(math.copysign(inf, factor))
        else:
            found.append(factor * x ** (e - k))
        factor *= e - k
    return found


EXPONENTS: dict[str, Callable[[float], Any]] = {
    "a number": lambda e: e,
    "a whole number": int,
    "0-d": lambda e: mt.tensor(e, dtype=mt.float64),
    "0-d, float32": lambda e: mt.tensor(e, dtype=mt.float32),
    "0-d, whole": lambda e: mt.tensor(int(e)),
    "a tensor": lambda e: mt.tensor([e], dtype=mt.float64),
    "a tensor that needs a gradient": lambda e: mt.tensor([e], requires_grad=True),
}


@pytest.mark.parametrize("kind", EXPONENTS)
@pytest.mark.parametrize("e", [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.5, 2.5])
def test_of_powers(e: float, kind: str) -> None:
    if "whole" in kind and e % 1:
        return
    exponent = EXPONENTS[kind](e)
    for x in (0.0, 1.0, 2.0, *((-0.0, -1.0) if e % 1 == 0 else ())):
        assert derivatives(lambda x: (x**exponent).sum(), x) == pytest.approx(power(x, e))


@pytest.mark.parametrize("x", [1e-30, 1e-40, 1e-45, 0.0])
def test_of_a_square_where_its_third_derivatives_factor_overflows(x: float) -> None:
    points = mt.tensor([x], requires_grad=True)  # float32: 1/x² is inf
    y: Any = points**2
    expected = [0.0, 2 * points.item(), 2.0, 0.0, 0.0, 0.0]
    for value in expected:
        assert y.item() == pytest.approx(value, rel=1e-6)
        (y,) = grad(y.sum(), points, create_graph=True)


@pytest.mark.parametrize("base", [0.0, 1.0, 2.0, math.e])
def test_of_exponentials(base: float) -> None:
    for x in (0.0, 1.0, 2.0):
        expected = [base**x * (math.log(base) if base else 0.0) ** k for k in range(ORDERS + 1)]
        for a in (base, mt.tensor(base, dtype=mt.float64), mt.tensor([base], dtype=mt.float64)):
            assert derivatives(lambda x, a=a: (a**x).sum(), x) == pytest.approx(expected)


def test_of_a_power_by_both_base_and_exponent() -> None:
    for a, b in ((2.0, 3.0), (0.5, 2.0), (3.0, -1.0), (2.0, 1.0), (2.0, 0.0)):
        x, y = (mt.tensor(v, dtype=mt.float64, requires_grad=True) for v in (a, b))
        dx, dy = grad(x**y, (x, y), create_graph=True)
        mixed = a ** (b - 1) * (1 + b * math.log(a))
        assert grad(dx, (x, y), retain_graph=True) == pytest.approx(
            (b * (b - 1) * a ** (b - 2), mixed)
        )
        assert grad(dy, (x, y)) == pytest.approx((mixed, a**b * math.log(a) ** 2))


EQUAL: list[tuple[str, Callable[[Tensor], Tensor], float, list[float]]] = [
    ("x * x", lambda x: x * x, 2.0, [4, 4, 2, 0, 0, 0]),
    ("x / x", lambda x: x / x, 2.0, [1, 0, 0, 0, 0, 0]),
    ("x - x", lambda x: x - x, 2.0, [0, 0, 0, 0, 0, 0]),
    ("x % x", lambda x: x % x, 2.0, [0, 0, 0, 0, 0, 0]),
    ("x ** x", lambda x: x**x, 1.0, [1, 1, 2, 3, 8, 10]),
    ("maximum", lambda x: ops.maximum(x, x), 0.0, [0, 1, 0, 0, 0, 0]),
    ("minimum", lambda x: ops.minimum(x, x), 1.0, [1, 1, 0, 0, 0, 0]),
    ("maximum(x², x)", lambda x: ops.maximum(x * x, x), 1.0, [1, 1.5, 1, 0, 0, 0]),
    ("maximum(x, 0)²", lambda x: ops.maximum(x, x * 0) ** 2, -1.0, [0, 0, 0, 0, 0, 0]),
    ("clamp³", lambda x: x.clamp(-1, 1) ** 3, 0.0, [0, 0, 0, 6, 0, 0]),
]


@pytest.mark.parametrize(("f", "x", "expected"), [r[1:] for r in EQUAL], ids=[r[0] for r in EQUAL])
def test_of_equal_operands(f: Any, x: float, expected: list[float]) -> None:
    assert derivatives(f, x) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("relu", ops.relu),
        ("maximum", lambda x: ops.maximum(x, mt.full((3,), -1e-9, dtype=mt.float64)) + 1e-9),
        ("minimum", lambda x: -ops.minimum(-x, mt.full((3,), 1e-9, dtype=mt.float64)) + 1e-9),
        ("x⁰ - 1", lambda x: x.relu() + (x**0 - 1)),
        ("x⁰ - 1, varying 0", lambda x: x.relu() + (x ** mt.tensor(0.0) - 1)),
    ],
)
def test_an_infinite_gradient_stops_where_the_derivative_is_0(name: str, f: Any) -> None:
    x = mt.tensor([-1.0, -0.5, 4.0], dtype=mt.float64, requires_grad=True)
    f(x).sqrt().sum().backward()  # √0 has the gradient inf
    assert x.grad.tolist() == pytest.approx([0.0, 0.0, 0.25])


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int32", "uint8", "bool"])
@pytest.mark.parametrize(
    "shapes",
    [((300, 40),) * 3, ((300, 1), (), (300, 40)), ((40,), (300, 1), (1, 40)), ((), (99, 99), ())],
)
def test_where_of_many_elements_chooses_as_numpy_does(dtype: str, shapes: Any) -> None:
    rng = np.random.default_rng(0)
    mask = rng.random(shapes[0]) < 0.5
    a, b = (rng.integers(0, 200, shape).astype(dtype) for shape in shapes[1:])
    if a.dtype.kind == "f":
        for values in (a, b):
            values[...] = np.where(values < 50, rng.choice([nan, -0.0, inf, -inf]), values)
    for other in (b, np.zeros((), dtype)):  # there is a faster way for 0
        found = ops.where(*(Tensor._wrap(x) for x in (np.asarray(mask), a, other)))
        expected = np.where(mask, a, other)
        assert found.dtype == getattr(mt, dtype)
        assert found.numpy().tobytes() == expected.tobytes()
