"""The decoder: it generates the target, token by token, and attends to the encoder's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import Tensor, nn
from minitorch.ops.probe import probe

from .add_norm import AddAndNorm, final_norm
from .arguments import check_decoding, check_vectors
from .attention import attention
from .masks import decoder_mask
from .mlp import feed_forward

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minitorch.autograd import Array

    from .cache import Cache, KeysAndValues, LayerCache
    from .config import TransformerConfig


class DecoderBlock(nn.Module):
    """Masked self-attention, cross-attention, then the MLP; each adds to the residual stream x.

        x ← x + self_attention(norm(x))             with pre-norm; see `add_norm.py` for post-norm
        x ← x + cross_attention(norm(x), memory)
        x ← x + mlp(norm(x))

    In self-attention a token attends to itself and to the tokens before it. In cross-attention the
    queries are the target's, and the keys and values are those of the encoder's memory.
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
        cache: LayerCache | None = None,
    ) -> Tensor:
        """(batch, T, d_model), with a memory of (batch, S, d_model) → (batch, T, d_model).

        Args:
            x: the target's vectors.
            memory, memory_mask: the `memory` and the `mask` of cross-attention.
            mask, is_causal, cache: those of self-attention.
        """
        around = self.add_self_attention
        change = self.self_attention(
            around.norm_before(x), mask=mask, is_causal=is_causal, cache=cache
        )
        x = around.norm_after(x + around.dropout(change))  # (batch, T, d_model)
        x = probe("add_self_attention.residual", x)

        around = self.add_cross_attention
        change = self.cross_attention(around.norm_before(x), memory, memory_mask)
        x = around.norm_after(x + around.dropout(change))  # (batch, T, d_model)
        x = probe("add_cross_attention.residual", x)

        around = self.add_mlp
        change = self.mlp(around.norm_before(x))
        x = around.norm_after(x + around.dropout(change))  # (batch, T, d_model)
        x = probe("add_mlp.residual", x)
        return x


class Decoder(nn.Module):
    """A stack of blocks, all of which attend to the same memory."""

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
            x: the target's vectors.
            memory: the encoder's result; or what `memories` made of it.
            memory_mask: the padding mask of the memory, (batch, 1, 1, S).
            padding: how many of each row's first tokens are padding, (batch); None if none are.
            cache: of the tokens before x, if there are any.
        """
        check_decoding(len(self.blocks), x, memory, padding, cache)
        mask, is_causal = decoder_mask(x.shape[1], 0 if cache is None else cache.length, padding)
        for i, block in enumerate(self.blocks):
            block_memory = memory[i] if isinstance(memory, list) else memory
            layer = None if cache is None else cache.layers[i]
            x = block(x, block_memory, memory_mask, mask, is_causal, layer)  # (batch, T, d_model)
        x = self.norm(x)
        return x

    def memories(self, memory: Tensor) -> list[KeysAndValues]:
        """Compute the memory's keys and values for each block, so that all steps share them."""
        check_vectors(memory)
        blocks: Iterable[Any] = self.blocks
        return [block.cross_attention.keys_and_values(memory) for block in blocks]
