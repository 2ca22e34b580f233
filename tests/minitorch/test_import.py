"""What `import minitorch` loads, and that whatever it does not load is there when asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import minitorch as mt

PACKAGES = ["minitorch", "minitorch.autograd", "minitorch.nn", "minitorch.optim", "minitorch.utils"]
# Besides its own files and the three subpackages whose parts are a tensor's methods.
LOADED = {
    "autograd", "creation", "dtypes", "fused", "ops", "printing", "random", "sampling", "scalars",
    "tensor", "_compat.constructors", "_compat.devices", "_compat.einops_finder", "_compat.guests",
    "_compat.methods", "_compat.missing", "_compat.operations", "_compat.protocols",
    "_compat.spellings", "_runtime.blas", "_runtime.parts", "_runtime.products", "_runtime.quiet",
    "_runtime.threads", "_runtime.tuning",
}  # fmt: skip
STANDARD_LIBRARY = {"threading"}  # what NumPy does not load itself


def printed(code: str) -> set[str]:
    """Return the words that a fresh process prints."""
    return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())


def test_import_loads_what_a_tensor_needs_and_no_more() -> None:
    """Each module takes a fraction of a millisecond, and NumPy itself some forty."""
    more = printed("import minitorch, sys; print(*sys.modules)") - printed(
        "import numpy, sys; print(*sys.modules)"
    )
    ours = {name.removeprefix("minitorch.") for name in more if name.startswith("minitorch.")}
    assert {name for name in ours if name.partition(".")[0] not in LOADED} - LOADED == {
        "_compat",
        "_runtime",
    }
    assert "autograd.functional" not in ours
    others = {name for name in more if name.partition(".")[0] != "minitorch"}
    assert others - STANDARD_LIBRARY == set()


def later_for_type_checkers(package: str) -> set[str]:
    """Return the names that a package's __init__.py imports for type checkers alone."""
    source = Path(import_module(package).__file__ or "").read_text(encoding="utf-8")
    return {
        alias.asname or alias.name
        for node in ast.parse(source).body
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in node.body
        if isinstance(inner, ast.ImportFrom)
        for alias in inner.names
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_names_are_all_there_also_those_that_are_loaded_later(package: str) -> None:
    names = printed(f"import {package}; print(*dir({package}))")
    assert set(import_module(package).__all__) | later_for_type_checkers(package) <= names
    for name in import_module(package).__all__:
        assert hasattr(import_module(package), name)


def test_type_checkers_see_every_name_that_is_loaded_later() -> None:
    later = {name for names in mt._LATER.values() for name in names.split()}
    guests = {"backends", "cuda", "distributions", "jit", "linalg"}
    assert later - {"serialization"} == later_for_type_checkers("minitorch") - guests


def test_a_name_is_loaded_once() -> None:
    later = "('nn', 'save', 'load')"
    use = "import minitorch as m; m.nn.Linear; m.save"
    assert printed(f"{use}; print(*(n for n in {later} if n in vars(m)))") == {"nn", "save"}


def test_a_star_import_gives_all_names() -> None:
    names: dict[str, object] = {}
    exec("from minitorch import *", names)
    assert set(mt.__all__) <= set(names)
    assert names["save"] is mt.save
