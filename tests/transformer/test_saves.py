"""A save is one act: killed, or out of disk, at any file operation, a training loses nothing.

A whole training is watched. Before each of its file operations the directory is copied as it is: so
a killed process would leave it. From each copy the training is resumed, and ends as the one that
was never stopped, to the last bit. `tests/fuzz/fuzz_kills.py` kills real processes.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import minitorch as mt
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run, RunError

KEPT = ["kept-000000.safetensors", "kept-000003.safetensors"]
FILES = ["config.json", *KEPT, "metrics.csv", "model.safetensors", "state.safetensors"]
SCORES = [1, 0, 1]  # of the evaluations after each step: the first and the third are the best


@pytest.fixture(autouse=True)
def _scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Addition, "score", lambda _, row: (SCORES[row["step"] - 1],))


def live(directory: Path, steps: int = len(SCORES)) -> None:
    """Train to the end, from the last save if there is one."""
    with Run(directory) as run:
        if (directory / "state.safetensors").exists():
            training = run.resume()
        else:
            task = Addition(1)
            model = task.model_config(d_model=4, n_heads=1, n_layers=1, d_ff=4, dropout=0.3)
            config = TrainingConfig(
                steps=steps, batch_size=2, evaluate_every=1, evaluate_on=1, keep=2
            )
            training = Training(task, model, config)
            run.start(training)
        quiet = Progress(Console(file=io.StringIO()), training.step, steps, 2)
        assert train(training, run, quiet)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


class WatchedFile:
    """A file whose writes and flushes are operations."""

    def __init__(self, file: Any, operation: Callable[..., None]) -> None:
        self.file, self.operation = file, operation

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> WatchedFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.file.close()

    def write(self, data: Any) -> int:
        half = len(data) // 2
        self.file.write(data[:half])
        self.file.flush()
        self.operation(f"write {self.file.name}")
        self.file.write(data[half:])
        return len(data)

    def flush(self) -> None:
        self.operation(f"flush {self.file.name}")
        self.file.flush()


@contextmanager
def watching(directory: Path, operation: Callable[[str], None]) -> Iterator[None]:
    """Call `operation` before each operation on a file in or at a directory, with what it is.

    Of a write, it is called when half of it is done.
    """
    really_open = builtins.open

    def watched_open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if "r" in mode or str(directory) not in os.fspath(file):
            return really_open(file, mode, *args, **kwargs)
        operation(f"open {file}")
        return WatchedFile(really_open(file, mode, *args, **kwargs), operation)

    def watched(name: str) -> Callable[..., Any]:
        really = getattr(os, name)

        def call(file: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(file, int) or str(directory) in os.fspath(file):
                operation(f"os.{name} {file}")
            return really(file, *args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patched:
        for module in (builtins, io):
            patched.setattr(module, "open", watched_open)
        for name in ("open", "fsync", "replace", "rename", "remove", "unlink", "mkdir"):
            patched.setattr(os, name, watched(name))
        yield


def test_killed_at_any_file_operation_it_loses_nothing(tmp_path: Path) -> None:
    """It is enough to resume once from copies that are the same."""
    directory = tmp_path / "run"
    left: dict[tuple[tuple[str, bytes], ...], str] = {}
    operations = 0

    def remember(what: str) -> None:
        nonlocal operations
        operations += 1
        if directory.exists():
            left.setdefault(tuple(sorted(contents(directory).items())), what)

    with watching(directory, remember):
        live(directory)
    whole = contents(directory)
    assert sorted(whole) == FILES
    assert operations > 60
    print(f"{operations} file operations, {len(left)} different states of the directory")

    for i, (files, what) in enumerate(left.items()):
        killed = tmp_path / str(i)
        killed.mkdir()
        for name, content in files:
            (killed / name).write_bytes(content)
        live(killed)
        assert contents(killed) == whole, f"killed before {what}"


def test_a_full_disk_at_any_file_operation_loses_nothing(tmp_path: Path) -> None:
    """The error is one line, which names the file, and the step of the state that is whole."""
    live(tmp_path / "whole", steps=2)
    whole = contents(tmp_path / "whole")
    done: list[str] = []

    def fill(what: str) -> None:
        done.append(what)
        if len(done) - 1 == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    at, failures = -1, 0
    while at < len(done):
        at, done = at + 1, []
        directory = tmp_path / str(at)
        try:
            with watching(directory, fill):
                live(directory, steps=2)
        except RunError as error:
            failures += 1
            message = str(error)
            assert re.match(rf"cannot write (to )?{directory}.*: No space left on device", message)
            assert len(message) <= 300
            left = set(contents(directory)) if directory.exists() else set()
            assert left <= set(whole)
            if "state.safetensors" in left:
                step = mt.load(directory / "state.safetensors")["step"]
                assert f"state.safetensors is whole, as saved at step {step}: " in message
        live(directory, steps=2)
        assert contents(directory) == whole, f"no space for {done[at:]}"
    assert failures > 40
    print(f"{failures} failures, at each of {len(done)} file operations")
