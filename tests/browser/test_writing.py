"""Writing, training and guessing in a real browser: what is shown is what Python computes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from transformer.decoding.strategy import Decoding
from transformer.explain import explained, in_float64
from transformer.explain.page import Subject, page, write_page
from transformer.tasks import Addition

Open = Callable[[str], Any]


@pytest.fixture(scope="module", params=["encoder-decoder", "gpt"])
def subject(request: pytest.FixtureRequest, sums: Path) -> Subject:
    """A model that has learned to add, and a GPT that has not: its beam has more to choose from."""
    if request.param == "encoder-decoder":
        return Subject.load(sums)
    task = Addition(1, architecture="gpt")
    mt.manual_seed(1)
    return Subject(task, task.model(task.model_config(n_layers=2, n_kv_heads=2)), "runs/new")


@pytest.fixture(scope="module")
def file(subject: Subject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the model, asked 7+8."""
    path = tmp_path_factory.mktemp("pages") / "page.html"
    write_page(path, page(subject, "7+8"))
    return path


@pytest.fixture
def opened(chromium: Any, file: Path) -> Iterator[Open]:
    """Open the page in a state, at the section Writing; after the test no error was reported."""
    tabs: list[Any] = []
    wrong: list[str] = []

    def open_at(state: str = "") -> Any:
        tab = chromium.new_page()
        tabs.append(tab)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda message: wrong.append(message.text))
        tab.goto(f"{file.as_uri()}#{state}")
        tab.locator("#writing").scroll_into_view_if_needed()
        tab.locator("#writing .player, #writing .guess").first.wait_for()
        return tab

    yield open_at
    for tab in tabs:
        tab.close()
    assert wrong == []


def shown(tab: Any, name: str) -> dict[str, float]:
    """The derived numbers in sight whose names match; one shown twice is shown alike."""
    found: dict[str, float] = {}
    for what, value in tab.eval_on_selector_all(
        "#writing [data-what]",
        "all => all.filter((x) => x.checkVisibility()).map(({ dataset: d }) => [d.what, d.value])",
    ):
        if re.fullmatch(name, what):
            assert found.setdefault(what, float(value)) == float(value), what
    return found


def redrawn(tab: Any, action: Callable[[], Any]) -> None:
    """Do something, and wait until the page has been drawn anew."""
    drawn = tab.locator("html").get_attribute("data-drawn")
    action()
    tab.wait_for_selector(f'html:not([data-drawn="{drawn}"])', state="attached")


def test_each_step_shows_its_probabilities_keys_and_values(opened: Open, subject: Subject) -> None:
    e = explained(subject.task, in_float64(subject.model), "7+8")
    tab = opened()
    for i, step in enumerate(e.steps):
        if i:
            redrawn(tab, lambda: tab.locator(".rows-box").press("ArrowRight"))
        seen = shown(tab, rf"probability:{i}:\d+")
        assert len(seen) >= 5
        for what, p in seen.items():
            assert p == pytest.approx(step.probabilities[int(what.split(":")[2])], rel=1e-7)
        new = tab.locator("table.cache").first.locator(".slot.new")
        read = step.row + 1 - (e.steps[i - 1].row + 1 if i else 0)
        assert new.count() == read * 2 * subject.model.config.n_layers  # a key and a value
        for slot in tab.locator(".slot:not(.empty)").all()[:: 3 if i == 1 else 11]:
            slot.hover()
            strips = tab.eval_on_selector_all(
                ".slot-numbers [data-trace]",
                "all => all.map(({ dataset: d }) => [d.trace, d.at, d.values])",
            )
            assert strips
            for trace, at, values in strips:
                head, row = map(int, at.split(","))
                expected = e.trace[trace][0, head, row]
                np.testing.assert_allclose(np.array(values.split(), float), expected, rtol=1e-7)
                assert f"position {row + 1}," in tab.locator(".slot-numbers p").inner_text()


def test_training_shows_the_loss_of_a_typed_target(opened: Open, subject: Subject) -> None:
    tab = opened("mode=training")
    redrawn(tab, lambda: tab.locator(".target-field input").fill("40"))
    e = explained(subject.task, in_float64(subject.model), "7+8", target="40")
    losses = shown(tab, "loss:.*")
    mean = losses.pop("loss:mean")
    assert losses == pytest.approx({f"loss:{i}": s.loss for i, s in enumerate(e.steps)}, rel=1e-7)
    assert mean == pytest.approx(np.mean([s.loss for s in e.steps]), rel=1e-7)
    mask = tab.locator("table.mask tbody tr").all_inner_texts()
    assert [row.split("\t").count("✓") for row in mask] == [*range(1, len(e.rows) + 1)]
    redrawn(tab, lambda: tab.locator(".target-field input").fill("4x"))
    assert "unknown character 'x'" in tab.locator(".target-field .error").inner_text()


@pytest.mark.parametrize(("width", "alpha"), [(1, 0.6), (3, 0.6), (4, 0.0), (2, 2.0)])
def test_the_beam_is_that_of_solve(
    opened: Open, subject: Subject, width: int, alpha: float
) -> None:
    tab = opened(f'beam={{"width":{width},"alpha":{alpha}}}')
    decoding = Decoding(beam=width, n_best=width, alpha=alpha)
    answers = subject.task.answer(subject.model, "7+8=", decoding).split("\n")
    texts = [line[8:].strip() for line in answers] if width > 1 else answers
    rows = [row.split("\t") for row in tab.locator(".beam-figure tbody tr").all_inner_texts()]
    assert [row[0] for row in rows] == [text or "∅" for text in texts]
    if width > 1:
        scores = [float(line.split()[0]) for line in answers]
        assert [float(row[2].replace("−", "-")) for row in rows] == pytest.approx(scores, abs=2e-4)
        best = shown(tab, r"beam:best0")["beam:best0"]
        winner = tab.locator(".beam-tree .node.wins").last
        assert float(winner.get_attribute("data-value")) == best


def test_a_guess_comes_before_the_result(opened: Open, subject: Subject) -> None:
    e = explained(subject.task, in_float64(subject.model), "7+8")
    tab = opened("guess=true")
    answer = tab.locator("header .answer .token")
    assert set(answer.all_inner_texts()) == {"?"}
    assert e.text not in tab.title()
    assert shown(tab, "probability:.*|beam:.*") == {}
    for view in ("#writing", "#sum", "#attention"):
        tab.locator(view).scroll_into_view_if_needed()
        tab.locator(f"{view} .guess").wait_for()
    right = e.steps[0].token
    panel = tab.locator("#guess .guess").first
    redrawn(tab, panel.locator(f'[data-choice="{right}"]').click)
    assert panel.inner_text().startswith("Yes.")
    assert answer.first.inner_text() == e.vocabulary[right]
    assert set(answer.all_inner_texts()[1:]) == {"?"}
    assert "1 of 1" in tab.locator("#guess").inner_text()
    tab.locator("#writing").scroll_into_view_if_needed()
    tab.locator("#writing .bars").wait_for()
    assert shown(tab, f"probability:0:{right}")


def test_a_link_that_asks_what_is_no_question_shows_the_pages_own(opened: Open) -> None:
    tab = opened("question=abc&guess=true")
    assert "abc" in tab.locator("#question-error").inner_text()
    assert tab.locator("#writing .source-line, #writing .token-rows").count()
