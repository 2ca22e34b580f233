"""Every panel is read back: its declared name, its numbers and its words, against Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
from reading import Reader
from runs import QUESTIONS, RUNS
from shown import Shown

from transformer.explain.edits import sublayers

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


def switch_off(one: Shown, path: str, label: str) -> None:
    """Press a switch of Ask why."""
    before = len(one.state()["edits"])
    line = one.page.locator("#why .board-line").nth(path_index(one, path))
    line.get_by_role("switch", name=label).first.click()
    one.settle()
    assert len(one.state()["edits"]) == before + 1


def path_index(one: Shown, path: str) -> int:
    return [*sublayers(one.subjects[0].model)].index(path)


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "copy", "sort", "fill-the-gap"])
def test_after_an_ablation(name: str, shown: Callable[..., Shown], count: Counter[str]) -> None:
    one = shown(name, QUESTIONS[name][0])
    reader = Reader(one, count)
    paths = [*sublayers(one.subjects[0].model)]
    attention, mlp = [path for path in paths if "attention" in path][-1], paths[-1]
    switch_off(one, attention, "head 2")
    reader.check()
    switch_off(one, mlp, "unit")
    reader.check()
    one.page.locator("#why .choice button", has_text="what it computed for").click()
    one.settle()
    assert all("from" in edit for edit in one.state()["edits"])
    reader.check()
    one.page.get_by_role("button", name="Switch off every head and MLP in turn").click()
    one.page.locator("#why .ranking table").wait_for()
    reader.check()
    measured = {"measured:decoder.blocks.#.mlp.output", "measured:blocks.#.mlp.output"}
    assert reader.seen & (measured | {"measured:encoder.blocks.#.mlp.output"})
    assert "measured:together" in reader.seen


TARGETS = {"addition": "64", "addition-gpt": "21", "reverse": "edc", "characters": " <there"}


@pytest.mark.parametrize("name", TARGETS)
def test_in_training(name: str, shown: Callable[..., Shown], count: Counter[str]) -> None:
    target = TARGETS[name]
    one = shown(name, QUESTIONS[name][0])
    reader = Reader(one, count)
    one.page.locator("#map").get_by_role("button", name="In training").click()
    one.settle()
    reader.check()
    one.type(target, ".target-field input")
    assert one.state()["target"] == target
    for step in range(one.page.locator("header .step").count()):
        one.click(f"header .step[data-step='{step}']")
        reader.check()
    assert {"loss:#", "loss:mean"} <= reader.seen


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "sort", "characters", "fill-the-gap"])
def test_every_box_and_head(name: str, shown: Callable[..., Shown], count: Counter[str]) -> None:
    """A click on each box of the map; each head, some of its cells, and some units."""
    one = shown(name, QUESTIONS[name][0])
    reader = Reader(one, count)
    boxes = one.page.locator("#map .map-box:not(.norm)")
    for i in range(boxes.count()):
        boxes.nth(i).click()
        one.settle()
        reader.check("#focus")
    names = {name for name in reader.references["a"].arrays if "[0]" not in name}
    names = {re.sub(r"\d+", "#", name) for name in names}
    assert names <= reader.seen, names - reader.seen
