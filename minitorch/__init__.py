"""A tensor library with automatic differentiation, on NumPy. The names are PyTorch's.

    >>> import minitorch
    >>> x = minitorch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4., 6.])
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from ._runtime.tuning import show_config  # first: importing it tunes BLAS, before NumPy is loaded

from . import autograd, fused, nn, ops, optim, testing, utils
from .autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .creation import (
    arange, as_tensor, empty, empty_like, eye, from_numpy, full, full_like, linspace, ones,
    ones_like, tensor, tril_indices, triu_indices, zeros, zeros_like,
)
from ._compat.devices import device
from ._compat.einops_finder import install as _teach_einops
from ._compat.guests import door as _door
from ._compat.tensor_types import (
    BoolTensor, ByteTensor, CharTensor, DoubleTensor, FloatTensor, IntTensor, LongTensor,
    ShortTensor,
)
from ._compat.dtype_questions import (
    can_cast, is_complex, is_floating_point, is_tensor, numel, promote_types, result_type,
)
from .dtypes import (
    bfloat16, bool, dtype, double, finfo, float, float16, float32, float64, get_default_dtype, half,
    iinfo, int, int8, int16, int32, int64, long, set_default_dtype, short, uint8,
)
from .fused import layer_norm, log_softmax, softmax
from .ops import (
    abs, add, all, allclose, amax, amin, any, argmax, argmin, argsort, bitwise_and, bitwise_not,
    bitwise_or, bitwise_xor, bmm, broadcast_to, cat, ceil, chunk, clamp, cos, cumsum, diagonal,
    div, dot, dropout, einsum, embedding, eq, equal, erf, exp, expand, expand_as, expm1,
    flatten, flip, floor, floor_divide, gather, ge, gt, index_add, index_copy, index_fill,
    index_select, isclose, isfinite, isinf, isnan, le, log, log1p, logical_and,
    logical_not, logical_or, logical_xor, logsumexp, lt, masked_fill, masked_select, matmul, max,
    maximum, mean, min, minimum, mm, movedim, mul, mv, ne, neg, nonzero, norm, outer, permute, pow,
    prod, reciprocal, relu, remainder, repeat, reshape, reshape_as, rms_norm, roll, round, rsqrt,
    scatter, scatter_add, sigmoid, sign, sin, sort, split, sqrt, square, squeeze, stack, std,
    sub, sum, t, take_along_dim, tanh, topk, transpose, tril, triu, unbind, unsqueeze, var, view,
    view_as, where,
)
from .ops.composed import *  # noqa: F403
from .ops.counting import *  # noqa: F403
from .ops.rearrange import *  # noqa: F403
from ._runtime.threads import get_num_threads, set_num_threads
from .printing import set_printoptions
from .random import Generator, get_rng_state, manual_seed, set_rng_state
from .sampling import (
    bernoulli, multinomial, normal, rand, rand_like, randint, randint_like, randn, randn_like,
    randperm,
)
from .serialization import CheckpointError, load, save
from .tensor import Size, Tensor

multiply, subtract, divide, true_divide = mul, sub, div, div
concat, concatenate, clip, moveaxis, swapdims = cat, cat, clamp, movedim, transpose
_teach_einops()

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "CheckpointError",
    "DoubleTensor",
    "FloatTensor",
    "Generator",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "Size",
    "Tensor",
    "abs",
    "add",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "as_tensor",
    "autograd",
    "bernoulli",
    "bfloat16",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "bmm",
    "bool",
    "broadcast_to",
    "can_cast",
    "cat",
    "ceil",
    "chunk",
    "clamp",
    "cos",
    "cuda",
    "cumsum",
    "device",
    "diagonal",
    "div",
    "divide",
    "dot",
    "double",
    "draw_graph",
    "dropout",
    "dtype",
    "einsum",
    "embedding",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "exp",
    "expand",
    "expand_as",
    "expm1",
    "eye",
    "finfo",
    "flatten",
    "flip",
    "float",
    "float16",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_numpy",
    "full",
    "full_like",
    "fused",
    "gather",
    "ge",
    "get_default_dtype",
    "get_num_threads",
    "get_rng_state",
    "gt",
    "half",
    "iinfo",
    "index_add",
    "index_fill",
    "index_select",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_complex",
    "is_floating_point",
    "is_grad_enabled",
    "is_tensor",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "keep_values",
    "layer_norm",
    "le",
    "linspace",
    "load",
    "log",
    "log1p",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_select",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "movedim",
    "mul",
    "multinomial",
    "multiply",
    "mv",
    "ne",
    "neg",
    "nn",
    "no_grad",
    "nonzero",
    "norm",
    "numel",
    "ones",
    "ones_like",
    "ops",
    "optim",
    "outer",
    "permute",
    "pow",
    "prod",
    "promote_types",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "reciprocal",
    "relu",
    "remainder",
    "repeat",
    "reshape",
    "reshape_as",
    "result_type",
    "rms_norm",
    "roll",
    "round",
    "rsqrt",
    "save",
    "scatter",
    "scatter_add",
    "set_default_dtype",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "short",
    "show_config",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "sub",
    "subtract",
    "sum",
    "t",
    "tanh",
    "tensor",
    "testing",
    "topk",
    "transpose",
    "tril",
    "triu",
    "true_divide",
    "uint8",
    "unbind",
    "unsqueeze",
    "utils",
    "var",
    "view",
    "view_as",
    "where",
    "zeros",
    "zeros_like",
]
__all__ += [
    "clip", "concat", "concatenate", "index_copy", "moveaxis", "normal", "swapdims",
    "take_along_dim", "tril_indices", "triu_indices",
    *ops.composed.__all__, *ops.counting.__all__, *ops.rearrange.__all__,
]  # fmt: skip


if _TYPE_CHECKING:
    from ._compat import cuda
    from .drawing import draw_graph, keep_values
else:  # for a type checker, a name that is not here is an error already
    _absent = _door(__name__)

    def __getattr__(name: str) -> object:
        if name in ("draw_graph", "keep_values"):  # loaded when first wanted: it takes its time
            from . import drawing

            return getattr(drawing, name)
        return _absent(name)
