"""A run on disk: what is written, and what is said of one that is missing or damaged."""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import minitorch as mt
from minitorch.testing import assert_close
from transformer.model.config import TransformerConfig
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training
from transformer.training.report import report
from transformer.training.run import Run, RunError

MODEL = {"d_model": 8, "n_heads": 2, "n_layers": 1}
TRAINING = TrainingConfig(steps=9, batch_size=4, evaluate_on=10, seed=3)


def training() -> Training:
    task = Addition(2)
    return Training(task, task.model_config(**MODEL), TRAINING)


def evaluation(step: int, exact_match: float, loss: float = 1.0) -> dict[str, float]:
    return {"step": step, "loss": 1.0, "exact_match": exact_match, "held_out_loss": loss}


def said(action: Callable[[], Any]) -> str:
    """Return what the RunError of an action says, in one line."""
    with pytest.raises(RunError) as error:
        action()
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


@pytest.fixture(scope="module")
def saved_twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    saved, run = training(), Run(tmp_path_factory.mktemp("runs") / "run")
    run.start(saved)
    for _ in range(2):
        saved.advance()
        saved.evaluate()
        run.save(saved)
    return run.directory


@pytest.fixture
def run(saved_twice: Path, tmp_path: Path) -> Iterator[Run]:
    """A run that was saved twice; at the end of the test, nothing half-written is left in it."""
    with Run(shutil.copytree(saved_twice, tmp_path / "run")) as run:
        yield run
    assert not [path for path in run.directory.iterdir() if path.name[-4:] in (".tmp", ".new")]


def test_nothing_is_written_before_it_starts(tmp_path: Path) -> None:
    Run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_its_files(run: Run) -> None:
    names = {path.name for path in run.directory.iterdir()}
    assert names == {"config.json", "metrics.csv", "model.safetensors", "state.safetensors"}


def test_the_configuration_says_all_that_is_needed(run: Run) -> None:
    config = json.loads((run.directory / "config.json").read_text())
    assert config["task"] == {
        "name": "addition",
        "architecture": "encoder-decoder",
        "digits": 2,
    }
    assert TransformerConfig(**config["model"]) == Addition(2).model_config(**MODEL)
    assert TrainingConfig(**config["training"]) == TRAINING


def test_metrics_are_a_table_with_a_row_for_each_evaluation(run: Run) -> None:
    with (run.directory / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2"]
    for row, expected in zip(rows, run.resume().metrics, strict=True):
        assert {name: float(value) for name, value in row.items()} == expected


def test_the_model_is_loaded_ready_to_answer(run: Run) -> None:
    saved = run.resume()
    assert saved.step == 2
    saved.advance()
    saved.metrics.append(evaluation(saved.step, exact_match=1.0))
    run.save(saved)
    task, model = run.load()
    assert task == Addition(2)
    assert not model.training
    assert_close(model.state_dict(), saved.model.state_dict(), rtol=0, atol=0)


def test_the_parameters_that_did_best_are_kept(run: Run) -> None:
    saved = run.resume()
    best = (run.directory / "model.safetensors").read_bytes()
    for exact_match, loss, is_better in [(0.5, 1.0, True), (0.4, 0.1, False), (0.5, 0.9, True)]:
        saved.advance()
        saved.metrics.append(evaluation(saved.step, exact_match, loss))
        run.save(saved)
        now = (run.directory / "model.safetensors").read_bytes()
        assert (now != best) == is_better
        best = now


def test_parameters_that_nobody_evaluated_do_not_replace_the_best(run: Run) -> None:
    saved = run.resume()
    saved.advance()
    saved.metrics.append(evaluation(saved.step, exact_match=1.0))
    run.save(saved)
    best = (run.directory / "model.safetensors").read_bytes()
    saved.advance()
    run.save(saved)
    assert run.resume().step == 4
    assert (run.directory / "model.safetensors").read_bytes() == best


# ----------------------------------------------------------------------- one after the other


def contents(directory: Path) -> dict[str, bytes]:
    """The files of a run. A lock that is held is there, too, and says nothing."""
    return {p.name: p.read_bytes() for p in directory.iterdir() if p.name != ".lock"}


def test_a_new_start_moves_the_older_run_aside(run: Run) -> None:
    """Whole, with its pictures, to the first name that is free."""
    (run.directory / "loss.png").write_bytes(b"a picture")
    first = contents(run.directory)
    run.start(training())
    assert run.moved == run.directory.with_name("run.1")
    assert contents(run.moved) == first
    assert contents(run.directory).keys() == {"config.json"}
    Run(run.moved).load()

    saved = training()
    run.start(saved)
    assert run.moved is None  # nothing had been saved
    saved.advance()
    run.save(saved)
    second = contents(run.directory)
    run.start(training())
    assert run.moved == run.directory.with_name("run.2")
    assert contents(run.moved) == second
    assert contents(run.directory.with_name("run.1")) == first


def test_where_the_older_run_is_now_is_said_as_it_was_asked(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.directory.parent)
    relative = Run("./run")
    relative.start(training())
    assert relative.moved == Path("run.1")
    monkeypatch.chdir("run.1")
    assert "as the working directory it cannot be moved aside" in said(
        lambda: Run(".").start(training())
    )


@pytest.mark.parametrize("saved", [False, True])
def test_what_is_not_of_a_run_is_neither_moved_nor_written_beside(
    run: Run, tmp_path: Path, saved: bool
) -> None:
    directory = run.directory if saved else tmp_path / "mine"
    directory.mkdir(exist_ok=True)
    (directory / "notes.txt").write_text("mine")
    before = contents(directory)
    message = said(lambda: Run(directory).start(training()))
    assert message == (
        f"{directory} holds files that are not of a run, such as notes.txt: choose a directory "
        "that is new or empty"
    )
    assert contents(directory) == before
    assert not (directory / ".lock").exists()


def test_what_a_system_leaves_in_every_directory_does_not_matter(run: Run) -> None:
    (run.directory / ".DS_Store").write_bytes(b"")
    run.start(training())
    assert run.moved is not None


# ---------------------------------------------------------------------------------- one at a time


@contextmanager
def another_process(action: Callable[[], Any]) -> Iterator[int]:
    """Another process that has done something and lives on; its id. It is killed in the end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        action()
        os.write(write, b"!")
        signal.pause()
        os._exit(0)
    try:
        os.close(write)
        assert os.read(read, 1) == b"!"
        yield child
    finally:
        os.close(read)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_run_belongs_to_one_training_at_a_time(run: Run) -> None:
    """Others are refused and change nothing, but may ask; the lock dies with its process."""
    before = contents(run.directory)
    other = Run(run.directory)
    with another_process(other.resume):
        for action in (run.resume, lambda: run.resume(steps=20), lambda: run.start(training())):
            message = said(action)
            assert message.startswith(f"{run.directory} is in training by another process: ")
        run.load()
        assert (run.directory / ".lock").exists()
        assert contents(run.directory) == before
        assert [path.name for path in run.directory.parent.iterdir()] == ["run"]
    run.resume()
    run.close()
    assert not (run.directory / ".lock").exists()


def test_a_process_that_a_training_forked_does_not_keep_the_lock(run: Run) -> None:
    run.resume()
    with another_process(lambda: None):
        run.close()
        with another_process(Run(run.directory).resume):
            assert "is in training" in said(run.resume)


def test_a_lock_outlives_neither_its_run_nor_a_failure_to_resume(run: Run) -> None:
    Run(run.directory).resume()
    assert not (run.directory / ".lock").exists()
    state = (run.directory / "state.safetensors").read_bytes()
    (run.directory / "state.safetensors").write_bytes(state[:-1])
    said(run.resume)
    assert not (run.directory / ".lock").exists()


def test_a_lock_that_was_released_while_we_waited_for_it_is_taken_once_more(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is gone by then, and another may lock a new one."""
    flock, path = fcntl.flock, run.directory / ".lock"

    def slow(handle: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        path.unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    run.resume()
    with another_process(lambda: said(Run(run.directory).resume)):
        assert path.exists()


def test_a_file_system_without_locks_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    lock = run.directory / ".lock"
    assert said(run.resume).startswith(f"cannot write {lock}: No locks available; state.safetens")
    assert said(lambda: run.start(training())) == (
        f"cannot write to {run.directory}: No locks available"
    )


def test_within_a_process_the_newest_has_the_run(run: Run) -> None:
    """As in a notebook, where an older variable still holds the run of the last attempt."""
    older = run.resume()
    newer = Run(run.directory)
    saved = newer.resume()
    older.advance()
    assert said(lambda: run.save(older)).startswith(f"cannot save to {run.directory}: ")
    run.close()
    saved.advance()
    newer.save(saved)
    assert newer.resume().step == 3
    newer.close()


def test_a_run_that_was_moved_in_training_is_not_written_any_more(run: Run) -> None:
    saved = run.resume()
    run.directory.rename(run.directory.with_name("elsewhere"))
    for make in (lambda: None, run.directory.mkdir):
        make()
        assert "the directory or its .lock was moved" in said(lambda: run.save(saved))
    assert not contents(run.directory)


def test_half_written_files_of_a_killed_process_are_removed(run: Run) -> None:
    before = contents(run.directory)
    for name in (
        ".state.safetensors.123.tmp", "model.safetensors.new", ".model.safetensors.new.1.tmp",
        "metrics.csv.new", "config.json.tmp", "loss.tmp.png", ".lock",
    ):  # fmt: skip
        (run.directory / name).write_text("half")
    run.resume()
    run.close()
    assert {path.name for path in run.directory.iterdir()} == before.keys()
    assert contents(run.directory) == before


# ------------------------------------------------------------------------------- what goes on


def test_the_files_follow_the_state(run: Run) -> None:
    """Where it is the state that holds the best parameters, they are written again."""
    saved = run.resume()
    saved.advance()
    saved.metrics.append(evaluation(saved.step, exact_match=1.0))
    run.save(saved)
    before = contents(run.directory)
    for name in ("model.safetensors", "metrics.csv"):
        (run.directory / name).unlink()
    run.resume()
    assert contents(run.directory) == before


def test_best_parameters_that_are_lost_are_missed(run: Run) -> None:
    """Neither the next best nor older ones are taken for them."""
    saved = run.resume()
    older = (run.directory / "model.safetensors").read_bytes()
    for exact_match in (1.0, 0.5):
        saved.advance()
        saved.metrics.append(evaluation(saved.step, exact_match))
        run.save(saved)
    path = run.directory / "model.safetensors"
    path.write_bytes(older)
    found = mt.load(path)["step"]
    assert said(run.resume) == (
        f"{path} is of step {found}, but the best parameters were those of step 3: put that file "
        "back. state.safetensors is whole"
    )
    path.unlink()
    assert said(run.resume) == f"the run in {run.directory} has saved no model.safetensors yet"


def test_a_run_from_before_its_checkpoints_held_the_configuration(run: Run) -> None:
    before = run.resume().state_dict()
    _, model = run.load()
    run.close()
    mt.save(before, run.directory / "state.safetensors")
    mt.save(model.state_dict(), run.directory / "model.safetensors")
    assert_close(run.load()[1].state_dict(), model.state_dict(), rtol=0, atol=0)
    saved = run.resume()
    assert saved.step == 2
    saved.advance()
    run.save(saved)
    assert run.resume().step == 3


def change(run: Run, part: str, **changes: Any) -> None:
    path = run.directory / "config.json"
    config = json.loads(path.read_text())
    config[part] |= changes
    path.write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("part", "changes", "says"),
    [
        ("model", {"n_heads": 4}, "model.n_heads is 4, and was 2"),
        ("model", {"d_model": 4096}, "model.d_model is 4096, and was 8"),
        ("model", {"activation": "gelu"}, "model.activation is 'gelu', and was 'relu'"),
        ("training", {"lr": 1, "seed": 4}, "training.lr is 1, and was 0.005, and 1 more"),
        ("training", {"evaluate_on": 11}, "training.evaluate_on is 11, and was 10"),
        ("task", {"name": "addition-gpt"}, "task.name is 'addition-gpt', and was 'addition'"),
    ],
)
def test_a_change_of_the_configuration_is_noticed(
    run: Run, part: str, changes: dict[str, Any], says: str
) -> None:
    change(run, part, **changes)
    for action, name in ((run.load, "model.safetensors"), (run.resume, "state.safetensors")):
        expected = f"{run.directory / 'config.json'} does not fit {name}: {says}. "
        assert said(action) == f"{expected}Put it back as it was"


def test_a_bit_of_the_configuration_that_flips_is_noticed(run: Run) -> None:
    """Unless it says the same, as 1E-05 does; `steps` may change, and `resume` says so."""
    path = run.directory / "config.json"
    whole = path.read_bytes()
    before = json.loads(whole)
    del before["training"]["steps"]
    for place in np.random.default_rng(0).choice(8 * len(whole), 200, replace=False):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        message = ""
        try:
            run.load()
        except RunError as error:
            message = str(error)
        if message:
            assert message.startswith(str(path))
            assert message.isprintable()
        else:
            after = json.loads(flipped)
            del after["training"]["steps"]
            assert after == before


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("steps", [4, 20])
def test_training_longer_or_shorter(run: Run, steps: int, by_hand: bool) -> None:
    """The schedule follows, and config.json too; what was learned can be asked all the while."""
    if by_hand:
        change(run, "training", steps=steps)
    with pytest.warns(
        UserWarning, match=rf"goes on to step {steps}, no longer 9: its learning rate, "
    ):
        saved = run.resume(None if by_hand else steps)
    assert saved.config == replace(TRAINING, steps=steps)
    assert run.config()[2] == saved.config
    run.load()
    rate = replace(TRAINING, steps=steps).learning_rate(3)
    assert saved.optimizer.param_groups[0]["lr"] == pytest.approx(rate)
    saved.advance()
    run.save(saved)
    assert Run(run.directory).resume().config.steps == steps  # and nothing is left to say


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("steps", [1, 2])
def test_a_training_cannot_end_before_it_is_now(run: Run, steps: int, by_hand: bool) -> None:
    if by_hand:
        change(run, "training", steps=steps)
    before = contents(run.directory)
    assert said(lambda: run.resume(None if by_hand else steps)) == (
        f"the run in {run.directory} has taken 2 of 9 steps, and cannot be trained to step "
        f"{steps}: give more than 2 steps"
    )
    assert contents(run.directory) == before


def test_a_longer_training_killed_before_its_first_save_is_still_longer(run: Run) -> None:
    with pytest.warns(UserWarning, match="goes on to step 20"):
        run.resume(steps=20)
    run.close()
    with pytest.warns(UserWarning, match="goes on to step 20"):
        assert run.resume().config.steps == 20


def test_other_threads_or_another_blas_are_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    now = mt.show_config(mode="dicts")
    changed = {**now, "threads": "64", "kernels": "Z80"}
    monkeypatch.setattr(mt, "show_config", lambda mode: changed)
    with pytest.warns(UserWarning, match="bits of its numbers may differ") as found:
        run.resume()
    assert [str(warning.message) for warning in found] == [
        f"the training was computed with {name} {now[name]}, and goes on with {changed[name]}: the "
        "last bits of its numbers may differ"
        for name in ("kernels", "threads")
    ]


# ----------------------------------------------------------------------- missing and damaged


def test_a_run_that_does_not_exist(tmp_path: Path) -> None:
    missing = Run(tmp_path / "missing")
    for action in (missing.load, missing.resume):
        assert said(action) == f"there is no run in {missing.directory}: no such directory"


def test_a_run_that_was_never_saved(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.start(training())
    assert said(run.load) == f"the run in {tmp_path} has saved no model.safetensors yet"
    assert said(run.resume) == f"the run in {tmp_path} has saved no state.safetensors yet"


def test_a_directory_without_a_configuration(tmp_path: Path) -> None:
    assert "config.json" in said(Run(tmp_path).load)


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "other bytes": lambda path: path.write_bytes(b"\xff\x00" * 500),
    "other content": lambda path: path.write_text("[]"),
    "an early bit": lambda path: flip(path, 2),
    "a late bit": lambda path: flip(path, -2),
    "a directory": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "state.safetensors"])
def test_a_damaged_file_is_named(run: Run, name: str, damage: str) -> None:
    path = run.directory / name
    DAMAGES[damage](path)
    message = said(run.resume if name == "state.safetensors" else run.load)
    assert message.startswith((f"{path} is damaged: ", f"cannot read {path}: "))


@pytest.mark.parametrize(
    ("part", "changes", "reason"),
    [
        ("task", {"name": "subtraction"}, "subtraction"),
        ("task", {"digits": 99}, "digits must be a whole number from 1 to 30, not 99"),
        ("task", {"colour": "red"}, "colour"),
        ("model", {"d_model": -8}, "d_model must be a whole number from 1 to 32,768, not -8"),
        ("model", {"dropout": 1.5}, "dropout must be a number from 0 to below 1, not 1.5"),
        ("model", {"dropout": "much"}, "not 'much'"),
        ("training", {"steps": None}, "not None"),
        ("training", {"lr": 0}, "lr must be a number above 0, at most 1,000, not 0"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(
    run: Run, part: str, changes: dict[str, Any], reason: str
) -> None:
    path = run.directory / "config.json"
    config = json.loads(path.read_text())
    config[part] |= changes
    path.write_text(json.dumps(config))
    assert said(run.load).startswith(f"{path} is damaged: ")
    assert reason in said(run.load)


def test_parameters_of_another_model_are_refused(run: Run) -> None:
    for name in ("model.safetensors", "state.safetensors"):
        content = mt.load(run.directory / name)
        del content["config"]
        if name == "model.safetensors":
            content = content["model"]
        mt.save(content, run.directory / name)
    change(run, "model", d_model=16)
    for action, name in ((run.load, "model.safetensors"), (run.resume, "state.safetensors")):
        message = said(action)
        assert str(run.directory / name) in message
        assert "size mismatch for embedding.tokens.weight" in message


@pytest.mark.parametrize("content", [{}, {"model": 3}, [1, 2]])
def test_a_file_that_holds_something_else_is_refused(run: Run, content: Any) -> None:
    mt.save(content, run.directory / "state.safetensors")
    assert str(run.directory / "state.safetensors") in said(run.resume)
    shutil.copy(run.directory / "state.safetensors", run.directory / "model.safetensors")
    assert str(run.directory / "model.safetensors") in said(run.load)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    message = said(lambda: Run(tmp_path / "file").start(training()))
    assert re.match(f"cannot write to {tmp_path}/file: ", message)
    message = said(lambda: Run(tmp_path / "file" / "below").start(training()))
    assert re.match(f"cannot write to {tmp_path}/file/below: ", message)


def test_errors_are_short_lines_whatever_the_path(tmp_path: Path) -> None:
    for action in (
        lambda: Run(tmp_path / ("x" * 300)).start(training()),
        Run(tmp_path / ("x" * 300)).load,
        Run(tmp_path / "a\nb\x1b[31m\udcff").load,
        Run(tmp_path / "/".join(["deep" * 50] * 10)).resume,
    ):
        message = said(action)
        assert len(message) <= 300
        assert message.isprintable()


@pytest.mark.parametrize("name", ["loss.png", "attention.png"])
def test_a_picture_that_cannot_be_written_is_named(run: Run, name: str) -> None:
    saved = run.resume()
    (run.directory / name).mkdir()
    message = said(lambda: report(run, saved, Console(file=io.StringIO())))
    assert message.startswith(f"cannot write {run.directory / name}: Is a directory; ")
    assert "state.safetensors is whole, as saved at step 2: " in message
