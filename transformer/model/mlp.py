"""The feed-forward network, or MLP (Vaswani et al. 2017, section 3.3).

It widens each token's vector, applies ReLU, and projects it back:

    hidden = relu(x W_1 + b_1)    # (batch, T, d_ff)       widen, and keep what is positive
    y      = hidden W_2 + b_2     # (batch, T, d_model)    project back

d_model → d_ff → d_model: the result has the shape of x, so that it can be added to it. In the paper
d_ff is 4 · d_model (https://arxiv.org/abs/1706.03762).

Attention moves information between tokens; the MLP never does. Each token passes through the same
two matrices on its own, which is why the paper calls it position-wise.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from minitorch import Tensor, nn
from minitorch.nn import functional as F
from minitorch.ops.probe import probe

from ..fields import checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from .config import TransformerConfig

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
}


class MLP(nn.Module):
    """What a token does with what it has gathered: widen, keep what is positive, project back.

        MLP(x) = relu(x W_1 + b_1) W_2 + b_2        relu(z) = max(0, z)

    Each of the d_ff hidden units asks a question of the vector: its column of W_1 is what it looks
    for. ReLU makes the answer 0 unless it is positive. The unit's row of W_2 is what it adds to the
    token for a positive answer, in proportion.

    GELU is a smooth ReLU: small negative answers still count a little. It is x · Φ(x), with Φ the
    cumulative distribution function of the standard normal distribution (Hendrycks and Gimpel 2016,
    https://arxiv.org/abs/1606.08415). GPT-2 and BERT use it.

    Args:
        d_model: the size of a token's vector.
        d_ff: the number of hidden units.
        activation: "relu", "gelu" or "gelu_tanh".
        bias: add b_1 and b_2.
    """

    def __init__(
        self, d_model: int, d_ff: int, activation: str = "relu", bias: bool = True
    ) -> None:
        super().__init__()
        self.up = nn.Linear(d_model, d_ff, bias)
        self.down = nn.Linear(d_ff, d_model, bias)
        self.activation = ACTIVATIONS[checked("activation", activation, str, tuple(ACTIVATIONS))]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model)."""
        hidden = self.activation(probe("pre_activation", self.up(x)))  # (batch, T, d_ff)
        hidden = probe("hidden", hidden)  # (batch, T, d_ff)
        x = self.down(hidden)  # (batch, T, d_model)
        return probe("output", x)


class SwiGLU(nn.Module):
    """An MLP whose hidden layer has a gate (Shazeer 2020, https://arxiv.org/abs/2002.05202).

        SwiGLU(x) = (silu(x W) · (x V)) W_2        silu(z) = z · sigmoid(z), or swish

    A hidden unit is a product of two numbers, from two matrices: `gate`, W, decides how far it
    opens, and `up`, V, what passes. With three matrices where the MLP has two, d_ff = 8/3 · d_model
    gives as many parameters as an MLP with 4 · d_model. PaLM and Llama use it.

    Args:
        d_model: the size of a token's vector.
        d_ff: the number of hidden units.
        bias: let each of the three linear layers add a bias.
    """

    def __init__(self, d_model: int, d_ff: int, bias: bool = True) -> None:
        super().__init__()
        self.gate = nn.Linear(d_model, d_ff, bias)
        self.up = nn.Linear(d_model, d_ff, bias)
        self.down = nn.Linear(d_ff, d_model, bias)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model)."""
        gate = probe("pre_activation", self.gate(x))  # (batch, T, d_ff)
        hidden = gate * gate.sigmoid() * probe("up", self.up(x))  # (batch, T, d_ff)
        hidden = probe("hidden", hidden)  # (batch, T, d_ff)
        x = self.down(hidden)  # (batch, T, d_model)
        return probe("output", x)


def feed_forward(config: TransformerConfig) -> MLP | SwiGLU:
    """Build the MLP that the configuration describes."""
    if config.activation == "swiglu":
        return SwiGLU(config.d_model, config.d_ff, config.bias)
    return MLP(config.d_model, config.d_ff, config.activation, config.bias)
