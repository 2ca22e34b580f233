"""The encoder: it reads the whole source, and every token looks at every other."""

from __future__ import annotations

from minitorch import Tensor, nn

from .add_norm import AddAndNorm, final_norm
from .attention import attention
from .cache import KeyValues
from .config import TransformerConfig
from .mlp import feed_forward


class Block(nn.Module):
    """Self-attention, then the MLP, each in its Add & Norm.

    An encoder is a stack of these, and so is a GPT: there, tokens look only at those before them.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.attention = attention(config)
        self.add_attention = AddAndNorm(config)
        self.mlp = feed_forward(config)
        self.add_mlp = AddAndNorm(config)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        is_causal: bool = False,
        cache: KeyValues | None = None,
    ) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model); the other arguments are those of attention."""
        x = self.add_attention(
            x, lambda x: self.attention(x, mask=mask, is_causal=is_causal, cache=cache)
        )
        x = self.add_mlp(x, self.mlp)
        return x


class Encoder(nn.Module):
    """A stack of blocks. What comes out is the memory that the decoder looks into."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm = final_norm(config)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, T, d_model) → the memory, (batch, T, d_model); the mask hides padding."""
        for block in self.blocks:
            x = block(x, mask)
        x = self.norm(x)
        return x
