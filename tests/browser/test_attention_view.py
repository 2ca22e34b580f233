"""Attention and the MLP on the page, used as a person uses them, beside the same in Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest

from transformer.explain import explained, in_float64, parts
from transformer.explain.page import Subject, payload

CROSS = "decoder.blocks.0.cross_attention"
MLP = "decoder.blocks.0.mlp"
BOUND = 1e-6  # the page declares eight digits


@pytest.fixture
def tab(chromium: Any, file: Path) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1200, "height": 1000})
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda text: text.type == "error" and errors.append(text.text))
    tab.goto(file.as_uri())
    yield tab
    context.close()
    assert not errors


@pytest.fixture(scope="module")
def python(subject: Subject) -> tuple[Any, Any]:
    """The model in float64, and what it makes of the question."""
    model = in_float64(subject.model)
    return model, explained(subject.task, model, "8+9")


def look(tab: Any, section: str) -> Any:
    found = tab.locator(f"#{section}")
    found.evaluate("e => e.scrollIntoView({behavior: 'instant'})")
    found.locator(".view > *").first.wait_for(state="attached")
    return found


def declared(within: Any, what: str) -> Any:
    """The numbers that an element declares under this name."""
    element = within.locator(f'[data-what="{what}"]').first
    text = element.evaluate("e => e.dataset.value ?? e.dataset.values")
    return np.array([float(x) for x in text.split()])


def test_a_cell_opens_by_keyboard_to_arithmetic_that_python_does_too(
    tab: Any, python: tuple[Any, Any]
) -> None:
    model, e = python
    section = look(tab, "attention")
    drawn = tab.locator("html").get_attribute("data-drawn")
    section.locator(".head-map").nth(2).click()  # of the cross-attention, head 3
    tab.wait_for_function("x => document.documentElement.dataset.drawn !== x", arg=drawn)
    section.locator(".large .heat-scroll").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        tab.keyboard.press(key)
    section.locator(".chain").wait_for()
    state = parse_qs(tab.url.partition("#")[2])
    assert [state[name] for name in ("head", "query", "key")] == [["2"], ["1"], ["2"]]

    attention = model.decoder.blocks[0].cross_attention
    q, k, v = (e.trace[f"{CROSS}.{name}"][0, 2] for name in "qkv")
    weights = e.trace[f"{CROSS}.weights"][0, 2, 1]
    what = f"cell:{CROSS}.2.1.2"
    np.testing.assert_allclose(declared(section, f"{what}.dot"), q[1] @ k[2], rtol=BOUND)
    sizes = np.exp(q[1] @ k.T / np.sqrt(len(k[0])))
    total = declared(section, f"{what}.exponential.total")
    np.testing.assert_allclose(total, (sizes / sizes.max()).sum(), rtol=BOUND)
    W_o = attention.output.weight.detach().numpy()[:, 2 * len(k[0]) : 3 * len(k[0])]
    added = declared(section, f"{what}.added")
    np.testing.assert_allclose(added, W_o @ (weights[2] * v[2]), rtol=BOUND, atol=BOUND)
    step = e.steps[1]
    expected = parts(model, e.trace, step.row, step.token, step.rival).parts[f"{CROSS}.heads.2"]
    found = declared(section, f"{what}.logit.total")
    np.testing.assert_allclose(found, expected, rtol=BOUND, atol=BOUND)
    keys = [declared(section, f"cell:{CROSS}.2.1.{i}.logit") for i in range(len(k))]
    np.testing.assert_allclose(sum(keys), expected, rtol=BOUND, atol=BOUND)


def test_the_heads_say_at_whom_the_chosen_step_looks(tab: Any, python: tuple[Any, Any]) -> None:
    _, e = python
    section = look(tab, "attention")
    tab.locator(".answer [data-step='1']").click()
    tab.wait_for_function("() => location.hash.includes('step=1')")
    weights = e.trace[f"{CROSS}.weights"][0, :, e.steps[1].row]
    shown = section.locator(f"[data-trace='{CROSS}.weights'] .head-look .token")
    assert shown.all_inner_texts() == ["8+9="[i] for i in weights.argmax(1)]


def test_the_units_that_count_for_a_token_are_the_mlps_part_of_the_sum(
    tab: Any, python: tuple[Any, Any]
) -> None:
    model, e = python
    section = look(tab, "mlp")
    step = e.steps[0]
    expected = parts(model, e.trace, step.row, step.token, step.rival).parts[f"{MLP}.output"]
    what = f"units:{MLP}.{step.row}.{step.token}.{step.rival}.total"
    np.testing.assert_allclose(declared(section, what), expected, rtol=BOUND, atol=BOUND)
    hidden = e.trace[f"{MLP}.hidden"][0, step.row]
    assert f"excites {(hidden > 0).sum()} of {len(hidden)} hidden units" in section.inner_text()


def test_a_units_strongest_inputs_carry_the_token_at_their_row(tab: Any, subject: Subject) -> None:
    path = "encoder.blocks.0.mlp"
    data = payload(subject, "8+9")
    unit, strongest = next((i, found) for i, found in enumerate(data["units"][path]) if found)
    section = look(tab, "mlp")
    tab.evaluate(f"location.hash = 'path={path}&unit={unit}&query=1'")
    section.get_by_role("heading", name=f"Unit {unit + 1}", exact=True).wait_for()
    items = section.locator(".strongest li")
    assert items.count() == len(strongest)
    for i, (example, row, value) in enumerate(strongest):
        source, _ = data["examples"][example]
        item = items.nth(i)
        assert item.locator(".token.selected").inner_text() == source[row]
        assert "".join(item.locator("bdi").all_inner_texts()) == source
        assert float(item.get_attribute("data-value")) == value


def test_two_vectors_change_places_before_the_mlp(tab: Any, python: tuple[Any, Any]) -> None:
    _, e = python
    section = look(tab, "mlp")
    swap = section.locator(".swap")
    button = swap.get_by_role("button", name="Swap their vectors")
    button.focus()
    tab.keyboard.press("Enter")
    swap.get_by_role("status").get_by_text("largest difference 0").wait_for()
    assert button.evaluate("e => e === document.activeElement")
    output = e.trace[f"{MLP}.output"][0]
    places = swap.locator(".swap-stage").last.locator("[data-values]")
    shown = places.evaluate_all("all => all.map(e => e.dataset.values.split(' ').map(Number))")
    np.testing.assert_allclose(shown[:2], output[[1, 0]], rtol=BOUND, atol=BOUND)


def test_a_head_that_is_switched_off_is_pale_among_the_others(tab: Any) -> None:
    section = look(tab, "attention")
    off = section.locator(".head-map.is-off")
    assert off.count() == 0
    section.locator(".head-map").nth(2).click()
    section.get_by_role("button", name="Switch this head off").click()
    off.first.wait_for()
    assert off.count() == 1
    assert (off.get_attribute("data-trace"), off.get_attribute("data-at")) == (
        f"{CROSS}.weights", "2",
    )  # fmt: skip
