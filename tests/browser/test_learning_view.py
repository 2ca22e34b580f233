"""Learning and Mistakes in Chromium show what the checkpoints, loaded here, compute."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from minitorch.testing import assert_close
from transformer.explain.learning import metrics, snapshot
from transformer.explain.page import Subject, page, write_page
from transformer.explain.page.held_out import mistakes
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run

TASK = Addition(1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, needed: Callable[[str], Any]) -> Run:
    needed("playwright")
    config = TrainingConfig(
        steps=120, batch_size=64, lr=0.01, warmup=20, evaluate_every=40, evaluate_on=10, keep=4
    )
    training = Training(TASK, TASK.model_config(n_layers=1, d_model=16, n_heads=2), config)
    with Run(tmp_path_factory.mktemp("runs") / "sums") as run:
        run.start(training)
        train(training, run, Progress(Console(file=io.StringIO()), 0, 120, 64))
    return run


def opened(chromium: Any, directory: Path, hash_: str = "", **options: Any) -> Any:
    file = directory.parent / "page.html"
    write_page(file, page(Subject.load(directory), "1+2"))
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, **options)
    view = context.new_page()
    view.errors = []
    view.on("pageerror", lambda error: view.errors.append(str(error)))
    view.goto(f"{file.as_uri()}{hash_}")
    for part in ("mistakes", "learning"):
        for _ in range(300):  # what is drawn above it meanwhile may push it out of sight again
            view.evaluate(f"document.getElementById('{part}').scrollIntoView()")
            if view.locator(f"#{part} p").count():
                break
            view.wait_for_timeout(100)
        else:
            pytest.fail(f"{part} is not drawn: {view.errors}")
    return view


@pytest.fixture
def view(chromium: Any, run: Run) -> Iterator[Any]:
    view = opened(chromium, run.directory, reduced_motion="reduce")
    yield view
    assert view.errors == []
    view.context.close()


@pytest.fixture
def expect(needed: Callable[[str], Any]) -> Any:
    """Wait until something holds of an element."""
    expect = needed("playwright.sync_api").expect
    expect.set_options(timeout=30_000)
    return expect


def declared(view: Any, prefix: str) -> dict[str, list[float]]:
    """Return the numbers that elements declare, by what they say that these are."""
    found = view.evaluate(
        """prefix => [...document.querySelectorAll('[data-what]')]
             .filter(x => x.dataset.what.startsWith(prefix))
             .map(x => [x.dataset.what, x.dataset.values ?? x.dataset.value])"""
    , prefix)  # fmt: skip
    return {what: [float(x) for x in values.split()] for what, values in found}


def at_checkpoint(view: Any, expect: Any, i: int) -> None:
    view.locator(".learning-slider").fill(str(i))
    expect(view.locator(".learning-history tr.selected td").first).to_have_text(str(STEPS[i]))


STEPS = (0, 13, 53, 120)


def test_every_checkpoint_shows_its_own_numbers(view: Any, expect: Any, run: Run) -> None:
    """Of each example: its answer, all heads, and the sum of each token of the answer."""
    assert tuple(run.kept_steps()) == STEPS
    examples = view.locator(".learning-choice button").all_inner_texts()
    assert examples[0] == "1+2="
    below, shown = view.locator(".learning-below p"), 0
    for which, source in enumerate(examples[:2]):
        a, b = map(int, source[:-1].split("+"))
        target = str(a + b)[::-1]
        if which == 0:
            target = TASK.generate(run.load()[1], [source])[0]
        view.locator(".learning-choice button").nth(which).click()
        losses = []
        for i, step in enumerate(STEPS):
            at_checkpoint(view, expect, i)
            real = snapshot(TASK, run.load(step)[1], source, target)
            losses.append(np.mean([s.loss for s in real.steps]))
            found = declared(view, f"learning:{which}:{step}:")
            for path, weights in real.weights.items():
                for head, expected in enumerate(weights):
                    name = f"learning:{which}:{step}:{path}.weights.{head}"
                    assert_close(found[name], expected.ravel(), rtol=0, atol=1e-6)
                    shown += 1
            text = view.inner_text(".learning-verdict")
            asked = "Before its first step" if step == 0 else f"After step {step}"
            answer = real.answer[::-1] or "∅"
            assert text.startswith(f"{asked} it read {source} and wrote {answer}: "), text
            assert ("✓ right" in text) == (real.answer == str(a + b)[::-1])
            for j, (one, total) in enumerate(zip(real.steps, real.sums, strict=True)):
                below.locator(".token[role=button]").nth(j).click()
                chosen = view.locator(f"[data-what='learning:{which}:{step}:{j}:difference']")
                expect(chosen).to_be_visible()
                found = declared(view, f"learning:{which}:{step}:{j}:")
                sums = {f"learning:{which}:{step}:{j}:sum:{k}": v for k, v in total.parts.items()}
                for name, value in sums.items():
                    assert_close(found[name], [value], rtol=1e-5, atol=0)
                    shown += 1
                probability = one.probabilities[one.token]
                name = f"learning:{which}:{step}:{j}:"
                assert_close(found[f"{name}probability"], [probability], rtol=1e-5, atol=0)
                assert_close(found[f"{name}difference"], [total.difference], rtol=1e-5, atol=0)
                tokens = below.filter(has_text="less").locator(".token")
                labels = [TASK.tokenizer.tokens[k] for k in (one.token, one.rival)]
                assert tokens.all_inner_texts() == labels
        assert_close(
            declared(view, "learning:")[f"learning:{which}:loss"], losses, rtol=1e-4, atol=0
        )
    assert shown > 100


def test_the_curve_is_the_runs_metrics(view: Any, run: Run) -> None:
    found = declared(view, "learning:metrics.")
    for name in ("loss", "held_out_loss"):
        expected = [row[name] for row in metrics(run)]
        assert_close(found[f"learning:metrics.{name}"], expected, rtol=1e-7, atol=0)


def test_a_row_of_a_map_is_labelled_by_the_token_that_asks(view: Any, expect: Any) -> None:
    """The right answer is read: its rows are <s> and the answer; the columns are the question."""
    view.locator(".learning-head").last.click()
    expect(view.locator(".learning-head").last).to_have_attribute("aria-pressed", "true")
    view.locator("#learning .heat-scroll").focus()
    for key in ("ArrowDown", "ArrowRight"):
        view.keyboard.press(key)
    answer = view.inner_text(".learning-below p .token[role=button]")
    assert re.match(rf"{answer} asks, \+ answers: ", view.inner_text("#learning .readout"))


def test_where_motion_is_not_wanted_the_button_goes_on_by_one(view: Any, expect: Any) -> None:
    button, now = view.locator(".learning-time button"), view.locator(".learning-now")
    expect(button).to_have_text("Next")
    for step in (0, 13, 53):
        button.click()
        expect(now).to_have_text(f"training step {step} of 120")
    expect(view).to_have_url(re.compile("checkpoint=2"))


def test_it_plays_to_the_end_and_stops(chromium: Any, expect: Any, run: Run) -> None:
    view = opened(chromium, run.directory, "#checkpoint=1", reduced_motion="no-preference")
    button, now = view.locator(".learning-time button"), view.locator(".learning-now")
    expect(button).to_have_text("Play")
    button.click()
    expect(button).to_have_text("Pause")
    expect(now).to_have_text("training step 120 of 120")
    expect(button).to_have_text("Play")
    assert view.errors == []
    view.context.close()


def test_where_nothing_was_kept_it_says_how_to_keep(chromium: Any, sums: Path) -> None:
    view = opened(chromium, sums)
    assert "transformer train addition --keep 12" in view.inner_text("#learning")
    assert view.locator("#learning svg.curve").count() == 1
    assert view.locator("#learning input").count() == 0
    assert view.errors == []
    view.context.close()


def test_mistakes_are_the_models_and_a_click_asks_one(view: Any, expect: Any, run: Run) -> None:
    task, model = run.load()
    expected = mistakes(task, model, TASK.held_out_examples(0, 1000))
    rows = view.locator("table.mistakes tbody tr")
    assert rows.count() == 10  # at first
    view.get_by_role("button", name=f"Show all {len(expected['list'])}").press("Enter")
    assert rows.nth(10).locator("button").evaluate("e => e === document.activeElement")
    found = declared(view, "mistakes:")
    assert found["mistakes:tested"] == [expected["tested"]]
    assert found["mistakes:wrong"] == [expected["wrong"]]
    assert rows.count() == len(expected["list"]) > 10
    for i, one in enumerate(expected["list"]):
        assert found[f"mistakes:{i}:margin"] == [one["margin"]]
        texts = rows.nth(i).locator("td").all_inner_texts()
        question, wrote, verdict, right, token, rival, *_ = texts
        assert (question, wrote, right) == (one["source"], one["answer"][::-1], one["target"][::-1])
        assert verdict == ("✓ right" if one["right"] else "✗ wrong")
        assert token == f'{[*one["answer"], "</s>"][one["step"]]} step {one["step"] + 1}'
        assert rival == task.tokenizer.tokens[one["rival"]]

    one = expected["list"][1]
    rows.nth(1).locator("button").press("Enter")
    expect(view.locator("input.question")).to_have_value(one["source"])
    expect(view.locator(".top .step.selected")).to_have_text([*one["answer"], "</s>"][one["step"]])
    expect(view.locator("table.mistakes tr.selected button")).to_have_text(one["source"])


def test_a_bar_is_labelled_by_its_part(view: Any) -> None:
    names = {"self_attention": "Masked self-attention", "cross_attention": "Cross-attention"}
    bars = view.locator("#learning .bar-row")
    assert bars.count() == 2 + 2 * 2 + 1 + 1  # token, position; heads; MLP; biases
    for bar in bars.all():
        part = bar.get_attribute("data-what").split(":sum:")[1]
        label = " ".join(bar.locator(".bar-label").inner_text().split())
        if head := re.fullmatch(r"decoder\.blocks\.0\.(\w+)\.heads\.(\d)", part):
            expected = f"block 1 · {names[head[1]]} head {int(head[2]) + 1}"
        else:
            expected = {
                "embedding.tokens": "token",
                "embedding.positions": "position",
                "decoder.blocks.0.mlp.output": "block 1 MLP",
                "biases": "biases",
            }[part]
        assert label == expected
