"""The methods of modules that only code written for PyTorch asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, Self

from .. import dtypes
from . import devices
from .constructors import dtype_of


class _Members(MutableMapping[str, Any]):
    """A module's own parameters, buffers or children, by name; what is set here is set there.

    Args:
        module: it.
        kind: what they are, for errors.
        own: returns the names and members.
        add: adds one.
    """

    def __init__(
        self,
        module: TorchModule,
        kind: str,
        own: Callable[[], list[tuple[str, Any]]],
        add: Callable[[str, Any], None],
    ) -> None:
        self.module, self.kind, self.own, self.add = module, kind, own, add

    def __getitem__(self, name: str) -> Any:
        return dict(self.own())[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.add(name, value)

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self.module, name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.own())

    def __len__(self) -> int:
        return len(self.own())

    def __repr__(self) -> str:
        return repr(dict(self.own()))

    def find(self, name: str) -> Any:
        """Return a member, or raise AttributeError."""
        if name not in self:
            known = ", ".join(self) or "none at all"
            owner = type(self.module).__name__
            raise AttributeError(f"{owner} has no {self.kind} {name!r}, only {known}")
        return self[name]


class TorchModule:
    """What `Module` inherits and this library does not need itself."""

    if TYPE_CHECKING:
        _own: Any
        _own_parameters: Any
        _own_buffers: Any
        add_module: Any
        register_buffer: Any
        register_parameter: Any

        def to(self, *args: Any, **kwargs: Any) -> Self: ...

    # ------------------------------------------------------------------ what it is made of

    @property
    def _parameters(self) -> _Members:
        return _Members(self, "parameter", self._own_parameters, self.register_parameter)

    @property
    def _buffers(self) -> _Members:
        return _Members(self, "buffer", self._own_buffers, self.register_buffer)

    @property
    def _modules(self) -> _Members:
        return _Members(self, "module", lambda: self._own(TorchModule), self.add_module)

    def get_submodule(self, target: str) -> Any:
        """Return the module at a path, such as "blocks.0.norm"; itself for "".

        Raises:
            AttributeError: there is none.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            module = module._modules.find(name)
        return module

    def get_parameter(self, target: str) -> Any:
        """Return the parameter at a path, such as "blocks.0.norm.weight".

        Raises:
            AttributeError: there is none.
        """
        path, _, name = target.rpartition(".")
        return self.get_submodule(path)._parameters.find(name)

    def get_buffer(self, target: str) -> Any:
        """Return the buffer at a path.

        Raises:
            AttributeError: there is none.
        """
        path, _, name = target.rpartition(".")
        return self.get_submodule(path)._buffers.find(name)

    def _get_name(self) -> str:
        return type(self).__name__

    def register_module(self, name: str, module: Any) -> None:
        """Add a child: `add_module`."""
        self.add_module(name, module)

    # ----------------------------------------------------------------- devices, dtypes and more

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

    def type(self, dst_type: Any) -> Self:
        """Convert its floating-point parameters and buffers to a dtype, in place: `to`.

        Args:
            dst_type: a dtype, a type such as `DoubleTensor`, or its name, "torch.DoubleTensor".

        Raises:
            ValueError: there is no such type.
        """
        return self.to(dtype_of(dst_type))

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
