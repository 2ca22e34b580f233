"""The tests write nothing into the tree but the caches of Python and pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("tests/conftest.py", "tests/transformer/test_tokenizer.py", "setup.cfg")


def test_what_hypothesis_keeps_is_not_kept_in_the_tree(tmp_path: Path) -> None:
    """In a copy, so that it is known what was there before."""
    for name in OURS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    command = [sys.executable, "-m", "pytest", "-q", "-n0"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    caches = ("__pycache__", ".pytest_cache")
    assert {file for file in files if not any(cache in file for cache in caches)} == {*OURS}
