"""The functions of arrays that NumPy lacks, or has in a form that overflows."""

from __future__ import annotations

import numpy as np

from ..autograd import Array

# Rational approximations by W. J. Cody, "Rational Chebyshev approximations for the error
# function", Math. Comp. 23 (1969), in the coefficients of S. L. Moshier's Cephes: erf x = x P(x²)/Q(x²)
# for |x| <= 1; erfc x = e^(-x²) P(x)/Q(x) above. Highest power first, error below 1e-15.
_SMALL_P = (9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3,
            7.00332514112805075473e3, 5.55923013010394962768e4)  # fmt: skip
_SMALL_Q = (1.0, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3,
            2.26290000613890934246e4, 4.92673942608635921086e4)  # fmt: skip
_LARGE_P = (2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
            4.86371970985681366614e1, 1.96520832956077098242e2, 5.26445194995477358631e2,
            9.34528527171957607540e2, 1.02755188689515710272e3, 5.57535335369399327526e2)  # fmt: skip
_LARGE_Q = (1.0, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2,
            9.75708501743205489753e2, 1.82390916687909736289e3, 2.24633760818710981792e3,
            1.65666309194161350182e3, 5.57535340817727675546e2)  # fmt: skip


def erf_array(x: Array) -> Array:
    """2/√π ∫₀ˣ e^(-t²) dt, elementwise, in the dtype of x."""
    small = np.clip(x, -1, 1)
    square = small * small
    near = small * np.polyval(_SMALL_P, square) / np.polyval(_SMALL_Q, square)
    size = np.clip(np.abs(x), 1, 6)  # beyond 6, erf is 1 to the last bit
    tail = np.exp(-size * size) * np.polyval(_LARGE_P, size) / np.polyval(_LARGE_Q, size)
    return np.where(np.abs(x) <= 1, near, np.copysign(1 - tail, x)).astype(x.dtype, copy=False)


def sigmoid_array(x: Array) -> Array:
    """1 / (1 + e⁻ˣ). Where e⁻ˣ overflows, 1/inf = 0 is the right answer."""
    y = np.exp(-x)
    y += 1
    return 1 / y  # type: ignore[no-any-return]
