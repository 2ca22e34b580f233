"""einops on our tensors: `einops.rearrange(x, "b t (h d) -> b h t d", h=8)`, and its layers.

einops computes through backends, which it looks for among the subclasses of its `AbstractBackend`;
its layers stand in a module for each library, here `einops.layers.minitorch`. Both need einops,
which need not be installed, and which may be imported before this library or after it, or never.
So `einops_finder` calls `add_backend` and `add_layers` when einops is imported.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from .. import creation, nn, ops
from ..tensor import Tensor

if TYPE_CHECKING:
    from ..dtypes import Array


class Backend:
    """What einops asks of a library. The names, of methods and arguments, are einops's."""

    framework_name = "minitorch"

    def is_appropriate_type(self, tensor: Any) -> bool:
        """Is it a tensor of ours?"""
        return isinstance(tensor, Tensor)

    def is_float_type(self, x: Tensor) -> bool:
        """Has it a mean? einops takes that of floating point alone."""
        return x.is_floating_point()

    def from_numpy(self, x: Array) -> Tensor:
        """A tensor on the array's memory, which records gradients if it can."""
        return creation.from_numpy(x).requires_grad_(x.dtype.kind == "f")

    def to_numpy(self, x: Tensor) -> Array:
        """An array on the tensor's memory."""
        return x.detach().numpy()

    def arange(self, start: int, stop: int) -> Tensor:
        """The integers from start to before stop."""
        return creation.arange(start, stop)

    def reshape(self, x: Tensor, shape: Any) -> Tensor:
        """The elements in another shape."""
        return x.reshape(shape)

    def transpose(self, x: Tensor, axes: Any) -> Tensor:
        """The axes in another order."""
        return x.permute(axes)

    def reduce(self, x: Tensor, operation: str, axes: tuple[int, ...]) -> Tensor:
        """Take the min, max, sum, mean, prod, any or all over axes."""
        if operation == "prod":  # PyTorch's takes one axis
            for axis in sorted(axes, reverse=True):
                x = x.prod(axis)
            return x
        return getattr(x, {"min": "amin", "max": "amax"}.get(operation, operation))(axes)  # type: ignore[no-any-return]

    def add_axis(self, x: Tensor, new_position: int) -> Tensor:
        """A new axis of length 1."""
        return x.unsqueeze(new_position)

    def add_axes(self, x: Tensor, n_axes: int, pos2len: dict[int, int]) -> Tensor:
        """New axes, along which the elements repeat: a view. `n_axes` counts all, old and new."""
        for position in pos2len:
            x = x.unsqueeze(position)
        return x.expand([pos2len.get(axis, -1) for axis in range(n_axes)])

    def tile(self, x: Tensor, repeats: tuple[int, ...]) -> Tensor:
        """The tensor side by side with itself along each axis."""
        return x.repeat(repeats)

    def stack_on_zeroth_dimension(self, tensors: list[Tensor]) -> Tensor:
        """The tensors as the rows of one."""
        return ops.stack(tensors)

    def concat(self, tensors: list[Tensor], axis: int) -> Tensor:
        """The tensors one after another along an axis."""
        return ops.cat(tensors, axis)

    def einsum(self, pattern: str, *x: Tensor) -> Tensor:
        """The sum of products that a pattern of single letters says."""
        return ops.einsum(pattern, *x)

    def layers(self) -> ModuleType:
        """The module of the layers."""
        from importlib import import_module

        return import_module("einops.layers.minitorch")


def add_backend(backends: Any) -> None:
    """Add the backend to `einops._backends`. It is kept there: a subclass alone would be lost."""
    kind = type("MinitorchBackend", (Backend, backends.AbstractBackend), {})
    kind.__module__ = backends.__name__
    backends.MinitorchBackend = kind


def add_layers(module: ModuleType) -> None:
    """Fill `einops.layers.minitorch` with einops's layers as Modules: Rearrange, Reduce, EinMix."""
    from einops.layers import RearrangeMixin, ReduceMixin
    from einops.layers._einmix import _EinmixMixin

    class Rearrange(RearrangeMixin, nn.Module):  # type: ignore[misc]
        """`einops.rearrange` as a layer: `Rearrange("b c h w -> b (c h w)")`."""

        def forward(self, x: Tensor) -> Tensor:
            return self._apply_recipe(x)  # type: ignore[no-any-return]

    class Reduce(ReduceMixin, nn.Module):  # type: ignore[misc]
        """`einops.reduce` as a layer: `Reduce("b t d -> b d", "mean")`."""

        def forward(self, x: Tensor) -> Tensor:
            return self._apply_recipe(x)  # type: ignore[no-any-return]

    class EinMix(_EinmixMixin, nn.Module):  # type: ignore[misc]
        """A product with weights over the axes that a pattern names, and a bias.

        `EinMix("b t d -> b t e", weight_shape="d e", bias_shape="e", d=8, e=4)` is a linear layer.
        The weights begin uniform on ±√(3/n) and the bias on ±√(1/n), where n products are summed.
        """

        def _create_parameters(
            self, weight_shape: Any, weight_bound: float, bias_shape: Any, bias_bound: float
        ) -> None:
            def uniform(shape: Any, bound: float) -> nn.Parameter:
                return nn.Parameter(nn.init.uniform_(creation.empty(shape), -bound, bound))

            self.weight = uniform(weight_shape, weight_bound)
            self.bias = None if bias_shape is None else uniform(bias_shape, bias_bound)

        def _create_rearrange_layers(
            self, before: str | None, lengths: Any, after: str | None, after_lengths: Any
        ) -> None:
            layer: Any = Rearrange
            self.pre_rearrange = None if before is None else layer(before, **lengths)
            self.post_rearrange = None if after is None else layer(after, **after_lengths)

        def forward(self, x: Tensor) -> Tensor:
            x = x if self.pre_rearrange is None else self.pre_rearrange(x)
            y = ops.einsum(self.einsum_pattern, x, self.weight)
            y = y if self.bias is None else y + self.bias
            return y if self.post_rearrange is None else self.post_rearrange(y)

    for kind in (Rearrange, Reduce, EinMix):
        kind.__module__, kind.__qualname__ = module.__name__, kind.__name__
        setattr(module, kind.__name__, kind)
