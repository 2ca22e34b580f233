"""`examples/addition.py`: its loop is the library's to the last bit, and so is all around it."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from transformer import cli
from transformer.explain import pictures
from transformer.tasks import TASKS, Addition
from transformer.training import report
from transformer.training.progress import Progress
from transformer.training.run import Run

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "addition.py"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
FILES = ["config.json", "metrics.csv", "model.safetensors", "state.safetensors"]

Start = Callable[..., int]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Run the script, or a copy of it, with arguments, and without drawing pictures.

    It returns the exit code.
    """
    monkeypatch.setattr(report, "TESTED", 9)
    for name in ("draw_attention", "draw_metrics"):
        monkeypatch.setattr(pictures, name, lambda *arguments, **options: None)
    monkeypatch.setattr(Addition, "held_out_examples", few(Addition.held_out_examples))

    def run(*arguments: Any, path: Path = SCRIPT) -> int:
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(path), run_name="__main__")
        return int(stop.value.code or 0)

    return run


def few(held_out_examples: Any) -> Any:
    """Of the validation set, take so few that an evaluation is quick."""
    return lambda task, start, stop: held_out_examples(task, start, stop)[:20]


def command(*arguments: Any) -> int:
    """Run `transformer train addition`."""
    return cli.main(["train", "addition", *map(str, arguments)])


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Press Ctrl-C at a step."""
    step_of = Progress.step

    def set_stop(at: int | None) -> None:
        def step(self: Progress, step: int, loss: float) -> None:
            step_of(self, step, loss)
            if step == at:
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Progress, "step", step)

    return set_stop


def files(out: Path) -> dict[str, bytes]:
    """Return what a training has written, the parameters that it kept included."""
    return {
        path.name: path.read_bytes() for path in (*map(out.joinpath, FILES), *out.glob("kept-*"))
    }


def test_the_command_does_the_same_to_the_last_bit(script: Start, tmp_path: Path) -> None:
    """For two seeds, which give different parameters."""
    found = []
    for seed in (0, 7):
        for start, out in ((script, tmp_path / f"script{seed}"), (command, tmp_path / f"{seed}")):
            assert start("--steps=3", f"--seed={seed}", "--out", out) == 0
            found.append(files(out))
    assert found[0] == found[1]
    assert found[2] == found[3]
    assert [name for name in found[0] if "kept" in name] != []
    assert found[0]["model.safetensors"] != found[2]["model.safetensors"]


def test_its_defaults_are_the_tasks(script: Start, tmp_path: Path, stop_at: Any) -> None:
    stop_at(1)
    assert script("--out", tmp_path) == 130
    _, _, config = Run(tmp_path).config()
    assert config == Addition.training_config


@pytest.mark.parametrize("turn", ["script, command", "command, script", "script, script"])
def test_each_goes_on_where_the_other_stopped(
    script: Start, tmp_path: Path, stop_at: Any, turn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the last bit, and the seed is the run's."""
    start = {"script": script, "command": command}
    first, second = (start[name] for name in turn.split(", "))
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert second("--steps=4", "--seed=5", "--out", whole) == 0
    stop_at(2)
    assert first("--steps=4", "--seed=5", "--out", stopped) == 130
    assert f"stopped after step 2 of 4 and saved to {stopped}; " in capsys.readouterr().out
    stop_at(None)
    assert second("--resume", "--out", stopped) == 0
    assert files(stopped) == files(whole)


def test_it_goes_on_to_a_later_step(
    script: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The learning rate follows the new schedule, as it does in the command."""
    for start, out in ((script, tmp_path / "script"), (command, tmp_path / "command")):
        assert start("--steps=2", "--out", out) == 0
        capsys.readouterr()
        assert start("--resume", "--steps=3", "--out", out) == 0
        assert "note: the training goes on to step 3, no longer 2" in capsys.readouterr().out
    assert files(tmp_path / "script") == files(tmp_path / "command")


@pytest.mark.parametrize(
    ("flags", "difference"),
    [
        (["--d-model=8", "--heads=2"], "model.d_model is 64, and was 8, and 2 more"),
        (["--accumulate=2"], "training.accumulate is 1, and was 2"),
        (["--digits=2"], "task.digits is 3, and was 2, and 1 more"),
        (["--lr=1e-3"], "training.lr is 0.004, and was 0.001"),
    ],
)
def test_a_run_that_is_not_its_own_is_refused(
    script: Start,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    difference: str,
) -> None:
    assert command("--steps=1", "--batch-size=128", *flags, "--out", tmp_path) == 0
    before = files(tmp_path)
    capsys.readouterr()
    assert script("--resume", "--out", tmp_path) == 2
    output = capsys.readouterr()
    assert output.out == ""
    expected = f"the run in {tmp_path} was started otherwise: {difference}. Go on with what started"
    assert output.err == f"error: {expected} it\n"
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--resume"], "there is no run in {out}: no such directory"),
        (["--steps=0"], "steps must be a whole number from 1 to 1,000,000,000, not 0"),
        (["--seed=-1"], "seed must be a whole number from 0 to below 2**64, not -1"),
        (["--resume", "--seed=1"], "--seed does not go with --resume: a run goes on as it was"),
        (["--lr=1"], "unrecognized arguments: --lr=1 (python examples/addition.py --help explains"),
    ],
)
def test_flags_that_cannot_be_are_refused_in_one_line(
    script: Start,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    message: str,
) -> None:
    out = tmp_path / "run"
    assert script(*flags, "--out", out) == 2
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith(f"error: {message.format(out=out)}")
    assert not out.exists()


def test_a_training_that_diverges_ends_in_one_line_and_keeps_what_was_saved(
    script: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    assert script("--steps=2", "--out", tmp_path) == 0
    before: dict[str, bytes] = {}
    batch_of = Addition.batch

    def spoiled(task: Addition, n: int, rng: np.random.Generator) -> Any:
        norms = [p for p in spoiled.model.parameters() if p.ndim == 1]  # type: ignore[attr-defined]
        norms[0].array[:] = np.nan
        return batch_of(task, n, rng)

    restore = Run.restore

    def restored(run: Run, training: Any, steps: int | None = None) -> None:
        restore(run, training, steps)
        spoiled.model = training.model  # type: ignore[attr-defined]
        before.update(files(tmp_path))

    monkeypatch.setattr(Run, "restore", restored)
    monkeypatch.setattr(Addition, "batch", spoiled)
    capsys.readouterr()
    assert script("--resume", "--steps=4", "--out", tmp_path) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: training diverged at step 3, with a learning rate of ")
    assert "the loss is nan" in line
    assert files(tmp_path) == before


def test_a_second_start_keeps_the_first_run(
    script: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert script("--steps=1", "--out", out) == 0
    before = files(out)
    capsys.readouterr()
    assert script("--steps=1", "--seed=1", "--out", out) == 0
    first, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(f"the run that was in {out} is now in {out}.1; ask it with  transform")
    assert files(Path(f"{out}.1")) == before


def test_every_hyperparameter_that_it_can_be_given_acts(script: Start, tmp_path: Path) -> None:
    """In a copy with others, that learns so slowly that it stops early."""
    own = "lr=4e-3, warmup=100, keep=12"
    others = "lr=1e-9, warmup=2, weight_decay=0.3, clip=0.1, schedule='cosine', patience=2"
    others += ", label_smoothing=0.1, evaluate_every=1, evaluate_on=10, keep=4"
    text = SCRIPT.read_text("utf-8")
    assert own in text
    (tmp_path / "copy.py").write_text(text.replace(own, others), "utf-8")
    flags = f"--{others}".replace("_", "-").replace(", ", " --").replace("'", "").split()
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    assert script("--steps=9", "--out", mine, path=tmp_path / "copy.py") == 0
    assert command("--steps=9", *flags, "--out", theirs) == 0
    assert files(mine) == files(theirs)
    assert 1 < Run(mine).resume().step < 9
    assert script("--resume", "--out", mine, path=tmp_path / "copy.py") == 0
    assert files(mine) == files(theirs)  # there was nothing left to do


MINE = """
class Subtraction(Addition):
    name = "subtraction"
    question = "34-12"

    def example(self, key):
        a, b = max(key), min(key)
        return f"{a}+{b}=", str(a - b)[::-1]

    def as_source(self, question):
        return super().as_source(question.replace("-", "+"))


TASKS[Subtraction.name] = Subtraction


def learn_to_add("""


def test_a_copy_is_the_beginning_of_a_task_of_ones_own(
    script: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    """As its docstring says: a class, and a line that makes its name known."""
    for name, task in TASKS.items():
        monkeypatch.setitem(TASKS, name, task)
    text = SCRIPT.read_text("utf-8")
    text = text.replace("import Addition\n", "import TASKS, Addition\n")
    text = text.replace("Addition(digits=3)", "Subtraction(digits=2)")
    text = text.replace("parser, Addition,", "parser, Subtraction,")
    text = text.replace("12+34 =", "34-12 =").replace('"12+34"', '"34-12"')
    text = text.replace("\ndef learn_to_add(", MINE)
    (tmp_path / "subtraction.py").write_text(text, "utf-8")
    out = tmp_path / "run"
    try:
        assert script("--steps=2", "--out", out, path=tmp_path / "subtraction.py") == 0
        assert script("--resume", "--steps=3", "--out", out, path=tmp_path / "subtraction.py") == 0
    finally:
        TASKS.pop("subtraction", None)
    output = capsys.readouterr().out
    assert re.search(r"^34-12 = .*$", output, re.M)
    assert f"transformer solve {out} 34-12\n" in output


# ------------------------------------------------------------------------- as people start it


def test_it_ends_as_the_readme_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--steps=2", "--out", tmp_path / "run"],
        env=ENVIRONMENT,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Transformer: ")
    assert lines.index("169,600 parameters") < 25
    assert any(re.fullmatch(r"12\+34 = .*", line) for line in lines)
    assert lines[-2] == f"ask it something of your own:  transformer solve {tmp_path / 'run'} 12+34"
    assert re.fullmatch(r"held-out exact match: \d+\.\d\d% \(\d+/5000\)", lines[-1])
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        *FILES,
        *(f"kept-00000{step}.safetensors" for step in range(3)),
        "attention.png",
        "loss.png",
    }


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    """A training of a million steps is stopped from outside; what is printed goes on with it."""
    out = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, SCRIPT, "--steps=1000000", "--out", out],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as training:
        assert training.stdout is not None
        assert training.stderr is not None
        for line in training.stdout:
            if line.startswith("step 100/"):
                training.send_signal(signal.SIGINT)
                break
        *_, said, command_line = training.stdout.read().splitlines()
        errors = training.stderr.read()
    assert training.returncode == 130
    assert not errors
    match = re.fullmatch(
        rf"stopped after step (\d+) of 1000000 and saved to {out}; go on with", said
    )
    assert match
    assert command_line == f"  python examples/addition.py --resume --out {shlex.quote(str(out))}"
    assert Run(out).resume().step == int(match[1])
