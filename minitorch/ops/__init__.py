"""The differentiable operations, each beside its derivative."""

from .elementwise import (
    abs, add, bitwise_and, bitwise_not, bitwise_or, bitwise_xor, clamp, cos, div, eq, erf, exp, ge,
    gt, isfinite, isinf, isnan, le, log, logical_and, logical_not, logical_or, logical_xor, lt,
    masked_fill, maximum, minimum, mul, ne, neg, pow, reciprocal, relu, rsqrt, sigmoid, sign, sin,
    sqrt, square, sub, tanh, where,
)
from .indexing import getitem
from .linalg import matmul
from .reduction import all, amax, amin, any, argmax, argmin, mean, std, sum, var
from .shape import (
    cat, expand, flatten, movedim, permute, reshape, squeeze, stack, transpose, unsqueeze,
)
