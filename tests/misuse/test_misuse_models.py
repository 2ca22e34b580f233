"""Models held wrong: attention, masks, positions, caches, losses, generation, weights."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check
from safetensors.numpy import save_file

import minitorch as mt
from minitorch import nn
from transformer import BERT, GPT, Transformer, TransformerConfig
from transformer.explain import figure
from transformer.model.attention import MultiHeadAttention
from transformer.model.cache import Cache, LayerCache
from transformer.model.decoder import Decoder
from transformer.model.embedding import Embedding, sinusoidal_positions
from transformer.model.masks import causal_mask, decoder_mask, left_padding, padding_mask
from transformer.model.mlp import MLP
from transformer.model.rotary import RotaryPositions
from transformer.model.weights import (
    bert_config,
    from_pretrained,
    gpt2_config,
    load_gpt2,
    load_pytorch,
)

x, memory = mt.ones(2, 3, 8), mt.ones(2, 5, 8)
ids = mt.tensor([[3, 4, 5], [6, 7, 8]])
PAD = mt.zeros_like(ids)


def any_type(value: Any) -> Any:
    """A value of the wrong type, which type checkers would complain of too."""
    return value


def config(**changes: Any) -> TransformerConfig:
    sizes = {"vocab_size": 13, "d_model": 8, "n_heads": 2, "n_layers": 2, "d_ff": 12}
    return TransformerConfig(**{**sizes, "max_length": 8, "dropout": 0.0, **changes})


def gpt(**changes: Any) -> GPT:
    return GPT(config(**changes)).eval()


def bert(**changes: Any) -> BERT:
    return BERT(config(**changes)).eval()


def seq2seq(**changes: Any) -> Transformer:
    return Transformer(config(**changes)).eval()


def attend(*args: Any, kv_heads: int | None = None, **options: Any) -> mt.Tensor:
    y: mt.Tensor = MultiHeadAttention(8, 2, n_kv_heads=kv_heads).eval()(*args, **options)
    return y


def true(*shape: int) -> mt.Tensor:
    return mt.ones(*shape, dtype=mt.bool)


def heads_of(batch: int, heads: int, T: int, d_head: int = 4) -> mt.Tensor:
    return mt.ones(batch, heads, T, d_head)


def filled() -> LayerCache:
    """A cache of 2 texts of 3 tokens, in 2 heads of 4 dimensions."""
    cache = LayerCache(5)
    cache.append(heads_of(2, 2, 3), heads_of(2, 2, 3))
    return cache


@mt.no_grad()
def attend_after(x: mt.Tensor, **options: Any) -> mt.Tensor:
    return attend(x, cache=filled(), **options)


@mt.no_grad()
def step(
    ids: Any,
    by: Any = None,
    begun_by: Any = None,
    steps: int = 0,
    change: Callable[[Cache], Any] = lambda cache: None,
) -> Any:
    """Begin with two prompts, make some steps, and then one with these ids."""
    model = begun_by or gpt()
    first, cache = model.begin(mt.tensor([[3, 4], [5, 6]]), 4)
    for _ in range(steps):
        model.step(first, cache)
        first = first[:, -1:]
    change(cache)
    return (by or model).step(first if ids is None else ids, cache)


def broken(cache: Cache) -> None:
    cache.layers[1].length -= 1


GPT2 = {
    "model_type": "gpt2",
    "vocab_size": 7,
    "n_embd": 4,
    "n_head": 2,
    "n_layer": 1,
    "n_positions": 6,
    "bos_token_id": 6,
    "eos_token_id": 6,
}


def weights(**changes: Any) -> dict[str, Any]:
    shapes: dict[str, tuple[int, ...]] = {
        "wte.weight": (7, 4),
        "wpe.weight": (6, 4),
        "h.0.attn.c_attn.weight": (4, 12),
        "h.0.attn.c_attn.bias": (12,),
        "h.0.attn.c_proj.weight": (4, 4),
        "h.0.mlp.c_fc.weight": (4, 16),
        "h.0.mlp.c_fc.bias": (16,),
        "h.0.mlp.c_proj.weight": (16, 4),
    }
    norms = ("ln_f.weight", "ln_f.bias", "h.0.ln_1.weight", "h.0.ln_1.bias", "h.0.ln_2.weight")
    for name in (*norms, "h.0.ln_2.bias", "h.0.attn.c_proj.bias", "h.0.mlp.c_proj.bias"):
        shapes[name] = (4,)
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    return {**{name: np.ones(shape, np.float32) for name, shape in shapes.items()}, **changed}


def pretrained(text: str | bytes | None = None, data: bytes | None = None, **changes: Any) -> Any:
    """Read a directory with another text of config.json, other bytes of weights, or options."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        changed = {k: v for k, v in {**GPT2, **changes}.items() if v is not ...}
        given = json.dumps(changed) if text is None else text
        (folder / "config.json").write_bytes(given.encode() if isinstance(given, str) else given)
        if data is None:
            save_file(weights(), folder / "model.safetensors")
        else:
            (folder / "model.safetensors").write_bytes(data)
        return from_pretrained(folder)


def tensor_file(dtype: str, size: int) -> bytes:
    header = {"ln_f.bias": {"dtype": dtype, "shape": [4], "data_offsets": [0, size]}}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


def truncated() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "whole"
        save_file(weights(), path)
        return path.read_bytes()[:-4]


def emptied(file: str) -> Any:
    """Read a directory without one of its files."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "config.json").write_text(json.dumps(GPT2))
        save_file(weights(), Path(name) / "model.safetensors")
        (Path(name) / file).unlink()
        return from_pretrained(name)


def load(**changes: Any) -> None:
    load_gpt2(GPT(gpt2_config(GPT2)), weights(**changes))


heads, rotary = MultiHeadAttention, RotaryPositions

ATTENTION = [
    Misuse("no heads", lambda: heads(8, 0), ValueError, "n_heads must be at least 1, not 0"),
    Misuse("2.0 heads", lambda: heads(8, any_type(2.0)), TypeError, r"n_heads must be int, not float \(2\.0\)"),
    Misuse("width in text", lambda: heads(any_type("8"), 2), TypeError, r"d_model must be int, not str \('8'\)"),
    Misuse("True heads", lambda: heads(8, True), TypeError, r"n_heads must be int, not bool \(True\)"),
    Misuse("width 0", lambda: heads(0, 2), ValueError, "d_model must be at least 1"),
    Misuse("3 heads of 8", lambda: heads(8, 3), ValueError, "d_model=8 .* n_heads=3"),
    Misuse("0 heads of keys", lambda: heads(8, 4, n_kv_heads=0), ValueError, "n_kv_heads .* not 0"),
    Misuse("3 heads of keys", lambda: heads(8, 4, n_kv_heads=3), ValueError, "n_kv_heads=3"),
    Misuse("more heads of keys", lambda: heads(8, 4, n_kv_heads=8), ValueError, "n_kv_heads=8"),
    Misuse("dropout 1.5", lambda: heads(8, 2, 1.5), ValueError, r"dropout must be at least 0 and at most 1, not 1\.5"),
    Misuse("dropout NaN", lambda: heads(8, 2, math.nan), ValueError, "dropout must be at least 0 and at most 1, not nan"),
    Misuse("dropout None", lambda: heads(8, 2, any_type(None)), TypeError, "dropout .* None"),
    Misuse("rotary=True", lambda: heads(8, 2, rotary=any_type(True)), TypeError, "rotary .* True"),
    Misuse("no batch", lambda: attend(x[0]), RuntimeError, r"\(3, 8\) .* 2 dimensions"),
    Misuse("4 dimensions", lambda: attend(x[None]), RuntimeError, "4 dimensions"),
    Misuse("another width", lambda: attend(x[..., :4]), RuntimeError, "both 4 and 8"),
    Misuse("float64 vectors", lambda: attend(x.double()), RuntimeError, "dtypes differ"),
    Misuse("ids for vectors", lambda: attend(ids), RuntimeError, "2 dimensions"),
    Misuse("a list of vectors", lambda: attend([[1.0]]), TypeError, "must be a Tensor, not list"),
    Misuse("memory of 3", lambda: attend(x, mt.ones(3, 5, 8)), RuntimeError, "sizes 2 and 3"),
    Misuse("memory of 1", lambda: attend(x, memory[:1]), RuntimeError, "batch sizes 2 and 1"),
    Misuse("memory for more", lambda: attend(x[:1], memory), RuntimeError, "batch sizes 1 and 2"),
    Misuse("narrow memory", lambda: attend(x, memory[..., :4]), RuntimeError, "d_model is both"),
    Misuse("no tokens in memory", lambda: attend(x, memory[:, :0]), ValueError, "memory is empty"),
    Misuse("float64 memory", lambda: attend(x, memory.double()), RuntimeError, "dtypes differ"),
    Misuse("keys alone", lambda: attend(x, (heads_of(2, 2, 5),)), TypeError, "2 tensors, not 1"),
    Misuse(
        "fewer values",
        lambda: attend(x, (heads_of(2, 2, 5), heads_of(2, 2, 1))),
        RuntimeError,
        "T_k is both 5 and 1",
    ),
    Misuse(
        "one head of keys for two",
        lambda: attend(x, (heads_of(2, 1, 5), heads_of(2, 1, 5))),
        RuntimeError,
        "1 heads of 4 dimensions, and the layer needs 2 of 4",
    ),
    Misuse(
        "keys of one text for two",
        lambda: attend(x, (heads_of(1, 2, 5), heads_of(1, 2, 5))),
        RuntimeError,
        "batch sizes 2 and 1",
    ),
    Misuse("keys that are none", lambda: attend(x, (None, None)), TypeError, "a Tensor, not None"),
    Misuse("float mask", lambda: attend(x, mask=mt.ones(2, 1, 1, 3)), TypeError, "bool .*float32"),
    Misuse("int mask", lambda: attend(x, mask=ids[:, None, None]), TypeError, "bool .*int64"),
    Misuse("array as mask", lambda: attend(x, mask=np.ones((3, 3))), TypeError, "not ndarray"),
    Misuse("mask too long", lambda: attend(x, mask=true(2, 1, 1, 4)), RuntimeError, "1, 1, 4"),
    Misuse("mask of 3 texts", lambda: attend(x, mask=true(3, 1, 1, 3)), RuntimeError, "3, 1, 1, 3"),
    Misuse(
        "mask of 2 texts for 1",
        lambda: attend(x[:1], mask=true(2, 1, 1, 3)),
        RuntimeError,
        r"\(2, 1, 1, 3\) .* is \(1, 2, 3, 3\)",
    ),
    Misuse("mask of 3 heads", lambda: attend(x, mask=true(2, 3, 3, 3)), RuntimeError, "2, 3, 3, 3"),
    Misuse("mask with more", lambda: attend(x, mask=true(1, 1, 1, 3, 3)), RuntimeError, "1, 1, 1"),
    Misuse("mask (batch, T)", lambda: attend(x, mask=true(2, 3)), RuntimeError, r"\(2, 3\) does"),
    Misuse(
        "the memory's mask for x", lambda: attend(x, x, true(2, 1, 1, 5)), RuntimeError, "1, 1, 5"
    ),
    Misuse(
        "both masks", lambda: attend(x, mask=true(3, 3), is_causal=True), RuntimeError, "together"
    ),
    Misuse("is_causal in text", lambda: attend(x, is_causal="yes"), TypeError, "is_causal .*'yes'"),
    Misuse("cache with gradients", lambda: attend(x, cache=LayerCache(5)), RuntimeError, "no_grad"),
    Misuse(
        "cache and memory",
        lambda: attend_after(x, memory=memory),
        ValueError,
        "a cache .* for self-attention",
    ),
    Misuse(
        "rotary and memory",
        lambda: heads(8, 2, rotary=rotary(8, 4))(x, memory),
        ValueError,
        "rotary .* for self-attention",
    ),
    Misuse(
        "is_causal after 3", lambda: attend_after(x, is_causal=True), ValueError, "decoder_mask"
    ),
    Misuse("cache of 2 for 3", lambda: attend_after(mt.ones(3, 1, 8)), RuntimeError, r"\(3, 2, 1"),
    Misuse("cache of 2 for 1", lambda: attend_after(x[:1, :1]), RuntimeError, r"\(1, 2, 1, 4\)"),
    Misuse("too many for a cache", lambda: attend_after(x), ValueError, "cannot hold 6"),
    Misuse(
        "another head's cache",
        lambda: attend_after(x[:, :1], kv_heads=1),
        RuntimeError,
        r"have \(2, 1, 1, 4\)",
    ),
    Misuse("too many tokens", lambda: attend_after(x), ValueError, "for 5 tokens cannot hold 6"),
    Misuse("a whole Cache", lambda: attend(x, cache=Cache(1, 5, 2)), TypeError, "not a Cache"),
]

CACHES = [
    Misuse("capacity -1", lambda: LayerCache(-1), ValueError, "capacity must be at least 0"),
    Misuse("capacity 2.5", lambda: LayerCache(any_type(2.5)), TypeError, r"capacity must be int, not float \(2\.5\)"),
    Misuse("no layers", lambda: Cache(0, 5, 2), ValueError, "n_layers must be at least 1"),
    Misuse("batch None", lambda: Cache(1, 5, any_type(None)), TypeError, "batch .* None"),
    Misuse(
        "float64 values",
        lambda: LayerCache(5).append(heads_of(2, 2, 3), heads_of(2, 2, 3).double()),
        RuntimeError,
        "dtypes differ",
    ),
    Misuse(
        "float64 after float32",
        lambda: filled().append(heads_of(2, 2, 1).double(), heads_of(2, 2, 1).double()),
        RuntimeError,
        "dtype float32, and .* float64",
    ),
    Misuse(
        "fewer values than keys",
        lambda: filled().append(heads_of(2, 2, 2), heads_of(2, 2, 1)),
        RuntimeError,
        "fit|T is both|shape",
    ),
    Misuse("arrays", lambda: LayerCache(5).append(*any_type([np.ones(2)] * 2)), TypeError, "ndarr"),
    Misuse("row 2 of 2", lambda: filled().select(np.array([2])), IndexError, r"range\(2\)"),
    Misuse("row -1", lambda: filled().select(np.array([-1])), IndexError, r"\[-1\]"),
    Misuse("rows as bools", lambda: filled().select(np.array([True])), TypeError, "whole numbers"),
    Misuse("rows as floats", lambda: filled().select(np.array([0.0])), TypeError, "whole numbers"),
    Misuse("a tensor of rows", lambda: filled().select(any_type(ids)), TypeError, "array"),
    Misuse("rows in 2-d", lambda: filled().select(np.array([[0]])), TypeError, "1-dimensional"),
    Misuse("one row", lambda: Cache(1, 5, 2).select(any_type(0)), TypeError, "not 0"),
    Misuse("row 2 before a step", lambda: Cache(1, 5, 2).select(np.array([2])), IndexError, "2"),
    Misuse("step without a cache", lambda: gpt().step(ids, any_type(None)), TypeError, "begin()"),
    Misuse("one row for two", lambda: step(ids[:1]), ValueError, "1 rows .* for 2 texts"),
    Misuse("later, one row", lambda: step(ids[:1, :1], steps=1), ValueError, "1 rows"),
    Misuse("later, three rows", lambda: step(mt.tensor([[3]] * 3), steps=1), ValueError, "3 rows"),
    Misuse("a smaller model", lambda: step(None, gpt(n_layers=1)), ValueError, "another model"),
    Misuse("a larger model", lambda: step(None, gpt(n_layers=3)), ValueError, "another model"),
    Misuse("other heads", lambda: step(None, gpt(n_heads=4), steps=1), RuntimeError, "cache holds"),
    Misuse("fewer kv heads", lambda: step(None, gpt(n_kv_heads=1), steps=1), RuntimeError, "holds"),
    Misuse("another dtype", lambda: step(None, gpt().double(), steps=1), RuntimeError, "float64"),
    Misuse("a GPT's, in a Transformer", lambda: step(None, seq2seq()), ValueError, "another model"),
    Misuse(
        "a Transformer's, in a GPT", lambda: step(None, gpt(), seq2seq()), ValueError, "another"
    ),
    Misuse("more steps than begun", lambda: step(None, steps=4), ValueError, "cannot hold 6"),
    Misuse("a step broken off", lambda: step(None, steps=1, change=broken), RuntimeError, "broke"),
    Misuse("no tokens to step", lambda: step(mt.zeros(2, 0, dtype=mt.int64)), ValueError, "too few tokens in ids"),
    Misuse("a vector to step", lambda: step(ids[0]), ValueError, r"\(batch, T\)"),
    Misuse("float ids to step", lambda: step(ids.float()), RuntimeError, "not .*float32"),
    Misuse(
        "gradients in a step", lambda: gpt().step(*gpt().begin(ids, 2)), RuntimeError, "no_grad"
    ),
]

MASKS = [
    Misuse("ids in a list", lambda: padding_mask(any_type([[1]]), 0), TypeError, "not list"),
    Misuse("ids in a vector", lambda: padding_mask(ids[0], 0), ValueError, r"\(batch, T\).*\(3,\)"),
    Misuse("mask of floats", lambda: padding_mask(ids.float(), 0), RuntimeError, "not .*float32"),
    Misuse("mask of bools", lambda: left_padding(ids.bool(), 0), RuntimeError, "not .*bool"),
    Misuse("pad None", lambda: left_padding(ids, any_type(None)), TypeError, "pad .* None"),
    Misuse("pad 0.5", lambda: padding_mask(ids, any_type(0.5)), TypeError, r"pad must be int, not float \(0\.5\)"),
    Misuse("no tokens", lambda: left_padding(ids[:, :0], 0), ValueError, r"too few tokens in ids, of shape \(2, 0\)"),
    Misuse("T = -1", lambda: causal_mask(-1), ValueError, "T must be at least 0"),
    Misuse("T = 2.5", lambda: causal_mask(any_type(2.5)), TypeError, r"T must be int, not float \(2\.5\)"),
    Misuse("start = -1", lambda: causal_mask(3, -1), ValueError, "start must be at least 0"),
    Misuse("decoder T = -1", lambda: decoder_mask(-1), ValueError, "T must be at least 0"),
    Misuse("decoder T in text", lambda: decoder_mask(any_type("3")), TypeError, r"T must be int, not str \('3'\)"),
    Misuse("padding in a list", lambda: decoder_mask(3, 0, any_type([1])), TypeError, "array"),
    Misuse("padding of 1.5", lambda: decoder_mask(3, 0, np.array([1.5])), TypeError, "whole"),
    Misuse("padding of -1", lambda: decoder_mask(3, 0, np.array([-1])), ValueError, r"\[-1\]"),
    Misuse("padding of 4 in 3", lambda: decoder_mask(3, 0, np.array([4])), ValueError, "first 3"),
    Misuse("padding in 2-d", lambda: decoder_mask(3, 0, np.array([[1]])), ValueError, r"\(1\)"),
    Misuse("odd d_head", lambda: rotary(8, 3), ValueError, "d_head=3 is odd"),
    Misuse("d_head 0", lambda: rotary(8, 0), ValueError, "d_head must be at least 1"),
    Misuse("theta below 1", lambda: rotary(8, 4, 0.5), ValueError, "theta must be"),
    Misuse("theta of NaN", lambda: rotary(8, 4, math.nan), ValueError, "theta must be"),
    Misuse("theta in text", lambda: rotary(8, 4, any_type("3")), TypeError, "theta must be"),
    Misuse("a head of 0", lambda: heads(8, 2, d_head=0), ValueError, "d_head must be at least 1"),
    Misuse("a head of 2.5", lambda: heads(8, 2, d_head=any_type(2.5)), TypeError, "d_head must be int"),
    Misuse("no positions", lambda: rotary(0, 4), ValueError, "max_length must be at least 1"),
    Misuse("8.5 positions", lambda: rotary(any_type(8.5), 4), TypeError, "max_length"),
    Misuse("past the last", lambda: rotary(8, 4)(heads_of(1, 2, 9)), ValueError, "9 tokens .*=8"),
    Misuse("later past it", lambda: rotary(8, 4)(heads_of(1, 2, 4), 7), ValueError, "11 tokens"),
    Misuse("before the first", lambda: rotary(8, 4)(heads_of(1, 2, 4), -1), ValueError, "not -1"),
    Misuse("another d_head", lambda: rotary(8, 4)(heads_of(1, 2, 4, 6)), RuntimeError, "6 and 4"),
    Misuse("heads in 3-d", lambda: rotary(8, 4)(mt.ones(2, 4, 4)), RuntimeError, "3 dimensions"),
    Misuse("-1 waves", lambda: sinusoidal_positions(-1, 4), ValueError, "length must be at least"),
    Misuse("waves of 2.5", lambda: sinusoidal_positions(4, any_type(2.5)), TypeError, "d_model"),
]

MODELS = [
    Misuse("no configuration", lambda: GPT(any_type(None)), TypeError, "TransformerConfig, not"),
    Misuse("a dict for it", lambda: BERT(any_type({"vocab_size": 5})), TypeError, "not a dict"),
    Misuse("a size for it", lambda: Transformer(any_type(13)), TypeError, "not a int"),
    Misuse("no such activation", lambda: MLP(8, 12, "tanh"), ValueError, "relu, gelu, .*'tanh'"),
    Misuse("a function for it", lambda: MLP(8, 12, any_type(mt.relu)), ValueError, "activation"),
    Misuse("text to a GPT", lambda: gpt()("dogs bark"), TypeError, "ids must be a Tensor of token ids, not str"),
    Misuse("a list to a GPT", lambda: gpt()([[3, 4]]), TypeError, "ids must be a Tensor of token ids, not list"),
    Misuse("an array to a BERT", lambda: bert()(np.ones((1, 2))), TypeError, "not ndarray"),
    Misuse("a GPT on a vector", lambda: gpt()(ids[0]), ValueError, r"\(batch, T\)"),
    Misuse("a GPT on 3-d ids", lambda: gpt()(ids[None]), ValueError, r"\(1, 2, 3\)"),
    Misuse("a GPT on floats", lambda: gpt()(ids.float()), RuntimeError, "int64 .* not .*float32"),
    Misuse("a GPT on bools", lambda: gpt()(ids.bool()), RuntimeError, "int64 .* not .*bool"),
    Misuse("an id too large", lambda: gpt()(mt.tensor([[13]])), IndexError, r"13, .* range\(13\)"),
    Misuse("a negative id", lambda: bert()(mt.tensor([[-1]])), IndexError, "holds -1"),
    Misuse("an empty text", lambda: gpt()(ids[:, :0]), ValueError, r"too few tokens in ids, of shape \(2, 0\)"),
    Misuse("a text too long", lambda: gpt()(mt.ones(1, 9, dtype=mt.int64)), ValueError, "9 tokens"),
    Misuse("segments to a GPT", lambda: gpt()(ids, segments=ids), TypeError, "segments"),
    Misuse("segments to a BERT without", lambda: bert()(ids, PAD), ValueError, "n_segments=0"),
    Misuse("a third segment of two", lambda: bert(n_segments=2)(ids, PAD + 2), IndexError, "2, w"),
    Misuse("shorter segments", lambda: bert(n_segments=2)(ids, PAD[:, :2]), ValueError, r"2, 2\)"),
    Misuse("segments of one row", lambda: bert(n_segments=2)(ids, PAD[:1]), ValueError, r"1, 3\)"),
    Misuse(
        "segments for all tokens", lambda: bert(n_segments=2)(ids, PAD[:, :1]), ValueError, "2, 1"
    ),
    Misuse("float segments", lambda: bert(n_segments=2)(ids, PAD.float()), RuntimeError, "float32"),
    Misuse("start -1", lambda: Embedding(config())(ids, -1), ValueError, "start .* not -1"),
    Misuse(
        "padding of one row for two",
        lambda: Embedding(config())(ids, padding=np.array([1])),
        ValueError,
        r"each row, \(2\), but is \[1\]",
    ),
    Misuse("no source", lambda: seq2seq()(ids[:, :0], ids), ValueError, r"too few tokens in ids, of shape \(2, 0\)"),
    Misuse("no target", lambda: seq2seq()(ids, ids[:, :0]), ValueError, r"too few tokens in ids, of shape \(2, 0\)"),
    Misuse("fewer sources", lambda: seq2seq()(ids[:1], ids), RuntimeError, "batch sizes 2 and 1"),
    Misuse("fewer targets", lambda: seq2seq()(ids, ids[:1]), RuntimeError, "batch sizes 1 and 2"),
    Misuse(
        "another memory's mask",
        lambda: seq2seq().decode(ids, memory, true(2, 1, 1, 4)),
        RuntimeError,
        r"\(2, 1, 1, 4\) does not broadcast",
    ),
    Misuse(
        "a float mask of ones",
        lambda: seq2seq().decode(ids, memory, mt.ones(2, 1, 1, 5)),
        TypeError,
        "bool tensor, not .*float32",
    ),
    Misuse("no memory", lambda: Decoder(config())(x, None), TypeError, "needs a memory"),
    Misuse("no memories", lambda: Decoder(config())(x, []), ValueError, "2 blocks .* not 0"),
    Misuse(
        "a cache of one layer",
        lambda: Decoder(config())(x, memory, cache=Cache(1, 5, 2)),
        ValueError,
        "cache is none for 2 blocks",
    ),
    Misuse("memories of a row", lambda: Decoder(config()).memories(x[0]), RuntimeError, "2 dimen"),
    Misuse(
        "padding of a row for two",
        lambda: Decoder(config())(x, memory, padding=np.array([1])),
        ValueError,
        "each of 2 rows",
    ),
]

LOSSES = [
    Misuse("nothing but padding", lambda: gpt().loss(PAD), ValueError, "every target is <pad>, 0"),
    Misuse("no token counts", lambda: gpt().loss(ids, PAD), ValueError, "nothing to learn"),
    Misuse("nothing was hidden", lambda: bert().loss(ids, PAD), ValueError, "every target"),
    Misuse("targets of padding", lambda: seq2seq().loss(ids, PAD), ValueError, "every target"),
    Misuse("a single token", lambda: gpt().loss(ids[:, :1]), ValueError, r"targets, of shape \(2, 1\): T must be at least 2"),
    Misuse("<s> alone", lambda: seq2seq().loss(ids, ids[:, :1]), ValueError, "too few tokens in target"),
    Misuse("an empty batch", lambda: gpt().loss(ids[:0]), ValueError, "every target"),
    Misuse(
        "targets of a row", lambda: gpt().loss(ids, ids[:1]), ValueError, r"\(1, 2\) do not fit"
    ),
    Misuse("shorter targets", lambda: gpt().loss(ids, ids[:, :2]), ValueError, r"\(2, 1\) do not"),
    Misuse(
        "targets of the same size",
        lambda: bert().loss(ids, ids.reshape(3, 2)),
        ValueError,
        r"\(3, 2\) do not fit logits of shape \(2, 3, 13\)",
    ),
    Misuse("float targets", lambda: gpt().loss(ids, ids.float()), RuntimeError, "not .*float32"),
    Misuse("bool targets", lambda: gpt().loss(ids, ids.bool()), RuntimeError, "not .*bool"),
    Misuse("targets in a list", lambda: bert().loss(ids, any_type([[1]])), TypeError, "not list"),
    Misuse("a target too large", lambda: gpt().loss(ids, PAD + 13), IndexError, "target 13"),
    Misuse("a target of -100", lambda: gpt().loss(ids, PAD - 100), IndexError, "target -100"),
    Misuse("smoothing 1.5", lambda: gpt().loss(ids, label_smoothing=1.5), RuntimeError, "1.5"),
    Misuse(
        "a forward of ids", lambda: gpt().loss(ids, forward=lambda ids: ids), ValueError, "logits"
    ),
    Misuse(
        "a forward of nothing",
        lambda: gpt().loss(ids, forward=any_type(lambda ids: None)),
        TypeError,
        "logits must be a Tensor, not NoneType",
    ),
    Misuse("to write nothing", lambda: gpt().begin(ids, 0), ValueError, "max_length .* not 0"),
    Misuse("to write 2.5", lambda: seq2seq().begin(ids, any_type(2.5)), TypeError, "max_length"),
    Misuse(
        "to write too much", lambda: gpt().begin(ids, 7), ValueError, "7 tokens after 3.*read 9"
    ),
    Misuse("an empty prompt", lambda: gpt().begin(ids[:, :0], 2), ValueError, "too few tokens in prompt"),
    Misuse("a prompt in a list", lambda: gpt().begin(any_type([[3]]), 2), TypeError, "not list"),
    Misuse("a prompt that ends", lambda: gpt().begin(mt.tensor([[3, 0]]), 2), ValueError, "left"),
    Misuse("an empty source", lambda: seq2seq().begin(ids[:, :0], 2), ValueError, r"too few tokens in ids, of shape \(2, 0\)"),
]

WEIGHTS = [
    Misuse("nowhere", lambda: from_pretrained("/no/such"), FileNotFoundError, "/no/such/config"),
    Misuse("no path", lambda: from_pretrained(any_type(3)), TypeError, "a path, not 3"),
    Misuse(
        "no config.json", lambda: emptied("config.json"), FileNotFoundError, "config.json: cann"
    ),
    Misuse(
        "no weights", lambda: emptied("model.safetensors"), FileNotFoundError, "safetensors: cannot"
    ),
    Misuse("an empty config", lambda: pretrained(""), RuntimeError, "config.json: damaged"),
    Misuse("a config cut off", lambda: pretrained('{"n_'), RuntimeError, "config.json: damaged"),
    Misuse("a list for a config", lambda: pretrained("[]"), RuntimeError, "not a JSON object"),
    Misuse("no UTF-8", lambda: pretrained(b"\xff\xfe{}"), RuntimeError, "config.json: damaged"),
    Misuse("too deep", lambda: pretrained("[" * 100_000), RuntimeError, "config.json: damaged"),
    Misuse("another model", lambda: pretrained(model_type="llama"), ValueError, "json: .*'llama'"),
    Misuse("no type", lambda: pretrained(model_type=...), ValueError, "type None"),
    Misuse(
        "no vocab_size", lambda: pretrained(vocab_size=...), ValueError, "vocab_size is missing"
    ),
    Misuse("width 4.0", lambda: pretrained(n_embd=4.0), ValueError, r"config.json: n_embd .* 4\.0"),
    Misuse("width null", lambda: pretrained(n_embd=None), ValueError, "n_embd .* None"),
    Misuse("layers in text", lambda: pretrained(n_layer="1"), ValueError, "n_layer .* '1'"),
    Misuse(
        "1e12 layers", lambda: pretrained(n_layer=10**12), ValueError, "config.json: n_layers .* 1 to 1,000"
    ),
    Misuse("1e12 positions", lambda: pretrained(n_positions=10**12), ValueError, "config.json: max_length"),
    Misuse("3 heads", lambda: pretrained(n_head=3), ValueError, "config.json: .*n_heads=3"),
    Misuse(
        "no such nonlinearity", lambda: pretrained(activation_function=[]), ValueError, "none of"
    ),
    Misuse("tied maybe", lambda: pretrained(tie_word_embeddings="yes"), ValueError, "bool.* 'yes'"),
    Misuse("two ends", lambda: pretrained(eos_token_id=[6]), ValueError, r"eos_token_id .*\[6\]"),
    Misuse("pad 1.5", lambda: pretrained(pad_token_id=1.5), ValueError, r"pad_token_id .* 1\.5"),
    Misuse("dropout of text", lambda: pretrained(resid_pdrop="0.1"), ValueError, "resid_pdrop"),
    Misuse("empty weights", lambda: pretrained(data=b""), RuntimeError, "safetensors: damaged"),
    Misuse("no weights but noise", lambda: pretrained(data=b"\xff" * 99), RuntimeError, "damaged"),
    Misuse(
        "weights cut off", lambda: pretrained(data=truncated()), RuntimeError, "tensors: damaged"
    ),
    Misuse("F4", lambda: pretrained(data=tensor_file("F4", 2)), RuntimeError, "damaged, or of"),
    Misuse(
        "F8", lambda: pretrained(data=tensor_file("F8_E4M3", 4)), RuntimeError, "damaged, or of"
    ),
    Misuse("an unknown dtype", lambda: pretrained(data=tensor_file("X9", 4)), RuntimeError, "X9"),
    Misuse(
        "other weights",
        lambda: pretrained(data=tensor_file("F32", 16)),
        RuntimeError,
        "holds 4 .* has 244 or",
    ),
    Misuse("int weights", lambda: load(ln_f__bias=np.ones(4, int)), RuntimeError, "floating-point"),
    Misuse("NaN weights", lambda: load(ln_f__bias=np.full(4, np.nan)), RuntimeError, "bias .*NaN"),
    Misuse("1e300", lambda: load(ln_f__bias=np.full(4, 1e300)), RuntimeError, "too large"),
    Misuse("ragged", lambda: load(ln_f__bias=[[1.0], [2.0, 3.0]]), RuntimeError, "no array"),
    Misuse("no tensor", lambda: load(ln_f__bias=None), RuntimeError, "ln_f.bias is no array"),
    Misuse("a shape", lambda: load(ln_f__bias=np.ones(5)), RuntimeError, r"shape \(5,\)"),
    Misuse("a stranger", lambda: load(stranger=np.ones(1)), RuntimeError, "stranger is not exp"),
    Misuse(
        "untied", lambda: load(lm_head__weight=np.zeros((7, 4))), RuntimeError, "though .* tied"
    ),
    Misuse("a list of weights", lambda: load_gpt2(gpt(), any_type([])), TypeError, "a dict of"),
    Misuse("into no model", lambda: load_gpt2(any_type(None), weights()), TypeError, "for a GPT"),
    Misuse("into a layer", lambda: load_gpt2(any_type(nn.ReLU()), {}), TypeError, "not a ReLU"),
    Misuse("into a GPT", lambda: load_pytorch(any_type(gpt()), {}), TypeError, "a Transformer, no"),
    Misuse("nothing to load", lambda: load_pytorch(seq2seq(), {}), RuntimeError, "is missing"),
    Misuse("no options", lambda: gpt2_config({}), ValueError, "n_embd is missing"),
    Misuse(
        "no dict of options", lambda: bert_config(any_type([])), ValueError, "a dict of options"
    ),
]

FIGURES = [
    Misuse("a figure of nothing", lambda: figure(None), TypeError, "a Transformer, a GPT or a BERT"),
    Misuse("a figure of a layer", lambda: figure(nn.Linear(2, 2)), TypeError, "not Linear"),
    Misuse("a figure of a class", lambda: figure(GPT), TypeError, "figure: needs .* not "),
]

MISUSES = [*FIGURES, *ATTENTION, *CACHES, *MASKS, *MODELS, *LOSSES, *WEIGHTS]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
