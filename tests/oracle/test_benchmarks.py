"""The benchmarks compare the same computation, and show where a step spends its time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(module: str, *arguments: str) -> str:
    """Run a command of the benchmarks; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_start_alike_and_step_alike(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("the cat sat on the mat.\n" * 60, encoding="utf-8")
    shown = run("benchmarks.learning", "--steps=4", "--every=2", f"--text={text}")
    _, _, *lines = shown.splitlines()
    rows = [[float(cell) for cell in line.split("|")[1:-1]] for line in lines]
    assert [row[0] for row in rows] == [2, 4]
    for _, ours, theirs, held_out, their_held_out in rows:
        assert ours == pytest.approx(theirs, abs=2e-4)
        assert held_out == pytest.approx(their_held_out, abs=2e-4)
    assert rows[1][1] < rows[0][1]


@pytest.mark.parametrize("work", ["small", "encoder-decoder"])
def test_the_shares_of_a_step_add_up_to_the_whole(work: str) -> None:
    shown = run("benchmarks.profile", work, "--steps=1")
    rows = [line.strip("│ ").split("│") for line in shown.splitlines() if line.startswith("│")]
    ms = {part.strip(): float(ms) for part, ms, _ in rows}
    ms.pop("its matrix products, at the best speed", None)
    step = ms.pop("step")
    assert {"linear, forward", "linear, backward", "optimizer", "the rest"} <= set(ms)
    assert all(part >= 0 for part in ms.values())
    assert sum(ms.values()) == pytest.approx(step, abs=0.01 * len(ms))  # each is rounded
