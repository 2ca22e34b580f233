"""Every panel is read back: its declared name, its numbers and its words, against Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from expected import visible
from reading import Reader
from runs import QUESTIONS, RUNS
from shown import Shown, number

from transformer.explain.edits import sublayers


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


def labels(reader: Reader, name: str) -> tuple[list[str], list[str] | None]:
    """The labels of the rows and of the columns of an activation; None: these are numbered."""
    reference = reader.references["a"]
    rows = [reference.tokens[i] for i in reference.ids(name)]
    if name == "logits":
        return rows, reference.tokens
    if name.endswith((".weights", ".scores")):
        return rows, [reference.tokens[i] for i in reference.answering(name)]
    return rows, None


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "fill-the-gap"])
def test_a_cell_that_is_pointed_at(
    name: str, shown: Callable[..., Shown], count: Counter[str]
) -> None:
    """Its row, its column and its number, in every heat map of some boxes."""
    one = shown(name, QUESTIONS[name][0])
    last = one.page.locator("header .step").count() - 1  # by then every row has been read
    one.click(f"header .step[data-step='{last}']")
    reader = Reader(one, count)
    attention = [path for path in sublayers(one.subjects[0].model) if "attention" in path]
    for box in (attention[0], attention[-1], "output"):
        one.click(f"#map [data-box='{box}']")
        reader.check("#focus")
        for figure in one.page.locator("#focus figure.heat").all():
            trace, at = (figure.get_attribute(f"data-{what}") for what in ("trace", "at"))
            found = reader.references["a"].value({"trace": trace, "at": at})
            rows, columns = labels(reader, trace)
            for i, j in {(0, 0), (len(found) - 1, found.shape[1] // 2), (1, found.shape[1] - 1)}:
                ways = one.hover(figure, i, j)
                column = str(j + 1) if columns is None else visible(columns[j])
                asked = f"{visible(rows[i])} asks, {column} answers: {number(found[i, j])}"
                is_causal = "self_attention" in trace or trace.startswith("blocks.")
                asked += ", hidden by the mask" if is_causal and j > i else ""
                plain = f"{visible(rows[i])}, {column}: {number(found[i, j])}"
                assert ways == (asked if trace.endswith((".weights", ".scores")) else plain), trace
                count["cells pointed at"] += 1


@pytest.mark.parametrize("name", ["addition-gpt", "copy", "fill-the-gap"])
def test_a_cell_and_a_unit_are_opened(
    name: str, shown: Callable[..., Shown], count: Counter[str]
) -> None:
    """Each head's map chosen, a cell of the large one, and a unit, with all their arithmetic."""
    one = shown(name, QUESTIONS[name][0])
    reader = Reader(one, count)
    heads = one.page.locator("#attention .head-map")
    for i in (0, heads.count() // 2, heads.count() - 1):
        heads.nth(i).click()
        one.settle()
        figure = one.page.locator("#attention .large figure.heat")
        trace, at = (heads.nth(i).get_attribute(f"data-{what}") for what in ("trace", "at"))
        assert (figure.get_attribute("data-trace"), figure.get_attribute("data-at")) == (trace, at)
        rows = reader.references["a"].at(one.state(), None).value({"trace": trace, "at": at})
        for query, key in ((len(rows) - 1, 0), (0, len(rows[0]) - 1)):
            left, top, width, height = one.origin(figure)
            one.page.mouse.click(left + (key + 0.5) * width, top + (query + 0.5) * height)
            one.settle()
            state = one.state()
            assert (reader.asking(state, trace), state["key"]) == (query, key)
            reader.check("#attention")
    for unit in (0, 2):
        one.page.locator("#mlp .units .bar-row").nth(unit).click()
        one.settle()
        reader.check("#mlp")
    assert any(re.fullmatch(r"cell:.*attention\.#\.#\.#\.added", x) for x in reader.seen)


PALETTE = """() => Object.fromEntries(["cell", "weight", "plus", "minus"].map((name) => [name,
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()]))"""
PIXELS = """(canvas) => [canvas.width, canvas.height,
  ...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]"""


def painted(values: np.ndarray, ends: dict[str, np.ndarray], scale: str) -> np.ndarray:
    """The colours of a matrix: from none, for 0, to the full hue of the largest."""
    most = 1 if scale == "weight" else abs(values).max()
    share = (abs(values) / most)[..., None] ** 0.8
    hue = ends["weight"] if scale == "weight" else np.where(
        values[..., None] < 0, ends["minus"], ends["plus"]
    )
    return ends["cell"] + (hue - ends["cell"]) * share


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_have_the_colours_of_their_numbers(
    scheme: str, shown: Callable[..., Shown], count: Counter[str]
) -> None:
    """Pixel by pixel: rows are rows, and no picture is of other numbers than it declares."""
    one = shown("addition", color_scheme=scheme)
    reader = Reader(one, count)
    reference = reader.references["a"].at(one.state(), None)
    colours = one.page.evaluate(PALETTE)
    ends = {k: np.array([int(x[i : i + 2], 16) for i in (1, 3, 5)]) for k, x in colours.items()}
    pictures = one.page.locator("#map canvas, #attention .head-map")
    assert pictures.count() > 40
    for picture in pictures.all():
        trace, at = (picture.get_attribute(f"data-{what}") for what in ("trace", "at"))
        canvas = picture if picture.locator("canvas").count() == 0 else picture.locator("canvas")
        width, height, *data = canvas.evaluate(PIXELS)
        values = reference.value({"trace": trace, "at": at})
        assert values.shape == (height, width)
        expected = painted(values, ends, "weight" if trace.endswith(".weights") else "signed")
        found = np.array(data).reshape(height, width, 4)[..., :3]
        assert abs(found - expected).max() <= 4, trace  # of 255
        count["pixels"] += width * height


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "copy", "reverse", "fill-the-gap"])
def test_the_numbers_of_a_cell(name: str, shown: Callable[..., Shown], count: Counter[str]) -> None:
    """A cell's query, key and value unfolded; of each, a number taken apart, and another one."""
    one = shown(name, QUESTIONS[name][0])
    reader = Reader(one, count)
    one.page.get_by_role("button", name="Open this look to its arithmetic").click()
    one.settle()
    unfolded = one.page.locator("#attention .chain details")
    assert unfolded.count() == 3
    for i in range(3):
        unfolded.nth(i).locator("summary").click()
    one.settle()
    reader.check("#attention, #mlp")
    for i in range(3):
        unfolded.nth(i).locator(".number-list button").nth(1).click()
    one.settle()
    reader.check("#attention, #mlp")
    made = {f"{what}.#.sum" for what in ("query", "key", "value")}
    assert made <= {seen.rpartition(".#.#.#.")[2] for seen in reader.seen}
    assert "unit:" in {seen[:5] for seen in reader.seen if ".terms.#" in seen}


def test_the_mlp_says_what_it_turned_around(
    shown: Callable[..., Shown], count: Counter[str]
) -> None:
    """What its section leads with, for each token and against either rival."""
    one = shown("addition", QUESTIONS["addition"][0])
    reader = Reader(one, count)
    lead = one.page.locator("#mlp .lead")
    for step in range(one.page.locator("header .step").count()):
        one.click(f"header .step[data-step='{step}']")
        reader.check("#mlp, #sum")
        chances = lead.locator("[data-what^='read:']")
        assert chances.count() == 2
        lead.locator(".token-button").first.click()
        one.settle()
        rival = one.state()["rival"]
        assert rival is not None
        reader.check("#attention, #mlp, #sum")
        chips = one.page.locator(".rival-chip")
        assert chips.count() == 2  # in the MLP and in the sum, and not in attention
        name = visible(reader.references["a"].tokens[rival])
        assert chips.locator(".token").all_inner_texts() == [name, name]
        if step == 0:
            chips.first.click()
            one.settle()
            assert one.state()["rival"] is None
            assert chips.count() == 0
    assert "read:#:decoder.blocks.#.add_cross_attention.residual" in {
        seen.rpartition(":")[0] for seen in reader.seen
    }
