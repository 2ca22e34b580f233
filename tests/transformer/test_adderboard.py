"""AdderBoard's kind of test: what it asks, and how it counts."""

from __future__ import annotations

import argparse
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from transformer.tasks import Addition, Copy
from transformer.training.run import Run, RunError

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "adderboard.py"
adderboard = SimpleNamespace(**runpy.run_path(str(PROGRAM)))


def carries(a: int, b: int, digits: int) -> int:
    """Count the places with a carry, as children do it."""
    count = carry = 0
    for place in range(digits):
        carry = (a // 10**place % 10 + b // 10**place % 10 + carry) // 10
        count += carry
    return count


@pytest.mark.parametrize("digits", [2, 3, 10, 30])
def test_the_edge_cases_are_at_the_edges(digits: int) -> None:
    cases = adderboard.edge_cases(digits)
    assert len(set(cases)) == 10
    assert all(0 <= n < 10**digits for case in cases for n in case)
    assert [carries(a, b, digits) for a, b in cases] == [
        0, 0, 0, digits, digits, digits, 1, digits, digits, 0
    ]  # fmt: skip


def test_random_pairs_are_uniform_and_always_the_same() -> None:
    pairs = adderboard.random_pairs(10)
    assert pairs == adderboard.random_pairs(10)
    numbers = [n for pair in pairs for n in pair]
    assert len(pairs) == 10_000
    assert max(numbers) < 10**10
    ten_digits = sum(n >= 10**9 for n in numbers) / len(numbers)
    assert ten_digits == pytest.approx(0.9, abs=0.01)  # σ = 0.002


def test_right_answers_are_counted_and_wrong_ones_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def generate(task: Addition, model: object, sources: list[str]) -> list[str]:
        """Answer all but 0+1 and the last question."""
        targets = [str(sum(map(int, source[:-1].split("+"))))[::-1] for source in sources]
        return ["" if target == "1" else target for target in targets[:-1]] + ["7"]

    monkeypatch.setattr(Run, "load", lambda run: (Addition(10), None))
    monkeypatch.setattr(Addition, "generate", generate)
    assert adderboard.test(argparse.Namespace(run=Path("unused"))) == 0
    nothing, last, edges, other, pairs = capsys.readouterr().out.splitlines()
    assert nothing == "wrong: 0 + 1 = 1, but the model says nothing"
    assert last == "wrong: 9999999998 + 1 = 9999999999, but the model says 7"
    assert edges == "edge cases: 8 of 10 are right"
    assert other.endswith("but the model says 7")
    assert pairs == "random pairs: 9999 of 10000 are right"


def test_a_run_of_another_task_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "load", lambda run: (Copy(), None))
    with pytest.raises(RunError, match="is a run of the task copy, not of addition"):
        adderboard.test(argparse.Namespace(run=Path("runs/copy")))
