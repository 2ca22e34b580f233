"""The attributes of a module: which values each may hold, and which of them are buffers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .._compat.missing import Explained
from ..tensor import Tensor
from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module


class SetByInit:
    """Stands for an attribute that `Module.__init__` sets, and explains that it was not called."""

    def __get__(self, module: object, owner: type) -> Any:
        if module is None:
            return self
        raise AttributeError(
            f"{owner.__name__}: its __init__ must begin with super().__init__(), which sets up "
            "what a Module needs"
        )


class Attributes(Explained):
    """The part of `Module` that checks its attributes.

    An attribute that holds a parameter, a buffer or a module may be set to another one of its kind
    or to None, and to nothing else: a parameter overwritten by a plain tensor would silently stop
    learning.
    """

    _persistent: dict[str, bool]  # for the name of each: is it part of the state_dict?
    modules: Callable[[], Iterator[Module]]

    if not TYPE_CHECKING:
        _persistent = SetByInit()

    def _refuse(self, name: str, value: Any, kind: str, expected: str) -> None:
        raise TypeError(
            f"cannot assign '{type(value).__name__}' as {kind} '{name}' ({expected} or None "
            "expected)"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Parameter, Attributes)):
            if "_persistent" not in vars(self):
                raise AttributeError(
                    f"cannot assign {name} before Module.__init__() call: begin __init__ with "
                    "super().__init__()"
                )
            if isinstance(value, Attributes):
                if isinstance(vars(self).get(name), Parameter):
                    self._refuse(name, value, "parameter", "nn.Parameter")
                if any(part is self for part in value.modules()):
                    raise ValueError(
                        f"cannot assign {type(value).__name__} as child module '{name}': this "
                        f"{type(self).__name__} is part of it, and no module can be part of itself"
                    )
            self._persistent.pop(name, None)
        elif value is not None:
            held = vars(self).get(name)
            if isinstance(held, Parameter):
                self._refuse(name, value, "parameter", "nn.Parameter")
            elif isinstance(held, Attributes):
                self._refuse(name, value, "child module", "nn.Module")
            elif name in vars(self).get("_persistent", ()) and not isinstance(value, Tensor):
                self._refuse(name, value, "buffer", "Tensor")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._persistent.pop(name, None)

    def _check_name(self, name: str) -> None:
        """Raise if the name is empty, has a dot, or means something else."""
        if not isinstance(name, str):
            raise TypeError(f"the name of a parameter, buffer or module must be a string: {name!r}")
        if not name or "." in name:
            raise KeyError(f"the name of a parameter, buffer or module can't be {name!r}")
        part = isinstance(vars(self).get(name, ...), (Parameter, Attributes, type(None)))
        if hasattr(self, name) and name not in self._persistent and not part:
            raise KeyError(f"attribute '{name}' already exists")

    def _add(self, name: str, value: Any) -> None:
        """Set the attribute, if it may have this name."""
        self._check_name(name)
        setattr(self, name, value)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, as assigning it to the attribute does; None for one that is left out."""
        if not isinstance(param, (Parameter, type(None))):
            self._refuse(name, param, "parameter", "nn.Parameter")
        self._add(name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module but is not learned, such as a mask.

        Args:
            name: the attribute that holds it.
            tensor: its value.
            persistent: is it part of the `state_dict`?
        """
        if not isinstance(tensor, (Tensor, type(None))):
            self._refuse(name, tensor, "buffer", "Tensor")
        self._add(name, tensor)
        self._persistent[name] = persistent

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child, as assigning it to the attribute does."""
        if not isinstance(module, (Attributes, type(None))):
            self._refuse(name, module, "child module", "nn.Module")
        self._add(name, module)

    def _own_buffers(self, non_persistent: bool = True) -> list[tuple[str, Tensor]]:
        """The buffers; unless `non_persistent`, only those that are part of the state_dict."""
        return [
            (name, vars(self)[name])
            for name, persistent in self._persistent.items()
            if vars(self)[name] is not None and (persistent or non_persistent)
        ]
