"""`transformer explain`: where the page is written, and that a mistake leaves none."""

from __future__ import annotations

import os
import re
import shutil
import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from transformer.cli import main
from transformer.explain.page import Subject, page
from transformer.tasks import Copy
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training
from transformer.training.run import Run

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Run `transformer explain`; return its exit code, and what it wrote."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["explain", *arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


@pytest.fixture
def here(single_digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the run runs/sums, and beside it the run copy."""
    shutil.copytree(single_digits, tmp_path / "runs/sums")
    task = Copy()
    training = Training(task, task.model_config(d_model=8, n_heads=2), TrainingConfig(steps=1))
    with Run(tmp_path / "copy") as run:
        run.start(training)
        training.metrics.append(
            {"step": 0, "loss": 1, "learning_rate": 0, "exact_match": 0, "held_out_loss": 1}
        )
        run.save(training)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pages(directory: Path) -> list[str]:
    """Return all files that are no part of a run."""
    return sorted(
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file() and path.parent.name not in ("sums", "copy")
    )


def test_the_page_is_named_after_the_run(here: Path, said: Said) -> None:
    code, output, errors = said("runs/sums", "3+4")
    assert (code, errors) == (0, "")
    assert re.fullmatch(r"wrote sums\.html, \d\.\d MB, in \d+\.\d s\n", output)
    text = (here / "sums.html").read_text(encoding="utf-8")
    assert text == page(Subject.load(Path("runs/sums")), "3+4")
    assert pages(here) == ["sums.html"]


def test_of_the_working_directory_the_name_is_found(
    here: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("runs/sums")
    code, _, errors = said(".")
    assert (code, "sums.html would lie in the directory of the run" in errors) == (2, True)
    assert said(".", "--out=../page.html")[0] == 0
    assert pages(here) == ["runs/page.html"]
    assert '"run":"sums"' in (here / "runs/page.html").read_text(encoding="utf-8")


def test_the_page_opens_in_the_language_and_in_a_browser(
    here: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: bool(opened.append(url)) or True)
    assert said("runs/sums", "--lang=zh", "--open", "--out=a b.html")[0] == 0
    assert opened == [(here / "a b.html").as_uri()]
    assert '<html lang="zh-CN"' in (here / "a b.html").read_text(encoding="utf-8")


def test_without_a_browser_the_page_is_there(
    here: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    code, _, errors = said("runs/sums", "--open")
    assert (code, errors) == (2, "error: no browser can be opened here: open sums.html in one\n")
    assert pages(here) == ["sums.html"]


def test_two_runs_stand_side_by_side(here: Path, said: Said) -> None:
    shutil.copytree("runs/sums", "sums")
    assert said("runs/sums", "--compare=sums")[0] == 0
    expected = page(Subject.load(Path("runs/sums")), compare=Subject.load(Path("sums")))
    assert (here / "sums.html").read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("runs/sums|2-1", "unknown character '-' in '2-1': a sum is written with digits"),
        ("runs/sums|--compare=copy", "copy, which has learned copy, cannot be asked the same: unk"),
        ("runs/sums|--compare=missing", "there is no run in missing"),
        ("runs/sums|--out=copy", "cannot write copy: it is no file"),
        ("runs/sums|--out=/dev/null", "cannot write /dev/null: it is no file"),
        ("runs/sums|--out=missing/page.html", "cannot write missing/page.html: No such file"),
        ("runs/sums|--out=runs/sums/page.html", "runs/sums/page.html would lie in the directory"),
        ("runs/sums|--compare=damaged|--out=damaged/page.html", "damaged/page.html would lie in"),
        ("runs/sums|--out=" + "a" * 300, "a: File name too long"),
        ("damaged", "damaged/model.safetensors is damaged"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_page(
    here: Path, said: Said, arguments: str, says: str
) -> None:
    shutil.copytree("runs/sums", "damaged")
    with open("damaged/model.safetensors", "r+b") as file:
        file.truncate(1000)
    before = sorted(os.walk(here))
    code, output, errors = said(*arguments.split("|"))
    assert (code, output) == (2, "")
    assert re.fullmatch(r"error: [^\n]+\n", errors)
    assert says in errors
    assert sorted(os.walk(here)) == before
