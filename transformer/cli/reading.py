"""What a user types, or sends to standard input: lines, or a whole text."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

from .shell import Mistake, complain


def _in_utf8() -> None:
    """Let standard input be read in UTF-8: a byte that is no UTF-8 becomes half a surrogate pair.

    Those who get the text refuse that, as it is no character.
    """
    if not isinstance(sys.stdin, io.TextIOWrapper):
        return
    sys.stdin.reconfigure(errors="surrogateescape")
    if sys.stdin.isatty():
        return
    beginning = sys.stdin.buffer.peek(3)
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Mistake("standard input is UTF-16: questions are read in UTF-8")
    if beginning.startswith(codecs.BOM_UTF8):  # a mark, and no character of a question
        sys.stdin.reconfigure(encoding="utf-8-sig")


def whole_text() -> str:
    """Read all of standard input, without the line break at its end."""
    _in_utf8()
    return sys.stdin.read().removesuffix("\n")


def _lines() -> Iterator[str]:
    """Read lines from standard input; in a terminal, with a prompt and the line editor."""
    _in_utf8()
    if not sys.stdin.isatty():
        for line in sys.stdin:
            yield line.removesuffix("\n")
        return
    with suppress(ImportError):
        import readline  # noqa: F401 - gives input() its history and editing keys
    while True:
        try:
            yield input("> ")
        except (EOFError, KeyboardInterrupt):
            print()
            return


def answer_lines(answer: Callable[[str], None], hint: str) -> int:
    """Answer each line of standard input, but for empty ones, up to the end; return the exit code.

    A mistake in one line is said, and the next is answered.

    Args:
        answer: answers a line, or raises a Mistake.
        hint: is shown first in a terminal.
    """
    if sys.stdin.isatty():
        print(hint)
    code = 0
    for line in _lines():
        if line:
            try:
                answer(line)
            except Mistake as mistake:
                code = complain(mistake)
    return code
