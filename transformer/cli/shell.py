"""How a command ends: its exit code, and the one line that says what is wrong.

    0      all is well
    2      a mistake of the user's, or a file that cannot be used: one line on standard error
    130    interrupted by Ctrl-C (128 + SIGINT)
    141    broken pipe: the reader of the output has closed it, as `head` does (128 + SIGPIPE)

An error in this library's own code keeps its traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console

from ..tasks import DataError, MissingPackage
from ..training.checks import Diverged
from ..training.run import RunError


class Mistake(Exception):
    """The user asked for something impossible; the message says what and why, in one line."""


@contextmanager
def user_input() -> Iterator[None]:
    """Turn a ValueError inside the block, where the user's input is read, into a Mistake."""
    try:
        yield
    except ValueError as error:
        raise Mistake(error) from None


class Screen(Console):
    """A console that lets a broken pipe reach `run_command`, instead of ending the process."""

    def __init__(self) -> None:
        super().__init__(highlight=False)

    def on_broken_pipe(self) -> None:
        """Raise the error that rich caught again."""
        raise BrokenPipeError


def complain(error: object) -> int:
    """Say what is wrong in one line on standard error; return the exit code 2."""
    print(f"error: {error}", file=sys.stderr)
    return 2


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        """Print the line, and end with exit code 2."""
        raise SystemExit(complain(f"{message} ({self.prog} --help explains)"))


def run_command(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments and run the command that they name.

    Args:
        parser: sets `command`, a function that takes the options and returns an exit code.
        arguments: those of the process unless given.

    Returns:
        the exit code.
    """
    options = parser.parse_args(arguments)
    try:
        code = int(options.command(options))
        print(end="", flush=True)
        return code
    except BrokenPipeError:
        # Python flushes standard output once more at exit, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except UnicodeEncodeError as error:
        unknown = error.object[error.start : error.end]
        return complain(
            f"{unknown!r} cannot be shown in {error.encoding}: set PYTHONIOENCODING=utf-8"
        )
    except (Mistake, RunError, MissingPackage, DataError, Diverged, OSError) as error:
        return complain(error)
    except KeyboardInterrupt:
        return 130
