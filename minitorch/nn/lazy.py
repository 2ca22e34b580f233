"""A linear layer that takes its size from its first input."""

from __future__ import annotations

from typing import Any

from ..creation import empty
from ..ops.arguments import tensor
from ..tensor import Tensor
from .layers import Linear


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
