"""How a command ends: its exit code, and the one line that says what is wrong.

    0      all is well
    2      a mistake of the user's, or a file that cannot be used: one line on standard error
    130    interrupted by Ctrl-C (128 + SIGINT)
    141    broken pipe: the reader of the output has closed it, as `head` does (128 + SIGPIPE)

An error in this library's own code keeps its traceback. Of several processes that mpiexec has
started, the first speaks for all; an error in one of them ends all.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console

from minitorch import distributed

from ..arguments import NotFinite
from ..tasks import DataError, MissingPackage
from ..training import ranks
from ..training.checks import Diverged
from ..training.run import RunError

LONGEST_LINE = 1000  # characters of a message; of a longer one, beginning and end are shown


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
    """A console that lets a broken pipe reach `run_command`, instead of ending the process.

    Of several processes, only the first one's shows anything.
    """

    def __init__(self) -> None:
        super().__init__(highlight=False, quiet=not ranks.is_first())

    def on_broken_pipe(self) -> None:
        """Raise the error that rich caught again."""
        raise BrokenPipeError


def complain(error: object) -> int:
    """Say what is wrong in one line on standard error; return the exit code 2.

    A line break, or another character that is not shown, is written as its escape sequence.
    """
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(error))
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE - 200]} … {line[-200:]}"
    size, rank = distributed.launched()
    if size > 1:
        who = f"rank {rank}: " if rank else ""
        distributed.abort(2, f"error: {who}{line}\n")
    if sys.stderr is not None:  # None if closed in the shell, as by `2>&-`
        print(f"error: {line}", file=sys.stderr)
    return 2


def show_everything() -> None:
    """Let the output show a character that its encoding lacks, such as 年 in ASCII, as \\u5e74."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        """Print the line, and end with exit code 2."""
        raise SystemExit(complain(f"{message} ({self.prog} --help explains)"))

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End after the help, once it is written."""
        print(end="", flush=True)
        super().exit(status, message)


def _close_output() -> None:
    """Let standard output lead nowhere if it fails: Python flushes it once more at exit."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _join() -> None:
    """Join the processes that mpiexec has started, if there are several."""
    try:
        ranks.join()
    except (ImportError, RuntimeError) as error:
        raise Mistake(error) from None


def run_command(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments and run the command that they name.

    Args:
        parser: sets `command`, a function that takes the options and returns an exit code; and
            `joins`, if that shares its work with the processes that mpiexec has started.
        arguments: those of the process unless given.

    Returns:
        the exit code.
    """
    show_everything()
    try:
        options = parser.parse_args(arguments)
        if getattr(options, "joins", False):
            _join()
        code = int(options.command(options))
        print(end="", flush=True)
        if ranks.are_several():
            distributed.barrier()  # the first may have more to do, and needs the cores
        return code
    except BrokenPipeError:
        _close_output()
        return 141
    except (
        Mistake, RunError, MissingPackage, DataError, Diverged, NotFinite, distributed.DistError,
    ) as error:  # fmt: skip
        return complain(error)
    except MemoryError as error:
        return complain(f"not enough memory: {str(error) or 'take a smaller model or batch'}")
    except OSError as error:
        _close_output()
        return complain(error)
    except KeyboardInterrupt:
        if ranks.are_several():
            distributed.abort(130)
        return 130
