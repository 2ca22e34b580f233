"""Code written for PyTorch runs with the import swapped, and learns the same.

Each script trains a model for 20 steps. It runs under PyTorch as it stands; then, from the same
weights, with `torch` replaced by `minitorch` in its import lines and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

import minitorch

from .convert import difference, to_minitorch

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


def load(script: Path, swapped: bool) -> ModuleType:
    """Run a script as a module, with its imports swapped or as it stands."""
    source = script.read_text()
    if swapped:
        source = re.sub(r"(?m)^import torch$", "import minitorch as torch", source)
        torch_of = r"(?m)^( *(?:import|from) (?:einops\.layers\.)?)torch\b"
        source = re.sub(torch_of, r"\1minitorch", source)
    module = ModuleType(script.stem)
    exec(compile(source, script, "exec", dont_inherit=True), module.__dict__)
    return module


@pytest.fixture(params=["float64", "float32"])
def dtype(request: pytest.FixtureRequest) -> Iterator[str]:
    """Make a dtype the default in both libraries."""
    for library in (torch, minitorch):
        library.set_default_dtype(getattr(library, request.param))
    yield request.param
    for library in (torch, minitorch):
        library.set_default_dtype(library.float32)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_learns_the_same_with_the_import_swapped(script: Path, dtype: str) -> None:
    expected = load(script, swapped=False).main()
    got = load(script, swapped=True).main(start=to_minitorch(expected["start"]))
    assert list(got) == list(expected)
    assert expected["losses"][-1] < 0.9 * expected["losses"][0]  # there was something to learn
    for name in expected:
        assert disagreement(expected[name], got[name], TOLERANCE[dtype]) is None, name


def disagreement(expected: Any, got: Any, tolerance: float) -> str | None:
    """Say how two results differ, tensors and numbers alike, by name where they have names."""
    if isinstance(expected, dict):
        assert list(got) == list(expected)
        each = ((n, disagreement(expected[n], got[n], tolerance)) for n in expected)
        return next((f"{name}: {said}" for name, said in each if said), None)
    if isinstance(expected, (list, float)):
        near = got == pytest.approx(expected, rel=tolerance, abs=tolerance)
        return None if near else f"expected {expected}, got {got}"
    return difference(expected, got, tolerance={"float32": tolerance, "float64": tolerance})
