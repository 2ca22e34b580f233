"""The methods of modules that only code written for PyTorch asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from .. import dtypes
from . import devices


class TorchModule:
    """What `Module` inherits and this library does not need itself."""

    if TYPE_CHECKING:

        def to(self, *args: Any, **kwargs: Any) -> Self: ...

    def cuda(self, device: Any = None) -> Self:
        """No effect: there is no GPU. Return the module.

        Raises:
            RuntimeError: the device is not a GPU.
        """
        devices.check_gpu(device)
        return self

    def cpu(self) -> Self:
        """No effect: its parameters are on the CPU. Return the module."""
        return self

    def half(self) -> Self:
        """Raise TypeError: nothing is computed in float16. Use float32."""
        return self.to(dtypes.float16)

    def bfloat16(self) -> Self:
        """Raise TypeError: nothing is computed in bfloat16. Use float32."""
        return self.to(dtypes.bfloat16)

    def compile(self, *args: Any, **options: Any) -> None:
        """No effect: there is no compiler."""

    def share_memory(self) -> Self:
        """No effect: a forked process has the parameters. Return the module."""
        return self
