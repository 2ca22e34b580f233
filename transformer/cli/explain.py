"""`transformer explain RUN [QUESTION]`: write the page on which a trained model answers."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from ..training.directory import shown
from .flags import directory
from .shell import Mistake, user_input

if TYPE_CHECKING:
    import argparse


def _out(options: argparse.Namespace) -> Path:
    """Return where the page is to be written, which is no run's directory."""
    run: Path = options.run
    out: Path = options.out or Path(f"{run.resolve().name}.html")
    if out.parent.exists() and run.exists() and out.parent.samefile(run):
        raise Mistake(
            f"{shown(out)} would lie in the directory of the run, which is for the run's own "
            "files: choose another place"
        )
    return out


def explain(options: argparse.Namespace) -> int:
    """Write the page. Return the exit code."""
    from ..explain.page import Subject, first_question, page, write_page  # no other needs it

    start = time.perf_counter()
    out = _out(options)
    with user_input():
        subject = Subject.load(options.run)
        second = None if options.compare is None else Subject.load(options.compare)
        question = first_question(subject, options.question, second)
    text = page(subject, question, lang=options.lang, compare=second)
    write_page(out, text)
    seconds = time.perf_counter() - start
    size = len(text.encode()) / 1e6
    print(f"wrote {out}, {size:.1f} MB, in {seconds:.1f} s")
    if options.open and not webbrowser.open(out.resolve().as_uri()):
        raise Mistake(f"no browser can be opened here: open {shown(out)} in one")
    return 0


def add_explain_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    parser.add_argument("run", type=directory, help="directory of the run, such as runs/addition")
    parser.add_argument(
        "question",
        nargs="?",
        help='what the page shows first, such as "12+34"; the task\'s own example unless given',
    )
    parser.add_argument(
        "--out",
        type=directory,
        metavar="FILE",
        help="the page to write, or to replace; unless given, addition.html for runs/addition, in "
        "the working directory. It may lie anywhere but among a run's own files",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--lang", choices=("en", "zh"), default="en", help="language of the page (default: en)"
    )
    parser.add_argument(
        "--compare",
        type=directory,
        metavar="RUN2",
        help="a second run of the same task, whose model stands beside the first",
    )
    parser.set_defaults(command=explain)
