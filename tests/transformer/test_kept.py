"""Kept parameters: of which steps, in which files, and what stopping and resuming does to them."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import minitorch as mt
from minitorch.testing import assert_close
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, adamw, train
from transformer.training.progress import Progress
from transformer.training.run import Run, RunError
from transformer.training.state import TrainingState

CONFIG = TrainingConfig(steps=9, batch_size=4, evaluate_every=4, evaluate_on=5, keep=4)
STEPS = (0, 1, 4, 9)


def training(**changes: Any) -> Training:
    task = Addition(1)
    sizes = task.model_config(d_model=4, n_heads=1, n_layers=1, d_ff=4)
    return Training(task, sizes, replace(CONFIG, **changes))


def go_on(training: Training, run: Run, until: int = 10**9) -> None:
    """Train to the end; or until a step at which the process is killed."""

    class Killed(Progress):
        def step(self, step: int, loss: float) -> None:
            super().step(step, loss)
            if step == until:
                raise SystemExit

    config = training.config
    quiet = Console(file=io.StringIO())
    train(training, run, Killed(quiet, training.step, config.steps, config.batch_size))


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != ".lock"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that never stopped."""
    with Run(tmp_path_factory.mktemp("runs") / "run") as run:
        whole = training()
        run.start(whole)
        go_on(whole, run)
    return run.directory


# ------------------------------------------------------------------------------- which steps


@pytest.mark.parametrize("keep", [2, 3, 7, 12, 20, 1000])
@pytest.mark.parametrize("steps", [1, 2, 5, 11, 12, 100, 800, 10**9])
def test_the_steps_are_as_many_as_asked_for_and_the_denser_the_earlier(
    steps: int, keep: int
) -> None:
    kept = TrainingConfig(steps=steps, keep=keep).kept_steps
    assert len(kept) == min(keep, steps + 1)
    assert (kept[0], kept[-1]) == (0, steps)
    gaps = [later - earlier for earlier, later in pairwise(kept)]
    assert gaps[0] >= 1
    for gap, later in pairwise(gaps):
        assert later >= gap - 1  # both are rounded


def test_none_and_one() -> None:
    assert TrainingConfig(steps=800).kept_steps == ()
    assert TrainingConfig(steps=800, keep=1).kept_steps == (800,)


def test_addition_keeps_twelve() -> None:
    assert len(Addition.training_config.kept_steps) == 12


# --------------------------------------------------------------------------- what is in the files


def test_each_holds_the_parameters_after_its_step(finished: Path) -> None:
    again, run = training(), Run(finished)
    assert run.kept_steps() == list(STEPS)
    for step in range(CONFIG.steps + 1):
        if step in STEPS:
            task, model = run.load(step)
            assert task == again.task
            assert not model.training
            assert_close(model.state_dict(), again.model.state_dict(), rtol=0, atol=0)
        if step < CONFIG.steps:
            again.advance()


def without_keep(directory: Path) -> bytes:
    """Return the bytes of a run's state, had its configuration no `keep`."""
    content = mt.load(directory / "state.safetensors")
    content["config"]["training"].pop("keep", None)
    mt.save(content, directory.parent / "state")
    return (directory.parent / "state").read_bytes()


def test_they_change_nothing_else(finished: Path, tmp_path: Path) -> None:
    """A run that keeps none ends with the same state, but for the field of its configuration."""
    with Run(tmp_path / "run") as run:
        without = training(keep=0)
        run.start(without)
        go_on(without, run)
    assert run.kept_steps() == []
    assert without_keep(run.directory) == without_keep(finished)


def test_one_that_is_missing_or_is_another_says_so(finished: Path, tmp_path: Path) -> None:
    run = Run(shutil.copytree(finished, tmp_path / "run"))
    with pytest.raises(RunError, match=re.escape("has saved no kept-000002.safetensors yet")):
        run.load(2)
    os.replace(run.directory / "kept-000001.safetensors", run.directory / "kept-000002.safetensors")
    with pytest.raises(RunError, match="is damaged: it holds the parameters of step 1"):
        run.load(2)
    path = run.directory / "config.json"
    path.write_text(path.read_text().replace('"lr": 0.005', '"lr": 0.5'))
    with pytest.raises(RunError, match=r"does not fit kept-000004\.safetensors: training\.lr"):
        run.load(4)
    assert Run(tmp_path / "nothing").kept_steps() == []


# ------------------------------------------------------------------------------ stopped, resumed


@pytest.mark.parametrize("at", range(5, CONFIG.steps))
def test_killed_and_resumed_it_keeps_the_same(finished: Path, tmp_path: Path, at: int) -> None:
    with Run(tmp_path / "run") as run:
        killed = training()
        run.start(killed)
        with pytest.raises(SystemExit):
            go_on(killed, run, until=at)
    with Run(run.directory) as run:
        go_on(run.resume(), run)
    assert contents(run.directory) == contents(finished)


def test_what_was_kept_after_the_save_is_removed_until_it_is_kept_again(tmp_path: Path) -> None:
    with Run(tmp_path / "run") as run:
        stopped = training()
        run.start(stopped)
        for _ in range(CONFIG.steps):
            stopped.advance()
            run.keep(stopped)
            if stopped.step == 3:
                run.save(stopped)
        assert run.kept_steps() == [0, 1, 4, 9]
        run.resume()
        assert run.kept_steps() == [0, 1]


def test_with_more_steps_what_is_kept_stays_and_the_rest_is_as_if_planned_so(
    finished: Path, tmp_path: Path
) -> None:
    with Run(shutil.copytree(finished, tmp_path / "run")) as run:
        with pytest.warns(UserWarning, match="goes on to step 20"):
            longer = run.resume(steps=20)
        assert longer.config.kept_steps == (0, 2, 8, 20)
        go_on(longer, run)
    assert run.kept_steps() == [*STEPS, 20]
    for step in run.kept_steps():
        run.load(step)
    before = contents(finished)
    now = contents(run.directory)
    assert [now[name] for name in before if "kept" in name] == [
        before[name] for name in before if "kept" in name
    ]


def test_killed_before_the_first_save_a_new_start_begins_with_nothing(tmp_path: Path) -> None:
    with Run(tmp_path / "run") as run:
        killed = training()
        run.start(killed)
        with pytest.raises(SystemExit):
            go_on(killed, run, until=3)
        assert run.kept_steps() == [0, 1]
    left = run.directory / ".kept-000004.safetensors.tmp"
    left.write_bytes(b"half")
    with Run(run.directory) as run:
        assert run.start(training(keep=0)) is None
    assert contents(run.directory).keys() == {"config.json"}


def test_a_run_that_is_moved_aside_takes_them_along(finished: Path, tmp_path: Path) -> None:
    with Run(shutil.copytree(finished, tmp_path / "run")) as run:
        aside = run.start(training(seed=1))
    assert aside == tmp_path / "run.1"
    assert contents(aside) == contents(finished)
    assert contents(run.directory).keys() == {"config.json", "kept-000000.safetensors"}


@pytest.mark.parametrize(
    "name",
    ["kept-1.safetensors", f"kept-{6 * chr(0x661)}.safetensors", "kept-000001.safetensors.bak"],
)
def test_what_only_looks_like_one_is_not_of_a_run(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(RunError, match=f"files that are not of a run, such as {name}"):
        Run(tmp_path).start(training())
    assert contents(tmp_path) == {name: b"mine"}


def test_an_error_of_the_disk_leaves_the_state_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`test_saves.py` lets each file operation fail; this is what is said."""
    with Run(tmp_path / "run") as run:
        saved = training()
        run.start(saved)
        for _ in range(3):
            saved.advance()
        run.save(saved)
        before = contents(run.directory)
        saved.advance()

        def fail(*args: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(RunError) as error:
            run.keep(saved)
        assert str(error.value) == (
            f"cannot write {run.directory}/kept-000004.safetensors: No space left on device; "
            "state.safetensors is whole, as saved at step 3: --resume goes on from there"
        )
        assert contents(run.directory) == before


def test_only_who_trains_the_run_keeps(finished: Path, tmp_path: Path) -> None:
    run = Run(shutil.copytree(finished, tmp_path / "run"))
    with pytest.raises(RunError, match="this Run has not started or resumed this training"):
        run.keep(training())


# --------------------------------------------------------------------------------- older runs


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A run of before there was `keep`, stopped after step 4."""
    with Run(tmp_path / "older") as run:
        stopped = training(keep=0)
        run.start(stopped)
        with pytest.raises(SystemExit):
            go_on(stopped, run, until=5)
    path = run.directory / "config.json"
    config = json.loads(path.read_text())
    del config["training"]["keep"]
    path.write_text(json.dumps(config, indent=2) + "\n")
    for name in ("state.safetensors", "model.safetensors"):
        content = mt.load(run.directory / name)
        del content["config"]["training"]["keep"]
        mt.save(content, run.directory / name)
    return run.directory


def test_an_older_run_loads_and_goes_on_as_it_was(older: Path, finished: Path) -> None:
    with Run(older) as run:
        run.load()
        go_on(run.resume(), run)
    assert run.kept_steps() == []
    assert (older / "state.safetensors").read_bytes() == without_keep(finished)
    assert (older / "metrics.csv").read_bytes() == (finished / "metrics.csv").read_bytes()


def test_a_loop_in_the_open_that_keeps_resumes_one_that_did_not(older: Path) -> None:
    mine = training()
    state = TrainingState(mine.task, mine.model, adamw(mine.model.parameters(), CONFIG), CONFIG)
    with Run(older) as run:
        run.restore(state)
        assert (state.step, state.config) == (4, replace(CONFIG, keep=0))
