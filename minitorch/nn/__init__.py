"""Modules, the layers, and what goes with them.

parameter      a tensor that a module learns
module         a function with parameters, made of smaller modules
attributes, forward_hooks, backward_hooks, state
               what a module needs besides: skip them at first
containers     modules one after the other, in a list, in a dict
parameter_containers
               parameters in a list, in a dict
functional     the layers as functions
layers, other_layers, activations, losses
               the same as modules
init           first values for parameters
utils, padding gradient clipping, parameters as one vector; sequences padded to one length
transformer, transformer_layers, multihead_attention, multihead_forward
                                   PyTorch's Transformer; the one to read is in `transformer/`
parallel                           a module that several processes train together
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import lookup as _lookup
from .._compat.missing import name_methods as _name_methods
from . import functional, init, utils
from .activations import (
    ELU,
    GELU,
    GLU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softmin,
    Softplus,
    Softsign,
    Tanh,
)
from .containers import ModuleDict, ModuleList, Sequential
from .layers import Dropout, Embedding, Identity, LayerNorm, Linear, RMSNorm
from .losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CosineEmbeddingLoss,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from .module import Module
from .parameter import Parameter

_name_methods(Module)

__all__ = [
    "ELU", "GELU", "GLU", "SELU", "BCELoss", "BCEWithLogitsLoss", "ConstantPad1d",
    "ConstantPad2d", "ConstantPad3d", "CosineEmbeddingLoss", "CosineSimilarity",
    "CrossEntropyLoss", "DataParallel", "Dropout", "Embedding", "Flatten", "Hardtanh",
    "HuberLoss", "Identity", "KLDivLoss", "L1Loss", "LayerNorm", "LazyLinear", "LeakyReLU",
    "Linear", "LogSigmoid", "LogSoftmax", "MSELoss", "Mish", "Module", "ModuleDict",
    "ModuleList", "MultiheadAttention", "NLLLoss", "PairwiseDistance", "Parameter",
    "ParameterDict", "ParameterList", "RMSNorm", "ReLU", "ReLU6", "Sequential", "SiLU",
    "Sigmoid", "SmoothL1Loss", "Softmax", "Softmin", "Softplus", "Softsign", "Tanh",
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder",
    "TransformerEncoderLayer", "Unflatten", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "functional",
    "init", "parallel", "utils",
]  # fmt: skip

if _TYPE_CHECKING:
    from .._compat.distributed import DataParallel
    from . import parallel
    from .multihead_attention import MultiheadAttention
    from .other_layers import (
        ConstantPad1d,
        ConstantPad2d,
        ConstantPad3d,
        CosineSimilarity,
        Flatten,
        LazyLinear,
        PairwiseDistance,
        Unflatten,
        ZeroPad1d,
        ZeroPad2d,
        ZeroPad3d,
    )
    from .parameter_containers import ParameterDict, ParameterList
    from .transformer import Transformer, TransformerDecoder, TransformerEncoder
    from .transformer_layers import TransformerDecoderLayer, TransformerEncoderLayer
else:  # loaded when asked for: the first needs several modules, and all are seldom wanted
    __getattr__, __dir__ = _lookup(
        __name__,
        {
            ".": "parallel",
            ".._compat.distributed": "DataParallel",
            ".multihead_attention": "MultiheadAttention",
            ".other_layers": "ConstantPad1d ConstantPad2d ConstantPad3d CosineSimilarity Flatten "
            "LazyLinear PairwiseDistance Unflatten ZeroPad1d ZeroPad2d ZeroPad3d",
            ".parameter_containers": "ParameterDict ParameterList",
            ".transformer": "Transformer TransformerDecoder TransformerEncoder",
            ".transformer_layers": "TransformerDecoderLayer TransformerEncoderLayer",
        },
    )
