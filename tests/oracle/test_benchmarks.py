"""The comparison of what a training reaches: at first, both sides learn the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_both_start_alike_and_step_alike(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("the cat sat on the mat.\n" * 60, encoding="utf-8")
    command = ["-m", "benchmarks.learning", "--steps=4", "--every=2", f"--text={text}"]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    _, _, *lines = done.stdout.splitlines()
    rows = [[float(cell) for cell in line.split("|")[1:-1]] for line in lines]
    assert [row[0] for row in rows] == [2, 4]
    for _, ours, theirs, held_out, their_held_out in rows:
        assert ours == pytest.approx(theirs, abs=2e-4)
        assert held_out == pytest.approx(their_held_out, abs=2e-4)
    assert rows[1][1] < rows[0][1]
