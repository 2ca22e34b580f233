"""`transformer solve RUN [QUESTION]`: ask a trained model a question, or many, line by line.

A question is taken as it is, blanks and all; of a line only its end is cut off. An empty line asks
nothing, and is passed over.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ..decoding.strategy import Decoding
from ..tasks import TASKS
from ..training.run import Run
from .flags import add_flags, directory, flag, given
from .reading import answer_lines
from .shell import Mistake, user_input

if TYPE_CHECKING:
    import argparse

    from ..tasks import Task


def _decoding(options: argparse.Namespace, task: Task) -> Decoding:
    """Return the decoding strategy: the task's own, changed by the flags that were given."""
    wanted = given(options, asdict(Decoding()))
    for name in wanted:
        if name not in task.decoding_options:
            raise Mistake(f"{flag(name)} does not go with the task {task.name}")
    with user_input():
        return replace(Decoding() if "beam" in wanted else task.decoding, **wanted)


def solve(options: argparse.Namespace) -> int:
    """Answer the question, or each line of standard input. Return the exit code."""
    task, model = Run(options.run).load()
    decoding = _decoding(options, task)

    def answer(question: str) -> None:
        with user_input():
            source = task.as_source(question)
        print(task.answer(model, source, decoding), flush=True)

    if options.question is not None:
        answer(options.question)
        return 0
    if sys.stdin is None:  # closed in the shell, as by `<&-`
        raise Mistake("no question is given, and standard input, to read them from, is closed")
    return answer_lines(answer, f"A question a line, such as {task.question}; Ctrl-D ends.")


def add_solve_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `solve`, with a flag for each option of a decoding strategy."""
    parser.add_argument("run", type=directory, help="directory of the run, such as runs/addition")
    parser.add_argument(
        "question",
        nargs="?",
        help='such as "12+34"; without it, questions are read line by line from the terminal or '
        "from standard input, until the end; an empty line is passed over",
    )
    defaults = asdict(Decoding())
    for task in TASKS.values():
        for name, _ in asdict(task.decoding).items() - asdict(Decoding()).items():
            defaults[name] = "the task's"
    add_flags(parser, "the decoding strategy", Decoding, defaults)
    parser.set_defaults(command=solve)
