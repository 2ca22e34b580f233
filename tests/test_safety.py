"""Neither package can run code that comes from a file or from the user: the syntax trees say so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    str(file.relative_to(ROOT))
    for package in ("minitorch", "transformer")
    for file in (ROOT / package).rglob("*.py")
)
# Modules that carry code inside data, or data to a shell.
MODULES = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
FUNCTIONS = {"eval", "exec", "compile", "__import__"}
METHODS = {("yaml", "load"), ("os", "system"), ("os", "popen"), ("torch", "load")}
ARGUMENTS = {"shell", "allow_pickle"}


def dangers(source: str) -> Iterator[str]:
    """Say of each line that could run somebody else's code what does."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.split(".")[0] in MODULES:
                        yield f"{node.lineno}: imports {alias.name}"
            case ast.ImportFrom(module=str(module), names=names):
                if module.split(".")[0] in MODULES:
                    yield f"{node.lineno}: imports from {module}"
                for alias in names:
                    if (module, alias.name) in METHODS:
                        yield f"{node.lineno}: imports {module}.{alias.name}"
            case ast.Name(id=name, ctx=ast.Load()) if name in FUNCTIONS:
                yield f"{node.lineno}: uses {name}"
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (module, name) in METHODS:
                yield f"{node.lineno}: uses {module}.{name}"
            case ast.keyword(arg=str(name), value=value) if name in ARGUMENTS:
                if not (isinstance(value, ast.Constant) and not value.value):
                    yield f"{value.lineno}: passes {name}={ast.unparse(value)}"


@pytest.mark.parametrize("file", FILES)
def test_runs_no_code_that_it_is_given(file: str) -> None:
    assert list(dangers((ROOT / file).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import numpy, pickle as p",
        "from pickle import loads",
        "from marshal import loads",
        "x = eval(text)",
        "f = exec",
        "code = compile(text, 'a', 'exec')",
        "__import__(name)",
        "import yaml\nyaml.load(text)",
        "from yaml import load",
        "os.system(line)",
        "subprocess.run(line, shell=True)",
        "subprocess.run(line, shell=wanted)",
        "np.load(file, allow_pickle=True)",
    ],
)
def test_what_is_forbidden_is_found(source: str) -> None:
    assert len(list(dangers(source))) == 1


@pytest.mark.parametrize(
    "source", ["model.eval()", "re.compile(text)", "run(words, shell=False)", "np.load(file)"]
)
def test_what_is_harmless_is_not(source: str) -> None:
    assert list(dangers(source)) == []
