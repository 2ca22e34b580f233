"""The layers as functions: everything that they need is an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._compat import missing
from ..fused import (
    cross_entropy,
    gelu,
    layer_norm,
    linear,
    log_softmax,
    scaled_dot_product_attention,
    softmax,
)
from ..ops import (
    binary_cross_entropy_with_logits,
    dropout,
    embedding,
    kl_div,
    leaky_relu,
    logsigmoid,
    mse_loss,
    nll_loss,
    one_hot,
    pad,
    relu,
    rms_norm,
    sigmoid,
    silu,
    softplus,
    tanh,
)

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

    def __getattr__(name: str) -> Any:
        raise AttributeError(missing.sentence(__name__, name, __all__))
