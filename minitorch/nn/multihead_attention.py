"""Multi-head attention with the names, the shapes and the state_dict of PyTorch's module.

How attention works is written in `transformer/model/attention.py`. This is the same, for code that
was written for PyTorch; it differs in that one matrix holds the weights of queries, keys and
values, that True in a mask hides, and that positions come before the batch unless `batch_first`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..creation import empty
from ..scalars import number, whole
from .init import xavier_normal_, xavier_uniform_, zeros_
from .layers import Linear
from .module import Module
from .multihead_forward import multi_head_attention_forward
from .parameter import Parameter

if TYPE_CHECKING:
    from ..tensor import Tensor


class NonDynamicallyQuantizableLinear(Linear):
    """A linear layer, under the name that PyTorch prints for that of `nn.MultiheadAttention`."""


class MultiheadAttention(Module):
    """Multi-head attention: softmax(q kᵀ / √d) v in several heads, and a linear layer after them.

    It is the attention of `transformer/model/attention.py`, where to read it, with PyTorch's names.

    Args:
        embed_dim: the size of a query's vector, E.
        num_heads: the number of heads; must divide embed_dim.
        dropout: the probability that an attention weight is set to 0 in training.
        bias: add a bias to queries, keys, values and the output.
        add_bias_kv: add a learned key and value, to which every query may attend.
        add_zero_attn: add a key and value of zeros.
        kdim, vdim: the sizes of a key's and a value's vector; embed_dim unless given.
        batch_first: the batch comes before the positions.

    Attributes:
        in_proj_weight: (3 · E, E), the weights of queries, keys and values. If kdim or vdim differ
            from embed_dim, there are q_proj_weight, k_proj_weight and v_proj_weight instead.
        in_proj_bias: (3 · E), at first 0.
        out_proj: the linear layer after the heads.
        bias_k, bias_v: (1, 1, E), with `add_bias_kv`.

    Raises:
        AssertionError: num_heads does not divide embed_dim.
        TypeError, ValueError: a size is no positive whole number, dropout no probability.

    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    """

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        E = self.embed_dim = whole("MultiheadAttention", "embed_dim", embed_dim, 1)
        self.num_heads = whole("MultiheadAttention", "num_heads", num_heads, 1)
        self.kdim = E if kdim is None else whole("MultiheadAttention", "kdim", kdim, 1)
        self.vdim = E if vdim is None else whole("MultiheadAttention", "vdim", vdim, 1)
        self.dropout = number("MultiheadAttention", "dropout", dropout, 0, 1)
        self.batch_first, self.add_zero_attn = batch_first, add_zero_attn
        self.head_dim = E // num_heads
        if E % num_heads:
            raise AssertionError(
                f"MultiheadAttention: embed_dim must be divisible by num_heads, and {E} is not "
                f"divisible by {num_heads}"
            )

        def parameter(*shape: int) -> Parameter:
            return Parameter(empty(shape, device=device, dtype=dtype))

        packed = self._qkv_same_embed_dim = self.kdim == E and self.vdim == E
        self.in_proj_weight = parameter(3 * E, E) if packed else None
        self.q_proj_weight = None if packed else parameter(E, E)
        self.k_proj_weight = None if packed else parameter(E, self.kdim)
        self.v_proj_weight = None if packed else parameter(E, self.vdim)
        self.in_proj_bias = parameter(3 * E) if bias else None
        self.out_proj = NonDynamicallyQuantizableLinear(E, E, bias, device, dtype)
        self.bias_k = parameter(1, 1, E) if add_bias_kv else None
        self.bias_v = parameter(1, 1, E) if add_bias_kv else None
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draw the weights anew, and set the biases to 0, but not those of keys and values."""
        for weight in (
            self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
        ):  # fmt: skip
            if weight is not None:
                xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                zeros_(bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Let each query attend to the keys. N is the batch, L and S are numbers of tokens.

        Args:
            query: (L, N, E); with `batch_first`, (N, L, E); for a single text, (L, E).
            key: (S, N, kdim), (N, S, kdim) or (S, kdim).
            value: (S, N, vdim), (N, S, vdim) or (S, vdim).
            key_padding_mask: (N, S), or (S): bool, True where a key is padding, to be ignored; or
                floating-point, added to the scores.
            need_weights: return the attention weights, too. It is faster without.
            attn_mask: (L, S), or (N · num_heads, L, S): bool, True where a query may not attend to
                a key; or floating-point, added to the scores.
            average_attn_weights: return the mean of the heads' weights.
            is_causal: a hint that `attn_mask` is the causal mask. Then that need not be read; as in
                PyTorch, a false hint gives false results.

        Returns:
            The output, like the query, and the weights after dropout: (N, L, S), or of each head,
            (N, num_heads, L, S); without N for a single text; None if they are not needed. A
            query without any key has weights of 0. (PyTorch's are NaN if weights are needed.)

        Raises:
            AssertionError, RuntimeError: shapes or dtypes do not fit together, or `is_causal` is
                given without `attn_mask`.
        """
        return multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads,
            self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn,
            self.dropout, self.out_proj.weight, self.out_proj.bias, self.training,
            key_padding_mask, need_weights, attn_mask, not self._qkv_same_embed_dim,
            self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
            batch_first=self.batch_first,
        )  # fmt: skip
