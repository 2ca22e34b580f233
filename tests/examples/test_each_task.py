"""Each task has an example script, which says in one line what is wrong with its arguments."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from transformer.tasks import TASKS

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = {
    name: path
    for path in sorted(EXAMPLES.glob("*.py"))
    for name in re.findall(r"^    transformer solve runs/(\S+)", path.read_text("utf-8"), re.M)
}


def test_every_task_has_an_example() -> None:
    assert SCRIPTS.keys() == TASKS.keys()


@pytest.mark.parametrize("name", TASKS)
def test_arguments_that_cannot_be_get_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPTS[name]), "--heads", "x"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(SCRIPTS[name]), run_name="__main__")
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: argument --heads: 'x' is not a whole number")
    assert "(python examples/" in line
