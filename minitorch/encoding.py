"""Encodes values as JSON and arrays, to save them to a file or send them to another process.

Tensors become arrays with names, and everything around them JSON, with {"$tensor": name} in the
place of each tensor. What JSON lacks is tagged: {"$tuple": [...]} for a tuple,
{"$dict": [[key, value], ...]} for a dict whose keys are not all strings, and {"$float": "nan"}.
Decoding builds these types, and those for which it is given further tags, and runs no code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from .dtypes import Array
from .tensor import Tensor

DEEPEST = 100  # how many dicts, lists and tuples there may be inside each other


def short(text: object, length: int = 120) -> str:
    """Return a text in one line, cut in front to `length` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else f"…{line[1 - length :]}"


def join(path: str, key: object) -> str:
    """Return the path to what is inside, such as "model.head"."""
    return f"{path}.{key}" if path else str(key)


class Encoder:
    """Turns values into what JSON can hold, and collects the tensors by name.

    Args:
        name: the function that error messages name, such as "save".
        verb: what it does, as in "save: cannot save the object at model.head".
    """

    def __init__(self, name: str, verb: str) -> None:
        self.name, self.verb = name, verb
        self.arrays: dict[str, Array] = {}
        self.names: dict[int, str] = {}

    def encode(self, value: Any, path: str = "", depth: int = 0) -> Any:
        """Return the JSON value that stands for a value.

        Args:
            value: tensors, numbers, strings, bools and None, in dicts, lists and tuples.
            path: to it, such as "model.head".
            depth: how many dicts, lists and tuples are around it.

        Raises:
            TypeError: something of another type is in it.
            ValueError: it is nested too deep, or holds itself; or an int is too long.
        """
        if depth > DEEPEST:
            raise ValueError(
                f"{self.name}: more than {DEEPEST} dicts, lists and tuples are inside each other "
                f"at {short(path, 40)}: does one hold itself?"
            )
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, Tensor):
            return {"$tensor": self._name(value.array, path)}
        if isinstance(value, dict):
            pairs = [(k, self.encode(v, join(path, k), depth + 1)) for k, v in value.items()]
            if all(isinstance(k, str) and not k.startswith("$") for k in value):
                return dict(pairs)
            key = f"{path} (a key)"
            return {"$dict": [[self.encode(k, key, depth + 1), v] for k, v in pairs]}
        if isinstance(value, (list, tuple)):
            items = [self.encode(v, join(path, i), depth + 1) for i, v in enumerate(value)]
            return items if isinstance(value, list) else {"$tuple": items}
        if isinstance(value, float) and not math.isfinite(value):
            return {"$float": str(float(value))}  # JSON has no name for it
        if isinstance(value, int) and value.bit_length() > 4096:
            raise ValueError(
                f"{self.name}: the int at {short(path, 80) or 'the top'} has {value.bit_length()} "
                "bits, more than 4096"
            )
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        return self.other(value, path, depth)

    def refusal(self, value: Any, path: str, why: str) -> TypeError:
        """Return the error that a value cannot be encoded."""
        at = short(path, 80) or "the top"
        return TypeError(
            f"{self.name}: cannot {self.verb} the {type(value).__name__} at {at}: {why}"
        )

    def other(self, value: Any, path: str, depth: int) -> Any:
        """Encode a value of none of these types, if a subclass knows more of them."""
        raise self.refusal(
            value,
            path,
            "only tensors, numbers, strings, bools and None, in dicts, lists and tuples",
        )

    def state(self, obj: Any) -> str:
        """Return a value as JSON text, and put its tensors into `arrays`."""
        return json.dumps(self.encode(obj), separators=(",", ":"))

    def _name(self, array: Array, path: str) -> str:
        """Return the name of an array: the path at which it occurs first."""
        if id(array) not in self.names:
            name = path.encode("utf-8", "replace").decode() or "tensor"
            while name in self.arrays or name == "__metadata__":
                name += "_"
            self.names[id(array)] = name
            self.arrays[name] = np.asarray(array, order="C")
        return self.names[id(array)]


def decode(
    value: Any,
    tensors: Mapping[str, Tensor],
    more: Mapping[str, Callable[[Any, Callable[[Any], Any]], Any]] = MappingProxyType({}),
) -> Any:
    """Return the value that `Encoder.encode` encoded.

    Args:
        value: the JSON value.
        tensors: by name.
        more: further tags: what makes a value of what stands after the tag, and of a function that
            decodes what is inside it.
    """

    def inner(value: Any) -> Any:
        if isinstance(value, list):
            return [inner(v) for v in value]
        if not isinstance(value, dict):
            return value
        tag = next(iter(value), "")
        if tag == "$tensor":
            return tensors[value[tag]]
        if tag == "$tuple":
            return tuple(inner(v) for v in value[tag])
        if tag == "$dict":
            return {inner(k): inner(v) for k, v in value[tag]}
        if tag == "$float":
            return float(value[tag])
        if tag in more:
            return more[tag](value[tag], inner)
        return {k: inner(v) for k, v in value.items()}

    return inner(value)
