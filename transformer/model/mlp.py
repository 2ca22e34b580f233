"""The feed-forward layer (Vaswani et al. 2017, section 3.3, https://arxiv.org/abs/1706.03762)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from minitorch import Tensor, nn
from minitorch.nn import functional as F
from minitorch.ops.probe import probe

from .config import TransformerConfig


class MLP(nn.Module):
    """What a token does with what it has gathered: widen, keep what is positive, bring together.

        MLP(x) = max(0, x W_1 + b_1) W_2 + b_2

    Attention moves information between tokens; this layer never does. Each token passes through
    the same two matrices on its own. A row of the first asks a yes-or-no question of the vector,
    and ReLU lets the answer through or not; the second says what to add for each yes.

    GELU, x · Φ(x), is a ReLU with a soft bend: a weak no still counts a little (Hendrycks and
    Gimpel 2016, https://arxiv.org/abs/1606.08415). GPT and BERT use it.

    Args:
        d_model: the size of a token's vector.
        d_ff: the number of questions; 4 · d_model in the paper.
        activation: "relu", "gelu" or "gelu_tanh".
        bias: add b_1 and b_2.
    """

    def __init__(
        self, d_model: int, d_ff: int, activation: str = "relu", bias: bool = True
    ) -> None:
        super().__init__()
        self.up = nn.Linear(d_model, d_ff, bias)
        self.down = nn.Linear(d_ff, d_model, bias)
        self.activation = ACTIVATIONS[activation]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model)."""
        hidden = probe("hidden", self.activation(self.up(x)))  # (batch, T, d_ff)
        x = self.down(hidden)  # (batch, T, d_model)
        return x


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
}


class SwiGLU(nn.Module):
    """An MLP whose hidden layer has a gate (Shazeer 2020, https://arxiv.org/abs/2002.05202).

        SwiGLU(x) = (swish(x W) · (x V)) W_2        swish(z) = z · sigmoid(z)

    The question and what to say for a yes are two matrices here: `gate` asks how far to open, `up`
    says what passes. It has three matrices where the MLP has two; with d_ff = 8/3 · d_model it has
    as many parameters as an MLP with 4 · d_model. PaLM and Llama use it.
    """

    def __init__(self, d_model: int, d_ff: int, bias: bool = True) -> None:
        super().__init__()
        self.gate = nn.Linear(d_model, d_ff, bias)
        self.up = nn.Linear(d_model, d_ff, bias)
        self.down = nn.Linear(d_ff, d_model, bias)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model)."""
        gate = self.gate(x)  # (batch, T, d_ff)
        hidden = probe("hidden", gate * gate.sigmoid() * self.up(x))  # (batch, T, d_ff)
        x = self.down(hidden)  # (batch, T, d_model)
        return x


def feed_forward(config: TransformerConfig) -> MLP | SwiGLU:
    """Build the feed-forward layer that the configuration names."""
    if config.activation == "swiglu":
        return SwiGLU(config.d_model, config.d_ff, config.bias)
    return MLP(config.d_model, config.d_ff, config.activation, config.bias)
