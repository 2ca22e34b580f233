"""Pages of other kinds: two side by side, a record alone, the steps of a training; offline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from reading import Reader
from runs import QUESTIONS
from shown import Shown

from transformer.explain.page import record


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "fill-the-gap"])
def test_a_record_alone(
    name: str, shown: Callable[..., Shown], count: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a model with too many parameters there are no weights: it is told, and nothing typed."""
    monkeypatch.setattr(record, "MOST_PARAMETERS", 100)
    one = shown(name, QUESTIONS[name][0])
    reader = Reader(one, count)
    assert one.payload["weights"] is None
    assert one.page.locator("header input.question").is_disabled()
    one.page.locator("footer", has_text="too many for a page").wait_for()
    assert reader.check() > 20
    for step in range(one.page.locator("header .step").count()):
        one.click(f"header .step[data-step='{step}']")
        reader.check()
    boxes = one.page.locator("#map .map-box:not(.norm)")
    for i in range(boxes.count()):
        boxes.nth(i).click()
        one.settle()
        reader.check("#focus")
    one.page.locator("#attention .large .looks button").first.click()
    one.settle()
    reader.check("#attention")


def differences(one: Shown, reader: Reader) -> int:
    """Compare the section of two sides: B less A; return how many pictures there are."""
    entries = one.declared("#compare")
    a, b = (reader.references[side] for side in "ab")
    pictures = 0
    for entry in entries:
        kind, _, rest = entry["what"].partition(":")
        shown = np.array([float(x) for x in entry["values"].split()])
        if kind != "apart":
            expected = reader.references[entry["side"]].value(entry)
        elif rest.startswith("probabilities:"):
            step = int(rest.split(":")[1])
            p, q = (x.now.steps[step].probabilities for x in (a, b))
            expected = abs(p - q).sum() / 2
        else:
            name, _, head = rest.partition("[")
            if head in ("0]", "1]") and name.startswith("embedding"):
                name, head = rest, ""
            x, y = (reference.arrays[name] for reference in (a, b))
            x, y = (x[int(head[:-1])], y[int(head[:-1])]) if head else (x, y)
            expected = y - x
            size = np.sqrt((expected**2).mean() / np.mean([*x.ravel() ** 2, *y.ravel() ** 2]))
            assert float(entry["value"]) == pytest.approx(size, rel=1e-6)
            pictures += 1
        np.testing.assert_allclose(shown, np.ravel(expected), 2e-7, 1e-9, err_msg=entry["what"])
    return pictures


def test_two_inputs(shown: Callable[..., Shown], count: Counter[str]) -> None:
    one = shown("addition", "12+34", height=30000)
    reader = Reader(one, count)
    one.type("98+7", "#compare input")
    one.page.get_by_role("button", name="Put side by side").click()
    one.settle()
    assert one.state()["second"] == "98+7"
    assert one.page.locator("#attention [data-side-id]").count() == 2
    parts = "#map, #focus, #attention, #mlp, #sum, #why, #writing"
    assert reader.check(parts) > 100
    one.click("header .step[data-step='1']")
    reader.check(parts)
    differences(one, reader)
    one.type("11+22", "#compare input")
    reader.check(parts)
    assert differences(one, reader) > 3


def test_two_runs(shown: Callable[..., Shown], count: Counter[str]) -> None:
    one = shown("addition", "12+34", compare="other addition", height=30000)
    reader = Reader(one, count)
    parts = "#map, #focus, #attention, #mlp, #sum, #why, #writing, #learning"
    assert reader.check(parts) > 100
    one.type("5+6")
    reader.check(parts)
    assert differences(one, reader) > 3


@pytest.mark.parametrize("name", ["addition", "characters", "fill-the-gap"])
def test_learning_and_mistakes(
    name: str, shown: Callable[..., Shown], count: Counter[str]
) -> None:
    """Each kept checkpoint, loaded here, and the margins of listed questions; a click asks one."""
    one = shown(name, QUESTIONS[name][0])
    reader = Reader(one, count)
    slider = one.page.locator("#learning .learning-slider")
    slider.focus()
    one.page.keyboard.press("Home")
    one.settle()
    kept = one.subjects[0].saved.kept_steps()
    for i in range(len(kept)):
        assert one.state()["checkpoint"] == (i if i < len(kept) - 1 else one.state()["checkpoint"])
        reader.check("#learning, #mistakes")
        one.page.keyboard.press("ArrowRight")
        one.settle()
    one.page.locator("#learning .learning-choice button").last.click()
    one.settle()
    reader.check("#learning")
    row = one.page.locator("#mistakes tbody tr").nth(1)
    row.locator("button").click()
    one.settle()
    assert one.state()["question"] == one.payload["mistakes"]["list"][1]["source"]
    reader.check()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_leaves_and_nothing_is_refused(lang: str, shown: Callable[..., Shown]) -> None:
    """With the network off: the page alone is asked for, and its policy has nothing to refuse."""
    one = shown("characters", "</script>"[:4] if lang == "en" else "It's", lang=lang)
    for typed in ("</script>", 'or <!-- "', "\N{RIGHT-TO-LEFT OVERRIDE}\N{LINE SEPARATOR}<there>"):
        box = one.page.locator("header input.question")
        box.fill(typed)
        one.settle()
        assert one.page.locator("#question-error").is_hidden()
        assert box.input_value() == typed
    one.page.locator("#attention .large .looks button").first.click()
    one.settle()
    assert one.violations() == []
    assert one.complaints() == []
    assert one.page.locator("script, iframe, img, there").count() == 0
    page = one.path.read_text(encoding="utf-8")
    markup = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)
    outside = re.sub(r">[^<]*<", "><", markup)
    assert "http" not in outside.replace("http-equiv", "")
    script = page[page.rindex('<script type="module">') :]
    namespaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
    assert {*re.findall(r"https?://[^\s\"'`)]+", script)} <= namespaces
