"""The page's JavaScript: plain ES modules, joined into one script.

A browser refuses module files that a page opened from disk imports, so all stands in the page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
DEFINITION = r"(?:async )?(?:function\*?|const|let|class) ([\w$]+)"
DEFINED = re.compile(f"^{DEFINITION}", re.MULTILINE)
UNKNOWN = re.compile(r"^(?:import|export)\b.*|^(?:const|let|var)\s*[\[{].*", re.MULTILINE)
EXPORTED = re.compile(f"^export {DEFINITION}", re.MULTILINE)


class ModuleError(Exception):
    """The page's modules cannot be joined; the message says which, and why."""


def joined(start: Path) -> str:
    """Join a module and all that it imports, each after those that it needs, into one script.

    Modules share one scope then, so that no two may define the same name. Of the forms of `import`
    and `export` only these are known, at the beginning of a line:

        import { a, b } from "./file.js";        export function, const, let or class

    Raises:
        ModuleError: modules import each other in a circle, a name is missing or defined twice, or
            there is another form of `import` or `export`.
    """
    texts: dict[Path, str] = {}  # in the order of the script
    exports: dict[Path, set[str]] = {}
    owners: dict[str, Path] = {}
    entered: list[Path] = []

    def add(path: Path) -> None:
        if path in texts:
            return
        if path in entered:
            circle = " → ".join(p.name for p in [*entered[entered.index(path) :], path])
            raise ModuleError(f"modules import each other in a circle: {circle}")
        entered.append(path)
        text = path.read_text(encoding="utf-8")
        for match in IMPORT.finditer(text):
            target = Path(os.path.normpath(path.parent / match[2]))
            add(target)
            for name in filter(None, map(str.strip, match[1].split(","))):
                if name not in exports[target]:
                    raise ModuleError(f"{path.name} imports {name}, which {target.name} has not")
        text = IMPORT.sub("", text)
        exports[path] = set(EXPORTED.findall(text))
        text = EXPORT.sub("", text)
        if strange := UNKNOWN.search(text):
            raise ModuleError(f"{path.name}: this form cannot be joined: {strange[0]}")
        for name in DEFINED.findall(text):
            if name in owners:
                raise ModuleError(f"{name} is defined in {owners[name].name} and in {path.name}")
            owners[name] = path
        texts[path] = text
        entered.pop()

    add(start)
    script = "\n".join(texts.values())
    if found := re.search(r"</script|<!--", script, re.IGNORECASE):
        raise ModuleError(f"{found[0]} in a module would end the script, or hide its end")
    return script
