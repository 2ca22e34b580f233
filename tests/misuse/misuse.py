"""Ways to hold the library wrong, as tables: each must end in an error that explains itself."""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / package) for package in ("minitorch", "transformer"))
HANGS_AFTER = 20  # seconds


@dataclass(frozen=True)
class Misuse:
    """One way to hold it wrong.

    Attributes:
        what: is wrong, in a few words; the name of the test.
        call: does it.
        error: what is raised.
        says: a regular expression that the message matches: what was given, what is wrong.
    """

    what: str
    call: Callable[[], Any]
    error: type[Exception]
    says: str


@contextmanager
def _deadline() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"still running after {HANGS_AFTER} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS_AFTER)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _raised(misuse: Misuse) -> Exception:
    try:
        with _deadline():
            result = misuse.call()
    except Exception as error:
        return error
    raise AssertionError(f"silent: it returned {result!r}")


def check(misuse: Misuse) -> None:
    """Assert that it raises its error, that we raised it, and that the message explains it."""
    error = _raised(misuse)
    assert type(error) is misuse.error, f"{type(error).__name__}: {error}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    assert frame.filename.startswith(OURS), f"raised by {frame.filename}, not by us: {error}"
    assert re.search(misuse.says, str(error)), f"the message is: {error}"
