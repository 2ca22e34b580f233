"""Add & Norm, the box around every sublayer of the Transformer."""

from __future__ import annotations

from collections.abc import Callable

from minitorch import Tensor, nn
from minitorch.ops.probe import probe

from .config import TransformerConfig


class AddAndNorm(nn.Module):
    """The box around every sublayer: add what it found to what was there, and normalise.

        post-norm (Vaswani et al. 2017)    x ← norm(x + sublayer(x))
        pre-norm                           x ← x + sublayer(norm(x))

    Adding keeps a straight way from the loss to every layer. Post-norm puts a norm on it each time;
    the gradient near the output is large at first, and training needs a warm-up and care. Pre-norm
    leaves it bare: deeper models train more easily and at higher learning rates, and a last norm
    after all blocks brings the sum back to size (Xiong et al. 2020, https://arxiv.org/abs/2002.04745).

    What the sublayer found goes through dropout before it is added.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm = norm(config)
        self.dropout = nn.Dropout(config.dropout)
        self.pre_norm = config.pre_norm

    def forward(self, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model)."""
        if self.pre_norm:
            x = x + self.dropout(sublayer(self.norm(x)))
        else:
            x = self.norm(x + self.dropout(sublayer(x)))
        return probe("residual", x)


def norm(config: TransformerConfig) -> nn.Module:
    """Build what brings a vector to size.

        LayerNorm    y = (x - mean(x)) / √(variance(x) + eps) · weight + bias
        RMSNorm      y = x / √(mean(x²) + eps) · weight

    LayerNorm (Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450) takes away the mean and
    divides by the deviation from it. RMSNorm leaves the mean where it is: what helps is the size,
    and it is cheaper to have (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467).
    """
    if config.norm == "rms":
        return nn.RMSNorm(config.d_model, eps=config.norm_eps)
    return nn.LayerNorm(config.d_model, eps=config.norm_eps, bias=config.bias)


def final_norm(config: TransformerConfig) -> nn.Module:
    """Build the norm after all blocks: one more, or nothing."""
    wanted = config.pre_norm if config.final_norm is None else config.final_norm
    return norm(config) if wanted else nn.Identity()
