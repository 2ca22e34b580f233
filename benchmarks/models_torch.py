"""The same models in PyTorch, as its users write them."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

Arrays = dict[str, Any]
Cache = list[tuple[Tensor, Tensor]]


class Attention(nn.Module):
    """Causal self-attention, with queries, keys and values from one matrix product."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor, cache: tuple[Tensor, Tensor] | None, start: int) -> Tensor:
        B, T, width = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if cache is not None:
            keys, values = cache
            keys[:, :, start : start + T] = k
            values[:, :, start : start + T] = v
            k, v = keys[:, :, : start + T], values[:, :, : start + T]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=cache is None)
        return self.output(y.transpose(1, 2).reshape(B, T, width))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Attention and MLP, pre-norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor, cache: tuple[Tensor, Tensor] | None, start: int) -> Tensor:
        x = x + self.attention(self.norm_1(x), cache, start)
        return x + self.mlp(self.norm_2(x))  # type: ignore[no-any-return]


class GPT(nn.Module):
    """Token and position embeddings, blocks, norm, output."""

    def __init__(
        self, vocab: int, context: int, layers: int, heads: int, width: int, arrays: Arrays
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab, width)
        self.positions = nn.Parameter(torch.zeros(context, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, vocab, bias=False)
        self.heads, self.width = heads, width
        self.load_state_dict(_gpt_state(arrays, layers))

    def forward(self, ids: Tensor, cache: Cache | None = None, start: int = 0) -> Tensor:
        x = self.tokens(ids) + self.positions[start : start + ids.shape[1]]
        for i, block in enumerate(self.blocks):
            x = block(x, None if cache is None else cache[i], start)
        return self.output(self.norm(x))  # type: ignore[no-any-return]

    def loss(self, ids: Tensor) -> Tensor:
        return next_token_loss(self, ids)

    @torch.no_grad()
    def greedy(self, ids: Tensor, length: int) -> Tensor:
        """Decode greedily, with a key/value cache."""
        shape = (len(ids), self.heads, length, self.width // self.heads)
        cache = [(torch.empty(shape), torch.empty(shape)) for _ in self.blocks]
        written = torch.empty(len(ids), length, dtype=torch.int64)
        for i in range(length):
            ids = self(ids, cache, i)[:, -1:].argmax(-1)
            written[:, i : i + 1] = ids
        return written


class TextGPT(nn.Module):
    """The GPT of the characters task: `nn.TransformerEncoder` behind a causal mask, tied output."""

    positions: Tensor

    def __init__(
        self, vocab: int, layers: int, heads: int, width: int, positions: Any, arrays: Arrays
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab, width)
        self.register_buffer("positions", positions)
        gelu = partial(F.gelu, approximate="tanh")
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, 0.0, gelu, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(
            layer, layers, nn.LayerNorm(width), enable_nested_tensor=False
        )
        self.output = nn.Linear(width, vocab, bias=False)
        self.output.weight = self.tokens.weight
        state = _text_gpt_state(arrays, layers)
        self.load_state_dict(state | {"positions": self.positions})

    def forward(self, ids: Tensor) -> Tensor:
        T = ids.shape[1]
        x = self.tokens(ids) * math.sqrt(self.tokens.embedding_dim) + self.positions[:T]
        causal = nn.Transformer.generate_square_subsequent_mask(T)
        return self.output(self.encoder(x, mask=causal, is_causal=True))  # type: ignore[no-any-return]

    def loss(self, ids: Tensor) -> Tensor:
        return next_token_loss(self, ids)


def next_token_loss(model: nn.Module, ids: Tensor) -> Tensor:
    """The mean cross-entropy of each token but the first, (batch, T)."""
    logits = model(ids[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


class EncoderDecoder(nn.Module):
    """`nn.Transformer` with what it leaves to its users: embeddings, positions, output."""

    positions: Tensor

    def __init__(
        self, vocab: int, layers: int, heads: int, width: int, positions: Any, arrays: Arrays
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab, width)
        self.register_buffer("positions", positions)
        self.transformer = nn.Transformer(
            width, heads, layers, layers, 2 * width, 0.0, batch_first=True, norm_first=True
        )
        self.output = nn.Linear(width, vocab, bias=False)
        state = _encoder_decoder_state(arrays, layers)
        self.load_state_dict(state | {"positions": self.positions})

    def embed(self, ids: Tensor) -> Tensor:
        scale = math.sqrt(self.tokens.embedding_dim)
        return self.tokens(ids) * scale + self.positions[: ids.shape[1]]  # type: ignore[no-any-return]

    def decode(self, target: Tensor, memory: Tensor, padding: Tensor) -> Tensor:
        T = target.shape[1]
        causal = torch.ones(T, T, dtype=torch.bool).triu(1)
        x = self.transformer.decoder(
            self.embed(target),
            memory,
            tgt_mask=causal,
            tgt_is_causal=True,
            memory_key_padding_mask=padding,
        )
        return self.output(x)  # type: ignore[no-any-return]

    def loss(self, source: Tensor, target: Tensor) -> Tensor:
        padding = source == 0
        memory = self.transformer.encoder(self.embed(source), src_key_padding_mask=padding)
        logits = self.decode(target[:, :-1], memory, padding)
        return F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=0)

    @torch.no_grad()
    def greedy(self, source: Tensor, length: int) -> Tensor:
        """Decode greedily, until every row has its `</s>`."""
        padding = source == 0
        memory = self.transformer.encoder(self.embed(source), src_key_padding_mask=padding)
        written = torch.ones(len(source), 1, dtype=torch.int64)  # <s>
        for _ in range(length):
            token = self.decode(written, memory, padding)[:, -1:].argmax(-1)
            written = torch.cat([written, token], 1)
            if (written == 2).any(1).all():
                break
        return written[:, 1:]


# ------------------------------------------------------------------ our names turned into these


def _joined(arrays: Arrays, prefix: str, kind: str) -> Any:
    return np.concatenate([arrays[f"{prefix}.{name}.{kind}"] for name in ("query", "key", "value")])


def _gpt_state(arrays: Arrays, layers: int) -> dict[str, Tensor]:
    names = {
        "tokens.weight": "embedding.tokens.weight",
        "positions": "embedding.positions",
        "norm.weight": "norm.weight",
        "norm.bias": "norm.bias",
        "output.weight": "output.weight",
    }
    state = {}
    for i in range(layers):
        for kind in ("weight", "bias"):
            block = f"blocks.{i}"
            state[f"{block}.attention.qkv.{kind}"] = _joined(arrays, f"{block}.attention", kind)
            for theirs, mine in {
                "attention.output": "attention.output",
                "norm_1": "add_attention.norm",
                "norm_2": "add_mlp.norm",
                "mlp.0": "mlp.up",
                "mlp.2": "mlp.down",
            }.items():
                names[f"{block}.{theirs}.{kind}"] = f"{block}.{mine}.{kind}"
    state |= {theirs: arrays[mine] for theirs, mine in names.items()}
    return {name: torch.tensor(a) for name, a in state.items()}


MLP = {"linear1": "mlp.up", "linear2": "mlp.down"}
ENCODER_NORMS = {"norm1": "add_attention.norm", "norm2": "add_mlp.norm"}
DECODER_NORMS = {
    "norm1": "add_self_attention.norm",
    "norm2": "add_cross_attention.norm",
    "norm3": "add_mlp.norm",
}


def _text_gpt_state(arrays: Arrays, layers: int) -> dict[str, Tensor]:
    weight = torch.tensor(arrays["embedding.tokens.weight"])
    blocks = _stack_state(arrays, layers, "encoder", "", ENCODER_NORMS, {"self_attn": "attention"})
    return {"tokens.weight": weight, "output.weight": weight, **blocks}


def _encoder_decoder_state(arrays: Arrays, layers: int) -> dict[str, Tensor]:
    attentions = {"self_attn": "self_attention", "multihead_attn": "cross_attention"}
    return {
        "tokens.weight": torch.tensor(arrays["embedding.tokens.weight"]),
        "output.weight": torch.tensor(arrays["output.weight"]),
        **_stack_state(
            arrays, layers, "transformer.encoder", "encoder.", ENCODER_NORMS,
            {"self_attn": "attention"},
        ),
        **_stack_state(
            arrays, layers, "transformer.decoder", "decoder.", DECODER_NORMS, attentions
        ),
    }  # fmt: skip


def _stack_state(
    arrays: Arrays,
    layers: int,
    theirs: str,
    mine: str,
    norms: dict[str, str],
    attentions: dict[str, str],
) -> dict[str, Tensor]:
    """Turn our blocks into those of `nn.TransformerEncoder` or `nn.TransformerDecoder`."""
    state = {}
    for kind in ("weight", "bias"):
        state[f"{theirs}.norm.{kind}"] = arrays[f"{mine}norm.{kind}"]
        for i in range(layers):
            layer, block = f"{theirs}.layers.{i}", f"{mine}blocks.{i}"
            outputs = {f"{name}.out_proj": f"{ours}.output" for name, ours in attentions.items()}
            for name, ours in (MLP | norms | outputs).items():
                state[f"{layer}.{name}.{kind}"] = arrays[f"{block}.{ours}.{kind}"]
            for name, ours in attentions.items():
                joined = _joined(arrays, f"{block}.{ours}", kind)
                state[f"{layer}.{name}.in_proj_{kind}"] = joined
    return {name: torch.tensor(a) for name, a in state.items()}
