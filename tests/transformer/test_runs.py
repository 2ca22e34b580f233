"""A run on disk: what is written, and what is said of one that is missing or damaged."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import minitorch as mt
from minitorch.testing import assert_close
from transformer.model.config import TransformerConfig
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training
from transformer.training.run import Run, RunError

MODEL = {"d_model": 8, "n_heads": 2, "n_layers": 1}
TRAINING = TrainingConfig(steps=9, batch_size=4, evaluate_on=10, seed=3)


def training() -> Training:
    task = Addition(2)
    return Training(task, task.model_config(**MODEL), TRAINING)


def evaluation(step: int, exact_match: float, loss: float = 1.0) -> dict[str, float]:
    return {"step": step, "loss": 1.0, "exact_match": exact_match, "held_out_loss": loss}


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
    yield Run(shutil.copytree(saved_twice, tmp_path / "run"))
    assert not [path for path in (tmp_path / "run").iterdir() if "tmp" in path.name]


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


def test_a_new_start_forgets_the_older_run(run: Run) -> None:
    run.start(training())
    assert [path.name for path in run.directory.iterdir()] == ["config.json"]


# ----------------------------------------------------------------------- missing and damaged


def said(action: Callable[[], Any]) -> str:
    """Return what the RunError of an action says, in one line."""
    with pytest.raises(RunError) as error:
        action()
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


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
        ("task", {"digits": 99}, "digits must be a whole number from 1 to 9, not 99"),
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
    path = run.directory / "config.json"
    path.write_text(path.read_text().replace('"d_model": 8', '"d_model": 16'))
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
