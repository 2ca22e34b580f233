"""What `import minitorch` loads, and that whatever it does not load is there when asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from inspect import ismodule
from pathlib import Path

import minitorch as mt
from minitorch._compat import guests

PACKAGES = ["minitorch", "minitorch.autograd", "minitorch.nn", "minitorch.optim", "minitorch.utils"]
# Besides its own files and the three subpackages whose parts are a tensor's methods.
LOADED = {
    "autograd", "creation", "dtypes", "fused", "ops", "random", "scalars",
    "tensor", "_compat.constructors", "_compat.devices", "_compat.einops_finder", "_compat.guests",
    "_compat.methods", "_compat.missing", "_compat.operations", "_compat.protocols",
    "_compat.spellings", "_runtime.blas", "_runtime.parts", "_runtime.products", "_runtime.quiet",
    "_runtime.threads", "_runtime.tuning",
}  # fmt: skip
MOST = 70
STANDARD_LIBRARY = {"threading"}  # what NumPy does not load itself


def printed(code: str) -> set[str]:
    """Return the words that a fresh process prints."""
    return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())


def test_import_loads_what_a_tensor_needs_and_no_more() -> None:
    """Each module takes a sixth of a millisecond, and NumPy itself some forty."""
    more = printed("import minitorch, sys; print(*sys.modules)") - printed(
        "import numpy, sys; print(*sys.modules)"
    )
    ours = {name.removeprefix("minitorch.") for name in more if name.startswith("minitorch.")}
    assert {name for name in ours if name.partition(".")[0] not in LOADED} - LOADED == {
        "_compat",
        "_runtime",
    }
    assert not ours & {"autograd.function", "autograd.functional"}
    assert len(ours) <= MOST
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


def test_names_are_all_there_also_those_that_are_loaded_later() -> None:
    lines = (f"import {p}; print(*(f'{p}.{{name}}' for name in dir({p})))" for p in PACKAGES)
    listed = printed("; ".join(lines))
    for package in PACKAGES:
        module = import_module(package)
        names = set(module.__all__) | later_for_type_checkers(package)
        assert {f"{package}.{name}" for name in names} <= listed
        assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_every_public_name_is_listed() -> None:
    public = {name for name, of in vars(mt).items() if name[0] != "_" and not ismodule(of)}
    assert public - set(mt.__all__) == set()
    assert len(mt.__all__) == len(set(mt.__all__))


def test_type_checkers_see_every_name_that_is_loaded_later() -> None:
    later = {name for names in mt._LATER.values() for name in names.split()}
    assert later - {"serialization"} == later_for_type_checkers("minitorch") - guests.MODULES.keys()


def test_a_name_is_loaded_once() -> None:
    later = "('nn', 'save', 'load')"
    use = "import minitorch as m; m.nn.Linear; m.save"
    assert printed(f"{use}; print(*(n for n in {later} if n in vars(m)))") == {"nn", "save"}


def test_a_star_import_gives_all_names() -> None:
    names: dict[str, object] = {}
    exec("from minitorch import *", names)
    assert set(mt.__all__) <= set(names)
    assert names["save"] is mt.save
