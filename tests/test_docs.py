"""Docstrings: their examples run, and each public one opens with a line that says something."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import minitorch

ROOT = Path(minitorch.__file__).parents[1]
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("minitorch", "transformer")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.name != "__main__.py"
}
WRITTEN = {name: path.read_text("utf-8").count(">>> ") for name, path in SOURCES.items()}


@pytest.mark.parametrize("name", [name for name, examples in WRITTEN.items() if examples])
def test_examples_run(name: str) -> None:
    result = doctest.testmod(import_module(name))
    assert result.failed == 0
    assert result.attempted == WRITTEN[name]  # those that doctest does not find would never run


def public(module: Any) -> Iterator[tuple[str, Any]]:
    """The module, and what it defines: functions, classes and their methods, properties too."""
    yield module.__name__, module
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isroutine(value) or inspect.isclass(value):
            yield name, value
        if inspect.isclass(value):
            for inner in vars(value):
                method = getattr(value, inner)
                if not inner.startswith("_") and (
                    inspect.isroutine(method) or isinstance(method, property)
                ):
                    yield f"{name}.{inner}", method


@pytest.mark.parametrize("name", SOURCES)
def test_docstrings_open_with_a_line(name: str) -> None:
    for what, value in public(import_module(name)):
        first, *_ = (inspect.getdoc(value) or "").split("\n")
        assert first.strip(), f"{what} of {name}"
