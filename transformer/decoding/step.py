"""The steps of a generation on bare arrays: the model without what only learning and looking need.

A step reads one token of each text. Its products are so small that most of the time would go to
what surrounds them: tensors, a graph, hooks, and checks of shapes that are those of the step
before. So only the first step, which reads the prompt and checks all that there is to check, is the
model's own. Those after it are computed here, in NumPy, from the model's parameters.

Each function is to the module of the same name what a kernel is to its definition (see
`minitorch/fused/registry.py`): it computes the same for one token, (rows, d_model), where a row is
a text. What is not worth a function here, such as RMSNorm, is called as it is. The tests hold the
two to each other, for every option.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt
from minitorch import nn
from minitorch._runtime.quiet import quietly
from minitorch.autograd.graph import mode
from minitorch.fused.attention import kernel as attention
from minitorch.fused.layer_norm import kernel as layer_norm
from minitorch.nn.functional import relu
from minitorch.ops.activations import relu_array
from minitorch.ops.probe import is_watched

from ..model.add_norm import AddAndNorm
from ..model.attention import MultiHeadAttention
from ..model.decoder import Decoder, DecoderBlock
from ..model.embedding import Embedding
from ..model.encoder import Block, Encoder
from ..model.mlp import MLP, SwiGLU
from ..model.models import GPT, Transformer
from ..model.rotary import RotaryPositions

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitorch.autograd import Array

    from ..model.cache import Cache, KeysAndValues, LayerCache

MODULES = {
    GPT, Transformer, Embedding, Encoder, Decoder, Block, DecoderBlock, AddAndNorm,
    MultiHeadAttention, RotaryPositions, MLP, SwiGLU, nn.Linear, nn.LayerNorm, nn.RMSNorm,
    nn.Embedding, nn.Dropout, nn.Identity, nn.ModuleList,
}  # fmt: skip
"""The classes of modules that may be in a model whose steps are computed here."""


# ------------------------------------------------------------------------------------- modules


def _called(module: Callable[..., mt.Tensor], x: Array, *args: Any) -> Array:
    """Call a module, or a function of tensors, as it is."""
    return module(mt.from_numpy(x), *args).numpy()


def _norm(layer: Any, x: Array) -> Array:
    if type(layer) is not nn.LayerNorm or layer.weight is None:
        return _called(layer, x)
    bias = None if layer.bias is None else layer.bias.array
    return layer_norm(x, layer.weight.array, bias, eps=layer.eps)[0]


def _embedding(layer: Any, ids: Array, cache: Cache) -> Array:
    """(rows) → (rows, d_model)."""
    x: Array = layer.tokens.weight.array.take(np.maximum(ids, 0), 0)  # pad may be -1: any vector
    if layer.scale != 1:
        x = x * layer.scale
    if layer.positions is not None:
        place: Any = cache.length if cache.padding is None else cache.length - cache.padding
        x = x + layer.positions.array[place]
    if layer.segments is not None:
        x = x + layer.segments.weight.array[0]
    return x if layer.norm is None else _norm(layer.norm, x)


def _linear(layer: nn.Linear, x: Array) -> Array:
    """(rows, in_features) → (rows, out_features)."""
    y: Array = x.dot(layer.weight.array.T)
    if layer.bias is not None:
        y += layer.bias.array
    return y


def _mlp(layer: Any, x: Array) -> Array:
    if type(layer) is not MLP:
        return _called(layer, x)
    hidden, f = _linear(layer.up, x), layer.activation  # (rows, d_ff)
    return _linear(layer.down, relu_array(hidden) if f is relu else _called(f, hidden))


def _attention(q: Array, k: Array, v: Array, mask: Array | None) -> Array:
    """(rows, heads, 1, d_head) queries → (rows, heads · d_head).

    Heads that share keys and values, and texts that share a memory, are queries side by side.
    """
    rows, heads, _, d_head = q.shape
    batch, kv_heads = k.shape[:2]
    q = q.reshape(batch, rows // batch, kv_heads, heads // kv_heads, d_head)
    together = q.swapaxes(1, 2).reshape(batch, kv_heads, -1, d_head)
    y, _ = attention(together, k, v, mask, keep=None, scale=1 / math.sqrt(d_head))
    y = y.reshape(batch, kv_heads, rows // batch, heads // kv_heads, d_head)
    return y.swapaxes(1, 2).reshape(rows, heads * d_head)


def _self_attention(
    layer: MultiHeadAttention, x: Array, cache: LayerCache, mask: Array | None = None
) -> Array:
    shape = len(x), -1, 1, layer.d_head
    q = _linear(layer.query, x).reshape(shape)  # (rows, heads, 1, d_head)
    k = _linear(layer.key, x).reshape(shape)  # (rows, kv_heads, 1, d_head)
    v = _linear(layer.value, x).reshape(shape)  # (rows, kv_heads, 1, d_head)
    if layer.rotary is not None:
        q, k = _called(layer.rotary, q, cache.length), _called(layer.rotary, k, cache.length)
    k, v = cache.append_arrays(k, v)  # (rows, kv_heads, T_k, d_head)
    return _linear(layer.output, _attention(q, k, v, mask))


def _cross_attention(
    layer: MultiHeadAttention, x: Array, memory: KeysAndValues, mask: mt.Tensor | None
) -> Array:
    q = _linear(layer.query, x).reshape(len(x), -1, 1, layer.d_head)
    k, v = memory  # (sources, kv_heads, S, d_head)
    mixed = _attention(q, k.array, v.array, None if mask is None else mask.array)
    return _linear(layer.output, mixed)


def _norm_before(around: AddAndNorm, x: Array) -> Array:
    return _norm(around.norm, x) if around.pre_norm else x


def _norm_after(around: AddAndNorm, x: Array) -> Array:
    return x if around.pre_norm else _norm(around.norm, x)


# -------------------------------------------------------------------------------------- models


def _gpt(model: Any, ids: Array, cache: Cache) -> Array:
    """(rows) → (rows, vocab_size)."""
    mask = None
    if cache.padding is not None:
        real = np.arange(cache.length + 1) >= cache.padding[:, None]  # (rows, T_k)
        mask = real[:, None, None]
    x = _embedding(model.embedding, ids, cache)
    for block, layer in zip(model.blocks, cache.layers, strict=True):
        around = block.add_attention
        change = _self_attention(block.attention, _norm_before(around, x), layer, mask)
        x = _norm_after(around, x + change)

        around = block.add_mlp
        x = _norm_after(around, x + _mlp(block.mlp, _norm_before(around, x)))
    return _linear(model.output, _norm(model.norm, x))


def _transformer(model: Any, ids: Array, cache: Cache) -> Array:
    """(rows) → (rows, vocab_size)."""
    x = _embedding(model.embedding, ids, cache)
    blocks = model.decoder.blocks
    for block, layer, memory in zip(blocks, cache.layers, cache.memory, strict=True):
        around = block.add_self_attention
        change = _self_attention(block.self_attention, _norm_before(around, x), layer)
        x = _norm_after(around, x + change)

        around = block.add_cross_attention
        queries = _norm_before(around, x)
        change = _cross_attention(block.cross_attention, queries, memory, cache.memory_mask)
        x = _norm_after(around, x + change)

        around = block.add_mlp
        x = _norm_after(around, x + _mlp(block.mlp, _norm_before(around, x)))
    return _linear(model.output, _norm(model.decoder.norm, x))


def _drops(module: nn.Module) -> bool:
    """Does it set something to 0 at random?"""
    p: Any = 0
    if isinstance(module, (nn.Dropout, MultiHeadAttention)):
        p = module.p if isinstance(module, nn.Dropout) else module.dropout
    return module.training and p > 0


class Step:
    """Takes the steps of one generation, as `model.step` does, from arrays to arrays.

    The model takes them itself where more is wanted than the logits: while somebody watches it,
    with hooks or dropout, or with a module of another class or with a `forward` of its own.
    """

    def __init__(self, model: Transformer | GPT) -> None:
        self.model = model
        modules = list(model.modules()) if type(model) in (GPT, Transformer) else []
        self.hooks = [hooks for m in modules for hooks in (m._forward_hooks, m._forward_pre_hooks)]
        self.is_known = modules != [] and all(
            type(m) in MODULES and "forward" not in vars(m) and not _drops(m) for m in modules
        )

    def __call__(self, ids: Array, cache: Cache) -> Array:
        """Read the next tokens, and predict the one after: (rows, T) → (rows, vocab_size)."""
        is_seen = is_watched() or mode.watch is not None or any(self.hooks)
        if not self.is_known or is_seen or not cache.length:
            return self.model.step(mt.from_numpy(ids), cache).numpy()
        compute = _gpt if type(self.model) is GPT else _transformer
        return quietly(compute, self.model, ids[:, 0], cache)  # type: ignore[no-any-return]
