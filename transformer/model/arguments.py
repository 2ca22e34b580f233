"""Checks of the arguments of a model: ids, sizes, masks and caches."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt
from minitorch import Tensor, nn
from minitorch.ops.signatures import Shapes

from ..arguments import number, rows_of_ids, whole_number
from .cache import Cache, LayerCache
from .config import TransformerConfig

if TYPE_CHECKING:
    from minitorch.autograd import Array

BATCH = {"batch": "batch sizes"}
VECTORS = Shapes("attention", x="batch T d_model")
CROSS = Shapes("attention", called=BATCH, x="batch T_q d_model", memory="batch T_k d_model")
KEYS_AND_VALUES = Shapes(
    "attention",
    called=BATCH,
    x="batch T_q d_model",
    keys="batch kv_heads T_k d_head",
    values="batch kv_heads T_k d_head",
)
ROTATED = Shapes("rotary positions", x="batch heads T d_head", positions="max_length d_head")


# ---------------------------------------------------------------------------------- construction


def configuration(config: Any) -> TransformerConfig:
    """Return a configuration, or raise TypeError."""
    if not isinstance(config, TransformerConfig):
        raise TypeError(f"a model is built from a TransformerConfig, not a {type(config).__name__}")
    return config


def heads(
    d_model: int,
    n_heads: int,
    n_kv_heads: int | None,
    d_head: int | None,
    dropout: float,
    rotary: Any,
) -> tuple[int, int]:
    """Check the sizes of an attention layer; return the heads of keys and values, and d_head.

    Raises:
        TypeError: an argument is of another type.
        ValueError: one is out of range, or the heads cannot be divided evenly.
    """
    whole_number("d_model", d_model, least=1)
    whole_number("n_heads", n_heads, least=1)
    n_kv_heads = n_heads if n_kv_heads is None else n_kv_heads
    whole_number("n_kv_heads", n_kv_heads, least=1)
    number("dropout", dropout, 0, 1)
    if d_head is None and d_model % n_heads:
        raise ValueError(f"d_model={d_model} cannot be divided among n_heads={n_heads}")
    d_head = d_model // n_heads if d_head is None else whole_number("d_head", d_head, least=1)
    if n_heads % n_kv_heads:
        raise ValueError(f"n_heads={n_heads} cannot be divided among n_kv_heads={n_kv_heads}")
    if not isinstance(rotary, (nn.Module, type(None))):
        raise TypeError(f"attention: rotary must be RotaryPositions or None, not {rotary!r}")
    return n_kv_heads, d_head


# ---------------------------------------------------------------------------- ids and positions


def real_tokens(ids: Tensor, pad: int) -> Array:
    """Return True for the tokens that are not padding: (batch, T) → the same shape."""
    real: Array = rows_of_ids("ids", ids) != whole_number("pad", pad)
    return real


def check_padding(padding: Array | None, T: int, start: int = 0, batch: int | None = None) -> None:
    """Raise unless T and start are sizes, and padding is None or counts the <pad> of each row."""
    whole_number("T", T, least=0)
    whole_number("start", start, least=0)
    if padding is None:
        return
    if not isinstance(padding, np.ndarray) or padding.dtype.kind != "i":
        raise TypeError(f"padding must be an array of whole numbers, not {padding!r}")
    batch = padding.size if batch is None else batch
    if padding.shape != (batch,) or ((padding < 0) | (padding > start + T)).any():
        raise ValueError(
            f"padding must count the <pad> among the first {start + T} tokens of each row, "
            f"({batch}), but is {padding}"
        )


def places(ids: Tensor, start: int, padding: Array | None, max_length: int) -> int:
    """Return start + T, the position after the last id.

    Raises:
        ValueError: it is more than max_length, or the padding does not fit the ids.
    """
    batch, T = rows_of_ids("ids", ids).shape
    check_padding(padding, T, start, batch)
    stop: int = start + T
    if stop > max_length:
        raise ValueError(f"a sequence of {stop} tokens is longer than max_length={max_length}")
    return stop


def check_segments(layer: nn.Module | None, ids: Tensor, segments: Tensor | None) -> None:
    """Raise unless segments are None, or there is one for each id and the model has segments."""
    if segments is None:
        return
    if layer is None:
        raise ValueError("segments are given to a model without: its configuration's n_segments=0")
    shape = rows_of_ids("segments", segments).shape
    if shape != ids.shape:
        raise ValueError(f"segments have the shape {shape}, which must be the ids', {ids.shape}")


def check_rotated(x: Tensor, start: int, positions: Tensor) -> None:
    """Raise unless there is a rotary position for each token of x, the first being `start`."""
    if getattr(x, "ndim", 0) != 4 or x.shape[3] != positions.shape[1]:
        ROTATED(x, positions)  # says what is wrong
    stop: int = whole_number("start", start, least=0) + x.shape[2]
    if stop > positions.shape[0]:
        raise ValueError(
            f"a sequence of {stop} tokens is longer than max_length={positions.shape[0]}"
        )


# ------------------------------------------------------------------------------------- attention


def _check_keys_and_values(layer: Any, x: Tensor, memory: tuple[Tensor, ...]) -> None:
    """Raise unless the keys and values fit the layer and x."""
    if len(memory) != 2:
        raise TypeError(f"attention: keys and values are 2 tensors, not {len(memory)}")
    KEYS_AND_VALUES(x, *memory)
    _, kv_heads, _, d_head = memory[0].shape
    if (kv_heads, d_head) != (layer.n_kv_heads, layer.d_head):
        raise RuntimeError(
            f"attention: the memory's keys are in {kv_heads} heads of {d_head} dimensions, and the "
            f"layer needs {layer.n_kv_heads} of {layer.d_head}"
        )


def check_vectors(x: Tensor) -> None:
    """Raise unless x is a vector for each token: (batch, T, d_model)."""
    if getattr(x, "ndim", 0) != 3:
        VECTORS(x)  # says what is wrong


def _keys(x: Tensor, memory: Any) -> Tensor:
    """Return x, the memory or the memory's keys, whichever is attended to: (…, T_k, d)."""
    keys: Tensor = x if memory is None else memory[0] if isinstance(memory, tuple) else memory
    return keys


@lru_cache(1024)
def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Return whether a shape can be broadcast to another."""
    pairs = zip(shape[::-1], to[::-1], strict=False)
    return len(shape) <= len(to) and all(n in (1, m) for n, m in pairs)


def check_attention(
    layer: Any, x: Tensor, memory: Any, mask: Tensor | None, is_causal: bool, cache: Any
) -> None:
    """Raise unless the arguments of an attention's `forward` fit the layer and each other."""
    before = 0
    if cache is not None:
        if not isinstance(cache, LayerCache):
            raise TypeError(f"attention: cache must be a LayerCache, not a {type(cache).__name__}")
        before = cache.length
    if memory is None:
        check_vectors(x)
    elif cache is not None or layer.rotary is not None:
        raise ValueError(
            "attention: a cache and rotary positions are for self-attention, without a memory"
        )
    elif isinstance(memory, tuple):
        _check_keys_and_values(layer, x, memory)
    else:
        CROSS(x, memory)
    if memory is not None and not _keys(x, memory).shape[-2]:
        raise ValueError("attention: the memory is empty: there is no token to attend to")
    if not isinstance(is_causal, bool):
        raise TypeError(f"attention: is_causal must be True or False, not {is_causal!r}")
    if is_causal and before:
        raise ValueError("attention: behind the tokens of a cache, use the mask of `decoder_mask`")
    if mask is not None:
        if not isinstance(mask, Tensor) or mask.dtype != mt.bool:
            kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
            raise TypeError(f"attention: mask must be a bool tensor, not {kind}")
        shape = tuple(mask.shape)
        batch, T, _ = x.shape
        allowed = (batch, layer.n_heads, T, before + _keys(x, memory).shape[-2])
        if not _broadcasts(shape, allowed):
            raise RuntimeError(
                f"attention: a mask of shape {shape} does not broadcast to (batch, heads, T_q, "
                f"T_k), which is {allowed}"
            )


# ---------------------------------------------------------------------------- loss and generation


def check_head(model: nn.Module) -> None:
    """Raise unless a BERT has the head that predicts tokens."""
    if not hasattr(model, "output"):
        raise RuntimeError(
            "this BERT has no head to predict tokens with, as it was built with head=False or its "
            "weights came without: encode(ids) gives its vectors"
        )


def check_targets(logits: Any, targets: Tensor, pad: int) -> None:
    """Raise unless there are logits for each target, and a target that is not padding."""
    if not isinstance(logits, Tensor):
        raise TypeError(f"logits must be a Tensor, not {type(logits).__name__}")
    shape = logits.shape
    array = rows_of_ids("targets", targets)
    if len(shape) != 3 or shape[:2] != array.shape:
        raise ValueError(
            f"targets of shape {array.shape} do not fit logits of shape {tuple(shape)}: expected "
            "(batch, T) and (batch, T, vocab_size)"
        )
    if (array == pad).all():
        raise ValueError(f"every target is <pad>, {pad}: there is nothing to learn here")


def capacity(config: TransformerConfig, n_first: int, max_length: int) -> int:
    """Return the number of tokens that the decoder reads: all but the last that it generates.

    Raises:
        ValueError: it is more than the model's max_length.
    """
    total = n_first + whole_number("max_length", max_length, least=1) - 1
    if total > config.max_length:
        raise ValueError(
            f"to write {max_length} tokens after {n_first}, the model would read {total}, more "
            f"than max_length={config.max_length}"
        )
    return total


def check_decoding(n_layers: int, x: Tensor, memory: Any, padding: Any, cache: Any) -> None:
    """Raise unless memory, padding and cache fit x and a decoder of n_layers blocks."""
    check_vectors(x)
    if padding is not None and len(padding) != len(x):
        raise ValueError(f"padding must count the <pad> of each of {len(x)} rows, but is {padding}")
    if memory is None:
        raise TypeError("the decoder needs a memory, the encoder's output, not None")
    if isinstance(memory, list) and len(memory) != n_layers:
        raise ValueError(f"{n_layers} blocks need as many keys and values, not {len(memory)}")
    if cache is not None and not (isinstance(cache, Cache) and len(cache.layers) == n_layers):
        raise ValueError(f"the cache is none for {n_layers} blocks: use what begin() returned")


def check_step(config: TransformerConfig, ids: Tensor, cache: Any, reads_memory: bool) -> None:
    """Raise unless a model of this configuration made the cache, for as many texts as in ids."""
    if not isinstance(cache, Cache):
        raise TypeError(f"step: cache must be what begin() returned, not {cache!r}")
    if len(cache.layers) != config.n_layers or bool(cache.memory) != reads_memory:
        raise ValueError("step: another model began this cache: its layers or memory do not fit")
    lengths = [layer.length for layer in cache.layers]
    if lengths.count(lengths[0]) != len(lengths):
        raise RuntimeError(f"step: one before broke off, and left {lengths} tokens: begin anew")
    if len(rows_of_ids("ids", ids)) != cache.batch:
        raise ValueError(f"step: {len(ids)} rows of ids, but the cache is for {cache.batch} texts")
