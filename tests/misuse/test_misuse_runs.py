"""Runs held wrong: none, another's, damaged, in the way, unwritable. See `misuse.py`."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from misuse import Misuse, check
from rich.console import Console

import minitorch as mt
from transformer.tasks import Addition, Reverse
from transformer.training import report as reports
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run, RunError

CONSOLE = Console(file=io.StringIO())
CONFIG, STATE, MODEL = "config.json", "state.safetensors", "model.safetensors"
numbers = count()
places: list[Path] = []


@pytest.fixture(scope="module", autouse=True)
def _place(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two runs, of which each misuse copies one."""
    places.append(tmp_path_factory.mktemp("misuse"))
    for name, task in (("addition", Addition(1)), ("reverse", Reverse())):
        training = new(task)
        with Run(places[-1] / name) as run:
            run.start(training)
            for _ in range(2):
                training.advance()
                training.evaluate()
                run.save(training)


def new(task: Any = None) -> Training:
    task = task or Addition(1)
    config = TrainingConfig(steps=4, batch_size=2, evaluate_on=2)
    return Training(task, task.model_config(d_model=8, n_heads=2, n_layers=1), config)


def place(name: str = "") -> Path:
    return places[-1] / (name or f"new {next(numbers)}")


def copy() -> Path:
    return Path(shutil.copytree(place("addition"), place()))


def with_config(content: bytes) -> Run:
    run = Run(copy())
    (run.directory / CONFIG).write_bytes(content)
    return run


def changed(part: str, **changes: Any) -> Run:
    config = json.loads((place("addition") / CONFIG).read_text())
    config[part].update(changes)
    return with_config(json.dumps(config).encode())


def rewritten(name: str, change: Callable[[dict[str, Any]], Any]) -> Run:
    """A run whose checkpoint is another, with a right digest."""
    run = Run(copy())
    content = mt.load(run.directory / name)
    result = change(content)
    mt.save(content if result is None else result, run.directory / name)
    return run


def replaced(name: str, make: Callable[[Path], Any]) -> Run:
    """A run in which something else lies in the place of a file."""
    run = Run(copy())
    (run.directory / name).unlink(missing_ok=True)
    make(run.directory / name)
    return run


def others(name: str) -> Run:
    return replaced(name, lambda path: shutil.copy(place("reverse") / name, path))


def resumed() -> tuple[Run, Training]:
    run = Run(copy())
    return run, run.resume()


def lost(lose: Callable[[Run], Any]) -> None:
    run, training = resumed()
    kept = lose(run)
    run.save(training)
    del kept


def after_a_failed_save() -> None:
    run, training = resumed()
    (run.directory / "metrics.csv").unlink()
    (run.directory / "metrics.csv").mkdir()
    with pytest.raises(RunError):
        run.save(training)
    run.save(training)


def save_with_metrics(metrics: Any) -> None:
    run, training = resumed()
    training.metrics = metrics
    run.save(training)


def taken(kind: str) -> Path:
    path = place()
    {
        "file": path.touch,
        "pipe": lambda: os.mkfifo(path),
        "broken link": lambda: path.symlink_to("nowhere/at/all"),
        "circular link": lambda: path.symlink_to(path.name),
        "foreign file": lambda: (path.mkdir(), (path / "notes.txt").touch()),
        "foreign directory": lambda: (path.mkdir(), (path / ".git").mkdir()),
    }[kind]()
    return path


def model() -> Any:
    return Run(place("addition")).load()[1]


NOT_OURS = r"has not started or resumed this training, or lost it"
MISUSES = [
    # what is no directory
    Misuse("no path", lambda: Run(None), TypeError, "must be a path, not None"),
    Misuse("a number for a path", lambda: Run(3), TypeError, "must be a path, not 3"),
    Misuse("bytes for a path", lambda: Run(b"run"), TypeError, "must be a path, not b'run'"),
    Misuse("a null character", lambda: Run("a\0b"), ValueError, "null character"),
    # no run
    Misuse("load no directory", lambda: Run(place()).load(), RunError, "there is no run in .*new"),
    Misuse("resume no directory", lambda: Run(place()).resume(), RunError, "no such directory"),
    Misuse("load an empty directory", lambda: Run(places[-1]).load(), RunError, "no config.json$"),
    Misuse("load a file", lambda: Run(taken("file")).load(), RunError, "Not a directory"),
    Misuse("load a device", lambda: Run("/dev/null").load(), RunError, "Not a directory"),
    Misuse("no state", lambda: replaced(STATE, Path.exists).resume(), RunError, f"no {STATE} yet"),
    Misuse("no model", lambda: replaced(MODEL, Path.exists).load(), RunError, f"no {MODEL} yet"),
    Misuse("too long a name", lambda: Run("x" * 300).load(), RunError, "File name too long"),
    # a configuration that is none
    Misuse("an empty configuration", lambda: with_config(b"").load(), RunError, "damaged: Expect"),
    Misuse("no text", lambda: with_config(b"\xff\xfe\0").load(), RunError, "config.json is dam"),
    Misuse("null", lambda: with_config(b"null").load(), RunError, "not have the parts task, model"),
    Misuse("a list", lambda: with_config(b"[]").resume(), RunError, "not have the parts task"),
    Misuse("an object without parts", lambda: with_config(b"{}").load(), RunError, "the parts"),
    Misuse(
        "a part that is a number",
        lambda: with_config(b'{"task": {}, "model": 5, "training": {}}').load(),
        RunError,
        "not have the parts",
    ),
    Misuse("deep nesting", lambda: with_config(b"[" * 100_000).load(), RunError, "recursion"),
    Misuse("a huge number", lambda: with_config(b"1" * 5000).load(), RunError, "4300 digits"),
    Misuse("an unknown task", lambda: changed("task", name="sub").load(), RunError, "task 'sub'"),
    Misuse("a list for a task", lambda: changed("task", name=[]).load(), RunError, r"task \[\], "),
    Misuse("an unknown field", lambda: changed("model", x=1).resume(), RunError, "argument 'x'"),
    Misuse("negative size", lambda: changed("model", d_model=-8).load(), RunError, "not -8"),
    Misuse("zero rate", lambda: changed("training", lr=0).resume(), RunError, "lr .* not 0"),
    # a configuration that was changed
    Misuse("more heads", lambda: changed("model", n_heads=4).load(), RunError, "is 4, and was 2"),
    Misuse("a huge model", lambda: changed("model", d_model=2**40).load(), RunError, "1 to 32,768"),
    Misuse("many layers", lambda: changed("model", n_layers=2**40).resume(), RunError, "1 to 1,000"),
    Misuse("a fraction for an id", lambda: changed("model", pad=1.5).load(), RunError, "1.5"),
    Misuse("bool for int", lambda: changed("task", digits=True).load(), RunError, "digits .*True"),
    Misuse("another seed", lambda: changed("training", seed=1).resume(), RunError, "seed is 1, "),
    Misuse("fewer steps", lambda: changed("training", steps=1).resume(), RunError, "more than 2"),
    # files of another run, or of another kind
    Misuse("another's config", lambda: others(CONFIG).load(), RunError, "'reverse', and was 'add"),
    Misuse("another's state", lambda: others(STATE).resume(), RunError, "'addition', and was 'rev"),
    Misuse("another's model", lambda: others(MODEL).load(), RunError, "'addition', and was 'rev"),
    Misuse(
        "a state for a model",
        lambda: replaced(MODEL, lambda p: shutil.copy(p.parent / STATE, p)).load(),
        RunError,
        f"{MODEL} is damaged: the model has no embedding",
    ),
    Misuse(
        "a model for a state",
        lambda: replaced(STATE, lambda p: shutil.copy(p.parent / MODEL, p)).resume(),
        RunError,
        f"{STATE} is damaged: ",
    ),
    Misuse("a directory", lambda: replaced(MODEL, Path.mkdir).load(), RunError, "is not a file"),
    Misuse("a pipe for a state", lambda: replaced(STATE, os.mkfifo).resume(), RunError, "not a f"),
    Misuse("a pipe for a config", lambda: replaced(CONFIG, os.mkfifo).load(), RunError, "not a f"),
    Misuse(
        "a link to itself",
        lambda: replaced(STATE, lambda path: path.symlink_to(path.name)).resume(),
        RunError,
        f"cannot read .*{STATE}: .*symbolic links",
    ),
    # a right digest, and wrong content
    Misuse(
        "a state that is a list", lambda: rewritten(STATE, lambda c: [1]).resume(), RunError, "list"
    ),
    Misuse(
        "a tensor",
        lambda: rewritten(STATE, lambda c: mt.zeros(2)).resume(),
        RunError,
        "holds a Tensor",
    ),
    Misuse(
        "no step", lambda: rewritten(STATE, lambda c: c.update(step=None)).resume(), RunError, "dam"
    ),
    Misuse(
        "metrics that are none",
        lambda: rewritten(STATE, lambda c: c.update(metrics=[1])).resume(),
        RunError,
        "dam",
    ),
    Misuse(
        "metrics of the future",
        lambda: rewritten(STATE, lambda c: c["metrics"][1].update(step=9)).resume(),
        RunError,
        "dam",
    ),
    Misuse(
        "a state's config is none",
        lambda: rewritten(STATE, lambda c: c.update(config=None)).resume(),
        RunError,
        "dam",
    ),
    Misuse(
        "a state's config lacks steps",
        lambda: rewritten(STATE, lambda c: c["config"]["training"].pop("steps") and None).resume(),
        RunError,
        "dam",
    ),
    Misuse(
        "computed with nothing",
        lambda: rewritten(STATE, lambda c: c.update(computed_with=3)).resume(),
        RunError,
        "dam",
    ),
    Misuse(
        "a model of nothing",
        lambda: rewritten(MODEL, lambda c: c.update(model=None)).load(),
        RunError,
        "damaged: .*dict",
    ),
    Misuse(
        "another's parameters",
        lambda: rewritten(MODEL, lambda c: {"a": mt.zeros(1)}).load(),
        RunError,
        "the model has no embedding",
    ),
    # resuming
    Misuse("no steps", lambda: Run(copy()).resume(steps=0), ValueError, "from 1 to 1,000,000,000, not 0"),
    Misuse("negative steps", lambda: Run(copy()).resume(steps=-3), ValueError, "not -3"),
    Misuse("steps before now", lambda: Run(copy()).resume(steps=1), RunError, "taken 2 of 4 steps"),
    Misuse("no step more", lambda: Run(copy()).resume(steps=2), RunError, "more than 2 steps"),
    Misuse(
        "a lock that is a directory",
        lambda: replaced(".lock", Path.mkdir).resume(),
        RunError,
        "cannot write .*lock: Is a directory; .*is whole",
    ),
    # starting
    Misuse(
        "start nothing", lambda: Run(place()).start(None), TypeError, "TrainingState, not a None"
    ),
    Misuse("start a task", lambda: Run(place()).start(Addition(1)), TypeError, "not a Addition"),
    Misuse("start in a file", lambda: Run(taken("file")).start(new()), RunError, "not a directory"),
    Misuse("below a file", lambda: Run(taken("file") / "x").start(new()), RunError, "Not a direct"),
    Misuse("start in a pipe", lambda: Run(taken("pipe")).start(new()), RunError, "not a directory"),
    Misuse("a broken link", lambda: Run(taken("broken link")).start(new()), RunError, "not a dir"),
    Misuse("a loop", lambda: Run(taken("circular link")).start(new()), RunError, "not a directory"),
    Misuse("among files", lambda: Run(taken("foreign file")).start(new()), RunError, "notes.txt"),
    Misuse("in a .git", lambda: Run(taken("foreign directory")).start(new()), RunError, ".git"),
    Misuse("at the root", lambda: Run("/").start(new()), RunError, "^/ holds files that are not"),
    Misuse("in /proc", lambda: Run("/proc/run").start(new()), RunError, "cannot write to /proc/"),
    # going on, with a training that is made already
    Misuse("restore nothing", lambda: Run(copy()).restore(None), TypeError, "TrainingState, not a N"),
    Misuse("restore a task", lambda: Run(copy()).restore(Addition(1)), TypeError, "not a Addition"),
    Misuse(
        "restore what is not there",
        lambda: Run(place()).restore(new()),
        RunError,
        "no such directory",
    ),
    Misuse(
        "restore another task",
        lambda: Run(copy()).restore(new(Reverse())),
        RunError,
        "was started otherwise: task.name is 'reverse', and was 'addition', and [0-9]+ more",
    ),
    Misuse(
        "restore with other digits",
        lambda: Run(copy()).restore(new(Addition(2))),
        RunError,
        "task.digits is 2, and was 1",
    ),
    Misuse(
        "restore to a step before",
        lambda: Run(copy()).restore(new(), 1),
        RunError,
        "has taken 2 of 4 steps, and cannot be trained to step 1",
    ),
    # saving
    Misuse("save before a start", lambda: Run(place()).save(new()), RunError, NOT_OURS),
    Misuse("save into one that is there", lambda: Run(copy()).save(new()), RunError, NOT_OURS),
    Misuse("save another training", lambda: resumed()[0].save(new()), RunError, NOT_OURS),
    Misuse("save nothing", lambda: resumed()[0].save(None), RunError, NOT_OURS),
    Misuse("save when closed", lambda: lost(Run.close), RunError, NOT_OURS),
    Misuse("save when resumed once more", lambda: lost(Run.resume), RunError, NOT_OURS),
    Misuse(
        "another Run resumed it",
        lambda: lost(lambda run: (other := Run(run.directory), other.resume())),
        RunError,
        NOT_OURS,
    ),
    Misuse(
        "another Run started there",
        lambda: lost(lambda run: (other := Run(run.directory), other.start(new()))),
        RunError,
        NOT_OURS,
    ),
    Misuse(
        "its directory is gone",
        lambda: lost(lambda run: shutil.rmtree(run.directory)),
        RunError,
        NOT_OURS,
    ),
    Misuse(
        "its lock is gone",
        lambda: lost(lambda run: (run.directory / ".lock").unlink()),
        RunError,
        NOT_OURS,
    ),
    Misuse("save after a failed save", after_a_failed_save, RunError, NOT_OURS),
    Misuse("metrics of nothing", lambda: save_with_metrics(None), ValueError, "metrics is no eval"),
    Misuse("a row of little", lambda: save_with_metrics([{"step": 1}]), ValueError, "exact_match"),
    Misuse(
        "train in no run",
        lambda: train(new(), Run(place()), Progress(CONSOLE, 0, 4, 2)),
        RunError,
        NOT_OURS,
    ),
    # reports and progress
    Misuse(
        "report on a path",
        lambda: reports.report(place("addition"), new(), CONSOLE),
        TypeError,
        "a Run, not a PosixPath",
    ),
    Misuse(
        "report on no training",
        lambda: reports.report(Run(copy()), None, CONSOLE),
        TypeError,
        "a TrainingState, not a None",
    ),
    Misuse(
        "report before an evaluation",
        lambda: reports.report(Run(copy()), new(), CONSOLE),
        RunError,
        "not been evaluated yet",
    ),
    Misuse(
        "test a path",
        lambda: reports.test(place("addition"), CONSOLE),
        TypeError,
        "a Run, not a PosixPath",
    ),
    Misuse(
        "test no run", lambda: reports.test(Run(place()), CONSOLE), RunError, "there is no run in"
    ),
    Misuse(
        "too few answers",
        lambda: reports.answers(Addition(1), [("1+2=", "3")], []),
        ValueError,
        "0 texts for 1 ex",
    ),
    Misuse(
        "attention of no sum",
        lambda: reports.attention(model(), Addition(1), "one"),
        ValueError,
        "unknown character 'o'",
    ),
    Misuse(
        "attention of too much",
        lambda: reports.attention(model(), Addition(1), "1+2=3+4="),
        ValueError,
        "longer than max_length=4",
    ),
    Misuse(
        "progress beyond the end", lambda: Progress(CONSOLE, 5, 4, 2), ValueError, "5 of 4 steps"
    ),
    Misuse("progress before the start", lambda: Progress(CONSOLE, -1, 4, 2), ValueError, "-1 of 4"),
    Misuse("batches of nothing", lambda: Progress(CONSOLE, 0, 4, 0), ValueError, "with 0 examples"),
    Misuse(
        "a step once more",
        lambda: Progress(CONSOLE, 2, 4, 2).step(2, 1.0),
        ValueError,
        "step 2 cannot follow step 2 of 4",
    ),
    Misuse(
        "a step after the last",
        lambda: Progress(CONSOLE, 4, 4, 2).step(5, 1.0),
        ValueError,
        "step 5",
    ),
]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)


def test_it_says_so_in_one_line_of_at_most_300_characters() -> None:
    for misuse in MISUSES:
        if misuse.error is RunError:
            with pytest.raises(RunError) as error:
                misuse.call()
            assert len(str(error.value)) <= 300
            assert str(error.value).isprintable()
