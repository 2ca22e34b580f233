"""`transformer explain` with --terminal, --png and --json: what is written, where, and what not."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from test_explain_command import Said, here, pages, said  # noqa: F401 - fixtures

from transformer.explain.account import Account, pictures
from transformer.explain.account.as_json import as_json
from transformer.explain.page import Subject

PICTURES = [f"attention-{kind}.png" for kind in ("cross", "decoder", "encoder")]
PICTURES += ["lens.png", "sum.png"]


@pytest.fixture
def at(here: Path) -> Path:  # noqa: F811
    """The working directory, with the run runs/sums."""
    return here


@pytest.fixture
def explain(said: Said) -> Said:  # noqa: F811
    """Run `transformer explain`."""
    return said


def test_the_terminal_gets_all_and_no_page_is_written(at: Path, explain: Said) -> None:
    code, output, errors = explain("runs/sums", "3+4", "--terminal")
    assert (code, errors, pages(at)) == (0, "", [])
    assert output.startswith("Your model read 3+4= and wrote 7.\n")
    assert len(re.findall(r"^The sum: why ", output, re.MULTILINE)) == 1
    _, output, _ = explain("runs/sums", "3+4", "--terminal", "--step=all", "--lang=zh")
    assert re.findall(r"^第 (\d) 步，共 2 步：(\S+)（", output, re.MULTILINE) == [
        ("1", "7"),
        ("2", "</s>"),
    ]
    _, output, _ = explain("runs/sums", "3+4", "--terminal", "--step=2")
    assert re.findall(r"^Step (\d) of 2: (\S+) \(", output, re.MULTILINE) == [("2", "</s>")]


def test_the_task_has_a_question_of_its_own(at: Path, explain: Said) -> None:
    assert explain("runs/sums", "--terminal")[1].startswith("Your model read 1+2= and wrote 3.\n")


def test_pictures_are_written_in_a_new_directory(at: Path, explain: Said) -> None:
    code, output, _ = explain("runs/sums", "3+4", "--png=drawn", "--step=1")
    assert (code, pages(at)) == (0, [f"drawn/{name}" for name in PICTURES])
    assert sorted(output.splitlines()) == [f"wrote drawn/{name}" for name in PICTURES]
    for name in PICTURES:
        assert (at / "drawn" / name).read_bytes().endswith(b"IEND\xaeB`\x82")


def test_json_goes_to_a_file_or_to_standard_output(at: Path, explain: Said) -> None:
    subject = Subject.load(Path("runs/sums"))
    expected = as_json(subject, Account(subject.task, subject.model, "3+4"))
    code, output, errors = explain("runs/sums", "3+4", "--json=all.json")
    assert (code, output, errors) == (0, "wrote all.json\n", "")
    assert (at / "all.json").read_text() == expected
    code, output, errors = explain("runs/sums", "3+4", "--json=-", "--out=page.html")
    assert (code, output) == (0, expected + "\n")
    assert json.loads(output)["answer"] == "7"
    assert re.fullmatch(r"wrote page\.html, \d\.\d MB, in \d+\.\d s\n", errors)
    assert pages(at) == ["all.json", "page.html"]


@pytest.fixture
def _quick_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pictures be files of one content, which takes no time to draw."""
    monkeypatch.setattr(pictures, "as_png", lambda figure: b"a picture")


@pytest.mark.usefixtures("_quick_pictures")
def test_all_go_together_and_other_files_stay(at: Path, explain: Said) -> None:
    others = ["attention.png", "sum.png.tmp", "lens.txt"]
    for name in [*others, "sum.png"]:
        (at / name).write_text("mine")
    flags = ["--terminal", "--png=.", "--json=all.json", "--out=page.html", "--step=1"]
    code, output, errors = explain("runs/sums", "3+4", *flags)
    assert (code, errors) == (0, "")
    written = [*PICTURES, "all.json", "page.html"]
    assert pages(at) == sorted([*others, *written])
    assert all((at / name).read_text() == "mine" for name in others)
    assert all((at / name).read_text() != "mine" for name in written)
    assert output.startswith("Your model read 3+4= and wrote 7.\n")
    assert sorted(re.findall(r"^wrote ([\w.-]+)", output, re.MULTILINE)) == sorted(written)


SUMS = "runs/sums|3+4|"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (SUMS + "--terminal|--json=-", "--terminal and --json - would both write to standard outp"),
        (SUMS + "--terminal|--open", "--open is for the page: say where to write that, --out FILE"),
        (SUMS + "--json=-|--compare=copy", "--compare is for the page: say where to write that"),
        (SUMS + "--step=1", "--step chooses what --terminal and --png show: give one of them"),
        (SUMS + "--terminal|--step=3", "there is no step 3: the answer has 2 tokens: take 1 to 2"),
        (SUMS + "--terminal|--step=0", "--step: steps are counted from 1, and 0 is none"),
        (SUMS + "--png=a|--step=9", "there is no step 9"),
        (SUMS + "--terminal|--step=last", "--step: 'last' is not a whole number"),
        (SUMS + "--png=runs/sums", "runs/sums/sum.png would lie in the directory of the run"),
        (SUMS + "--json=runs/sums/a", "runs/sums/a would lie in the directory of the run"),
        (SUMS + "--step=1|--png=a/b", "cannot make a/b: there is no directory to hold it"),
        (SUMS + "--step=1|--png=text", "cannot draw in text: it is no directory"),
        (SUMS + "--json=a/b", "cannot write a/b: No such file or directory"),
        (SUMS + "--json=copy", "cannot write copy: it is no file"),
        (SUMS + "--json=a|--out=./a", "a would hold two things: choose another place for one"),
        (SUMS + "--json=", "argument --json: it is empty"),
        (SUMS + "--png=", "argument --png: it is empty"),
        ("runs/sums|2-1|--terminal", "unknown character '-' in '2-1'"),
        ("missing|--terminal", "there is no run in missing"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    at: Path, explain: Said, arguments: str, says: str
) -> None:
    (at / "text").write_text("mine")
    before = sorted(os.walk(at))
    code, output, errors = explain(*arguments.split("|"))
    assert (code, output) == (2, "")
    assert re.fullmatch(r"error: [^\n]+\n", errors)
    assert says in errors
    assert sorted(os.walk(at)) == before
    assert (at / "text").read_text() == "mine"


@pytest.mark.usefixtures("_quick_pictures")
def test_pictures_are_all_written_or_none(at: Path, explain: Said) -> None:
    (at / "drawn/lens.png").mkdir(parents=True)
    (at / "drawn/sum.png").write_text("mine")
    code, _, errors = explain("runs/sums", "3+4", "--png=drawn", "--step=1")
    assert (code, errors) == (2, "error: cannot write drawn/lens.png: it is no file\n")
    assert pages(at) == ["drawn/sum.png"]
    assert (at / "drawn/sum.png").read_text() == "mine"
