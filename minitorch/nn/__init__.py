"""Modules, the layers, and what goes with them.

parameter      a tensor that a module learns
module         a function with parameters, made of smaller modules
attributes, forward_hooks, state   what a module needs besides: skip them at first
containers     modules one after the other, in a list, in a dict
functional     the layers as functions
layers, activations, losses        the same as modules
init           first values for parameters
utils          gradient clipping
attention, multihead_attention, transformer, transformer_layers
                               PyTorch's Transformer; to read one, see `transformer/`
data_parallel, worker              a module that computes in several processes
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from .._compat.guests import door as _door
from . import functional, init, utils
from .activations import GELU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Tanh
from .containers import ModuleDict, ModuleList, Sequential
from .layers import Dropout, Embedding, Identity, LayerNorm, Linear, RMSNorm
from .losses import BCEWithLogitsLoss, CrossEntropyLoss, KLDivLoss, MSELoss, NLLLoss
from .module import Module
from .multihead_attention import MultiheadAttention
from .parameter import Parameter
from .transformer import Transformer, TransformerDecoder, TransformerEncoder
from .transformer_layers import TransformerDecoderLayer, TransformerEncoderLayer

__all__ = [
    "GELU",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "DataParallel",
    "Dropout",
    "Embedding",
    "Identity",
    "KLDivLoss",
    "LayerNorm",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "NLLLoss",
    "Parameter",
    "RMSNorm",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "functional",
    "init",
    "utils",
]

if _TYPE_CHECKING:
    from .data_parallel import DataParallel
else:  # loaded when asked for: it needs several modules, and is seldom wanted
    __getattr__, __dir__ = _door(__name__, {".data_parallel": "DataParallel"})
