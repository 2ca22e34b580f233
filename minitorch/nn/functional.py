"""The layers as functions, under PyTorch's names: weights and options are arguments.

Each is documented where it is defined: the large ones in `minitorch/fused`, the others in
`minitorch/ops`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._compat.guests import door
from ..fused.attention import scaled_dot_product_attention
from ..fused.cross_entropy import cross_entropy
from ..fused.gelu import gelu
from ..fused.layer_norm import layer_norm
from ..fused.linear import linear
from ..fused.softmax import log_softmax, softmax
from ..ops.activations import leaky_relu, logsigmoid, relu, silu, softplus
from ..ops.arrange import pad
from ..ops.dropout import dropout
from ..ops.elementwise import sigmoid, tanh
from ..ops.embedding import embedding
from ..ops.indexing import one_hot
from ..ops.loss import binary_cross_entropy_with_logits, kl_div, mse_loss, nll_loss
from ..ops.rms_norm import rms_norm

__all__ = [
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "gelu",
    "kl_div",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "relu",
    "rms_norm",
    "scaled_dot_product_attention",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = door(__name__)
