"""The sum, Ask why and Two side by side, used as a person uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest

from minitorch.autograd import Array
from transformer.explain import Edit, edited, effect, explained, in_float64, parts
from transformer.explain.edits import sublayers
from transformer.explain.page import Subject

CROSS = "decoder.blocks.0.cross_attention"
MLP = "decoder.blocks.0.mlp"


class Tab:
    """An open page."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def look(self, section: str) -> Any:
        """Bring a section into view, and wait until it is drawn."""
        found = self.page.locator(f"#{section}")
        found.evaluate("e => e.scrollIntoView({behavior: 'instant'})")
        found.locator(".side:not(.undrawn)").first.wait_for(state="attached")
        return found

    def state(self) -> dict[str, str]:
        """What the address says."""
        fields = parse_qs(self.page.url.partition("#")[2])
        return {name: value for name, [value] in fields.items()}

    def edits(self) -> Any:
        return json.loads(self.state()["edits"])

    def click(self, within: Any, role: str, name: str) -> None:
        """Press a button or a switch, and wait until the page is drawn anew."""
        drawn = self.page.locator("html").get_attribute("data-drawn")
        within.get_by_role(role, name=name, exact=True).click()
        self.page.wait_for_function("x => document.documentElement.dataset.drawn !== x", arg=drawn)

    def declared(self, what: str) -> dict[str, float]:
        """The numbers declared under names that begin so, in the order of the page."""
        found = self.page.locator(f"[data-what^='{what}:']").evaluate_all(
            "all => all.map((e) => [e.dataset.what, Number(e.dataset.value)])"
        )
        return {name.removeprefix(f"{what}:"): value for name, value in found}


@pytest.fixture
def tab(chromium: Any, file: Path) -> Iterator[Tab]:
    context = chromium.new_context(viewport={"width": 1200, "height": 1000})
    view = context.new_page()
    wrong: list[str] = []
    view.on("pageerror", lambda error: wrong.append(str(error)))
    view.on("console", lambda message: wrong.append(message.text))
    view.goto(file.as_uri())
    yield Tab(view)
    context.close()
    assert wrong == []


def test_the_sum_in_both_orders_and_with_another_rival(tab: Tab, subject: Subject) -> None:
    section = tab.look("sum")
    asked = explained(subject.task, in_float64(subject.model), "8+9")
    step = asked.steps[0]
    found = parts(in_float64(subject.model), asked.trace, step.row, step.token, step.rival)

    def rows() -> list[str]:
        named = section.locator("button.fall-row").evaluate_all(
            "all => all.map((e) => e.dataset.what)"
        )
        return [name.removeprefix("sum:") for name in named]

    assert rows() == list(found.parts)
    section.get_by_role("button", name="by size").click()
    assert rows() == sorted(found.parts, key=lambda name: -abs(found.parts[name]))
    last = section.locator(".waterfall .so-far.number").last.text_content()
    assert last == f"{found.total:+.3f}"  # the running total ends at the sum

    rival = next(
        i for i in range(len(asked.steps[0].probabilities)) if i not in (step.token, step.rival)
    )
    section.get_by_label("the rival: any other token").select_option(str(rival))
    tab.page.wait_for_function("() => location.hash.includes('rival')")
    other = parts(in_float64(subject.model), asked.trace, step.row, step.token, rival)
    tab.page.wait_for_function(
        "x => Math.abs(document.querySelector('#sum .total').dataset.value - x) < 1e-6",
        arg=other.total,
    )


def test_a_head_that_is_switched_off(tab: Tab, subject: Subject) -> None:
    section = tab.look("why")
    name = "decoder, block 1 · Cross-attention · head 3"
    tab.click(section, "switch", name)
    assert tab.edits() == [{"kind": "head", "path": CROSS, "index": 2}]
    switch = section.get_by_role("switch", name=name, exact=True)
    assert switch.get_attribute("aria-checked") == "false"
    assert switch.evaluate("e => e === document.activeElement")

    model = in_float64(subject.model)
    asked = explained(subject.task, model, "8+9")
    expected = effect(model, asked, asked.steps[0], Edit("head", CROSS, 2))
    for what in ("predicted", "measured"):
        [(edit, value)] = tab.declared(what).items()
        assert edit == f"{CROSS}.heads.2"
        assert value == pytest.approx(getattr(expected, what), abs=1e-6)
    with edited(subject.model, [Edit("head", CROSS, 2)]):
        answer = explained(subject.task, subject.model, "8+9")
    after = section.locator(".before-after dd").last.locator(".token").all_text_contents()
    assert after == [subject.task.tokenizer.tokens[step.token] for step in answer.steps]

    banner = tab.page.locator(".edits-banner")
    assert f"Switched off: {name}." in banner.inner_text()
    tab.click(banner, "button", "Switch all on again")
    assert "edits" not in tab.state()
    assert not banner.is_visible()


def test_what_a_part_computed_for_another_input(tab: Tab) -> None:
    section = tab.look("why")
    other = section.get_by_label("the other question")
    other.fill("1+")
    note = section.locator("p.why-note[role=status]")
    assert note.text_content() == "'1+' is not a sum of two numbers, such as 1+2"
    section.get_by_role("switch", name="decoder, block 1 · MLP, all of it").click()
    assert "edits" not in tab.state()  # there is nothing to put in place
    other.fill("1+1")
    assert not note.is_visible()
    tab.click(section, "switch", "decoder, block 1 · MLP, all of it")
    assert tab.edits() == [{"kind": "sublayer", "path": MLP, "from": "1+1"}]
    reasons = section.locator(".reasons")
    assert '"1+1" has 2 positions here, and this question 3' in reasons.inner_text()
    tab.click(section, "button", "at this step only")
    assert tab.edits() == [{"kind": "sublayer", "path": MLP, "row": 0, "from": "1+1"}]
    assert "positions" not in reasons.inner_text()
    encoder = section.get_by_role(
        "switch", name="encoder, block 1 · Self-attention · head 1", exact=True
    )
    assert encoder.is_disabled()  # it reads the input once, for all steps


def test_a_unit_by_its_number(tab: Tab) -> None:
    section = tab.look("why")
    field = section.get_by_label("decoder, block 1 · MLP: number of another unit, 1 to 128")
    field.fill("129")
    field.press("Enter")
    assert 'There is no unit "129"' in section.locator("p.why-note[role=status]").inner_text()
    field.fill("128")
    field.press("Enter")
    tab.page.wait_for_function("() => location.hash.includes('edits')")
    assert tab.edits() == [{"kind": "unit", "path": MLP, "index": 127}]


def test_every_head_and_mlp_is_ranked(tab: Tab, subject: Subject) -> None:
    section = tab.look("why")
    section.get_by_role("button", name="Switch off every head and MLP in turn").click()
    section.locator(".ranking table").wait_for()
    measured = tab.declared("measured")
    heads = subject.model.config.n_heads
    assert set(measured) == {
        name
        for path in sublayers(subject.model)
        for name in (
            [f"{path}.output"]
            if path.endswith("mlp")
            else [f"{path}.heads.{i}" for i in range(heads)]
        )
    }
    sizes = [abs(value) for value in measured.values()]
    assert sizes == sorted(sizes, reverse=True)


def matrix(named: dict[str, Array], name: str) -> Array:
    """An activation (T, n); or with "[2]" behind its name, that of a head."""
    if name in named:
        return named[name][0]
    name, _, head = name.rstrip("]").rpartition("[")
    return named[name][0, int(head)]


def test_two_inputs_side_by_side(tab: Tab, subject: Subject) -> None:
    section = tab.look("compare")
    field = section.get_by_label("The second question")
    field.fill("2+9")
    field.press("Enter")
    tab.page.wait_for_function("() => document.querySelectorAll('#sum .side').length === 2")
    tab.page.wait_for_function("() => document.activeElement.classList.contains('second-question')")
    section = tab.look("compare")
    assert section.locator(".differences figure").count() == 10
    assert section.locator(".differences [data-trace]").count() == 0  # they are of no one trace
    ours, theirs = (explained(subject.task, in_float64(subject.model), x) for x in ("8+9", "2+9"))
    for name, size in tab.declared("apart").items():
        if name.startswith("probabilities:"):
            p, q = (x.steps[int(name.split(":")[1])].probabilities for x in (ours, theirs))
            assert size == pytest.approx(np.abs(p - q).sum() / 2, abs=1e-6)
            continue
        a, b = (matrix(x.trace.named(), name) for x in (ours, theirs))
        both = np.sqrt((np.square(a).mean() + np.square(b).mean()) / 2)
        assert size == pytest.approx(np.sqrt(np.square(b - a).mean()) / both, abs=1e-6)
        shown = section.locator(f"[data-what='apart:{name}']").get_attribute("data-values")
        assert np.allclose([float(x) for x in shown.split()], (b - a).ravel(), atol=1e-6)

    tab.page.keyboard.press("End")
    tab.page.keyboard.type("+")
    section.get_by_role("alert").wait_for()
    field = section.get_by_label("The second question")
    field.fill("1+1")  # its answer is shorter
    section.get_by_text("cannot be subtracted").wait_for()
    assert tab.state()["second"] == "1+1"
    for part in ("attention", "mlp", "sum", "why", "writing"):
        names = tab.look(part).locator(".side-name")
        names.last.locator(".token").first.wait_for()
        assert [text[0] for text in names.all_text_contents()] == ["A", "B"]
    tab.look("compare").get_by_role("button", name="Close").click()
    tab.page.wait_for_function("() => document.querySelectorAll('#sum .side').length === 1")


def test_a_link_to_what_a_model_does_not_have(tab: Tab, file: Path) -> None:
    wrong = [
        {"kind": "head", "path": "nowhere", "index": 0},
        {"kind": "head", "path": CROSS, "index": 9},
    ]
    right = {"kind": "head", "path": CROSS, "index": 0, "row": 99}
    tab.page.goto("about:blank")
    tab.page.goto(f"{file.as_uri()}#edits={json.dumps([*wrong, right])}")
    section = tab.look("why")
    section.get_by_text("Left out: 2 of the parts").wait_for()
    assert "this text has no such position" in section.inner_text()
