"""Names without effect: each is PyTorch's, and takes what PyTorch's takes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import torch
import torch.utils.tensorboard

import minitorch as mt
from minitorch._compat import guests

# Those that have names of other modules too, and one whose class nobody but PyTorch makes.
ALIASES = {"cpu.amp", "utils._pytree"} | {
    name for name, source in guests.MODULES.items()
    if not source.startswith("_compat") or guests.MODULES.get(name.rpartition(".")[0]) == source
}  # fmt: skip
OURS = "minitorch._compat"
GUESTS = [name for name in guests.MODULES if name not in ALIASES]
AT_THE_TOP = [
    name
    for module in ("amp", "compilers", "switches")
    for name in mt._LATER[f"._compat.{module}"].split()
]


@pytest.mark.parametrize("name", GUESTS)
def test_every_name_of_a_guests_module_is_pytorchs(name: str) -> None:
    theirs = import_module(f"torch.{name}")
    ours = import_module(f"minitorch.{name}")
    assert [n for n in ours.__all__ if not hasattr(theirs, n)] == []


def callables() -> Iterator[tuple[str, Any, Any]]:
    """What can be called at both places, and the methods of what is a class."""
    for name in AT_THE_TOP:
        yield name, getattr(mt, name), getattr(torch, name)
    for name in GUESTS:
        ours, theirs = import_module(f"minitorch.{name}"), import_module(f"torch.{name}")
        for inner in ours.__all__:
            mine, other = getattr(ours, inner), getattr(theirs, inner, None)
            if not callable(mine) or other is None or not mine.__module__.startswith(OURS):
                continue
            yield f"{name}.{inner}", mine, other
            if inspect.isclass(mine):
                for method, value in vars(mine).items():
                    if method[0] != "_" and inspect.isfunction(value):
                        yield f"{name}.{inner}.{method}", value, getattr(other, method)


def parameters(of: Any) -> dict[str, inspect.Parameter]:
    """Return what a function takes; nothing if Python does not know, or it takes anything."""
    try:
        found = dict(inspect.signature(of).parameters)
    except (ValueError, TypeError):
        return {}
    anything = any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in found.values())
    return {} if anything else found


@pytest.mark.parametrize(
    ("name", "ours", "theirs"), [pytest.param(*each, id=each[0]) for each in callables()]
)
def test_the_arguments_are_pytorchs(name: str, ours: Any, theirs: Any) -> None:
    mine, other = parameters(ours), parameters(theirs)
    if mine and other:
        in_order = [n for n, p in mine.items() if p.kind != p.KEYWORD_ONLY]
        assert in_order == list(other)[: len(in_order)]
        for argument, parameter in mine.items():
            needed = other[argument].default is parameter.empty
            assert (parameter.default is parameter.empty) == needed, argument
