"""The feed-forward layer (Vaswani et al. 2017, section 3.3, https://arxiv.org/abs/1706.03762)."""

from __future__ import annotations

from minitorch import Tensor, nn
from minitorch.probe import probe


class MLP(nn.Module):
    """What a token does with what it has gathered: widen, keep what is positive, bring together.

        MLP(x) = max(0, x W_1 + b_1) W_2 + b_2

    Attention moves information between tokens; this layer never does. Each token passes through
    the same two matrices on its own. A row of the first asks a yes-or-no question of the vector,
    and ReLU lets the answer through or not; the second says what to add for each yes.

    Args:
        d_model: the size of a token's vector.
        d_ff: the number of questions; 4 · d_model in the paper.
    """

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        self.up = nn.Linear(d_model, d_ff)
        self.down = nn.Linear(d_ff, d_model)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, T, d_model) → (batch, T, d_model)."""
        hidden = probe("hidden", self.up(x).relu())  # (batch, T, d_ff)
        return self.down(hidden)  # (batch, T, d_model)
