"""The first weights of a model: drawn so that activations keep their size from layer to layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch import nn

if TYPE_CHECKING:
    from .config import TransformerConfig


def initialise(model: nn.Module, config: TransformerConfig) -> None:
    """Draw the weights of all linear layers, and set their biases to 0.

        W ~ uniform(-a, a)        a = gain · √(6 / (d_in + d_out))

    With gain 1, these are the weights of Glorot and Bengio (2010, "Understanding the difficulty of
    training deep feedforward neural networks"): the variance of what passes through a layer, and
    that of its gradient, stay about the same.

    With pre-norm, each sublayer adds to a residual stream that nothing normalises until the end.
    The last matrix of each sublayer is drawn with gain 1/4, so that at first the stream is mostly
    the embedding.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    if config.pre_norm:
        for name, weight in model.named_parameters():
            if name.endswith(("attention.output.weight", "mlp.down.weight")):
                nn.init.xavier_uniform_(weight, gain=0.25)
