"""For everybody: by keyboard, read aloud, in both languages, light and dark, small and wide."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from runs import QUESTIONS
from shown import Shown

TERMS = re.compile(  # which Chinese texts take over as they are
    r"Q|K|V|MLP|ReLU|GELU|silu|SwiGLU|softmax|logits?|Transformer|GPT|BERT|LayerNorm|RMSNorm|"
    r"Python|NumPy|JavaScript|float\d+|alpha|Add & Norm|Post-LN|Pre-LN|Jain|Wallace|McGrath|"
    r"max|<pad>|transformer solve|temperature|top-p|"
    r"\b[a-z]+(?:\.\w+)+|: [a-z /-]+：|"  # names in a trace; a term's English name
    r"“Attention is not Explanation”|“The Hydra Effect”|W_\w+|b_\w+|d_\w+|ln P|sigmoid|Light|Dark",
    re.ASCII,
)


def every_part(one: Shown) -> None:
    """Open what the page can show: a cell, a unit, an ablation, the lines of Python."""
    one.page.locator("#attention .large .looks button").first.click()
    one.settle()
    one.page.locator("#why [role=switch]").first.click()
    one.settle()
    one.page.locator("#focus details summary").first.click()
    one.settle()


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "fill-the-gap", "characters"])
def test_names_headings_and_contrast(name: str, shown: Callable[..., Shown]) -> None:
    for scheme in ("light", "dark"):
        one = shown(name, QUESTIONS[name][0], color_scheme=scheme)
        every_part(one)
        assert one.page.evaluate("access.unnamed()") == []
        assert one.page.evaluate("access.faint()") == []


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "fill-the-gap", "characters"])
def test_all_is_said_in_chinese_too(name: str, shown: Callable[..., Shown]) -> None:
    one = shown(name, QUESTIONS[name][0])
    one.page.get_by_role("button", name="中文").click()
    one.settle()
    every_part(one)
    for mode in ("training", "use"):
        choice = one.page.get_by_role("group", name="模式").locator("button")
        choice.nth(int(mode == "training")).click()
        one.settle()
        assert one.state()["mode"] == mode
        texts = one.page.evaluate("access.texts()")
        assert sum(bool(re.search(r"[\u4e00-\u9fff]", text)) for text in texts) > 100
        own = {*one.subjects[0].task.tokenizer.tokens}
        answer = one.page.title().split("→ ")[-1]
        texts = [t.replace(answer, "") if answer else t for t in texts]
        for text in texts:
            left = {*re.findall(r"[A-Za-z]{3,}", TERMS.sub("", text))} - own
            assert not left or "␣" in text, text  # which is a text of the task's


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["addition", "numbers", "characters", "fill-the-gap"])
def test_no_page_scrolls_sideways(name: str, lang: str, shown: Callable[..., Shown]) -> None:
    one = shown(name, QUESTIONS[name][0], lang=lang)
    every_part(one)
    for width in (390, 768, 1440, 1920):
        one.page.set_viewport_size({"width": width, "height": 9000})
        one.settle()
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_tour_by_keyboard(shown: Callable[..., Shown]) -> None:
    """Tab reaches every control in the order of the page, each with its focus to be seen."""
    one = shown("addition", "12+34", height=900, reduced_motion="reduce")
    page, places, seen = one.page, [], set()
    for _ in range(1500):
        page.keyboard.press("Tab")
        found = page.evaluate("access.focused()")
        if found is None and "compare" not in places:  # the last section was not drawn yet
            one.settle()
            page.keyboard.press("Shift+Tab")
            continue
        if found is None:
            break
        place, what, is_visible, top, left = found
        assert is_visible, what
        assert top >= -1, what
        assert left >= -1 or "skip" in what, what
        places.append(place)
        seen.add(what)
    order = list(dict.fromkeys(place for place in places if place))
    sections = [
        "map", "focus", "attention", "mlp", "sum",
        "why", "writing", "learning", "mistakes", "compare",
    ]  # fmt: skip
    assert [place for place in order if place in sections] == sections


def test_by_keyboard_alone(shown: Callable[..., Shown]) -> None:
    """A question, a step, a box, a cell, a switch: all without a pointer."""
    one = shown("addition", "12+34", height=900)
    page = one.page

    def tab_to(selector: str) -> None:
        for _ in range(300):
            page.keyboard.press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab does not reach {selector}")

    tab_to("input.question")
    page.keyboard.press("Control+A")
    page.keyboard.type("5+6")
    tab_to("header .step")
    page.keyboard.press("ArrowRight")
    one.settle()
    assert (one.state()["question"], one.state()["step"]) == ("5+6", 1)
    tab_to("#map [data-box='decoder.blocks.0.cross_attention']")
    page.keyboard.press("Enter")
    one.settle()
    assert one.state()["box"] == "decoder.blocks.0.cross_attention"
    tab_to("#attention .large .heat-scroll")
    for key in ("ArrowUp", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    one.settle()
    assert (one.state()["query"], one.state()["key"]) == (0, 1)
    tab_to("#why [role=switch]")
    page.keyboard.press("Space")
    one.settle()
    assert len(one.state()["edits"]) == 1
    link = page.url.split("#")[1]
    again = shown("addition", "12+34", hash=f"#{link}")
    assert again.state() | {"section": None} == one.state() | {"section": None}  # in sight
    assert again.page.locator("h1").inner_text() == page.locator("h1").inner_text()


def test_what_gets_the_focus_is_drawn_first(shown: Callable[..., Shown]) -> None:
    """A section far below waits with its drawing; keys pressed in it act on what is true now."""
    one = shown("addition", "5+6", height=900)
    at_once = """() => {
        const step = document.querySelector("header .step");
        step.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        return new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
            document.querySelector("#attention .large .heat-scroll").focus();
            for (const key of ["ArrowUp", "ArrowRight", "Enter"]) {
                const event = new KeyboardEvent("keydown", { key, bubbles: true });
                document.activeElement.dispatchEvent(event);
            }
            done(document.activeElement.matches("#attention .large .heat-scroll"));
        })));
    }"""
    assert one.page.evaluate(at_once)
    one.settle()
    assert [one.state()[name] for name in ("step", "query", "key")] == [1, 0, 1]


def test_reduced_motion(shown: Callable[..., Shown]) -> None:
    """Nothing moves by itself: no transition, no animation, and no playing that animates."""
    one = shown("addition", "12+34", reduced_motion="reduce")
    one.page.locator("#writing .play").click()
    one.page.wait_for_timeout(1500)
    moving: list[Any] = one.page.evaluate("access.moving()")
    assert moving == []
