"""The page's JavaScript, under node: its arithmetic computes what Python computes.

The tests are in the files *.test.js; what they compare with is written here, by Python.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import fixtures
import pytest
import questions

FILES = sorted(Path(__file__).parent.glob("*.test.js"))
FIXTURES = {
    "model": [fixtures.variants],
    "changes": [questions.explanations, fixtures.variants],
    "edits": [fixtures.edits, fixtures.variants],
    "attribution": [fixtures.attributions],
    "leading": [fixtures.attributions],
    "decoding": [fixtures.decoded],
    "writing": [fixtures.decoded, fixtures.without_padding],
    "tasks": [questions.asked],
    "python": [questions.strings],
    "explanation": [questions.explanations],
    "boxes": [fixtures.variants],
    "store": [],
    "cell": [fixtures.variants],
    "unit": [fixtures.variants, questions.explanations],
}


@cache  # several tests compare with the same
def written(write: Callable[[], Any]) -> str:
    """What a function of the fixtures finds, as JSON."""
    found = write()
    return json.dumps(found if isinstance(found, dict) else [*found])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.js"))
def test_in_javascript(file: Path, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        missing = "these tests need node, 18 or later: https://nodejs.org, or apt install nodejs"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    for write in FIXTURES.get(file.name.removesuffix(".test.js"), []):
        (tmp_path / f"{write.__name__}.json").write_text(written(write))
    done = subprocess.run(
        [node, "--test", file],
        env={**os.environ, "PAGE_FIXTURES": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "# pass 0" not in done.stdout
