"""The page's modules can be joined into one script: each name is defined once, and exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "transformer" / "explain" / "page"
MODULES = sorted(PAGE.rglob("*.js"))
IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
DEFINITION = r"^(export )?(?:async )?(?:function\*?|const|let|class) ([\w$]+)"
DEFINED = re.compile(DEFINITION, re.MULTILINE)
OTHER_FORM = re.compile(r"^(export )?(const|let) *[\[{]|^(export )?var\b", re.MULTILINE)


def defined(path: Path, *, exported: bool = False) -> list[str]:
    """The names that a module defines at its top level; those that others may import."""
    found = DEFINED.findall(path.read_text(encoding="utf-8"))
    return [name for export, name in found if export or not exported]


def test_there_are_modules() -> None:
    assert {path.parent.name for path in MODULES} >= {"page", "arithmetic"}


def test_each_name_is_defined_once() -> None:
    counts = Counter(name for path in MODULES for name in defined(path))
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PAGE)))
class TestModule:
    def test_what_it_imports_is_exported(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        body = IMPORT.sub("", text)
        assert not re.search(r"^import\b", body, re.MULTILINE), "an import of another form"
        for match in IMPORT.finditer(text):
            exported = defined((path.parent / match[2]).resolve(), exported=True)
            assert set(re.findall(r"[\w$]+", match[1])) <= {*exported}

    def test_no_export_or_definition_has_another_form(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        exports = re.findall(r"^export\b", text, re.MULTILINE)
        assert len(exports) == len(defined(path, exported=True))
        assert not OTHER_FORM.search(text)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PAGE).as_posix())
def test_a_module_can_be_read_at_one_sitting(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300
    assert [line for line in lines if len(line) > 100] == []
