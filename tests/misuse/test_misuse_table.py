"""The tables of misuse are large enough, and their check can fail."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt

TABLES = sorted(
    path.stem
    for path in Path(__file__).parent.glob("test_misuse_*.py")
    if path.stem != "test_misuse_table"
)


@pytest.mark.parametrize(
    ("misuse", "why"),
    [
        (Misuse("works", lambda: 1, ValueError, ""), "silent"),
        (Misuse("bare NumPy", lambda: np.zeros(2) + np.zeros(3), ValueError, ""), "not by us"),
        (Misuse("another error", lambda: mt.zeros(2).item(), TypeError, ""), "RuntimeError"),
        (Misuse("no reason", lambda: mt.zeros(2).item(), RuntimeError, "unicorn"), "the message"),
    ],
    ids=lambda value: value.what if isinstance(value, Misuse) else "",
)
def test_the_check_can_fail(misuse: Misuse, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        check(misuse)


def test_there_are_four_hundred() -> None:
    tables = {name: importlib.import_module(name).MISUSES for name in TABLES}
    names = [(table, misuse.what) for table, rows in tables.items() for misuse in rows]
    assert len(names) == len(set(names))
    assert len(names) >= 400
    print(f"{len(names)} ways in {len(TABLES)} tables")
