"""The command line: `transformer tasks`, `train TASK`, `eval RUN`, `solve RUN [QUESTION]`."""

from __future__ import annotations

import argparse
import io
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from ..decoding.strategy import Writing
from ..model.config import TransformerConfig
from ..tasks import TASKS, DataError, MissingPackage, Task
from ..training.config import TrainingConfig
from ..training.loop import Training, train
from ..training.progress import Progress
from ..training.report import report, test
from ..training.run import Run, RunError
from .flags import add_flags, flag, given


class Mistake(Exception):
    """What was asked for cannot be; the message says why, in one line."""


@contextmanager
def asked() -> Iterator[None]:
    """Take a ValueError for a mistake in what was asked for; elsewhere it is one of ours."""
    try:
        yield
    except ValueError as error:
        raise Mistake(error) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `transformer`; return its exit code.

    It is 0; 2 after one line that says what is wrong; 130 after Ctrl-C; 141 when nobody reads on.
    """
    parser = Parser(
        prog="transformer",
        description="Train a Transformer written from scratch on NumPy, and ask it questions.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser(
        "tasks", help="list what can be learned", description="List what can be learned."
    )
    command.set_defaults(command=list_tasks)

    command = commands.add_parser("train", help="train a model", description="Train a model.")
    tasks = command.add_subparsers(required=True, metavar="TASK")
    for name, task in TASKS.items():
        subcommand = tasks.add_parser(name, help=task.summary, description=task.summary)
        add_training_flags(subcommand, task)

    command = commands.add_parser(
        "eval",
        help="test a trained model",
        description="Test a trained model on held-out examples, and show some of its answers.",
    )
    command.add_argument("run", type=Path, help="directory of the run, such as runs/addition")
    command.set_defaults(command=evaluate)

    command = commands.add_parser(
        "solve", help="ask a trained model", description="Ask a trained model a question."
    )
    command.add_argument("run", type=Path, help="directory of the run, such as runs/addition")
    command.add_argument(
        "question",
        nargs="?",
        help='such as "12+34"; without it, questions are read line by line from the terminal or '
        "from standard input, until the end",
    )
    defaults = asdict(Writing())
    for task in TASKS.values():
        for name, _ in asdict(task.writing).items() - asdict(Writing()).items():
            defaults[name] = "the task's"
    add_flags(command, "how the answer is written", Writing, defaults)
    command.set_defaults(command=solve)
    return run_command(parser, arguments)


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, as the commands do."""

    def error(self, message: str) -> NoReturn:
        """Print the line, and end with exit code 2."""
        raise SystemExit(complain(f"{message} ({self.prog} --help explains)"))


def run_command(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments and run the command that they name; return the exit code."""
    options = parser.parse_args(arguments)
    try:
        code = int(options.command(options))
        print(end="", flush=True)
        return code
    except BrokenPipeError:  # whoever read has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to go
        return 141
    except UnicodeEncodeError as error:
        unknown = error.object[error.start : error.end]
        return complain(
            f"{unknown!r} cannot be shown in {error.encoding}: set PYTHONIOENCODING=utf-8"
        )
    except (Mistake, RunError, MissingPackage, DataError, OSError) as error:
        return complain(error)
    except KeyboardInterrupt:
        return 130


class Screen(Console):
    """Leaves it to `run_command` to end when nobody reads on."""

    def __init__(self) -> None:
        super().__init__(highlight=False)

    def on_broken_pipe(self) -> None:
        """Go on with the error that rich caught."""
        raise BrokenPipeError


def complain(error: object) -> int:
    """Say what is wrong in one line on standard error; return the exit code for it."""
    print(f"error: {error}", file=sys.stderr)
    return 2


# ----------------------------------------------------------------------------------------- tasks


def list_tasks(options: argparse.Namespace) -> int:
    """Print the tasks, the models that learn them, and how long they are trained."""
    table = Table(Column("task", no_wrap=True), "what is learned", "model", "parameters", "steps")
    for name, kind in TASKS.items():
        task = kind()
        model = task.model(task.model_config())
        parameters = sum(p.numel() for p in model.parameters())
        steps = task.training_config.steps
        summary = escape(task.summary)
        table.add_row(name, summary, type(model).__name__, f"{parameters:,}", f"{steps:,}")
    Screen().print(table)
    return 0


# ----------------------------------------------------------------------------------------- train


def add_training_flags(parser: argparse.ArgumentParser, task: type[Task]) -> None:
    """Add the flags of `train` for a task. A flag that is not given is None: the task's default."""
    add_flags(parser, "the task", task, _task_defaults(task))
    add_flags(parser, "the model", TransformerConfig, _model_defaults(task))
    add_flags(parser, "the training", TrainingConfig, asdict(task.training_config))
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs") / task.name,
        help="directory of the run (default: %(default)s)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out where it was saved last, configured as it was started",
    )
    parser.set_defaults(command=train_task, task=task, prog=parser.prog)


def train_task(options: argparse.Namespace) -> int:
    """Train a model on a task, or go on with a run; then show what it has learned."""
    console = Screen()
    run = Run(options.out)
    training = _resume(options, run) if options.resume else _start(options, run)
    config, model = training.config, training.model

    console.print(model, markup=False)
    console.print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
    examples = config.batch_size * config.accumulate
    progress = Progress(console, training.step, config.steps, examples)
    if not train(training, run, progress):
        console.print(
            f"stopped after step {training.step} of {config.steps} and saved to {run.directory}; "
            f"go on with\n  {options.prog} --resume --out {shlex.quote(str(run.directory))}",
            markup=False,
            soft_wrap=True,
        )
        return 130
    if training.step < config.steps:
        console.print(
            f"stopped after step {training.step} of {config.steps}: no evaluation of the last "
            f"{config.patience} was better than the best before"
        )
    report(run, training, console)
    return 0


def _start(options: argparse.Namespace, run: Run) -> Training:
    with asked():
        task = options.task(**given(options, _task_defaults(options.task)))
        model_config = task.model_config(**given(options, _model_defaults(options.task)))
        config = replace(task.training_config, **given(options, asdict(task.training_config)))
    _check_processes(config)
    training = Training(task, model_config, config)
    run.start(training)
    return training


def _resume(options: argparse.Namespace, run: Run) -> Training:
    task = options.task
    for names in (_task_defaults(task), _model_defaults(task), asdict(task.training_config)):
        for name in given(options, names):
            raise Mistake(
                f"{flag(name)} does not go with --resume: a run goes on as it was configured"
            )
    training = run.resume()
    _check_processes(training.config)
    return training


def _check_processes(config: TrainingConfig) -> None:
    if config.processes > 1 and not hasattr(os, "fork"):
        raise Mistake(
            f"this training is to share its batches among {config.processes} processes "
            f"({flag('processes')}), and this operating system cannot fork one"
        )


def _task_defaults(task: type[Task]) -> dict[str, Any]:
    """Return the task's fields that are flags, with their defaults."""
    return {field.name: field.default for field in fields(task) if field.metadata.get("flag", True)}


def _model_defaults(task: type[Task]) -> dict[str, Any]:
    """Return the sizes of the model that are flags, with their defaults for the task."""
    sizes = asdict(task().model_config())
    for name in ("vocab_size", "max_length", "n_segments", "pad", "bos", "eos"):
        del sizes[name]  # follow from the task
    return sizes


# ---------------------------------------------------------------------------------- eval and solve


def evaluate(options: argparse.Namespace) -> int:
    """Test the run's model on held-out examples."""
    console = Screen()
    console.print(test(Run(options.run), console))
    return 0


def solve(options: argparse.Namespace) -> int:
    """Answer the question, or every line of the input."""
    task, model = Run(options.run).load()
    writing = _writing(options, task)

    def answer(question: str) -> None:
        with asked():
            source = task.as_source(question)
        print(task.reply(model, source, writing), flush=True)

    if options.question is not None:
        answer(options.question)
        return 0
    if sys.stdin is None:  # as with `<&-`
        raise Mistake("no question is given, and standard input, to read them from, is closed")
    code = 0
    if sys.stdin.isatty():
        print(f"A question a line, such as {task.question}; Ctrl-D ends.")
    for line in _lines():
        if line.strip():
            try:
                answer(line.strip())
            except Mistake as mistake:
                code = complain(mistake)
    return code


def _writing(options: argparse.Namespace, task: Task) -> Writing:
    """Return the way to write that the flags say, or the task's own."""
    wanted = given(options, asdict(Writing()))
    for name in wanted:
        if name not in task.ways:
            raise Mistake(f"{flag(name)} does not go with the task {task.name}")
    with asked():
        writing = replace(Writing() if "beam" in wanted else task.writing, **wanted)
    if "alpha" in wanted and writing.beam is None:
        raise Mistake("--alpha is of a beam search: give --beam too")
    if "seed" in wanted and writing.beam:
        raise Mistake("--seed does not go with --beam: a beam search draws nothing")
    if "seed" in wanted and not writing.draws:
        raise Mistake("--seed is of what is drawn: give --temperature, --top-k or --top-p too")
    return writing


def _lines() -> Iterator[str]:
    """Lines from standard input; in a terminal, with a prompt and the line editor."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # tasks refuse the lines that are no text
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):
        import readline  # noqa: F401 - gives input() its history and editing keys
    while True:
        try:
            yield input("> ")
        except (EOFError, KeyboardInterrupt):
            print()
            return
