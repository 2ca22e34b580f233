"""The decoder: it writes the target, token by token, with the source's memory before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch import Tensor, nn
from minitorch.autograd import Array

from .add_norm import AddAndNorm, final_norm
from .attention import attention
from .cache import Cache, KeysAndValues, KeyValues
from .config import TransformerConfig
from .masks import look_back
from .mlp import feed_forward


class DecoderBlock(nn.Module):
    """Masked self-attention, cross-attention, then the MLP, each in its Add & Norm.

    In self-attention a token looks at what is already written, itself included. In cross-attention
    the queries are its own, and the keys and values are the encoder's memory.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.self_attention = attention(config)
        self.add_self_attention = AddAndNorm(config)
        self.cross_attention = attention(config, over_memory=True)
        self.add_cross_attention = AddAndNorm(config)
        self.mlp = feed_forward(config)
        self.add_mlp = AddAndNorm(config)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | KeysAndValues,
        memory_mask: Tensor | None = None,
        mask: Tensor | None = None,
        is_causal: bool = True,
        cache: KeyValues | None = None,
    ) -> Tensor:
        """(batch, T, d_model), with a memory of (batch, S, d_model) → (batch, T, d_model)."""
        x = self.add_self_attention(
            x, lambda x: self.self_attention(x, mask=mask, is_causal=is_causal, cache=cache)
        )
        x = self.add_cross_attention(x, lambda x: self.cross_attention(x, memory, memory_mask))
        x = self.add_mlp(x, self.mlp)
        return x


class Decoder(nn.Module):
    """A stack of blocks, all of which look into the same memory."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.n_layers))
        self.norm = final_norm(config)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | list[KeysAndValues],
        memory_mask: Tensor | None = None,
        padding: Array | None = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """(batch, T, d_model), with a memory of (batch, S, d_model) → (batch, T, d_model).

        Args:
            x: the tokens' vectors.
            memory: the encoder's; or what `memories` made of it.
            memory_mask: True where the memory is no padding, (batch, 1, 1, S).
            padding: how many of each row's first tokens are padding, (batch); None if none are.
            cache: of the tokens before x, if there are any.
        """
        mask, is_causal = look_back(x.shape[1], 0 if cache is None else cache.length, padding)
        for i, block in enumerate(self.blocks):
            known = memory[i] if isinstance(memory, list) else memory
            layer = None if cache is None else cache.layers[i]
            x = block(x, known, memory_mask, mask, is_causal, layer)
        x = self.norm(x)
        return x

    def memories(self, memory: Tensor) -> list[KeysAndValues]:
        """The memory's keys and values for each block, so that steps can share them."""
        blocks: Iterable[Any] = self.blocks
        return [block.cross_attention.keys_and_values(memory) for block in blocks]
