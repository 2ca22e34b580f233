"""Functions of arrays that NumPy lacks: the error function, its inverse, and the sigmoid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..dtypes import Array


# ------------------------------------------------------------------------------ the error function


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """Horner's method, the highest power first, in place: a fresh array costs more than a step."""
    first, *rest = coefficients
    y = first * x
    for c in rest[:-1]:
        y += c
        y *= x
    y += rest[-1]
    return y


# float32. Coefficients by N. Juffa (https://stackoverflow.com/a/35148199): with s = x² and t = |x|,
# erf x = x + x P(s) up to the border, and 1 - e^(t Q(t) - t) above it.
_BLOCK = 8192  # elements; intermediate results of so many stay in the cache
_BORDER = 0.927734375
_SINGLE_P = (-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1,
             1.28379166e-1)  # fmt: skip
_SINGLE_Q = (-1.72853470e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1,
             -6.34846687e-1, -1.28717512e-1)  # fmt: skip


def _erf_single(x: Array, out: Array) -> None:
    t = np.abs(x)
    np.minimum(t, np.float32(4), out=t)  # beyond 4, erf is 1 to the last bit
    near = _polynomial(_SINGLE_P, t * t)
    near *= t
    near += t
    far = _polynomial(_SINGLE_Q, t)
    far *= t
    far -= t
    np.exp(far, out=far)
    np.subtract(np.float32(1), far, out=far)
    # One or the other times True, plus the other times False: several times as fast as np.where.
    above = t > _BORDER
    far *= above
    near *= ~above
    np.add(near, far, out=out)
    # The sign is the first bit; np.copysign takes several times as long.
    out.view(np.uint32)[...] |= x.view(np.uint32) & np.uint32(1 << 31)


# float64. Rational approximations by W. J. Cody, "Rational Chebyshev approximations for the error
# function", Math. Comp. 23 (1969), in the coefficients of S. L. Moshier's Cephes:
# erf x = x P(x²)/Q(x²) for |x| <= 1; erfc x = e^(-x²) P(x)/Q(x) above. Error below 1e-15.
_SMALL_P = (9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3,
            7.00332514112805075473e3, 5.55923013010394962768e4)  # fmt: skip
_SMALL_Q = (1.0, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3,
            2.26290000613890934246e4, 4.92673942608635921086e4)  # fmt: skip
_LARGE_P = (2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
            4.86371970985681366614e1, 1.96520832956077098242e2, 5.26445194995477358631e2,
            9.34528527171957607540e2, 1.02755188689515710272e3,
            5.57535335369399327526e2)  # fmt: skip
_LARGE_Q = (1.0, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2,
            9.75708501743205489753e2, 1.82390916687909736289e3, 2.24633760818710981792e3,
            1.65666309194161350182e3, 5.57535340817727675546e2)  # fmt: skip


def _near_and_tail(t: Array) -> tuple[Array, Array]:
    """erf t as if t were at most 1, and 1 - erf t as if it were not less."""
    small = np.minimum(t, 1)
    square = small * small
    near = small * _polynomial(_SMALL_P, square) / _polynomial(_SMALL_Q, square)
    large = np.clip(t, 1, 6)  # beyond 6, erf is 1 to the last bit
    tail = np.exp(-large * large) * _polynomial(_LARGE_P, large) / _polynomial(_LARGE_Q, large)
    return near, tail


def _erf_double(x: Array) -> Array:
    t = np.abs(x)
    near, tail = _near_and_tail(t)
    return np.copysign(np.where(t <= 1, near, 1 - tail), x)


def erf_array(x: Array) -> Array:
    """2/√π ∫₀ˣ e^(-t²) dt, elementwise, in the dtype of x: to 1e-15, or in float32 to 1.3 ulp."""
    if x.dtype == np.float64:
        return _erf_double(x)
    y = np.empty(x.shape, np.float32)
    elements, out = x.reshape(-1), y.reshape(-1)
    for start in range(0, x.size, _BLOCK):
        _erf_single(elements[start : start + _BLOCK], out[start : start + _BLOCK])
    return y


def erfinv_array(y: Array) -> Array:
    """The x with erf x = y, elementwise, in the dtype of y: ±inf at ±1, NaN beyond.

    S. Winitzki's approximation (2008), to 2 parts in 1000, and then Halley's method, which cubes
    the error of each step.
    """
    t = np.abs(y).astype(np.float64)
    log = np.log1p(-t) + np.log1p(t)
    s = 2 / (np.pi * 0.147) + log / 2
    x = np.sqrt(np.sqrt(s * s - log / 0.147) - s)
    for _ in range(3):
        near, tail = _near_and_tail(x)
        excess = np.where(x <= 1, near - t, (1 - t) - tail)
        step = excess * np.exp(x * x) * (np.sqrt(np.pi) / 2)
        x = x - step / (1 + x * step)
    return np.copysign(np.where(t == 1, np.inf, x), y).astype(y.dtype)


# ------------------------------------------------------------------------------------- sigmoid


def sigmoid_array(x: Array) -> Array:
    """1 / (1 + e⁻ˣ). Where e⁻ˣ overflows, 1 / inf = 0 is right."""
    y = np.exp(-x)
    y += 1
    return 1 / y
