"""The decoder: it writes the target, token by token, with the source's memory before it."""

from __future__ import annotations

from minitorch import Tensor, nn

from .add_norm import AddAndNorm
from .attention import MultiHeadAttention
from .config import TransformerConfig
from .mlp import MLP


class DecoderBlock(nn.Module):
    """Masked self-attention, cross-attention, then the MLP, each in its Add & Norm.

    In self-attention a token looks at what is already written, itself included. In cross-attention
    the queries are its own, and the keys and values are the encoder's memory.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(config.d_model, config.n_heads, config.dropout)
        self.add_self_attention = AddAndNorm(config)
        self.cross_attention = MultiHeadAttention(config.d_model, config.n_heads, config.dropout)
        self.add_cross_attention = AddAndNorm(config)
        self.mlp = MLP(config.d_model, config.d_ff)
        self.add_mlp = AddAndNorm(config)

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """(batch, T, d_model), with a memory of (batch, S, d_model) → (batch, T, d_model)."""
        x = self.add_self_attention(x, lambda x: self.self_attention(x, is_causal=True))
        x = self.add_cross_attention(x, lambda x: self.cross_attention(x, memory, memory_mask))
        return self.add_mlp(x, self.mlp)


class Decoder(nn.Module):
    """A stack of blocks, all of which look into the same memory."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(config.d_model) if config.pre_norm else nn.Identity()

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """(batch, T, d_model), with a memory of (batch, S, d_model) → (batch, T, d_model)."""
        for block in self.blocks:
            x = block(x, memory, memory_mask)
        return self.norm(x)
