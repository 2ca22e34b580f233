"""The layers: modules that hold the weights, and call a function of the same name with them.

`dtype` and `device` are the parameters': the default dtype unless given, and the CPU.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..autograd.grad_mode import no_grad
from ..creation import empty
from ..fused.layer_norm import layer_norm
from ..fused.linear import linear
from ..ops.arguments import tensor
from ..ops.embedding import embedding, refuse_options
from ..ops.rms_norm import rms_norm
from ..scalars import flag, number, whole
from ..tensor import Tensor
from .functional import dropout
from .init import kaiming_uniform_, normal_, ones_, uniform_, zeros_
from .module import Module
from .parameter import Parameter


def _parameter(shape: tuple[int, ...], dtype: Any, device: Any) -> Parameter:
    """A parameter without values yet."""
    return Parameter(empty(shape, dtype=dtype, device=device))


def _size(name: str, argument: str, value: Any) -> int:
    return whole(name, argument, value, 0, RuntimeError)


def _sizes(name: str, shape: int | Sequence[int]) -> tuple[int, ...]:
    sizes = shape if isinstance(shape, (tuple, list)) else [shape]
    return tuple([_size(name, "normalized_shape", n) for n in sizes])


class Identity(Module):
    """y = x. Takes any arguments, and ignores them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input."""
        return input


class Linear(Module):
    """y = x Wᵀ + b: (*, in_features) to (*, out_features).

    Attributes:
        weight: (out_features, in_features), at first uniform on ±1/√in_features.
        bias: (out_features), at first the same; None with `bias=False`.
    """

    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        in_features = self.in_features = _size("Linear", "in_features", in_features)
        out_features = self.out_features = _size("Linear", "out_features", out_features)
        self.weight = _parameter((out_features, in_features), dtype, device)
        self.bias = _parameter((out_features,), dtype, device) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        kaiming_uniform_(self.weight, a=math.sqrt(5))  # PyTorch's way to write ±1/√in_features
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0
            uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Map each vector: (*, in_features) to (*, out_features)."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return what is printed: the sizes, and whether there is a bias."""
        bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={bias}"


class Embedding(Module):
    """A learned vector for each token of a vocabulary: ids (*) to vectors (*, embedding_dim).

    Args:
        num_embeddings: the size of the vocabulary.
        embedding_dim: the size of each vector.
        padding_idx: the token whose vector starts at 0 and gets no gradient.
        max_norm, scale_grad_by_freq: refused, as for `functional.embedding`.
        norm_type, sparse: without effect; the gradient is dense.

    Attributes:
        weight: (num_embeddings, embedding_dim), drawn from N(0, 1).
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        refuse_options(max_norm, scale_grad_by_freq)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.num_embeddings = _size("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = _size("Embedding", "embedding_dim", embedding_dim)
        if padding_idx is not None:
            whole("Embedding", "padding_idx", padding_idx)
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError("Padding_idx must be within num_embeddings")
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        self.weight = _parameter((num_embeddings, embedding_dim), dtype, device)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the vectors anew."""
        normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None
    ) -> Embedding:
        """Make an embedding of given vectors, (num_embeddings, embedding_dim).

        Args:
            embeddings: the vectors. The memory is shared, not copied.
            freeze: do not learn them.
            padding_idx: as for the class; here its vector keeps its values.
        """
        if tensor("Embedding.from_pretrained", "embeddings", embeddings).ndim != 2:
            raise ValueError(
                f"Embeddings parameter is expected to be 2-dimensional, not {embeddings.ndim}"
            )
        rows, columns = embeddings.shape
        layer = cls(rows, columns, padding_idx, dtype=embeddings.dtype)
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def forward(self, input: Tensor) -> Tensor:
        """Look up the vector of each id: (*) to (*, embedding_dim)."""
        return embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """Return what is printed: the sizes, and the padding token if there is one."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class LayerNorm(Module):
    """Layer normalisation: y = (x - mean(x)) / √(var(x) + eps) · weight + bias.

    Each vector is normalised to mean 0 and variance 1, then scaled and shifted by what is learned.
    Source: Ba et al. 2016, https://arxiv.org/abs/1607.06450.

    Args:
        normalized_shape: the sizes of the last dimensions, over which mean and variance are taken.
        eps: keeps the denominator from 0.
        elementwise_affine: is there a weight (and a bias)?
        bias: is there a bias?

    Attributes:
        weight, bias: of shape `normalized_shape`, at first 1 and 0.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shape = self.normalized_shape = _sizes("LayerNorm", normalized_shape)
        self.eps = number("LayerNorm", "eps", eps, 0)
        self.elementwise_affine = elementwise_affine
        has_bias = elementwise_affine and bias
        self.weight = _parameter(shape, dtype, device) if elementwise_affine else None
        self.bias = _parameter(shape, dtype, device) if has_bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            ones_(self.weight)
        if self.bias is not None:
            zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise each vector: (*, *normalized_shape) to the same shape."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return what is printed: the sizes and options."""
        affine, bias = self.elementwise_affine, self.bias is not None
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={affine}, bias={bias}"


class RMSNorm(Module):
    """Root mean square normalisation: y = x / √(mean(x²) + eps) · weight.

    Layer normalisation without the mean and the bias.
    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467.

    Args:
        normalized_shape: the sizes of the last dimensions, over which the mean is taken.
        eps: keeps the denominator from 0; the dtype's `finfo.eps` unless given.
        elementwise_affine: is there a weight?

    Attributes:
        weight: of shape `normalized_shape`, at first 1.
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shape = self.normalized_shape = _sizes("RMSNorm", normalized_shape)
        self.eps = None if eps is None else number("RMSNorm", "eps", eps, 0)
        self.elementwise_affine = elementwise_affine
        self.weight = _parameter(shape, dtype, device) if elementwise_affine else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1."""
        if self.weight is not None:
            ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise each vector: (*, *normalized_shape) to the same shape."""
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Return what is printed: the sizes and options."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class Dropout(Module):
    """In training, sets each element to 0 with probability p, and divides the others by 1 - p.

    So the expected value stays the same. Outside training it changes nothing. With `inplace=True`
    it changes the input itself.
    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        self.p, self.inplace = number("Dropout", "p", p, 0, 1), flag("Dropout", "inplace", inplace)

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements at random if in training mode."""
        return dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Return what is printed: the options."""
        return f"p={self.p}, inplace={self.inplace}"
