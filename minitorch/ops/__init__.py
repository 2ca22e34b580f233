"""The differentiable operations, each beside its derivative.

Read table.py first: how an operation is made, and what is saved for its vjp (explained in
autograd/graph.py). Then where, elementwise, activations and linalg. What they stand on (arguments:
what an operation may be given; operand: numbers beside tensors; special: functions that NumPy
lacks) can wait, and so can shape, reduction and the other files.

Fifteen operations suffice. They are *primitive*: every other one can be composed of them, with
comparisons and indices, which have no derivative. (`put`, of indexing.py, is the derivative of
`getitem`: zeros, with elements added at an index.)

    add mul pow exp log sin erf floor where
    sum reshape permute expand getitem put

Most of the others could be composed, but have a vjp *of their own*: for speed, since one node is
cheaper than several (`matmul` could be mul and sum); for exactness, as in `log1p` for small x, or
`logsumexp` for large x; or for the gradient where there is no derivative, as in `abs` at 0.

    neg sub div reciprocal remainder fmod square sqrt rsqrt exp2 expm1 log1p log2 log10 cos tanh
    sinh cosh sigmoid erfinv lerp
    abs sign ceil round maximum minimum clamp relu leaky_relu silu logsigmoid softplus
    binary_cross_entropy
    std norm logsumexp cumsum cumprod amax amin max min median sort topk matmul einsum
    view transpose squeeze unsqueeze diagonal cat flip roll pad tril triu
    gather scatter scatter_add index_select index_add index_copy masked_select embedding unfold

The rest of the differentiable operations are *composed*: they call others and have no vjp, since
the chain rule gives their derivative.

    floor_divide masked_fill mean var prod mm bmm mv dot outer
    flatten reshape_as view_as t movedim broadcast_to expand_as
    repeat stack split chunk unbind index_fill
    addmm baddbmm addcmul addcdiv trace clamp_min clamp_max nan_to_num
    masked_scatter repeat_interleave tile meshgrid cartesian_prod broadcast_tensors hstack vstack
    narrow select swapaxes unflatten ravel take_along_dim diag diag_embed
    elu selu mish softsign hardtanh relu6 glu normalize cosine_similarity pairwise_distance
    mse_loss l1_loss smooth_l1_loss huber_loss kl_div binary_cross_entropy_with_logits nll_loss
    cosine_embedding_loss rms_norm dropout

And these have no derivative: they return bools, indices or whole numbers.

    eq ne lt le gt ge isclose allclose equal isnan isinf isfinite any all
    logical_and logical_or logical_xor logical_not
    bitwise_and bitwise_or bitwise_xor bitwise_not
    argmax argmin argsort nonzero one_hot
    argwhere count_nonzero bincount isin unique unique_consecutive searchsorted bucketize
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import lookup as _lookup
from . import composed, counting, rearrange
from .activations import leaky_relu, logsigmoid, relu, silu, softplus
from .arrange import cat, chunk, flip, pad, repeat, roll, split, stack, tril, triu, unbind
from .comparing import allclose, equal, isclose
from .composed import *  # noqa: F403
from .counting import *  # noqa: F403
from .dropout import dropout
from .einsum import einsum
from .elementwise import (
    abs,
    add,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    ceil,
    cos,
    div,
    eq,
    erf,
    exp,
    expm1,
    floor,
    floor_divide,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    mul,
    ne,
    neg,
    pow,
    reciprocal,
    remainder,
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sqrt,
    square,
    sub,
    tanh,
)
from .embedding import embedding
from .gather import (
    gather,
    index_add,
    index_copy,
    index_fill,
    index_select,
    scatter,
    scatter_add,
    take_along_dim,
)
from .indexing import getitem, masked_select, nonzero, one_hot
from .linalg import bmm, dot, matmul, mm, mv, outer
from .loss import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div, nll_loss
from .ordering import argmax, argmin, argsort, max, median, min, sort, topk
from .rearrange import *  # noqa: F403
from .reduction import (
    all,
    amax,
    amin,
    any,
    cumsum,
    logsumexp,
    mean,
    norm,
    prod,
    std,
    sum,
    var,
)
from .rms_norm import rms_norm
from .shape import (
    broadcast_to,
    diagonal,
    expand,
    expand_as,
    flatten,
    movedim,
    permute,
    reshape,
    reshape_as,
    squeeze,
    t,
    transpose,
    unsqueeze,
    view,
    view_as,
)
from .where import clamp, masked_fill, maximum, minimum, where

__all__ = [
    "abs", "add", "all", "allclose", "amax", "amin", "any", "argmax", "argmin", "argsort",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "bitwise_and", "bitwise_not",
    "bitwise_or", "bitwise_xor", "bmm", "broadcast_to", "cat", "ceil", "chunk", "clamp", "cos",
    "cosine_embedding_loss", "cosine_similarity", "cumsum", "diagonal", "div", "dot", "dropout",
    "einsum", "elu", "embedding", "eq", "equal", "erf", "exp", "expand", "expand_as", "expm1",
    "flatten", "flip", "floor", "floor_divide", "gather", "ge", "getitem", "glu", "gt", "hardtanh",
    "huber_loss", "index_add", "index_copy", "index_fill", "index_select", "isclose", "isfinite",
    "isinf", "isnan", "kl_div", "l1_loss", "le", "leaky_relu", "log", "log1p", "logical_and",
    "logical_not", "logical_or", "logical_xor", "logsigmoid", "logsumexp", "lt", "masked_fill",
    "masked_select", "matmul", "max", "maximum", "mean", "median", "min", "minimum", "mish", "mm",
    "movedim", "mse_loss", "mul", "mv", "ne", "neg", "nll_loss", "nonzero", "norm", "normalize",
    "one_hot", "outer", "pad", "pairwise_distance", "permute", "pow", "prod", "reciprocal", "relu",
    "relu6", "remainder", "repeat", "reshape", "reshape_as", "rms_norm", "roll", "round", "rsqrt",
    "scatter", "scatter_add", "selu", "sigmoid", "sign", "silu", "sin", "smooth_l1_loss",
    "softplus", "softsign", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "sub",
    "sum", "t", "take_along_dim", "tanh", "topk", "transpose", "tril", "triu", "unbind",
    "unsqueeze", "var", "view", "view_as", "where",
]  # fmt: skip
__all__ += [*composed.__all__, *counting.__all__, *rearrange.__all__]

if _TYPE_CHECKING:
    from .distances import cosine_embedding_loss, cosine_similarity, normalize, pairwise_distance
    from .other_activations import elu, glu, hardtanh, mish, relu6, selu, softsign
    from .regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
else:  # loaded when asked for: no method of a tensor needs them
    _LATER = {
        ".distances": "cosine_embedding_loss cosine_similarity normalize pairwise_distance",
        ".other_activations": "elu glu hardtanh mish relu6 selu softsign",
        ".regression": "huber_loss l1_loss mse_loss smooth_l1_loss",
    }
    __getattr__, __dir__ = _lookup(__name__, _LATER)
