"""What checkpoints of code for PyTorch hold besides tensors and plain values, and what comes back.

Further tags of `encoding.py`:

    {"$set": […]}, {"$frozenset": […]}    in the order of the items' JSON; no tensors
    {"$size": [2, 3]}                     minitorch.Size
    {"$dtype": "float32"}, {"$device": "cpu"}
    {"$path": "runs/1"}                   pathlib.Path
    {"$namespace": {…}}                   argparse.Namespace, with its attributes
    {"$simplenamespace": {…}}             types.SimpleNamespace
    {"$dataclass": [class, {…}]}          an object of a dataclass
    {"$enum": [class, name, value]}       a member of an enum

A class is named as "package.module.Config". The name is looked up among the classes that the
program has allowed (`add_safe_globals`), and nowhere else: nothing is imported. If it is not among
them, what comes back is a `Saved`, with the same attributes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .. import dtypes, encoding
from ..scalars import whole
from ..tensor import Size
from .devices import CPU, device

DTYPES = {d.name: d for d in vars(dtypes).values() if isinstance(d, dtypes.dtype)}

# ------------------------------------------------------------------- classes that are allowed

_allowed: list[Any] = []


def _class_name(of: Any) -> str:
    return f"{of.__module__}.{of.__qualname__}"


def add_safe_globals(safe_globals: Iterable[Any]) -> None:
    """Allow `load` to make objects of these dataclasses and enums.

    An object of a dataclass gets the attributes that were saved, without a call of its `__init__`;
    a member of an enum is `cls(value)`.

    Args:
        safe_globals: the classes; or (class, name) for one that had another name, such as
            "__main__.Config", when it was saved. As in PyTorch, they may also be functions, which
            no file needs here.
    """
    _allowed.extend(safe_globals)


def get_safe_globals() -> list[Any]:
    """Return what was allowed."""
    return list(_allowed)


def clear_safe_globals() -> None:
    """Allow nothing any more."""
    _allowed.clear()


@contextmanager
def safe_globals(safe_globals: Iterable[Any]) -> Iterator[None]:
    """Allow classes, as `add_safe_globals` does, inside a with block."""
    before = get_safe_globals()
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _allowed[:] = before


def allowed() -> dict[str, Any]:
    """Return the allowed classes by name."""
    pairs = [x if isinstance(x, tuple) else (x, None) for x in _allowed]
    return {name or _class_name(x): x for x, name in pairs if isinstance(x, type)}


class Saved:
    """What comes back for an object of a class that the program has not allowed: its attributes.

    For a member of an enum, these are `name` and `value`.
    """

    __slots__ = ("__dict__", "_class", "_tag")  # so that vars(x) has the attributes alone

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, tag: str, name: str, attributes: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a class is a str, not {name!r}")
        self._tag, self._class = tag, name
        vars(self).update(attributes)

    def __reduce__(self) -> Any:
        return Saved, (self._tag, self._class, vars(self))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Saved) and self._class == other._class and vars(self) == vars(other)
        )

    def __hash__(self) -> int:
        return hash(self._class)

    def __repr__(self) -> str:
        attributes = ", ".join(f"{k}={v!r}" for k, v in vars(self).items())
        return f"Saved({self._class}: {attributes})"


# --------------------------------------------------------------------------------- to JSON


class Encoder(encoding.Encoder):
    """Encodes what the module's docstring lists, too."""

    def encode(self, value: Any, path: str = "", depth: int = 0) -> Any:
        """Return the JSON value that stands for a value: see `encoding.Encoder.encode`."""
        if isinstance(value, Size):
            return {"$size": list(value)}
        return super().encode(value, path, depth)

    def other(self, value: Any, path: str, depth: int) -> Any:
        """Encode a value of none of the usual types.

        Raises:
            TypeError: it cannot be saved; the message says what to save instead.
        """
        kind = type(value)
        if kind in (set, frozenset):
            return {f"${kind.__name__}": self._items(value, path, depth)}
        if isinstance(value, dtypes.dtype):
            return {"$dtype": value.name}
        if isinstance(value, device):
            return {"$device": str(value)}
        if isinstance(value, PurePath):
            return {"$path": value.as_posix()}
        if isinstance(value, Saved):
            member = value._tag == "$enum"
            of = {"name": value.name, "value": value.value} if member else vars(value)
            return self._object(value._tag, value._class, of, path, depth)
        if kind is SimpleNamespace or _class_name(kind) == "argparse.Namespace":
            return {f"${kind.__name__.lower()}": self._attributes(vars(value), path, depth)}
        if isinstance(value, Enum):
            of = {"name": value.name, "value": value.value}
            return self._object("$enum", _class_name(kind), of, path, depth)
        if hasattr(kind, "__dataclass_fields__"):
            given = [f.name for f in fields(value) if hasattr(value, f.name)]
            of = {name: getattr(value, name) for name in given} | getattr(value, "__dict__", {})
            return self._object("$dataclass", _class_name(kind), of, path, depth)
        if hasattr(kind, "state_dict"):
            x = kind.__name__.lower()
            why = (
                f"files hold no code. Save its state, save({x}.state_dict(), f), and load it into "
                f"one that is made anew, {x}.load_state_dict(load(f))"
            )
        elif isinstance(value, np.ndarray):
            why = "save minitorch.from_numpy(x)"
        elif hasattr(value, "__dict__") and not callable(value):
            why = f"save its attributes, vars(x), or make {kind.__name__} a dataclass"
        else:
            why = (
                "only tensors, numbers, strings, bools, None and paths, in dicts, lists, tuples, "
                "sets, namespaces and dataclasses"
            )
        raise self.refusal(value, path, why)

    def _items(self, values: Any, path: str, depth: int) -> list[Any]:
        """Encode the items of a set, in an order that does not depend on that of the set."""
        items = [self.encode(v, encoding.join(path, i), depth + 1) for i, v in enumerate(values)]
        texts = {json.dumps(item, separators=(",", ":")): item for item in items}
        if any('{"$tensor":' in text for text in texts):  # of which the order gives the names
            raise self.refusal(values, path, "it holds tensors; put them in a list")
        return [texts[text] for text in sorted(texts)]

    def _attributes(self, of: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
        for name in of:
            if not isinstance(name, str):
                raise TypeError(f"{self.name}: an attribute at {path} has the name {name!r}")
        return {
            name: self.encode(v, encoding.join(path, name), depth + 1) for name, v in of.items()
        }

    def _object(self, tag: str, name: str, of: dict[str, Any], path: str, depth: int) -> Any:
        attributes = self._attributes(of, path, depth)
        return {tag: [name, attributes] if tag == "$dataclass" else [name, *attributes.values()]}


# -------------------------------------------------------------------------------- from JSON

Decode: TypeAlias = Callable[[Any], Any]


def _device(name: str, decode: Decode) -> device:
    if name != "cpu":
        raise ValueError(f"there is no device {name!r}")
    return CPU


def _with(attributes: dict[str, Any], decode: Decode, empty: Any) -> Any:
    """Return a namespace that was empty, with the attributes."""
    vars(empty).update({k: decode(v) for k, v in attributes.items()})
    return empty


def _namespace(attributes: dict[str, Any], decode: Decode) -> Any:
    from argparse import Namespace  # here, as it is seldom needed

    return _with(attributes, decode, Namespace())


def builders(classes: Mapping[str, type]) -> dict[str, Callable[[Any, Decode], Any]]:
    """Return what makes a value of what stands after each tag, for `encoding.decode`.

    Args:
        classes: those of which objects can be made, by name.
    """

    def dataclass(value: Any, decode: Decode) -> Any:
        name, encoded = value
        attributes = {k: decode(v) for k, v in encoded.items()}
        saved = Saved("$dataclass", name, attributes)
        if not is_dataclass(kind := classes.get(name)):
            return saved
        made = object.__new__(kind)
        for attribute, v in attributes.items():
            object.__setattr__(made, attribute, v)
        return made

    def enum(value: Any, decode: Decode) -> Any:
        name, member, encoded = value
        saved = Saved("$enum", name, {"name": decode(member), "value": decode(encoded)})
        kind = classes.get(name)
        return kind(saved.value) if kind is not None and issubclass(kind, Enum) else saved

    return {
        "$set": lambda items, decode: set(map(decode, items)),
        "$frozenset": lambda items, decode: frozenset(map(decode, items)),
        "$size": lambda sizes, decode: Size(whole("", "a size", n) for n in sizes),
        "$dtype": lambda name, decode: DTYPES[name],
        "$device": _device,
        "$path": lambda path, decode: Path(path),
        "$namespace": _namespace,
        "$simplenamespace": lambda of, decode: _with(of, decode, SimpleNamespace()),
        "$dataclass": dataclass,
        "$enum": enum,
    }
