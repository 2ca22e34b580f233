"""Multi-head attention (Vaswani et al. 2017, section 3.2, https://arxiv.org/abs/1706.03762).

Every token asks every token a question. From its vector x three others are made, each by a learned
matrix:

    q = x W_q    the query    whom am I looking for?
    k = x W_k    the key      who is looking for me?
    v = x W_v    the value    and what do I have to tell?

A key is what a token offers to those who look: a query and a key that fit have a large dot product.
So the table q kᵀ, with a row for each query and a column for each key, says who matches whom.
Divided by √d_head, these are the scores. Softmax turns each row into probabilities, the attention
weights, and the token gathers the average of the values under them:

    scores  = q @ k.mT / sqrt(d_head)    # (batch, heads, T_q, T_k)  how well each pair matches
    weights = softmax(scores, dim=-1)    # (batch, heads, T_q, T_k)  each row sums to 1
    mixed   = weights @ v                # (batch, heads, T_q, d_head)

Why divide by √d_head? A dot product sums d_head terms; of independent ones with variance 1 its
standard deviation is √d_head. With scores that large, softmax would put nearly all weight on one
token, and its gradient would vanish.

These three lines are `F.scaled_dot_product_attention`: `minitorch/fused/attention.py` holds them
as its definition, and beside it the kernel that computes the same, faster.

Several heads do this side by side, each in d_head dimensions of its own (d_model / n_heads, unless
another number is given), so that a token can ask several questions at once: who is the verb, where
does the number begin. A last learned matrix, W_o, mixes what the heads have gathered.

Two variations on it:

- Grouped-query attention: several heads of queries share one head of keys and values. The model has
  fewer parameters, and the key/value cache needs less memory (Shazeer 2019, one head for all,
  https://arxiv.org/abs/1911.02150; Ainslie et al. 2023, a few, https://arxiv.org/abs/2305.13245).
- Rotary positions: queries and keys are rotated by the tokens' positions (see `rotary.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch import Tensor, nn
from minitorch.nn import functional as F
from minitorch.ops.probe import is_watched, probe

from .arguments import check_attention, heads
from .rotary import RotaryPositions

if TYPE_CHECKING:
    from .cache import KeysAndValues, LayerCache
    from .config import TransformerConfig


class MultiHeadAttention(nn.Module):
    """Attention in `n_heads` heads: self-attention, or cross-attention to an encoder's output.

        MultiHead(x) = concat(head_1, …, head_h) W_o        head_i = softmax(q_i k_iᵀ / √d_head) v_i

    Args:
        d_model: the size of a token's vector.
        n_heads: the number of heads; must divide d_model, unless d_head is given.
        dropout: the probability that an attention weight is set to 0 in training.
        n_kv_heads: the heads of keys and values; must divide n_heads. None: n_heads.
        bias: give the four linear layers a bias, a learned constant that they add.
        rotary: rotates queries and keys by their positions; for self-attention.
        d_head: the size of a head's queries, keys and values. None: d_model / n_heads.

    Raises:
        TypeError, ValueError: a size is no positive whole number, or the heads do not divide what
            they must divide; or dropout is no probability.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        dropout: float = 0.0,
        n_kv_heads: int | None = None,
        bias: bool = True,
        rotary: RotaryPositions | None = None,
        d_head: int | None = None,
    ) -> None:
        super().__init__()
        n_kv_heads, d_head = heads(d_model, n_heads, n_kv_heads, d_head, dropout, rotary)
        self.n_heads, self.n_kv_heads, self.d_head = n_heads, n_kv_heads, d_head
        self.dropout = dropout
        self.query = nn.Linear(d_model, n_heads * d_head, bias)
        self.key = nn.Linear(d_model, n_kv_heads * d_head, bias)
        self.value = nn.Linear(d_model, n_kv_heads * d_head, bias)
        self.output = nn.Linear(n_heads * d_head, d_model, bias)
        self.rotary = rotary

    def _split(self, x: Tensor, n_heads: int) -> Tensor:
        """Give each head its part of the vector: (batch, T, d) → (batch, heads, T, d_head)."""
        return x.reshape(*x.shape[:2], n_heads, self.d_head).transpose(1, 2)

    def _merge(self, x: Tensor) -> Tensor:
        """Put the heads side by side: (batch, heads, T, d_head) → (batch, T, heads · d_head)."""
        return x.transpose(1, 2).flatten(2)

    def _output_of_heads(self) -> Tensor:
        """Return each head's part of W_o: (heads, d_head, d_model).

        concat(head_1, …, head_h) W_o is the sum of what each head's part makes of that head.
        """
        return self.output.weight.mT.reshape(self.n_heads, self.d_head, -1)

    def keys_and_values(self, memory: Tensor) -> KeysAndValues:
        """Compute the keys and the values of tokens (batch, T_k, d_model), split into heads."""
        k = self._split(self.key(memory), self.n_kv_heads)  # (batch, kv_heads, T_k, d_head)
        v = self._split(self.value(memory), self.n_kv_heads)  # (batch, kv_heads, T_k, d_head)
        return k, v

    def forward(
        self,
        x: Tensor,
        memory: Tensor | KeysAndValues | None = None,
        mask: Tensor | None = None,
        is_causal: bool = False,
        cache: LayerCache | None = None,
    ) -> Tensor:
        """Let each token of x attend to the tokens of `memory`, or of x itself if there is none.

        Args:
            x: (batch, T_q, d_model), whose tokens make the queries.
            memory: the encoder's output, (batch, T_k, d_model), whose tokens make the keys and
                values; or what `keys_and_values` made of them.
            mask: bool, broadcasts to (batch, heads, T_q, T_k): True where a query may see a key.
            is_causal: token i may attend to tokens 0 … i only.
            cache: in self-attention, the keys and values of the tokens before x. Those of x are
                added to them, and x attends to all that the mask allows.

        Returns:
            (batch, T_q, d_model).
        """
        check_attention(self, x, memory, mask, is_causal, cache)
        q = self._split(self.query(x), self.n_heads)  # (batch, heads, T_q, d_head)
        if not isinstance(memory, tuple):
            memory = self.keys_and_values(x if memory is None else memory)
        k, v = memory  # (batch, kv_heads, T_k, d_head) each
        if self.rotary is not None:
            start = 0 if cache is None else cache.length
            q, k = self.rotary(q, start), self.rotary(k, start)  # rotated, the same shapes
        if cache is not None:
            k, v = cache.append(k, v)  # (batch, kv_heads, T_k, d_head), T_k now counts all so far
        q, k, v = probe("q", q), probe("k", k), probe("v", v)  # hook points, for a trace
        mixed = F.scaled_dot_product_attention(
            q,
            k,
            v,
            mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=is_causal,
            enable_gqa=self.n_kv_heads != self.n_heads,
        )  # (batch, heads, T_q, d_head)
        mixed = probe("mixed", mixed)
        if is_watched():
            probe("heads", mixed @ self._output_of_heads())  # (batch, heads, T_q, d_model)
        x = self.output(self._merge(mixed))  # (batch, T_q, d_model)
        return probe("output", x)

    def extra_repr(self) -> str:
        """The options, as `repr` shows them."""
        kv = "" if self.n_kv_heads == self.n_heads else f", n_kv_heads={self.n_kv_heads}"
        return f"n_heads={self.n_heads}{kv}, dropout={self.dropout}"


def attention(config: TransformerConfig, over_memory: bool = False) -> MultiHeadAttention:
    """Build the attention that the configuration describes.

    Args:
        config: of the model.
        over_memory: build cross-attention. It has no rotary positions: those of the memory's tokens
            are positions in another text.
    """
    layer = MultiHeadAttention(
        config.d_model, config.n_heads, config.dropout, config.n_kv_heads, config.bias,
        d_head=config.d_head,
    )  # fmt: skip
    if config.positions == "rotary" and not over_memory:
        layer.rotary = RotaryPositions(config.max_length, layer.d_head, config.rope_theta)
    return layer
