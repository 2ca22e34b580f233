"""`transformer train TASK`: train a model on a task, or resume a training run.

What has no underscore is also for scripts that have the loop in the open, as `examples/addition.py`
does.
"""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..explain import figure
from ..model.config import TransformerConfig
from ..training import ranks
from ..training.config import TrainingConfig
from ..training.directory import shown
from ..training.loop import Training, train
from ..training.progress import Progress
from ..training.report import report
from ..training.run import Run
from ..training.state import TrainingState
from .flags import add_flags, directory, flag, given
from .shell import Mistake, Screen, user_input

if TYPE_CHECKING:
    import argparse

    from ..tasks import Model, Task


def _task_defaults(task: type[Task]) -> dict[str, Any]:
    """Return the fields of the task that are flags, with their defaults."""
    return {field.name: field.default for field in fields(task) if field.metadata.get("flag", True)}


def _model_defaults(task: type[Task]) -> dict[str, Any]:
    """Return the fields of the model's configuration that are flags, with the task's defaults."""
    sizes = asdict(task().model_config())
    for name in ("vocab_size", "max_length", "n_segments", "pad", "bos", "eos"):
        del sizes[name]  # follow from the task
    return sizes


def configured(options: argparse.Namespace, config: TrainingConfig) -> TrainingConfig:
    """Return the hyperparameters, changed as the flags say."""
    with user_input():
        return replace(config, **given(options, asdict(config)))


def _begun(run: Run, training: TrainingState, console: Screen) -> None:
    """Start the run, and say where the one has gone that was there."""
    moved = run.start(training)
    if moved is not None:
        say = f"the run that was in {run.directory} is now in {moved}; ask it with  transformer "
        console.print(f"{say}solve {shlex.quote(str(moved))}", markup=False, soft_wrap=True)


def _start(options: argparse.Namespace, run: Run, console: Screen) -> Training:
    """Start a training run as the flags configure it."""
    with user_input():
        task = options.task(**given(options, _task_defaults(options.task)))
        model_config = task.model_config(**given(options, _model_defaults(options.task)))
    config = configured(options, task.training_config)
    training = Training(task, model_config, config)
    _begun(run, training, console)
    return training


def _check_resumes(options: argparse.Namespace, run: Run) -> None:
    """Raise unless the run can go on with these flags."""
    task = options.task
    for names in (_task_defaults(task), _model_defaults(task), asdict(task.training_config)):
        for name in given(options, names):
            if name != "steps":
                raise Mistake(
                    f"{flag(name)} does not go with --resume: a run goes on as it was configured"
                )
    found, _, config = run.config()
    if found.name != task.name:
        raise Mistake(
            f"the run in {shown(run.directory)} has the task {found.name}, not {task.name}: go on "
            f"with train {found.name} --resume"
        )
    with user_input():
        replace(config, **given(options, {"steps": None}))


@contextmanager
def _notes(console: Screen) -> Iterator[None]:
    """Print the warnings inside the block: what has changed since the run was saved."""
    with warnings.catch_warnings(record=True) as changes:
        warnings.simplefilter("always")
        yield
    for change in changes:
        console.print(f"note: {change.message}", markup=False, soft_wrap=True)


def _resume(options: argparse.Namespace, run: Run, console: Screen) -> Training:
    """Resume the training that the run has saved, and say what has changed since."""
    if ranks.is_first():
        _check_resumes(options, run)
    with _notes(console):
        return run.resume(options.steps)


def start_or_resume(
    options: argparse.Namespace, run: Run, training: TrainingState, console: Screen
) -> None:
    """Start a run with this training; with `--resume`, bring it to where the run was saved last."""
    if options.resume:
        if ranks.is_first():
            _check_resumes(options, run)
        with _notes(console):
            run.restore(training, options.steps)
    else:
        _begun(run, training, console)


def show_model(model: Model, console: Screen) -> None:
    """Draw the model, as wide as the console is."""
    drawn = figure(model, console.width, console.options.ascii_only)
    console.print(drawn, markup=False, soft_wrap=True)


def stopped(options: argparse.Namespace, run: Run, training: TrainingState, console: Screen) -> int:
    """Say how to go on with a training that Ctrl-C has stopped; return the exit code."""
    launch = f"mpiexec -n {ranks.count()} " * ranks.are_several()
    console.print(
        f"stopped after step {training.step} of {training.config.steps} and saved to "
        f"{run.directory}; go on with\n"
        f"  {launch}{options.prog} --resume --out {shlex.quote(str(run.directory))}",
        markup=False,
        soft_wrap=True,
    )
    return 130


def train_task(options: argparse.Namespace) -> int:
    """Train a model on a task, or resume a run; then report on it. Return the exit code."""
    console = Screen()
    with Run(options.out) as run:
        training = (_resume if options.resume else _start)(options, run, console)
        config = training.config
        show_model(training.model, console)
        examples = config.batch_size * config.accumulate
        progress = Progress(console, training.step, config.steps, examples)
        if not train(training, run, progress):
            return stopped(options, run, training, console)
        if training.step < config.steps:
            console.print(
                f"stopped after step {training.step} of {config.steps}: no evaluation of the last "
                f"{config.patience} was better than the best before"
            )
        if ranks.is_first():
            report(run, training, console)
    return 0


def add_run_flags(
    parser: argparse.ArgumentParser,
    task: type[Task],
    command: Callable[[argparse.Namespace], int],
    names: Iterable[str] = ("steps", "seed"),
) -> None:
    """Add the flags of a training run, and say what is to be done with them.

    Args:
        parser: gets the flags.
        task: what is learned; its hyperparameters are the defaults.
        command: takes the options, and returns the exit code.
        names: the hyperparameters that get a flag.
    """
    defaults = asdict(task.training_config)
    add_flags(parser, "the training", TrainingConfig, {name: defaults[name] for name in names})
    parser.add_argument(
        "--out",
        type=directory,
        default=Path("runs") / task.name,
        help="directory of the run; a run that is there already is moved aside, to one whose "
        "name ends in .1, .2 and so on (default: %(default)s)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out where it was saved last, configured as it was started; "
        "with --steps, train it to that step",
    )
    parser.set_defaults(command=command, task=task, prog=parser.prog, joins=True)


def add_training_flags(parser: argparse.ArgumentParser, task: type[Task]) -> None:
    """Add the flags of `train` for a task. One that is not given is None: the task's default."""
    add_flags(parser, "the task", task, _task_defaults(task))
    add_flags(parser, "the model", TransformerConfig, _model_defaults(task))
    add_run_flags(parser, task, train_task, asdict(task.training_config))
