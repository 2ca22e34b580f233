"""The operations in which a Transformer spends its time: definitions, kernels, the registry."""

from .attention import ATTENTION, scaled_dot_product_attention
from .cross_entropy import CROSS_ENTROPY, cross_entropy
from .gelu import GELU, GELU_TANH, gelu
from .layer_norm import LAYER_NORM, layer_norm
from .linear import LINEAR, linear
from .registry import Fused, definitions
from .softmax import LOG_SOFTMAX, SOFTMAX, log_softmax, softmax

REGISTRY: tuple[Fused, ...] = (
    LINEAR,
    SOFTMAX,
    LOG_SOFTMAX,
    CROSS_ENTROPY,
    LAYER_NORM,
    GELU,
    GELU_TANH,
    ATTENTION,
)

__all__ = [
    "REGISTRY",
    "Fused",
    "cross_entropy",
    "definitions",
    "gelu",
    "layer_norm",
    "linear",
    "log_softmax",
    "scaled_dot_product_attention",
    "softmax",
]
