"""Every panel is read back: its declared name, its numbers and its words, against Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from reading import Reader
from runs import QUESTIONS, RUNS
from shown import Shown

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", [name for name in RUNS if name in QUESTIONS])
def test_each_task(name: str, shown: Callable[..., Shown], count: Counter[str]) -> None:
    question, another = QUESTIONS[name]
    one = shown(name, question)
    reader = Reader(one, count)
    assert reader.check() > 40
    one.type(another)
    assert one.page.locator("#question-error").is_hidden()
    assert one.state()["question"] == another
    assert reader.check() > 40
    steps = one.page.locator("header .step").count()
    for step in range(1, steps):
        one.click(f"header .step[data-step='{step}']")
        assert one.state()["step"] == step
        assert reader.check() > 40
