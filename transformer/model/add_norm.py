"""Add & Norm: the residual connection and the normalisation around each sublayer.

A sublayer, attention or the MLP, does not replace a token's vector x. It computes a change, which
is added to x:

    post-norm    x ← norm(x + sublayer(x))        as in the paper, figure 1
    pre-norm     x ← x + sublayer(norm(x))        as in GPT-2 and Llama

The sum x runs through all blocks and is called the *residual stream*: each sublayer reads from it
and adds to it. The derivative of x + f(x) is 1 + f'(x), so in the backward pass a gradient gets
through each sum undiminished (He et al. 2015, https://arxiv.org/abs/1512.03385).

Post-norm puts a norm on the stream after each sublayer. The gradients near the output are large at
first, and training needs a warm-up of the learning rate. Pre-norm normalises only what a sublayer
reads, so that on the stream itself nothing changes a gradient, down to the deepest layer. Deeper
models train more easily and at higher learning rates, and one more norm after the last block
rescales the sum (Xiong et al. 2020, https://arxiv.org/abs/2002.04745).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch import Tensor, nn

if TYPE_CHECKING:
    from .config import TransformerConfig


def norm(config: TransformerConfig) -> nn.Module:
    """Build the normalisation that the configuration names, over a token's d_model numbers.

        LayerNorm    y = (x - mean(x)) / √(variance(x) + eps) · weight + bias
        RMSNorm      y = x / √(mean(x²) + eps) · weight

    LayerNorm (Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450) subtracts the mean and
    divides by the standard deviation. RMSNorm does not subtract the mean, which is cheaper and
    trains as well (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467).
    """
    if config.norm == "rms":
        return nn.RMSNorm(config.d_model, eps=config.norm_eps)
    return nn.LayerNorm(config.d_model, eps=config.norm_eps, bias=config.bias)


def final_norm(config: TransformerConfig) -> nn.Module:
    """Build the norm after the last block, or an identity where there is to be none."""
    wanted = config.pre_norm if config.final_norm is None else config.final_norm
    return norm(config) if wanted else nn.Identity()


class AddAndNorm(nn.Module):
    """The norm and the dropout around a sublayer. It does not add: the sum stands in the block.

        x = around.norm_after(x + around.dropout(sublayer(around.norm_before(x))))

    The norm acts in one of the two places: before with pre-norm, after with post-norm.
    Dropout is applied to what a sublayer computed, never to x (section 5.4 of the paper).
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm = norm(config)
        self.dropout = nn.Dropout(config.dropout)
        self.pre_norm = config.pre_norm

    def norm_before(self, x: Tensor) -> Tensor:
        """Normalise what the sublayer reads, with pre-norm: (batch, T, d_model) → the same."""
        if self.pre_norm:
            x = self.norm(x)
        return x

    def norm_after(self, x: Tensor) -> Tensor:
        """Normalise the sum, with post-norm: (batch, T, d_model) → the same."""
        if not self.pre_norm:
            x = self.norm(x)
        return x
