"""Multi-head attention (Vaswani et al. 2017, section 3.2, https://arxiv.org/abs/1706.03762).

Every token asks every token a question. From its vector x three others are made, each by a learned
matrix:

    q = x W_q    the query    whom am I looking for?
    k = x W_k    the key      who is looking for me?
    v = x W_v    the value    and what do I have to tell?

A query and a key that fit have a large dot product. So the table q kᵀ, with a row for each token
that asks and a column for each that answers, says who matches whom; softmax turns each row into
shares that sum to 1, and the token takes that much of each one's value:

    scores  = q @ k.mT / sqrt(d_head)    # (batch, heads, T_q, T_k)  how well each pair matches
    weights = softmax(scores, dim=-1)    # (batch, heads, T_q, T_k)  each row sums to 1
    mixed   = weights @ v                # (batch, heads, T_q, d_head)

Without the division by √d_head the dot products, sums of d_head terms, would grow with its square
root, softmax would put all weight on one token, and its gradient would vanish.

Several heads do this side by side, each in d_model / n_heads dimensions of its own, so that a token
can ask several questions at once: who is the verb, where does the number begin.

These three lines are `F.scaled_dot_product_attention`: `minitorch/fused/attention.py` holds them
as its definition, and beside it the kernel that computes the same, faster.
"""

from __future__ import annotations

from minitorch import Tensor, nn
from minitorch.nn import functional as F
from minitorch.probe import probe


class MultiHeadAttention(nn.Module):
    """Attention in `n_heads` heads: self-attention, or cross-attention to a memory.

    Args:
        d_model: the size of a token's vector.
        n_heads: must divide d_model.
        dropout: the probability that a weight is dropped in training.
    """

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"d_model={d_model} cannot be divided among n_heads={n_heads}")
        self.n_heads = n_heads
        self.dropout = dropout
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Let each token of x look at the tokens of `memory`, or of x itself if there is none.

        Args:
            x: (batch, T_q, d_model), the tokens that ask.
            memory: (batch, T_k, d_model), the tokens that answer.
            mask: bool, broadcasts to (batch, heads, T_q, T_k): True where a token may look.
            is_causal: token i may look at tokens 0 … i only.

        Returns:
            (batch, T_q, d_model).
        """
        memory = x if memory is None else memory
        q = probe("q", self._split(self.query(x)))  # (batch, heads, T_q, d_head)
        k = probe("k", self._split(self.key(memory)))  # (batch, heads, T_k, d_head)
        v = probe("v", self._split(self.value(memory)))  # (batch, heads, T_k, d_head)
        mixed = F.scaled_dot_product_attention(
            q, k, v, mask, dropout_p=self.dropout if self.training else 0.0, is_causal=is_causal
        )
        mixed = probe("mixed", mixed)  # (batch, heads, T_q, d_head)
        return self.output(self._merge(mixed))  # (batch, T_q, d_model)

    def _split(self, x: Tensor) -> Tensor:
        """(batch, T, d_model) → (batch, heads, T, d_head): each head gets its part of the vector."""
        batch, T, d_model = x.shape
        return x.reshape(batch, T, self.n_heads, d_model // self.n_heads).transpose(1, 2)

    def _merge(self, x: Tensor) -> Tensor:
        """(batch, heads, T, d_head) → (batch, T, d_model): the heads' results side by side."""
        return x.transpose(1, 2).flatten(2)

    def extra_repr(self) -> str:
        return f"n_heads={self.n_heads}, dropout={self.dropout}"
