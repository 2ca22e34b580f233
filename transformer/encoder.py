"""The encoder: it reads the whole source, and every token looks at every other."""

from __future__ import annotations

from minitorch import Tensor, nn

from .add_norm import AddAndNorm
from .attention import MultiHeadAttention
from .config import TransformerConfig
from .mlp import MLP


class EncoderBlock(nn.Module):
    """Self-attention, then the MLP, each in its Add & Norm."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(config.d_model, config.n_heads, config.dropout)
        self.add_attention = AddAndNorm(config)
        self.mlp = MLP(config.d_model, config.d_ff)
        self.add_mlp = AddAndNorm(config)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model); the mask hides padding."""
        x = self.add_attention(x, lambda x: self.attention(x, mask=mask))
        return self.add_mlp(x, self.mlp)


class Encoder(nn.Module):
    """A stack of blocks. What comes out is the memory that the decoder looks into."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(config.d_model) if config.pre_norm else nn.Identity()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, T, d_model) → the memory, (batch, T, d_model)."""
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x)
