"""Modules that give a tensor another shape, to stand in a `Sequential`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..scalars import whole
from ..tensor import Tensor
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
