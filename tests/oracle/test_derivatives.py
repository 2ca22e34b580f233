"""Derivatives to the fifth order agree with PyTorch's, at 0, ±1, ±2, ±1/2 and ±inf.

PyTorch has NaN where 0 · inf hides behind its `where`; there the library must be finite or NaN too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch as mt

inf = math.inf
POINTS = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, inf, -inf)
NAMES = """
    exp expm1 log log1p sqrt rsqrt square reciprocal neg abs sign sin cos tanh sigmoid erf floor
    ceil round relu exp2 log2 log10 erfinv nan_to_num
"""
OF_F = (
    "relu", "silu", "logsigmoid", "leaky_relu", "softplus", "gelu", "elu", "selu", "mish",
    "softsign", "hardtanh", "relu6",
)  # fmt: skip

CASES: dict[str, Callable[[Any, Any], Any]] = {
    **{name: lambda lib, x, name=name: getattr(lib, name)(x) for name in NAMES.split()},
    **{f"F.{n}": lambda lib, x, n=n: getattr(lib.nn.functional, n)(x) for n in OF_F},
    "gelu by tanh": lambda lib, x: lib.nn.functional.gelu(x, approximate="tanh"),
    "elu, alpha=-2": lambda lib, x: lib.nn.functional.elu(x, alpha=-2.0),
    "hardtanh from -1/2 to 2": lambda lib, x: lib.nn.functional.hardtanh(x, -0.5, 2.0),
    **{
        name: lambda lib, x, name=name, options=options: getattr(lib.nn.functional, name)(
            x, lib.zeros_like(x), **options
        )
        for name, options in {
            "l1_loss": {},
            "huber_loss": {},
            "smooth_l1_loss": {"beta": 2.0},
        }.items()
    },
    "x * x": lambda lib, x: x * x,
    "x / x": lambda lib, x: x / x,
    "x % x": lambda lib, x: x % x,
    "fmod(x, x)": lambda lib, x: lib.fmod(x, x),
    "addcdiv(x, x, x)": lambda lib, x: lib.addcdiv(x, x, x, value=2),
    "maximum(x, x)": lambda lib, x: lib.maximum(x, x),
    "minimum(x², x)": lambda lib, x: lib.minimum(x * x, x),
    "clamp³": lambda lib, x: lib.clamp(x, -1, 1) ** 3,
    "where": lambda lib, x: lib.where(x > 0, x * x, x * x * x),
}
for e in (0, 1, 2, 3, 4, 5, -1, -2, 0.0, 2.0):
    CASES[f"x**{e!r}"] = lambda lib, x, e=e: x**e
    CASES[f"x**tensor({e!r})"] = lambda lib, x, e=e: x ** lib.tensor(float(e), dtype=lib.float64)
for c in (0.0, 1.0, -1.0, 2.0, inf):
    CASES[f"x * {c}"] = lambda lib, x, c=c: x * c
    CASES[f"x / {c}"] = lambda lib, x, c=c: x / c
    CASES[f"{c} / x"] = lambda lib, x, c=c: c / x
    CASES[f"x % {c}"] = lambda lib, x, c=c: x % c
    CASES[f"fmod(x, {c})"] = lambda lib, x, c=c: lib.fmod(x, c)
    CASES[f"clamp from {c}"] = lambda lib, x, c=c: lib.clamp(x, min=c)
    CASES[f"maximum(x, {c})²"] = lambda lib, x, c=c: (
        lib.maximum(x, lib.tensor(c, dtype=lib.float64)) ** 2
    )


def derivatives(lib: Any, f: Callable[[Any, Any], Any], x: float) -> list[float]:
    point = lib.tensor(x, dtype=lib.float64, requires_grad=True)
    y = f(lib, point)
    found = [y.item()]
    for _ in range(5):
        if y is not None and y.requires_grad:
            (y,) = lib.autograd.grad(y, point, create_graph=True, allow_unused=True)
        else:
            y = None
        found.append(0.0 if y is None else y.item())
    return found


@pytest.mark.parametrize("name", CASES)
def test_five_derivatives(name: str) -> None:
    for x in POINTS:
        ours, theirs = (derivatives(lib, CASES[name], x) for lib in (mt, torch))
        for order, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if name.startswith("x**tensor") and math.isnan(b) and not math.isnan(a):
                assert math.isfinite(a), (x, order)  # test_derivatives.py knows what it must be
            else:
                assert a == pytest.approx(b, rel=1e-9, abs=1e-12, nan_ok=True), (x, order)
