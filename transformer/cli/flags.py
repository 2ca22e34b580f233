"""Command-line flags made from the fields of a dataclass, with help texts from its docstring."""

from __future__ import annotations

import argparse
import inspect
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints


def seed(value: str) -> int:
    """Read a seed, or another whole number: digits, with a sign or without."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", value):
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number of up to 20 digits")
    return int(value)


def whole_number(value: str) -> int:
    """Read the whole number of a flag, which counts something: it fits into 32 bits."""
    if abs(seed(value)) >= 2**31:
        raise argparse.ArgumentTypeError(f"{value} is too large: it must be below 2**31")
    return int(value)


def number(value: str) -> float:
    """Read the number of a flag: 3, -0.5 or 4e-3."""
    form = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
    if not (re.fullmatch(form, value) and math.isfinite(float(value))):
        raise argparse.ArgumentTypeError(f"{value!r} is not a number such as 3, 0.5 or 4e-3")
    return float(value)


def text(value: str) -> str:
    """Read the text of a flag, which is not empty, and holds no null character."""
    if not value or "\0" in value:
        why = "holds a null character" if value else "is empty"
        raise argparse.ArgumentTypeError(f"it {why}")
    return value


def directory(value: str) -> Path:
    """Read the path of a directory."""
    return Path(text(value))


READ = {int: whole_number, float: number, str: text}  # what reads the value of a flag, by its type


def flag(name: str) -> str:
    """Return the flag of a field: n_layers → --layers, lr → --lr, batch_size → --batch-size."""
    return "--" + name.removeprefix("n_").replace("_", "-")


def given(options: argparse.Namespace, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that have a flag which was given, with their values."""
    values = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in values.items() if value is not None}


@cache
def _explained(kind: type) -> dict[str, str]:
    """Return what each attribute is, from the docstrings of a class and its base classes."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        _, _, section = (inspect.cleandoc(base.__doc__ or "")).partition("Attributes:\n")
        section = re.split(r"\n\S", section)[0]  # up to the next section
        for names, text in re.findall(r"^    (\w[\w, ]*): ((?:.|\n {5,})*)", section, re.MULTILINE):
            texts |= dict.fromkeys(names.split(", "), " ".join(text.split()).rstrip("."))
    return texts


_types = cache(get_type_hints)


def add_flags(
    parser: argparse.ArgumentParser, title: str, kind: type, defaults: Mapping[str, Any]
) -> None:
    """Add a group of flags, one for each field in `defaults`.

    A flag that is not given is None, so that `given` can tell.

    Args:
        parser: gets the flags.
        title: of the group.
        kind: the dataclass.
        defaults: what each field is without its flag; the help says it.
    """
    group = parser.add_argument_group(title)
    explained, types = _explained(kind), _types(kind)
    for name, default in defaults.items():
        text = f"{explained.get(name, '')} (default: {default})".replace("%", "%%")
        options: dict[str, Any] = {"dest": name, "default": None, "help": text}
        type_ = types[name]
        if isinstance(type_, UnionType):  # int | None
            type_ = next(t for t in get_args(type_) if t is not type(None))
        if type_ is bool:
            group.add_argument(flag(name), action=argparse.BooleanOptionalAction, **options)
        else:
            read = seed if name == "seed" else READ[type_]
            metavar = type_.__name__.upper()
            group.add_argument(flag(name), type=read, metavar=metavar, **options)
