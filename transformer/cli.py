"""The command line: `transformer train TASK` and `transformer solve RUN [QUESTION]`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from .progress import Progress
from .report import report
from .runs import Run, RunError
from .tasks import TASKS, Task
from .training import Training, train


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `transformer`; return its exit code: 0, or 2 after one line that says what is wrong."""
    parser = argparse.ArgumentParser(
        prog="transformer",
        description="Train a Transformer written from scratch on NumPy, and ask it questions.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("train", help="train a model", description="Train a model.")
    tasks = command.add_subparsers(required=True, metavar="TASK")
    for name, task in TASKS.items():
        subcommand = tasks.add_parser(name, help=task.summary, description=task.summary)
        add_training_flags(subcommand, task)

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
    command.set_defaults(command=solve)
    return run_command(parser, arguments)


def run_command(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments and run the command that they name; return the exit code."""
    options = parser.parse_args(arguments)
    try:
        return int(options.command(options))
    except (RunError, ValueError) as error:
        return complain(error)


def complain(error: object) -> int:
    """Say what is wrong in one line on standard error; return the exit code for it."""
    print(f"error: {error}", file=sys.stderr)
    return 2


# ----------------------------------------------------------------------------------------- train


def add_training_flags(parser: argparse.ArgumentParser, task: type[Task]) -> None:
    """Add the flags of `train` for a task. A flag that is not given is None: the task's default."""
    model, training = task().model_config(), task.training_config

    def flag(name: str, kind: type, default: object, text: str) -> None:
        parser.add_argument(
            name, type=kind, metavar=kind.__name__.upper(), help=f"{text} (default: {default})"
        )

    flag("--steps", int, training.steps, "parameter updates")
    flag("--batch-size", int, training.batch_size, "examples in each")
    flag("--lr", float, training.lr, "highest learning rate; it rises to this and falls to 0")
    flag("--seed", int, training.seed, "of the first parameters and of the examples drawn")
    for field in fields(task):
        flag(_flag(field.name), type(field.default), field.default, field.metadata["help"])
    flag("--d-model", int, model.d_model, "size of a token's vector")
    flag("--layers", int, model.n_layers, "blocks in the encoder, and as many in the decoder")
    flag("--heads", int, model.n_heads, "attention heads; must divide --d-model")
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
    console = Console(highlight=False)
    run = Run(options.out)
    training = _resume(options, run) if options.resume else _start(options, run)
    config, model = training.config, training.model

    console.print(model, markup=False)
    console.print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
    progress = Progress(console, training.step, config.steps, config.batch_size)
    if not train(training, run, progress):
        console.print(
            f"stopped after step {training.step} of {config.steps} and saved to {run.directory}; "
            f"go on with\n  {options.prog} --resume --out {shlex.quote(str(run.directory))}",
            markup=False,
            soft_wrap=True,
        )
        return 130
    report(run, training, console)
    return 0


def _start(options: argparse.Namespace, run: Run) -> Training:
    task = options.task(**_given(options, **{f.name: f.name for f in fields(options.task)}))
    model_config = task.model_config(
        **_given(options, d_model="d_model", n_layers="layers", n_heads="heads")
    )
    config = replace(
        task.training_config,
        **_given(options, steps="steps", batch_size="batch_size", lr="lr", seed="seed"),
    )
    training = Training(task, model_config, config)
    run.start(training)
    return training


def _resume(options: argparse.Namespace, run: Run) -> Training:
    names = ["steps", "batch_size", "lr", "seed", "d_model", "layers", "heads"]
    for name in names + [field.name for field in fields(options.task)]:
        if getattr(options, name) is not None:
            raise ValueError(
                f"{_flag(name)} does not go with --resume: a run goes on as it was configured"
            )
    return run.resume()


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _given(options: argparse.Namespace, **flags: str) -> dict[str, Any]:
    """Return, for the fields whose flag was given, what it was given."""
    values = {field: getattr(options, flag) for field, flag in flags.items()}
    return {field: value for field, value in values.items() if value is not None}


# ----------------------------------------------------------------------------------------- solve


def solve(options: argparse.Namespace) -> int:
    """Answer the question, or every line of the input."""
    task, model = Run(options.run).load()
    if options.question is not None:
        print(task.solve(model, options.question))
        return 0
    code = 0
    if sys.stdin.isatty():
        print(f"A question a line, such as {task.question}; Ctrl-D ends.")
    for line in _lines():
        if line.strip():
            try:
                print(task.solve(model, line.strip()), flush=True)
            except ValueError as error:
                code = complain(error)
    return code


def _lines() -> Iterator[str]:
    """Lines from standard input; in a terminal, with a prompt and the line editor."""
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
