"""The README's reading order is true: each file needs only what comes before it.

The table names files in the order in which to read them. A file may import what is earlier, and
types that only a type checker asks for; a name that is imported from a package counts as the file
that defines it. Inside a file, too, what is used is defined above, unless two things need each
other; that holds for every file of both packages. Rows that say "skip at first" are beside the
path: listed, so that nothing is hidden.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_PATH, LONGEST_FILE = 4500, 300
READMES = {"README.md": "skip at first", "README.zh-CN.md": "先跳过"}


def rows(readme: str) -> dict[str, bool]:
    """Return the package files that a README's table names, in order; is each to be skipped?"""
    found = {}
    for line in (ROOT / readme).read_text(encoding="utf-8").splitlines():
        if line.startswith("| [`"):
            for name in re.findall(r"\]\(((?:minitorch|transformer)/[\w/]+\.py)\)", line):
                found[name] = READMES[readme] in line
    return found


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def file_of(module: str) -> str | None:
    """Return the file of a module of ours."""
    path = module.replace(".", "/")
    for file in (f"{path}.py", f"{path}/__init__.py"):
        if (ROOT / file).exists():
            return file
    return None


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what is carried out: not the types, nor what only a type checker sees."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from at_run_time(child)


def absolute(file: str, node: ast.ImportFrom) -> str:
    """Return the module that a `from … import` names."""
    package = file.split("/")[: -node.level] if node.level else []
    return ".".join([*package, *([node.module] if node.module else [])])


def leads_to(module: str, name: str) -> str | None:
    """Return the file that defines what `from module import name` gives, if it is ours."""
    file = file_of(module)
    if file is None:
        return None
    if file.endswith("__init__.py"):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    source = absolute(file, node)
                    if name == (alias.asname or alias.name) and source != module:
                        return leads_to(source, alias.name)
        return file_of(f"{module}.{name}") or file
    return file


@cache
def imports(file: str) -> frozenset[str]:
    """Return the files that define what a file imports."""
    found: set[str | None] = set()
    packages: dict[str, str] = {}  # names that stand for a whole package
    nodes = list(at_run_time(tree(file)))
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if file_of(alias.name):
                    packages[alias.asname or alias.name.split(".")[0]] = alias.name
        if isinstance(node, ast.ImportFrom):
            module = absolute(file, node)
            for alias in node.names:
                target = leads_to(module, alias.name)
                if target and target.endswith("__init__.py") and file_of(f"{module}.{alias.name}"):
                    packages[alias.asname or alias.name] = f"{module}.{alias.name}"
                else:
                    found.add(target)
    for node in nodes:  # of a package, what is taken from it: nn.Linear
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            package = packages.get(node.value.id)
            if package:
                found.add(leads_to(package, node.attr))
    return frozenset(target for target in found if target) - {file}


def problems(order: list[str]) -> list[str]:
    """Say of each import that leads to a later file, or to none of these."""
    return [
        f"{file} imports from {target}, which "
        + ("comes later" if target in order else "is not listed")
        for i, file in enumerate(order)
        for target in sorted(imports(file))
        if target not in order[:i]
    ]


def uses(node: ast.AST) -> dict[str, int]:
    """Return the names that a definition uses and does not bind, and the lines of the first use."""
    bound: set[str] = set()
    found: dict[str, int] = {}
    for child in at_run_time(node):
        if isinstance(child, ast.arg):
            bound.add(child.arg)
        elif isinstance(child, ast.Name):
            if isinstance(child.ctx, ast.Load):
                found.setdefault(child.id, child.lineno)
            else:
                bound.add(child.id)
    return {name: line for name, line in found.items() if name not in bound}


def definitions(file: str) -> dict[str, ast.stmt]:
    """Return what a file defines at the top level."""
    found: dict[str, ast.stmt] = {}
    for node in tree(file).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.setdefault(node.name, node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        found.setdefault(name.id, node)
    return found


def forward_references(file: str) -> list[str]:
    """Name what is used above its definition, though the definition does not need the user."""
    defined = definitions(file)
    needs = {name: uses(node).keys() & defined.keys() for name, node in defined.items()}

    def reach(name: str) -> set[str]:
        seen, todo = set(), [name]
        for n in todo:  # the list grows while it is read
            for m in needs[n] - seen:
                seen.add(m)
                todo.append(m)
        return seen

    return [
        f"{file}:{uses(node)[other]}: {name} uses {other}, which is defined below"
        for name, node in defined.items()
        for other in needs[name]
        if defined[other].lineno > node.lineno and name not in reach(other)
    ]


PATH = [file for file, skipped in rows("README.md").items() if not skipped]


def test_each_file_needs_only_what_comes_before_it() -> None:
    assert problems(list(rows("README.md"))) == []


def test_rows_in_the_wrong_order_are_found() -> None:
    order = list(rows("README.md"))
    dependent = [i for i, (a, b) in enumerate(pairwise(order)) if a in imports(b)]
    assert len(dependent) > 10
    for i in dependent:
        swapped = [*order[:i], order[i + 1], order[i], *order[i + 2 :]]
        assert problems(swapped), f"{order[i]} and {order[i + 1]} swapped"


def test_a_file_that_is_not_listed_is_found() -> None:
    order = list(rows("README.md"))
    needed = [file for file in order if any(file in imports(other) for other in order)]
    assert len(needed) > 50
    for file in needed:
        assert problems([other for other in order if other != file])


def test_both_readmes_have_the_same_order_and_skip_the_same() -> None:
    assert list(rows("README.md").items()) == list(rows("README.zh-CN.md").items())


def test_the_path_is_short() -> None:
    lengths = {file: len((ROOT / file).read_text().splitlines()) for file in PATH}
    assert {file: n for file, n in lengths.items() if n > LONGEST_FILE} == {}
    assert sum(lengths.values()) <= LONGEST_PATH


@pytest.mark.parametrize("package", ["minitorch", "transformer"])
def test_what_a_file_uses_is_defined_above(package: str) -> None:
    files = [str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*.py")]
    assert [line for file in files for line in forward_references(file)] == []
