"""Modules that hold parameters: in a list, in a dict. Tensors become parameters; the rest stays.

An entry is an attribute, "0", "1", … in a list and its key in a dict, so that the module finds its
parameters as it finds all others.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, NoReturn, TypeVar, overload

from ..scalars import whole
from ..tensor import Tensor
from .module import Module
from .parameter import Parameter

L = TypeVar("L", bound="ParameterList")


def _entry(value: Any) -> Any:
    """Return a tensor as a parameter, and everything else as it is."""
    plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
    return Parameter(value) if plain else value


def _line(name: object, value: Any, kind: str) -> str:
    """Return how an entry is printed."""
    if not isinstance(value, Tensor):
        return f"  ({name}): Object of type: {type(value).__name__}"
    size = "x".join(map(str, value.shape))
    return f"  ({name}): Parameter containing: [{kind} of size {size}]"


class ParameterList(Module):
    """A list of parameters, to loop over or to index in a `forward`.

    Args:
        values: tensors, which become parameters, or anything else.
    """

    _size: int

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        self.extend(() if values is None else values)

    def _name(self, index: int) -> str:
        """Return the attribute that holds an entry."""
        i = whole("ParameterList", "index", index)
        if not -self._size <= i < self._size:
            raise IndexError(f"index {i} is out of range: there are {self._size} parameters")
        return str(i % self._size)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self: L, index: slice) -> L: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, self._name(index))

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, self._name(index), _entry(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(self._size))

    def __iadd__(self: L, values: Iterable[Any]) -> L:
        return self.extend(values)

    def append(self: L, value: Any) -> L:
        """Add an entry at the end."""
        return self.extend([value])

    def extend(self: L, values: Iterable[Any]) -> L:
        """Add several entries at the end.

        Raises:
            TypeError: they are no iterable, or one tensor, which is one entry: `append` it.
        """
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            kind = type(values).__name__
            raise TypeError(f"ParameterList: it takes a list of tensors, and not a {kind}")
        for entry in [_entry(value) for value in values]:
            setattr(self, str(self._size), entry)
            self._size += 1
        return self

    def extra_repr(self) -> str:
        """Return what is printed: a line for each entry."""
        return "\n".join(_line(i, p, str(getattr(p, "dtype", ""))) for i, p in enumerate(self))

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: it computes nothing."""
        raise RuntimeError("ParameterList should not be called: it holds parameters")


class ParameterDict(Module, MutableMapping[str, Any]):
    """A dict of parameters. `parameters["scale"]` is `parameters.scale` too.

    Args:
        parameters: a dict or pairs of names with tensors, which become parameters, or with anything
            else. As in PyTorch, a plain dict is sorted by its names.
    """

    __eq__, __hash__ = object.__eq__, object.__hash__
    _keys: dict[str, None]

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys = {}
        self.update(() if parameters is None else parameters)

    def _check(self, key: Any) -> None:
        """Raise unless an entry may have this key."""
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: a key must be a string, and {key!r} is not")
        if key not in self._keys:
            self._check_name(key)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            known = ", ".join(self._keys) or "none at all"
            raise KeyError(f"there is no parameter {key!r}, only {known}")
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._check(key)
        setattr(self, key, _entry(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)
        del self._keys[key]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def popitem(self) -> tuple[str, Any]:
        """Remove the entry that was added last, and return its key and value."""
        key = next(reversed(self), None)
        if key is None:
            raise KeyError("popitem: the ParameterDict is empty")
        return key, self.pop(key)

    def update(self, parameters: Any = (), /, **more: Any) -> None:
        """Add or replace entries; where one does not fit, nothing changes.

        Raises:
            TypeError: these are no pairs of a string and a value.
            KeyError: a key means something else, or has a dot.
        """
        given = parameters
        if isinstance(given, Mapping):
            ordered = isinstance(given, (OrderedDict, ParameterDict))
            given = [(key, given[key]) for key in (given if ordered else sorted(given))]
        try:
            pairs = [(key, value) for key, value in [*given, *more.items()]]
        except (TypeError, ValueError):
            raise TypeError(
                f"ParameterDict: it takes a dict, or pairs of a name and a value, not {given!r:.99}"
            ) from None
        for key, _ in pairs:
            self._check(key)
        for key, entry in [(key, _entry(value)) for key, value in pairs]:
            self[key] = entry

    def copy(self) -> ParameterDict:
        """Return another dict with the same entries."""
        return type(self)(self)

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return another dict, with one value for all these keys."""
        return type(self)((key, default) for key in keys)

    def __or__(self, other: Any) -> ParameterDict:
        joined = self.copy()
        joined.update(other)
        return joined

    def __ror__(self, other: Any) -> ParameterDict:
        return type(self)(other) | self

    def __ior__(self, other: Any) -> ParameterDict:
        self.update(other)
        return self

    def extra_repr(self) -> str:
        """Return what is printed: a line for each entry."""
        return "\n".join(
            _line(key, p, p.type() if isinstance(p, Tensor) else "") for key, p in self.items()
        )

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: it computes nothing."""
        raise RuntimeError("ParameterDict should not be called: it holds parameters")
