"""The layers as functions, under PyTorch's names: weights and options are arguments.

Each is documented where it is defined: the large ones in `minitorch/fused`, the others in
`minitorch/ops`; and two that are softmax of something else, here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from .._compat.guests import lookup
from .._compat.spellings import by_numpys_names, take_size_average, with_chosen_dim
from ..fused.attention import scaled_dot_product_attention
from ..fused.cross_entropy import cross_entropy
from ..fused.gelu import gelu
from ..fused.layer_norm import layer_norm
from ..fused.linear import linear
from ..fused.softmax import log_softmax as _log_softmax
from ..fused.softmax import softmax as _softmax
from ..ops import activations, arguments, distances, other_activations
from ..ops import dropout as _dropout
from ..ops.activations import logsigmoid, softplus
from ..ops.arrange import pad
from ..ops.distances import cosine_embedding_loss, normalize
from ..ops.elementwise import sigmoid, tanh
from ..ops.embedding import embedding
from ..ops.indexing import one_hot
from ..ops.inplace import in_place
from ..ops.loss import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div, nll_loss
from ..ops.other_activations import glu, softsign
from ..ops.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from ..ops.rms_norm import rms_norm
from ..random import numpy_of
from ..scalars import flag, number
from .multihead_forward import multi_head_attention_forward

if TYPE_CHECKING:
    from .. import dtypes
    from ..tensor import Tensor

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "dropout", "elu", "elu_", "embedding", "gelu", "glu",
    "gumbel_softmax", "hardtanh", "hardtanh_", "huber_loss", "kl_div", "l1_loss", "layer_norm",
    "leaky_relu", "leaky_relu_", "linear", "log_softmax", "logsigmoid", "mish", "mse_loss",
    "multi_head_attention_forward", "nll_loss", "normalize", "one_hot", "pad",
    "pairwise_distance", "relu", "relu6", "relu_", "rms_norm", "scaled_dot_product_attention",
    "selu", "selu_", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softmin", "softplus",
    "softsign", "tanh",
]  # fmt: skip


def _in_place(op: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return the operation in place, as a function of this module."""
    change = in_place(op)
    change.__module__ = __name__  # where pickle finds it
    return change


def _with_inplace(op: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Give an operation the option `inplace`, as its last argument: change the input itself?"""
    change, most = in_place(op), op.__code__.co_argcount - 1

    @wraps(op)
    def call(input: Tensor, *args: Any, inplace: bool = False, **options: Any) -> Tensor:
        if len(args) > most:
            *args, inplace = args  # type: ignore[assignment]
        if inplace is False:
            return op(input, *args, **options)
        chosen = change if flag(op.__name__, "inplace", inplace) else op
        return chosen(input, *args, **options)

    call.__module__ = __name__  # where pickle finds it
    call.__doc__ = f"{op.__doc__}\n\n`inplace=True` changes the input itself, and returns it."
    return call


softmax, log_softmax = with_chosen_dim(_softmax), with_chosen_dim(_log_softmax)
cosine_similarity = by_numpys_names(distances.cosine_similarity)
pairwise_distance = by_numpys_names(distances.pairwise_distance)
relu, leaky_relu = _with_inplace(activations.relu), _with_inplace(activations.leaky_relu)
silu, dropout = _with_inplace(activations.silu), _with_inplace(_dropout)
elu, selu = _with_inplace(other_activations.elu), _with_inplace(other_activations.selu)
mish, relu6 = _with_inplace(other_activations.mish), _with_inplace(other_activations.relu6)
hardtanh = _with_inplace(other_activations.hardtanh)
relu_, leaky_relu_ = _in_place(activations.relu), _in_place(activations.leaky_relu)
elu_, selu_ = _in_place(other_activations.elu), _in_place(other_activations.selu)
hardtanh_ = _in_place(other_activations.hardtanh)
take_size_average(__name__)


@with_chosen_dim
def softmin(input: Tensor, dim: int, dtype: dtypes.dtype | None = None) -> Tensor:
    """softmax(-x): the smaller an element, the larger its probability. Arguments as for softmax."""
    return softmax(-arguments.tensor("softmin", "input", input), dim, dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """Draw a class along `dim`, as a one-hot vector through which gradients flow.

        softmax((logits + noise) / tau),        noise = -ln e, e ~ Exp(1)

    The largest of logits + noise is class i with the probability softmax(logits)_i; softmax takes
    the place of one-hot, and comes near it for small tau.

    Args:
        logits: floating-point, at least one dimension.
        tau: the temperature, above 0.
        hard: return one-hot vectors; the gradient stays that of the soft ones.
        eps: has no effect, as in PyTorch.
        dim: the dimension of the classes.

    Raises:
        ValueError: tau is not above 0.

    Source: Jang et al. 2016, https://arxiv.org/abs/1611.01144; Maddison et al. 2016,
    https://arxiv.org/abs/1611.00712
    """
    x = arguments.floating_point("gumbel_softmax", "logits", logits)
    if not number("gumbel_softmax", "tau", tau) > 0:
        raise ValueError(f"gumbel_softmax: tau must be above 0, not {tau}")
    drawn = numpy_of(None).standard_exponential(x.array.shape, x.array.dtype)
    noise = -np.log(np.maximum(drawn, np.finfo(x.array.dtype).tiny))
    soft = softmax((x + x._wrap(noise)) / tau, dim)
    if not flag("gumbel_softmax", "hard", hard):
        return soft
    one = one_hot(soft.argmax(dim), soft.shape[dim]).movedim(-1, dim)
    return one - soft.detach() + soft


if not TYPE_CHECKING:
    __getattr__, __dir__ = lookup(__name__)
