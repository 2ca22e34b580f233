"""Layers that a Transformer does not need: shapes, padding, distances, a size seen later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..creation import empty
from ..ops.arguments import tensor
from ..scalars import whole
from ..tensor import Tensor
from . import functional as F
from .layers import Linear
from .module import Module


class Flatten(Module):
    """Joins dimensions into one: (N, *) to (N, product of *), unless told otherwise.

    Args:
        start_dim, end_dim: the first and the last dimension that are joined.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Join the dimensions."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return what is printed: the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Cuts a dimension into several, whose sizes have its size as their product.

    Args:
        dim: the dimension.
        unflattened_size: the sizes; one of them may be -1, and follows from the others.
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            kind = type(unflattened_size).__name__
            raise TypeError(f"Unflatten: unflattened_size must be a tuple of ints, not a {kind}")
        for n in unflattened_size:
            whole("Unflatten", "unflattened_size", n)
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Any) -> Any:
        """Cut the dimension."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """Return what is printed: the dimension and the sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class ConstantPad1d(Module):
    """Elements of one value added at both ends of the last dimension. See `functional.pad`.

    Args:
        padding: (before, after), or one number for both; where it is negative, as many elements are
            taken away. Further pairs are of the dimensions before.
        value: what is added.
    """

    dims = 1

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__()
        pairs = padding if isinstance(padding, Sequence) else (padding,) * (2 * self.dims)
        self.padding, self.value = tuple(pairs), value

    def forward(self, input: Tensor) -> Tensor:
        """Pad the input."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Return what is printed: the numbers and the value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(ConstantPad1d):
    """As `ConstantPad1d`, of the last two dimensions: (left, right, top, bottom)."""

    dims = 2


class ConstantPad3d(ConstantPad1d):
    """As `ConstantPad1d`, of the last three dimensions: (left, right, top, bottom, front, back)."""

    dims = 3


class ZeroPad1d(ConstantPad1d):
    """Zeros added at both ends of the last dimension: `ConstantPad1d` with the value 0."""

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """Return what is printed: the numbers."""
        return f"{self.padding}"


class ZeroPad2d(ZeroPad1d):
    """As `ZeroPad1d`, of the last two dimensions: (left, right, top, bottom).

    `ZeroPad2d((0, 0, 1, -1))` shifts a sequence (N, T, D) by one token, as RWKV does.
    """

    dims = 2


class ZeroPad3d(ZeroPad1d):
    """As `ZeroPad1d`, of the last three dimensions: (left, right, top, bottom, front, back)."""

    dims = 3


class CosineSimilarity(Module):
    """x1 · x2 / (‖x1‖ ‖x2‖) along `dim`. See `functional.cosine_similarity`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return the cosine of the angle between the vectors of each pair."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """‖x1 - x2 + eps‖ along the last dimension. See `functional.pairwise_distance`."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return how far the vectors of each pair are apart."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class LazyLinear(Linear):
    """As `Linear`, with the `in_features` of the first input, when it is called for the first time.

    Then it becomes a `Linear`. Before, its parameters have no elements: an optimizer may have them,
    but no state dict can be loaded into them.
    """

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(0, out_features, bias, device, dtype)
        for parameter in self.parameters():
            parameter.data = empty(0, dtype=parameter.dtype)

    def reset_parameters(self) -> None:
        """Do nothing: there is nothing to draw before the first call."""

    def forward(self, input: Tensor) -> Tensor:
        """Become a `Linear` of the input's last size, and map each vector."""
        x = tensor("LazyLinear", "input", input)
        if not x.ndim:
            raise RuntimeError("LazyLinear: the input has no last dimension: it is 0-d")
        self.in_features = x.shape[-1]
        shapes = {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}
        for name, parameter in self.named_parameters():
            parameter.data = empty(shapes[name], dtype=parameter.dtype)
        self.__class__ = Linear  # type: ignore[assignment]
        self.reset_parameters()
        return self.forward(x)
