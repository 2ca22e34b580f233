"""The encoder: it reads the whole source, and every token attends to every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch import Tensor, nn
from minitorch.ops.probe import probe

from .add_norm import AddAndNorm, final_norm
from .attention import attention
from .mlp import feed_forward

if TYPE_CHECKING:
    from .cache import LayerCache
    from .config import TransformerConfig


class Block(nn.Module):
    """Self-attention, then the MLP; each adds what it computes to the residual stream x.

        x ← x + attention(norm(x))        with pre-norm; see `add_norm.py` for post-norm
        x ← x + mlp(norm(x))

    An encoder is a stack of these blocks, and so is a GPT, with the causal mask.
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
        cache: LayerCache | None = None,
    ) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model); the other arguments are those of attention."""
        around = self.add_attention  # a norm and a dropout; the sum is written out here
        change = self.attention(around.norm_before(x), mask=mask, is_causal=is_causal, cache=cache)
        x = around.norm_after(x + around.dropout(change))  # (batch, T, d_model)
        x = probe("add_attention.residual", x)

        around = self.add_mlp
        change = self.mlp(around.norm_before(x))
        x = around.norm_after(x + around.dropout(change))  # (batch, T, d_model)
        x = probe("add_mlp.residual", x)
        return x


class Encoder(nn.Module):
    """A stack of blocks. Its result is the memory that the decoder attends to."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm = final_norm(config)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, T, d_model) → the memory, (batch, T, d_model); the mask hides padding."""
        for block in self.blocks:
            x = block(x, mask)  # (batch, T, d_model)
        x = self.norm(x)
        return x
