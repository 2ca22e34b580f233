"""The command `transformer`: its subcommands tasks, train, eval, solve, explain, complete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Column, Table

from ..tasks import TASKS
from ..training.report import test
from ..training.run import Run
from .complete import add_complete_flags
from .explain import add_explain_flags
from .flags import directory
from .shell import Parser, Screen, run_command
from .solve import add_solve_flags
from .train import add_training_flags

if TYPE_CHECKING:
    import argparse


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


def evaluate(options: argparse.Namespace) -> int:
    """Test the run's model on held-out examples."""
    console = Screen()
    console.print(test(Run(options.run), console))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `transformer`, and return its exit code, of which `shell.py` has a table.

    Args:
        arguments: those of the process unless given.
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

    description = "Train a model. After  mpiexec -n 4  four processes share each batch."
    command = commands.add_parser("train", help="train a model", description=description)
    tasks = command.add_subparsers(required=True, metavar="TASK")
    for name, task in TASKS.items():
        subcommand = tasks.add_parser(name, help=task.summary, description=task.summary)
        add_training_flags(subcommand, task)

    command = commands.add_parser(
        "eval",
        help="test a trained model",
        description="Test a trained model on held-out examples, and show some of its answers.",
    )
    command.add_argument("run", type=directory, help="directory of the run, such as runs/addition")
    command.set_defaults(command=evaluate)

    command = commands.add_parser(
        "solve", help="ask a trained model", description="Ask a trained model a question."
    )
    add_solve_flags(command)

    description = "Write a page on which a trained model answers, and every number can be opened."
    command = commands.add_parser(
        "explain", help="see inside a trained model", description=description
    )
    add_explain_flags(command)

    description = "Let a GPT-2 from a local folder write on after a prompt."
    command = commands.add_parser("complete", help="let a GPT-2 write on", description=description)
    add_complete_flags(command)
    return run_command(parser, arguments)
