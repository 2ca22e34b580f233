"""Tensors held wrong: see `misuse.py`."""

from __future__ import annotations

import pytest
from misuse import Misuse, check

import minitorch as mt

MISUSES = [
    Misuse("item of two elements", lambda: mt.zeros(2).item(), RuntimeError, r"2 elements"),
]


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
