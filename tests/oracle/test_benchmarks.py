"""The benchmarks compare the same computation, and show where a step spends its time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.ranges import span
from benchmarks.turns import measure
from benchmarks.works import RANKS, WORKS

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


@pytest.mark.parametrize("name", ["small", "encoder-decoder"])
def test_two_ranks_take_the_step_that_one_process_and_pytorch_take(name: str) -> None:
    work = next(work for work in WORKS if work.name == name)
    found = measure(work, ["ours", RANKS, "torch"], rounds=1, threads=2, seconds=0.01)
    assert found.failed == {}  # a side whose first losses differ fails
    assert set(found.seconds) == {"ours", RANKS, "torch"}
    imported = {side: at_first for side, (_, at_first) in found.memory.items()}
    assert all(peak >= imported[side] > 0 for side, (peak, _) in found.memory.items())


def test_without_mpi_the_others_are_measured_and_the_row_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("minitorch.distributed.is_available", lambda: False)
    found = measure(WORKS[0], ["ours", RANKS], rounds=1, threads=2, seconds=0.01)
    assert found.failed == {RANKS: "not installed: python -m pip install mpi4py mpich"}
    assert list(found.seconds) == ["ours"]


def test_ranges_go_from_the_least_number_to_the_largest() -> None:
    assert span(["1.10 ×", "0.91 ×", "0.94 ×"]) == "0.91 to 1.10 ×"
    assert span(["9,876 tokens/s", "10,123 tokens/s"]) == "9,876 to 10,123 tokens/s"
    assert span(["1.0 ×", "1.0 ×"]) == "1.0 ×"
    assert span(["✓", "", "✓"]) == "✓, no, ✓"
    assert span(["12.1 ms", "not measured"]) == "12.1 ms, not measured"
