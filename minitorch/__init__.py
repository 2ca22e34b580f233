"""A tensor library with automatic differentiation, on NumPy. The names are PyTorch's.

    >>> import minitorch
    >>> x = minitorch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4., 6.])
"""

from math import e, inf, nan, pi
from typing import TYPE_CHECKING as _TYPE_CHECKING

from ._runtime.tuning import show_config  # first: importing it tunes BLAS, before NumPy is loaded

from . import autograd, fused, ops
from .autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .creation import (
    arange, as_tensor, empty, empty_like, eye, from_numpy, full, full_like, linspace, ones,
    ones_like, tensor, tril_indices, triu_indices, zeros, zeros_like,
)
from ._compat.devices import contiguous_format, device, memory_format, preserve_format
from ._compat.einops_finder import install as _teach_einops
from ._compat.guests import lookup as _lookup
from ._compat.missing import name_methods as _name_methods
from ._compat.spellings import (
    take_numpys_names as _take_numpys_names, take_other_arguments as _take_other_arguments, where,
)
from .dtypes import (
    bfloat16, bool, dtype, double, finfo, float, float16, float32, float64, get_default_dtype, half,
    iinfo, int, int8, int16, int32, int64, long, set_default_dtype, short, uint8,
)
from .fused import layer_norm, log_softmax, softmax
from .ops import (
    abs, add, all, allclose, amax, amin, any, argmax, argmin, argsort, bitwise_and, bitwise_not,
    bitwise_or, bitwise_xor, bmm, broadcast_to, cat, ceil, chunk, clamp, cos,
    cumsum, diagonal, div, dot, dropout, einsum, embedding, eq, equal, erf, exp, expand, expand_as,
    expm1, flatten, flip, floor, floor_divide, gather, ge, gt, index_add, index_copy, index_fill,
    index_select, isclose, isfinite, isinf, isnan, le, log, log1p, logical_and, logical_not,
    logical_or, logical_xor, logsumexp, lt, masked_fill, masked_select, matmul, max, maximum, mean,
    median, min, minimum, mm, movedim, mul, mv, ne, neg, nonzero, norm, outer, permute, pow, prod,
    reciprocal, relu, remainder, repeat, reshape, reshape_as, rms_norm, roll, round, rsqrt, scatter,
    scatter_add, sigmoid, sign, sin, sort, split, sqrt, square, squeeze, stack, std, sub, sum, t,
    take_along_dim, tanh, topk, transpose, tril, triu, unbind, unsqueeze, var, view, view_as,
)
from .ops.conversion import clone
from .ops.composed import *  # noqa: F403
from .ops.counting import *  # noqa: F403
from .ops.rearrange import *  # noqa: F403
from ._runtime.threads import get_num_threads, set_num_threads
from .random import (
    Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state,
)
from .tensor import Size, Tensor

__version__ = "0.1.0"

multiply, subtract, divide, true_divide = mul, sub, div, div
concat, concatenate, clip, moveaxis, swapdims = cat, cat, clamp, movedim, transpose
newaxis = None
_teach_einops()
_name_methods(Tensor)
_take_other_arguments(Tensor)
_take_numpys_names(__name__, *Tensor.__mro__[:-1])

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "CheckpointError", "DoubleTensor",
    "FloatTensor", "Generator", "HalfTensor", "IntTensor", "LongTensor", "ShortTensor", "Size",
    "Tensor", "abs", "add", "all", "allclose", "amax", "amin", "any", "arange",
    "are_deterministic_algorithms_enabled", "argmax", "argmin", "argsort", "as_tensor", "autocast",
    "autograd", "backends", "bernoulli", "bfloat16", "bitwise_and", "bitwise_not", "bitwise_or",
    "bitwise_xor", "bmm", "bool", "broadcast_to", "can_cast", "cat", "ceil", "chunk", "clamp",
    "clip", "clone", "compile", "concat", "concatenate", "contiguous_format", "cos",
    "cosine_similarity", "cuda", "cumsum", "default_generator", "device", "diagonal", "distributed",
    "distributions", "div", "divide", "dot", "double", "draw_graph", "dropout", "dtype", "e",
    "einsum", "embedding", "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "exp",
    "expand", "expand_as", "expm1", "eye", "finfo", "flatten", "flip", "float", "float16",
    "float32", "float64", "floor", "floor_divide", "from_numpy", "full", "full_like", "fused",
    "gather", "ge", "get_default_device", "get_default_dtype", "get_float32_matmul_precision",
    "get_num_interop_threads", "get_num_threads", "get_rng_state", "gt", "half", "iinfo",
    "index_add", "index_copy", "index_fill", "index_select", "inf", "inference_mode",
    "initial_seed", "int", "int8", "int16", "int32", "int64", "is_autocast_enabled", "is_complex",
    "is_deterministic_algorithms_warn_only_enabled", "is_floating_point", "is_grad_enabled",
    "is_tensor", "isclose", "isfinite", "isinf", "isnan", "jit", "keep_values", "layer_norm", "le",
    "linalg", "linspace", "load", "log", "log1p", "log_softmax", "logical_and", "logical_not",
    "logical_or", "logical_xor", "logsumexp", "long", "lt", "manual_seed", "masked_fill",
    "masked_select", "matmul", "max", "maximum", "mean", "median", "memory_format", "min",
    "minimum", "mm", "moveaxis", "movedim", "mul", "multinomial", "multiply", "mv", "nan", "ne",
    "neg", "newaxis", "nn", "no_grad", "nonzero", "norm", "normal", "numel", "ones", "ones_like",
    "ops", "optim", "outer", "permute", "pi", "pow", "preserve_format", "prod", "promote_types",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "reciprocal",
    "relu", "remainder", "repeat", "reshape", "reshape_as", "result_type", "rms_norm", "roll",
    "round", "rsqrt", "save", "scatter", "scatter_add", "seed", "set_default_device",
    "set_default_dtype", "set_default_tensor_type", "set_float32_matmul_precision",
    "set_flush_denormal", "set_grad_enabled", "set_num_interop_threads", "set_num_threads",
    "set_printoptions", "set_rng_state", "short", "show_config", "sigmoid", "sign", "sin",
    "softmax", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "sub", "subtract",
    "sum", "swapdims", "t", "take_along_dim", "tanh", "tensor", "testing", "topk", "transpose",
    "tril", "tril_indices", "triu", "triu_indices", "true_divide", "uint8", "unbind", "unsqueeze",
    "use_deterministic_algorithms", "utils", "var", "view", "view_as", "where", "zeros",
    "zeros_like",
]
__all__ += ops.composed.__all__
__all__ += ops.counting.__all__
__all__ += ops.rearrange.__all__

# What is loaded when it is first asked for, since it takes time and not every program needs it.
_LATER = {
    ".": "distributed nn optim serialization testing utils",
    "._compat.amp": "autocast is_autocast_enabled",
    "._compat.compilers": "compile",
    "._compat.switches": (
        "are_deterministic_algorithms_enabled get_default_device get_float32_matmul_precision "
        "get_num_interop_threads inference_mode is_deterministic_algorithms_warn_only_enabled "
        "set_default_device set_float32_matmul_precision set_flush_denormal "
        "set_num_interop_threads use_deterministic_algorithms"
    ),
    "._compat.tensor_types": (
        "BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor "
        "IntTensor LongTensor ShortTensor set_default_tensor_type "
        "can_cast is_complex is_floating_point is_tensor numel promote_types result_type"
    ),
    ".drawing": "draw_graph keep_values",
    ".nn.functional": "cosine_similarity",
    ".printing": "set_printoptions",
    ".sampling": (
        "bernoulli multinomial normal rand rand_like randint randint_like randn randn_like randperm"
    ),
    ".serialization": "CheckpointError load save",
}

if _TYPE_CHECKING:  # for a type checker, a name that is not here is an error
    from . import distributed, nn, optim, testing, utils
    from ._compat import backends, distributions, linalg
    from ._compat.accelerators import cuda
    from ._compat.amp import autocast, is_autocast_enabled
    from ._compat.compilers import compile, jit
    from ._compat.switches import (
        are_deterministic_algorithms_enabled, get_default_device, get_float32_matmul_precision,
        get_num_interop_threads, inference_mode, is_deterministic_algorithms_warn_only_enabled,
        set_default_device, set_float32_matmul_precision, set_flush_denormal,
        set_num_interop_threads, use_deterministic_algorithms,
    )
    from ._compat.tensor_types import (
        BFloat16Tensor, BoolTensor, ByteTensor, CharTensor, DoubleTensor, FloatTensor, HalfTensor,
        IntTensor, LongTensor, ShortTensor, can_cast, is_complex, is_floating_point, is_tensor,
        numel, promote_types, result_type, set_default_tensor_type,
    )
    from .drawing import draw_graph, keep_values
    from .nn.functional import cosine_similarity
    from .printing import set_printoptions
    from .sampling import (
        bernoulli, multinomial, normal, rand, rand_like, randint, randint_like, randn, randn_like,
        randperm,
    )
    from .serialization import CheckpointError, load, save
else:
    __getattr__, __dir__ = _lookup(__name__, _LATER)
