"""The lesson on grokking: its mathematics by value, and the program on a tiny run."""

from __future__ import annotations

import importlib.util
import io
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import minitorch as mt
from transformer.tasks import Addition, ModularAddition
from transformer.tasks.modular import P, fourier_basis, fourier_power
from transformer.training.loop import Training
from transformer.training.run import Run

N = np.arange(P)
FLAGS = ["--batch-size=8", "--d-model=8", "--heads=2", "--evaluate-on=20", "--evaluate-every=2"]


def told(lang: str) -> Any:
    """Return a narrator whose words can be read afterwards."""
    console = Console(record=True, width=100, file=io.StringIO())
    return lesson.Narrator(console, lang)


def load() -> Any:
    path = Path(__file__).parents[2] / "examples" / "modular_addition.py"
    spec = importlib.util.spec_from_file_location("modular_addition", path)
    assert spec is not None and spec.loader is not None  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lesson = load()


def clock(k: int) -> Any:
    """The hand of a clock at each number, going round k times: (97, 2)."""
    return np.stack([np.cos(2 * np.pi * k * N / P), np.sin(2 * np.pi * k * N / P)], 1)


def directions(n: int, d: int = 16) -> Any:
    """Return n directions of length 1 at right angles: (n, d)."""
    return np.linalg.qr(np.random.default_rng(0).normal(size=(d, n)))[0].T


# ------------------------------------------------------------------------------ the mathematics


def test_the_waves_are_an_orthonormal_basis() -> None:
    basis = fourier_basis()
    np.testing.assert_allclose(basis @ basis.T, np.eye(P), atol=1e-12)
    np.testing.assert_allclose(basis[2 * 30 - 1], np.cos(2 * np.pi * 30 * N / P) * (2 / P) ** 0.5)
    np.testing.assert_allclose(
        basis[2 * 30], np.sin(2 * np.pi * 30 * N / P) * (2 / P) ** 0.5, atol=1e-12
    )


def test_two_frequencies_are_found_with_their_power() -> None:
    vectors = 5 + 2 * clock(5) @ directions(4)[:2] + clock(30) @ directions(4)[2:]
    power = fourier_power(vectors)
    assert lesson.strongest(power)[:2] == [5, 30]
    assert power[[4, 29]] == pytest.approx([0.8, 0.2])  # the amplitudes are 2 and 1
    assert power.sum() == pytest.approx(1)
    one = lesson.keep(vectors, [30])
    np.testing.assert_allclose(one, 5 + clock(30) @ directions(4)[2:], atol=1e-12)


def test_the_power_is_that_of_numpys_fft() -> None:
    vectors = np.random.default_rng(1).normal(size=(P, 7))
    squares = (np.abs(np.fft.rfft(vectors, axis=0)[1:]) ** 2).sum(1)
    np.testing.assert_allclose(fourier_power(vectors), squares / squares.sum())


@pytest.mark.parametrize("k", [1, 7, 48])
def test_the_numbers_stand_on_a_circle_in_their_order(k: int) -> None:
    vectors = 3 + 0.5 * clock(k) @ directions(4)[:2] + clock(20) @ directions(4)[2:]
    place = lesson.circle(vectors, k)
    np.testing.assert_allclose(np.linalg.norm(place, axis=1), 0.5)
    degrees = lesson.angles(place)
    assert degrees[2] == pytest.approx(k * 2 * 360 / P % 360)
    order = lesson.round_circle(k)
    assert sorted(order) == list(range(P))
    steps = np.diff(degrees[order])  # from 0°, a full turn in 97 equal steps
    np.testing.assert_allclose((steps + 1) % 360, 1 + 360 / P)


def test_a_circle_is_not_made_of_what_has_none() -> None:
    vectors = np.random.default_rng(0).normal(size=(P, 128))
    radius = np.linalg.norm(lesson.circle(vectors, 3), axis=1)
    assert radius.std() > 0.3 * radius.mean()  # where 97 numbers stand on one, it is near 0


def test_variance_has_its_sources() -> None:
    a, b = N[:, None], N[None, :]
    wave = lambda k, x: np.cos(2 * np.pi * k * x / P)  # noqa: E731
    table = 1 + wave(1, a) + 2 * wave(3, b) + 2 * wave(5, a + b)  # variances 1/2, 2, 2
    assert lesson.parts(table) == (pytest.approx(2.5 / 4.5), pytest.approx(2 / 4.5))
    # cos x cos y = (cos(x + y) + cos(x - y)) / 2
    assert lesson.parts(wave(7, a) * wave(7, b)) == (pytest.approx(0), pytest.approx(0.5))
    several = np.stack([wave(1, a) + 0 * b, wave(1, a + b)], -1)
    assert lesson.parts(several) == (pytest.approx(0.5), pytest.approx(0.5))


def test_logits_are_taken_apart_into_waves() -> None:
    off = N[:, None, None] + N[:, None] - N  # a + b - c
    wave = lambda k: np.cos(2 * np.pi * k * off / P)  # noqa: E731
    logits = 3 * wave(4) + wave(9) + 7 * N[:, None, None]  # 7a: the same for all answers
    nearest, explained = lesson.wave_logits(logits, [4])
    np.testing.assert_allclose(nearest, 3 * wave(4), atol=1e-9)
    assert explained == pytest.approx(0.9)  # 9/2 of 9/2 + 1/2
    assert (nearest.argmax(-1) == (N[:, None] + N) % P).all()
    assert lesson.wave_logits(logits, [4, 9])[1] == pytest.approx(1)


# ----------------------------------------------------------------------------------- the model


@pytest.fixture
def model() -> Any:
    mt.manual_seed(0)
    return ModularAddition().model(ModularAddition().model_config(d_model=8, n_heads=2))


def test_the_models_answers_with_another_embedding(model: Any) -> None:
    task, before = ModularAddition(), model.state_dict()["embedding.tokens.weight"].numpy().copy()
    ids = lesson.questions(task)
    assert task.tokenizer.decode(ids[77 * P + 30]) == "77 + 30"
    right = lesson.right_with(before[-P:], task, model)
    for a, b in ((77, 30), (0, 0), (50, 96)):
        logits = model(ids[a * P + b : a * P + b + 1])[0, -1, -P:].detach().numpy()
        assert right[a, b] == (logits.argmax() == (a + b) % P)
    blind = lesson.right_with(np.ones((P, 8)), task, model)  # with all numbers the same,
    assert blind.sum() == P  # it answers one number to all, which is right for 97 pairs
    with mt.no_grad():  # now its answer is 5, whatever the question
        model.output.weight.zero_()
        model.output.weight[4 + 5] = 1.0
        model.norm.bias[:] = 10.0
    table = lesson.right_with(before[-P:], task, model)
    np.testing.assert_array_equal(table, lesson.SUM == 5)
    np.testing.assert_array_equal(model.embedding.tokens.weight.detach().numpy(), before)


# ---------------------------------------------------------------------------------- the program


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the program; returns its exit code, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["modular_addition.py", *map(str, arguments)])
        code = lesson.main()
        return code, *capsys.readouterr()

    return run


def interrupted(out: Path, steps: int) -> None:
    """Leave a run there that has taken one step."""
    task = ModularAddition()
    changes = {"steps": steps, "batch_size": 8, "evaluate_on": 20}
    config = replace(task.training_config, **changes)
    training = Training(task, task.model_config(d_model=8, n_heads=2), config)
    with Run(out) as run:
        run.start(training)
        training.advance()
        training.evaluate()
        run.save(training)


def test_it_trains_and_explains(said: Any, tmp_path: Path) -> None:
    out = tmp_path / "run"
    code, output, _ = said("--out", out, "--lang=zh", "--steps=2", *FLAGS)
    assert code == 0
    assert "step 2/2" in output and "1. 顿悟" in output  # noqa: PT018
    assert {"grokking.png", "circles.png"} <= {path.name for path in out.iterdir()}


def test_it_trains_no_more_than_needed(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, explained = tmp_path / "run", []
    monkeypatch.setattr(lesson, "explain", lambda narrator, run: explained.append(narrator.say))
    monkeypatch.setattr("transformer.cli.train.report", lambda *arguments: None)
    interrupted(out, steps=3)
    code, output, _ = said("--out", out)
    assert (code, "step 3/3" in output) == (0, True)  # it goes on
    model = (out / "model.safetensors").read_bytes()
    code, output, _ = said("--out", out, "--lang=zh")
    assert (code, "step 3/3" in output) == (0, False)  # it is finished
    assert (out / "model.safetensors").read_bytes() == model
    (out / "circles.png").touch()
    code, output, _ = said("--out", out, "--steps=2", *FLAGS)
    assert (code, "step 2/2" in output) == (0, True)  # flags of the training: a new one
    assert (tmp_path / "run.1" / "circles.png").exists()
    assert explained == [lesson.SAY["en"], lesson.SAY["zh"], lesson.SAY["en"]]


def test_only_a_gpt_is_explained(said: Any, tmp_path: Path) -> None:
    code, _, errors = said("--out", tmp_path / "run", "--architecture=encoder-decoder")
    message = "what is explained here is a gpt, not the architecture encoder-decoder"
    assert (code, errors) == (2, f"error: {message}\n")
    assert not (tmp_path / "run").exists()


def test_a_run_of_another_task_is_refused(said: Any, tmp_path: Path) -> None:
    task = Addition(1)
    with Run(tmp_path) as run:
        run.start(Training(task, task.model_config(), task.training_config))
    code, _, errors = said("--out", tmp_path)
    assert code == 2
    assert "has the task addition, not modular-addition" in errors


def test_it_tells_what_stands_out(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    interrupted(out, steps=1)
    monkeypatch.setattr(lesson, "save", lambda figure, path: None)
    circles = clock(5) @ directions(4, 8)[:2] + 2 * clock(11) @ directions(4, 8)[2:]
    with mt.no_grad():
        model.embedding.tokens.weight[-P:] = mt.tensor(circles, dtype=mt.float32)
    monkeypatch.setattr(Run, "load", lambda run: (ModularAddition(), model))
    narrator = told("en")
    lesson.explain(narrator, Run(out))
    text = narrator.console.export_text()
    rows = [re.split(r"\s*│\s*", line) for line in text.splitlines() if "│" in line]
    assert ["", "11", "80.0%", "0, 53, 9, 62, 18, 71, …", "2.000 ± 0.000", ""] in rows
    assert ["", "5", "20.0%", "0, 39, 78, 20, 59, 1, …", "1.000 ± 0.000", ""] in rows
    right = lesson.right_with(circles, ModularAddition(), model)
    is_held_out = ModularAddition().is_held_out
    held_out = np.array([[is_held_out((a, b)) for b in range(P)] for a in range(P)])
    shares = [f"{right[pairs].mean():.1%}" for pairs in (held_out, ~held_out)]
    for name in ("as_is", "only", "others"):  # there is nothing else to take away
        assert ["", narrator.say[name].format(count=2), *shares, ""] in rows


def row(step: int, shown: float, held_out: float, power: float) -> dict[str, float]:
    matches = {"training_exact_match": shown, "exact_match": held_out}
    return {"step": step, "loss": 1.0, "held_out_loss": 2.0, **matches, "fourier_power": power}


GROKKED = [
    row(100, 0.5, 0.0, 0.2), row(200, 0.995, 0.01, 0.25), row(300, 1, 0.04, 0.3),
    row(400, 1, 0.5, 0.4), row(500, 1, 0.99, 0.7), row(600, 1, 1, 0.9),
]  # fmt: skip


def test_the_story_of_the_curves() -> None:
    def story(rows: list[dict[str, float]]) -> str:
        narrator = told("en")
        lesson.tell_grokking(narrator, rows, rows[-1])
        return " ".join(narrator.console.export_text().split())

    whole = story(GROKKED)
    assert "By step 200 it is right on 99.5%" in whole
    assert "on 1.0% of the others" in whole
    assert "Only at step 500 is it right on 99.0%" in whole
    assert "20% at step 100, 30% at step 300" in whole
    assert "90% at step 600" in whole
    fallen = story([*GROKKED, row(700, 0.04, 0.01, 0.9), row(800, 1, 1, 0.9)])
    assert "20% at step 100, 30% at step 300" in fallen  # a fall afterwards changes nothing
    assert "still at step 400, with 50.0%" in story(GROKKED[:4])
    assert story(GROKKED[:1]).endswith(lesson.SAY["en"]["never"])


def test_both_languages_say_the_same_things() -> None:
    english, chinese = lesson.SAY["en"], lesson.SAY["zh"]
    assert english.keys() == chinese.keys()
    fields: Callable[[str], set[str]] = lambda text: set(re.findall(r"\{(\w+)", text))  # noqa: E731
    assert {k: fields(text) for k, text in english.items()} == {
        k: fields(text) for k, text in chinese.items()
    }


# -------------------------------------------------------------------------------- the pictures


def test_the_curves_are_drawn_one_above_the_other() -> None:
    loss, match, power = lesson.draw_grokking(GROKKED).axes
    assert match.lines[1].get_xydata().tolist() == [[r["step"], r["exact_match"]] for r in GROKKED]
    assert list(power.lines[0].get_ydata()) == [r["fourier_power"] for r in GROKKED]
    assert [line.get_label() for line in loss.lines] == ["training loss", "held-out loss"]
    old = [{name: x for name, x in r.items() if name != "fourier_power"} for r in GROKKED]
    assert len(lesson.draw_grokking(old).axes) == 2


def test_bars_and_circles_are_drawn() -> None:
    vectors = 2 * clock(5) @ directions(4)[:2] + clock(30) @ directions(4)[2:]
    vectors = vectors + np.random.default_rng(0).normal(0, 0.01, vectors.shape)
    bars, first, second, *others = lesson.draw_circles(vectors).axes
    heights = [bar.get_height() for bar in bars.patches]
    np.testing.assert_allclose(heights, fourier_power(vectors))
    assert (len(others), first.get_title()) == (6, "k = 5: 0, 39, 78, 20, …")
    assert second.get_title() == "k = 30: 0, 55, 13, 68, …"
    for panel, k in ((first, 5), (second, 30)):
        labels = {int(text.get_text()): text.get_position() for text in panel.texts}
        assert [labels[n] for n in range(P)] == [tuple(p) for p in lesson.circle(vectors, k)]
