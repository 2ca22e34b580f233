"""`transformer explain RUN [QUESTION]`: what a trained model does with a question.

Without a flag that says where, it writes the page; `--terminal`, `--png` and `--json` show the same
elsewhere. What is to be written is made first, so that a mistake leaves nothing behind.
"""

from __future__ import annotations

import argparse
import sys
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..training.directory import shown
from .flags import directory, whole_number
from .shell import Mistake, Screen, user_input

if TYPE_CHECKING:
    from ..explain.account import Account, WrittenToken

STANDARD_OUTPUT = Path("-")  # as the file of --json


def _step(value: str) -> int | str:
    """Read the number of a step, or "all"."""
    if value == "all":
        return value
    if whole_number(value) < 1:
        raise argparse.ArgumentTypeError(f"steps are counted from 1, and {value} is none")
    return whole_number(value)


def _check(options: argparse.Namespace, wants_page: bool, out: Path) -> None:
    """Raise unless the flags go together, and all places are outside the runs' directories."""
    for flag in ("open", "compare"):
        if getattr(options, flag) and not wants_page:
            raise Mistake(f"--{flag} is for the page: say where to write that, --out FILE")
    if options.step and not (options.terminal or options.png):
        raise Mistake("--step chooses what --terminal and --png show: give one of them")
    if options.terminal and options.json == STANDARD_OUTPUT:
        raise Mistake(
            "--terminal and --json - would both write to standard output: give --json a file"
        )
    places = {out: out.parent} if wants_page else {}
    if options.png:
        if options.png.exists() and not options.png.is_dir():
            raise Mistake(f"cannot draw in {shown(options.png)}: it is no directory")
        if not options.png.parent.is_dir():
            raise Mistake(f"cannot make {shown(options.png)}: there is no directory to hold it")
        places[options.png / "sum.png"] = options.png
    if options.json:
        places[options.json] = options.json.parent
    runs = [run.resolve() for run in (options.run, options.compare) if run is not None]
    for path, folder in places.items():
        if path != STANDARD_OUTPUT and folder.resolve() in runs:
            raise Mistake(
                f"{shown(path)} would lie in the directory of the run, which is for the run's own "
                "files: choose another place"
            )


def _chosen(
    account: Account, step: int | str | None, usual: list[WrittenToken]
) -> list[WrittenToken]:
    """Return the tokens that are taken apart: those of --step, or the usual ones."""
    n = len(account.tokens)
    if step is None:
        return usual
    if isinstance(step, str):
        return account.tokens
    if step > n:
        have = f"{n} tokens: take 1 to {n}, or all" if n > 1 else "one token: take 1"
        raise Mistake(f"there is no step {step}: the answer has {have}")
    return [account.tokens[step - 1]]


def _pictures(options: argparse.Namespace, account: Account) -> dict[Path, bytes]:
    """Return the pictures by their paths."""
    from ..explain.account.pictures import Pictures, as_png

    tokens = _chosen(account, options.step, account.tokens)
    figures = Pictures(account, tokens, options.lang).draw()
    return {options.png / name: as_png(figure) for name, figure in figures.items()}


def _write(files: list[tuple[Path, bytes]], folder: Path | None) -> None:
    """Write the files, and the folder of the pictures if it is new; or nothing."""
    from ..explain.files import write_files

    places = [path.resolve() for path, _ in files]
    for (path, _), place in zip(files, places, strict=True):
        if places.count(place) > 1:
            raise Mistake(f"{shown(path)} would hold two things: choose another place for one")
    new = folder if folder is not None and not folder.exists() else None
    if new is not None:
        try:
            new.mkdir()
        except OSError as error:
            raise OSError(f"cannot make {shown(new)}: {error.strerror}") from None
    try:
        write_files(dict(files))
    except BaseException:
        if new is not None:
            with suppress(OSError):  # the first pictures are in it
                new.rmdir()
        raise


def explain(options: argparse.Namespace) -> int:
    """Write the page, or show the same elsewhere. Return the exit code."""
    from ..explain.account import Account  # here, as no other command needs all that
    from ..explain.account.as_json import as_json
    from ..explain.account.terminal import Terminal
    from ..explain.page import Subject, first_question, page

    start = time.perf_counter()
    elsewhere = options.terminal or options.png or options.json
    wants_page = bool(options.out or not elsewhere)
    out: Path = options.out or Path(f"{options.run.resolve().name}.html")
    _check(options, wants_page, out)
    with user_input():
        subject = Subject.load(options.run)
        second = None if options.compare is None else Subject.load(options.compare)
        question = first_question(subject, options.question, second)
    files = []
    if elsewhere:
        account = Account(subject.task, subject.model, question)
        told = _chosen(account, options.step, [account.least_sure])
    if wants_page:
        html = page(subject, question, lang=options.lang, compare=second)
        files.append((out, html.encode()))
    if options.png:
        files += _pictures(options, account).items()
    if options.json:
        json = as_json(subject, account)
        if options.json != STANDARD_OUTPUT:
            files.append((options.json, json.encode()))
    _write(files, options.png)
    seconds = time.perf_counter() - start
    if options.terminal:
        Terminal(Screen(), options.lang).show(account, told)
    aside = sys.stdout
    if options.json == STANDARD_OUTPUT:
        print(json)
        aside = sys.stderr
    for path, content in files:
        size = f", {len(content) / 1e6:.1f} MB, in {seconds:.1f} s" if path is out else ""
        if aside is not None:  # closed in the shell, as by `2>&-`
            print(f"wrote {path}{size}", file=aside)
    if options.open and not webbrowser.open(out.resolve().as_uri()):
        raise Mistake(f"no browser can be opened here: open {shown(out)} in one")
    return 0


def add_explain_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    parser.add_argument("run", type=directory, help="directory of the run, such as runs/addition")
    parser.add_argument(
        "question",
        nargs="?",
        help='what the model is asked first, such as "12+34"; the task\'s own example unless given',
    )
    parser.add_argument(
        "--out",
        type=directory,
        metavar="FILE",
        help="the page to write, or to replace; unless given, addition.html for runs/addition, in "
        "the working directory, and none with --terminal, --png or --json. It may lie anywhere but "
        "among a run's own files",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--lang",
        choices=("en", "zh"),
        default="en",
        help="language of the page, of --terminal and of --png (default: en)",
    )
    parser.add_argument(
        "--compare",
        type=directory,
        metavar="RUN2",
        help="a second run that can be asked the same; its model stands beside the first",
    )
    group = parser.add_argument_group("without a browser (each goes with the others)")
    group.add_argument(
        "--terminal",
        action="store_true",
        help="print attention as coloured cells, the sum as bars and the logit lens as a table; of "
        "a long text, the attention of the rows that wrote the tokens shown",
    )
    group.add_argument(
        "--png",
        type=directory,
        metavar="DIR",
        help="draw them: attention.png (of an encoder-decoder attention-encoder.png, "
        "attention-decoder.png and attention-cross.png), sum.png and lens.png, in this directory, "
        "which is made; files of these names in it are replaced",
    )
    group.add_argument(
        "--json",
        type=directory,
        metavar="FILE",
        help="write every named intermediate, with the sum and the lens of each written token; - "
        "is standard output. transformer/explain/account/as_json.py says what is in it",
    )
    group.add_argument(
        "--step",
        type=_step,
        metavar="N",
        help="the written token, from 1, of which --terminal and --png show sum and lens, or all; "
        "unless given, --terminal shows the one of which the model was least sure, and --png all",
    )
    parser.set_defaults(command=explain)
