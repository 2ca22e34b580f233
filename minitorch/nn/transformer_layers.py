"""The layers of `nn.Transformer`, with PyTorch's names, options and state_dict.

They are the blocks of `transformer/model/encoder.py` and `decoder.py`, where to read them: the same
sums, but of attention as `nn.MultiheadAttention` has it, and with a norm where an option says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from . import functional as F
from .layers import Dropout, LayerNorm, Linear
from .module import Module
from .multihead_attention import MultiheadAttention

if TYPE_CHECKING:
    from ..tensor import Tensor

Activation: TypeAlias = "str | Callable[[Tensor], Tensor]"


def _get_activation_fn(activation: Activation) -> Callable[[Tensor], Tensor]:
    if activation == "relu":
        return F.relu
    if activation == "gelu":
        return F.gelu
    if not callable(activation):
        raise RuntimeError(
            f"activation should be relu/gelu, or a function or a module, not {activation!r}"
        )
    return activation


class _Layer(Module):
    """What the two layers share: all but cross-attention, and what stands around it."""

    has_memory: bool

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        options: Any = {"bias": bias, "device": device, "dtype": dtype}
        for_attention: Any = {"dropout": dropout, "batch_first": batch_first, **options}
        self.self_attn = MultiheadAttention(d_model, nhead, **for_attention)
        if self.has_memory:
            self.multihead_attn = MultiheadAttention(d_model, nhead, **for_attention)
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, **options)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, **options)
        if self.has_memory:
            self.norm3 = LayerNorm(d_model, layer_norm_eps, **options)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        if self.has_memory:
            self.dropout3 = Dropout(dropout)
        self.activation = _get_activation_fn(activation)

    def _sa_block(
        self,
        x: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        x, _ = self.self_attn(x, x, x, key_padding_mask, False, attn_mask, is_causal=is_causal)
        return self.dropout1(x)  # type: ignore[no-any-return]

    def _ff_block(self, x: Tensor) -> Tensor:
        x = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return self.dropout3(x) if self.has_memory else self.dropout2(x)  # type: ignore[no-any-return]


class TransformerEncoderLayer(_Layer):
    """Self-attention, then an MLP; each adds what it computes to x.

        x ← norm1(x + self_attention(x))    with norm_first  x ← x + self_attention(norm1(x))
        x ← norm2(x + mlp(x))                                x ← x + mlp(norm2(x))

    Args:
        d_model: the size of a token's vector.
        nhead: the number of heads; must divide d_model.
        dim_feedforward: the number of hidden units of the MLP.
        dropout: the probability that an attention weight, a hidden unit, or a number that is about
            to be added to x, is set to 0 in training.
        activation: "relu", "gelu", or a function or module.
        layer_norm_eps: `eps` of the norms.
        batch_first: the batch comes before the positions.
        norm_first: the norms come before attention and MLP, and not after the sums.
        bias: linear layers and norms have a bias.
    """

    has_memory = False

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """(S, N, d_model), with `batch_first` (N, S, d_model), or without a batch, to the same.

        Args:
            src: the vectors.
            src_mask, src_key_padding_mask, is_causal: `attn_mask`, `key_padding_mask` and the hint
                of `nn.MultiheadAttention`.
        """
        x = src
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), src_mask, src_key_padding_mask, is_causal)
            return x + self._ff_block(self.norm2(x))
        x = self.norm1(x + self._sa_block(x, src_mask, src_key_padding_mask, is_causal))
        return self.norm2(x + self._ff_block(x))  # type: ignore[no-any-return]


class TransformerDecoderLayer(_Layer):
    """Self-attention, cross-attention to the memory, then an MLP; each adds what it computes to x.

        x ← norm1(x + self_attention(x))    with norm_first  x ← x + self_attention(norm1(x))
        x ← norm2(x + attention(x, memory))                  x ← x + attention(norm2(x), memory)
        x ← norm3(x + mlp(x))                                x ← x + mlp(norm3(x))

    The arguments are those of `nn.TransformerEncoderLayer`.
    """

    has_memory = True

    def _mha_block(
        self,
        x: Tensor,
        mem: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        x, _ = self.multihead_attn(
            x, mem, mem, key_padding_mask, False, attn_mask, is_causal=is_causal
        )
        return self.dropout2(x)  # type: ignore[no-any-return]

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """(T, N, d_model), and a memory of (S, N, d_model), to (T, N, d_model).

        Args:
            tgt: the vectors; also (N, T, d_model) with `batch_first`, or (T, d_model).
            memory: the encoder's output.
            tgt_mask, tgt_key_padding_mask, tgt_is_causal: of self-attention, as `attn_mask`,
                `key_padding_mask` and the hint of `nn.MultiheadAttention`.
            memory_mask, memory_key_padding_mask, memory_is_causal: those of cross-attention.
        """
        x = tgt
        of_self = tgt_mask, tgt_key_padding_mask, tgt_is_causal
        of_memory = memory_mask, memory_key_padding_mask, memory_is_causal
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), *of_self)
            x = x + self._mha_block(self.norm2(x), memory, *of_memory)
            return x + self._ff_block(self.norm3(x))
        x = self.norm1(x + self._sa_block(x, *of_self))
        x = self.norm2(x + self._mha_block(x, memory, *of_memory))
        return self.norm3(x + self._ff_block(x))  # type: ignore[no-any-return]
