"""Modules that hold modules: one after the other, in a list, in a dict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..scalars import whole
from .module import Module, layout

L = TypeVar("L", bound="_List")


def _checked(modules: Any, held: Any = Module) -> list[Module]:
    """Return modules as a list, or raise TypeError: a container holds nothing else."""
    if not isinstance(modules, Iterable):
        raise TypeError(f"expected a list of modules, not {type(modules).__name__}")
    found = list(modules)
    for i, module in enumerate(found):
        if not isinstance(module, held):
            raise TypeError(f"a container holds modules, and number {i} of these is {module!r}")
    return found


class _List(Module):
    """What ModuleList and Sequential share: children named "0", "1", … in order."""

    _held: Any = Module  # what may stand in it

    def _parts(self) -> Any:
        named = vars(self).items()
        return [(n, m) for n, m in named if isinstance(m, Module) or (m is None and n.isdigit())]

    def _each(self) -> list[Module]:
        return [module for _, module in self._parts()]

    def _replace(self, modules: list[Module]) -> None:
        for name, _ in self._parts():
            delattr(self, name)
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def __len__(self) -> int:
        return len(self._parts())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._each())

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self: L, index: slice) -> L: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._part(dict(self._parts()[index]))
        return self._parts()[self._position(index)][1]

    def _part(self, named: dict[str, Module]) -> _List:
        """Make a container of the same class with some of the modules."""
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._parts()[self._position(index)][0], *_checked([module], self._held))

    def __delitem__(self, index: int | slice) -> None:
        modules = self._each()
        del modules[index if isinstance(index, slice) else self._position(index)]
        self._replace(modules)

    def _position(self, index: int, end: int = 0) -> int:
        """Return an index, if it is one of a module; with `end`, so many more are allowed."""
        index = whole(type(self).__name__, "index", index)
        if not -len(self) <= index < len(self) + end:
            raise IndexError(f"index {index} is out of range: there are {len(self)} modules")
        return index

    def append(self: L, module: Module) -> L:
        """Add a module at the end."""
        return self.extend([module])

    def extend(self: L, modules: Iterable[Module]) -> L:
        """Add several modules at the end."""
        for module in _checked(modules, self._held):
            self.add_module(str(len(self)), module)
        return self

    def insert(self: L, index: int, module: Module) -> L:
        """Add a module before the one at `index`."""
        modules = self._each()
        modules.insert(self._position(index, end=1), *_checked([module], self._held))
        self._replace(modules)
        return self

    def pop(self, key: int | slice) -> Module:
        """Remove a module, or several, and return it."""
        popped = self[key]
        del self[key]
        return popped


def _sequential(other: Any) -> Sequential:
    """Return what is added to a Sequential, which must be another one."""
    if not isinstance(other, Sequential):
        raise ValueError(
            f"+ adds another Sequential to a Sequential, and not a {type(other).__name__}. Of a "
            "module or a list of them: append(…) or extend(…)"
        )
    return other


class Sequential(_List):
    """Modules one after the other: the output of each is the input of the next.

    Args:
        modules: the modules in order, or one dict that names them.
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            names, modules = list(modules[0]), tuple(modules[0].values())
        else:
            names = [str(i) for i in range(len(modules))]
        for name, module in zip(names, _checked(modules), strict=True):
            self.add_module(name, module)

    def _part(self, named: dict[str, Module]) -> Sequential:
        return type(self)(named)

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self).extend(_sequential(other))

    def __iadd__(self, other: Sequential) -> Sequential:
        return self.extend(_sequential(other))

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*list(self) * whole("Sequential", "times", times, 1))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        return self.extend(self._each() * (whole("Sequential", "times", times, 1) - 1))

    def forward(self, input: Any) -> Any:
        """Pass the input through all modules."""
        for module in self._each():
            input = module(input)
        return input


class ModuleList(_List):
    """A list of modules, to loop over or to index in a `forward`.

    None may stand in the place of one that a block does not have.
    """

    _held = Module, NoneType

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(() if modules is None else modules)

    def _part(self, named: dict[str, Module]) -> ModuleList:
        return type(self)(named.values())

    def __add__(self, modules: Iterable[Module]) -> ModuleList:
        return ModuleList(self).extend(modules)

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def __repr__(self) -> str:
        lines, start = [], 0
        for text, alike in groupby(map(repr, self)):  # equal blocks are printed once
            n = len(list(alike))
            lines.append(
                f"({start}): {text}" if n == 1 else f"({start}-{start + n - 1}): {n} x {text}"
            )
            start += n
        return layout(type(self).__name__, self.extra_repr(), lines)


class ModuleDict(Module):
    """A dict of modules. `blocks["first"]` is `blocks.first` too."""

    def __init__(
        self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None
    ) -> None:
        super().__init__()
        self.update(() if modules is None else modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace modules."""
        try:
            named = dict(modules)
        except (TypeError, ValueError):
            raise TypeError(
                f"expected a dict of modules, or pairs of a name and one, not {modules!r}"
            ) from None
        for name, module in zip(named, _checked(named.values()), strict=True):
            self[name] = module

    def __getitem__(self, name: str) -> Module:
        if name not in self:
            raise KeyError(f"there is no module {name!r}, only {', '.join(self) or 'none at all'}")
        return dict(self._own(Module))[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, *_checked([module]))

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in dict(self._own(Module))

    def __len__(self) -> int:
        return len(self._own(Module))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    if TYPE_CHECKING:  # `blocks.first` may exist

        def __getattr__(self, name: str) -> Any: ...

    def keys(self) -> Iterable[str]:
        """The names."""
        return dict(self._own(Module)).keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return dict(self._own(Module)).values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """The names with their modules."""
        return dict(self._own(Module)).items()

    def pop(self, name: str) -> Module:
        """Remove a module, and return it."""
        module = self[name]
        del self[name]
        return module

    def clear(self) -> None:
        """Remove all modules."""
        for name in list(self):
            del self[name]
