"""Flags of the command line for the fields of a dataclass, explained by its docstring."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Mapping
from types import UnionType
from typing import Any, get_args, get_type_hints


def add_flags(
    parser: argparse.ArgumentParser, title: str, kind: type, defaults: Mapping[str, Any]
) -> None:
    """Add a group of flags, one for each field that has a default here.

    A flag that is not given is None, so that `given` can tell.

    Args:
        parser: gets them.
        title: of the group.
        kind: the dataclass.
        defaults: what the fields are without a flag, to be said in the help.
    """
    group = parser.add_argument_group(title)
    explained, types = _explained(kind), get_type_hints(kind)
    for name, default in defaults.items():
        text = f"{explained.get(name, '')} (default: {default})".replace("%", "%%")
        options: dict[str, Any] = {"dest": name, "default": None, "help": text}
        type_ = types[name]
        if isinstance(type_, UnionType):  # int | None
            type_ = next(t for t in get_args(type_) if t is not type(None))
        if type_ is bool:
            group.add_argument(flag(name), action=argparse.BooleanOptionalAction, **options)
        else:
            group.add_argument(flag(name), type=type_, metavar=type_.__name__.upper(), **options)


def flag(name: str) -> str:
    """Return the flag of a field: n_layers → --layers, lr → --lr, batch_size → --batch-size."""
    return "--" + name.removeprefix("n_").replace("_", "-")


def given(options: argparse.Namespace, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the fields whose flags were given, with what was given."""
    values = {name: getattr(options, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _explained(kind: type) -> dict[str, str]:
    """Read what each attribute is in the docstrings of a class and of those it is made from."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        _, _, section = (inspect.cleandoc(base.__doc__ or "")).partition("Attributes:\n")
        section = re.split(r"\n\S", section)[0]  # up to the next section
        for names, text in re.findall(r"^    (\w[\w, ]*): ((?:.|\n {5,})*)", section, re.MULTILINE):
            texts |= dict.fromkeys(names.split(", "), " ".join(text.split()).rstrip("."))
    return texts
