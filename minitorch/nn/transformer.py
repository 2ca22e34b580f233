"""`nn.Transformer` and its stacks of layers, with PyTorch's names, options and state_dict.

How a Transformer works is written in `transformer/model/`, where a model also embeds its tokens and
predicts the next. These take vectors and return vectors, for code that was written for PyTorch.
"""

from __future__ import annotations

import math
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from .. import dtypes
from ..creation import full
from ..ops.arguments import tensor
from ..scalars import whole
from . import functional as F
from .containers import ModuleList
from .init import xavier_uniform_
from .layers import LayerNorm
from .module import Module
from .transformer_layers import Activation, TransformerDecoderLayer, TransformerEncoderLayer

if TYPE_CHECKING:
    from ..tensor import Tensor


def _get_clones(module: Module, N: int) -> ModuleList:
    if not isinstance(module, Module):
        raise TypeError(f"the layer, which is copied, must be a module, not {module!r}")
    return ModuleList(deepcopy(module) for _ in range(whole("", "num_layers", N)))


def _generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
    """The causal mask, (sz, sz): -inf above the diagonal, where a query may not attend, and 0."""
    return full((sz, sz), -math.inf, dtype=dtype, device=device).triu(1)


def _is_causal(hint: bool | None, mask: Tensor | None, x: Tensor, layers: Any) -> bool:
    """What the hint says; without one, whether the mask is the causal mask for the tokens x."""
    if hint is not None or mask is None:
        return hint is True
    T = x.shape[1 if layers[0].self_attn.batch_first and x.ndim == 3 else 0]
    causal = _generate_square_subsequent_mask(T)
    if tensor("Transformer", "mask", mask).dtype == dtypes.bool:
        causal = causal != 0
    return mask.shape == causal.shape and bool((mask == causal).all())


class TransformerEncoder(Module):
    """Encoder layers one after the other, all copies of the one given, and a norm at the end.

    Args:
        encoder_layer: the layer. Its copies start with the same weights.
        num_layers: the number of copies.
        norm: None for none.
        enable_nested_tensor, mask_check: without effect. They choose a path of PyTorch's for eval
            mode, whose output differs where the input is padding.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _get_clones(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Pass vectors through the layers: the shape stays.

        The arguments are those of a layer. If `is_causal` is not given, the mask is looked at.
        """
        is_causal = _is_causal(is_causal, mask, src, self.layers)
        x = src
        for layer in self.layers:
            x = layer(
                x, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=is_causal
            )
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(Module):
    """Decoder layers one after the other, all copies of the one given, and a norm at the end.

    Args:
        decoder_layer: the layer. Its copies start with the same weights.
        num_layers: the number of copies.
        norm: None for none.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _get_clones(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Pass the target's vectors through the layers, all of which attend to the same memory.

        The arguments are those of a layer. If `tgt_is_causal` is not given, the mask is looked at.
        """
        options = {
            "tgt_mask": tgt_mask,
            "memory_mask": memory_mask,
            "tgt_key_padding_mask": tgt_key_padding_mask,
            "memory_key_padding_mask": memory_key_padding_mask,
            "tgt_is_causal": _is_causal(tgt_is_causal, tgt_mask, tgt, self.layers),
            "memory_is_causal": memory_is_causal,
        }
        x = tgt
        for layer in self.layers:
            x = layer(x, memory, **options)
        return x if self.norm is None else self.norm(x)


class Transformer(Module):
    """An encoder reads the source's vectors, and a decoder maps the target's, attending to that.

    What a model needs besides, embeddings, positions and the layer that predicts tokens, is left to
    the caller. The whole model, to be read, is in `transformer/model/models.py`.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias: those of a layer, `nn.TransformerEncoderLayer`.
        num_encoder_layers, num_decoder_layers: the number of layers.
        custom_encoder, custom_decoder: modules to take instead.

    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        of_layer: Any = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias, device, dtype,
        )  # fmt: skip
        of_norm: Any = {"eps": layer_norm_eps, "bias": bias, "device": device, "dtype": dtype}
        if custom_encoder is None:
            encoder_layer = TransformerEncoderLayer(*of_layer)
            norm = LayerNorm(d_model, **of_norm)
            custom_encoder = TransformerEncoder(encoder_layer, num_encoder_layers, norm)
        if custom_decoder is None:
            decoder_layer = TransformerDecoderLayer(*of_layer)
            norm = LayerNorm(d_model, **of_norm)
            custom_decoder = TransformerDecoder(decoder_layer, num_decoder_layers, norm)
        self.encoder, self.decoder = custom_encoder, custom_decoder
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        """Draw all matrices anew."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                xavier_uniform_(parameter)

    generate_square_subsequent_mask = staticmethod(_generate_square_subsequent_mask)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """(S, N, d_model) and (T, N, d_model) to (T, N, d_model).

        With `batch_first` they are (N, S, d_model) and (N, T, d_model), and for a single text
        (S, d_model) and (T, d_model).

        Args:
            src, tgt: the vectors of the source and of the target.
            src_mask, src_key_padding_mask, src_is_causal: of the encoder's self-attention, as
                `attn_mask`, `key_padding_mask` and the hint of `nn.MultiheadAttention`.
            tgt_mask, tgt_key_padding_mask, tgt_is_causal: of the decoder's self-attention.
            memory_mask, memory_key_padding_mask, memory_is_causal: of its cross-attention.

        Raises:
            RuntimeError: the batches of source and target, or the sizes of vectors, do not fit.
        """
        of_src = tensor("Transformer", "src", src).array.shape
        of_tgt = tensor("Transformer", "tgt", tgt).array.shape
        shapes = f"src has shape {of_src}, and tgt {of_tgt}"
        batch = slice(0, 1) if self.batch_first else slice(1, 2)
        if len(of_src) == 3 and of_src[batch] != of_tgt[batch]:
            raise RuntimeError(
                f"Transformer: the batch number of src and tgt must be equal, but {shapes}, with "
                f"batch_first={self.batch_first}"
            )
        if of_src[-1:] != (self.d_model,) or of_tgt[-1:] != (self.d_model,):
            raise RuntimeError(
                "Transformer: the feature number of src and tgt must be equal to d_model, "
                f"{self.d_model}, but {shapes}"
            )
        memory = self.encoder(
            src,
            mask=src_mask,
            src_key_padding_mask=src_key_padding_mask,
            is_causal=src_is_causal,
        )
        return self.decoder(  # type: ignore[no-any-return]
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
