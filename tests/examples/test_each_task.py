"""Each task through the command: what `transformer train TASK` shows, writes and refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transformer.cli import main
from transformer.explain import pictures
from transformer.tasks import TASKS
from transformer.training import report

SMALL = ["--steps=2", "--batch-size=4", "--d-model=8", "--heads=2", "--layers=1", "--evaluate-on=9"]


@pytest.mark.parametrize("name", TASKS)
def test_arguments_that_cannot_be_get_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", name, "--heads", "x"])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: argument --heads: 'x' is not a whole number")
    assert line.endswith(f"(transformer train {name} --help explains)")


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_trained_tested_and_asked(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(report, "TESTED", 9)
    drawn = []
    for picture in ("draw_attention", "draw_metrics"):
        monkeypatch.setattr(pictures, picture, lambda *parts, **_: drawn.append(parts))
    out = str(tmp_path / "run")
    assert main(["train", name, *SMALL, "--out", out]) == 0
    output = capsys.readouterr().out
    task = TASKS[name]()
    model = task.model(task.model_config(d_model=8, n_heads=2, n_layers=1))
    assert output.startswith(f"{type(model).__name__}: ")
    total = sum(p.numel() for p in model.parameters())
    figure, _, rest = output.partition(f"\n{total:,} parameters\n")
    assert len(figure.splitlines()) < 25
    assert rest.startswith("step 2/2  loss ")
    assert len(drawn) == (1 if name == "characters" else 2)

    assert main(["eval", out]) == 0
    assert re.search(r"held-out (perplexity|exact match): ", capsys.readouterr().out)
    assert main(["solve", out, task.question.replace(" drank ", " ___ ")]) == 0
    assert not capsys.readouterr().err
