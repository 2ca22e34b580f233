"""The differentiable operations, each beside its derivative.

The files, from the simplest on: elementwise, activations, shape, indexing, arrange, reduction,
ordering, linalg, einsum, loss, network.
"""

from .activations import leaky_relu, logsigmoid, relu, silu, softplus
from .arrange import cat, chunk, flip, pad, repeat, roll, split, stack, tril, triu, unbind
from .comparing import allclose, equal, isclose
from .einsum import einsum
from .elementwise import (
    abs, add, bitwise_and, bitwise_not, bitwise_or, bitwise_xor, ceil, clamp, cos, div, eq, erf,
    exp, expm1, floor, floor_divide, ge, gt, isfinite, isinf, isnan, le, log, log1p,
    logical_and, logical_not, logical_or, logical_xor, lt, masked_fill, maximum, minimum, mul,
    ne, neg, pow, reciprocal, remainder, round, rsqrt, sigmoid, sign, sin, sqrt, square, sub,
    tanh, where,
)
from .indexing import (
    gather, getitem, index_add, index_fill, index_select, masked_select, nonzero, one_hot,
    scatter, scatter_add,
)
from .linalg import bmm, dot, matmul, mm, mv, outer
from .loss import binary_cross_entropy_with_logits, kl_div, mse_loss, nll_loss
from .network import dropout, embedding, rms_norm
from .ordering import argmax, argmin, argsort, max, min, sort, topk
from .reduction import (
    all, amax, amin, any, cumsum, logsumexp, mean, norm, prod, std, sum, var,
)
from .shape import (
    broadcast_to, diagonal, expand, expand_as, flatten, movedim, permute, reshape, reshape_as,
    squeeze, t, transpose, unsqueeze, view, view_as,
)
