"""The page answers as `transformer solve` does, and refuses in the same words."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import QUESTIONS
from shown import Shown

WRONG = {
    "addition": ["12+", "12-34", "123+4", "x", "１+1"], "copy": ["ABC", "abcdefgh"],
    "dates": ["", "5" * 40], "fill-the-gap": ["the boy ate bread .", "a ___ b ___", "zebra ___"],
    "characters": ["Ω"],
}  # fmt: skip


def solve(directory: Path, *arguments: str, stdin: str | None = None) -> str:
    """Run the command; return what it prints."""
    command = [sys.executable, "-m", "transformer", "solve", str(directory), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else done.stderr


def answer(one: Shown) -> str:
    """The answer that the page's title tells, as people write it."""
    return (one.page.title() + " ").split("→ ", 1)[1].rstrip()


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "reverse", "sort", "numbers"])
def test_typed_questions_and_beams(
    name: str, shown: Callable[..., Shown], run_of: Callable[[str], Path]
) -> None:
    one = shown(name)
    examples = [source for source, _ in one.payload["examples"][:3]]
    questions = [QUESTIONS[name][1], *(source.rstrip("=") for source in examples)]
    greedy = solve(run_of(name), "--beam", "1", stdin="\n".join(questions)).splitlines()
    beams = solve(
        run_of(name), "--beam", "4", "--best", "3", "--alpha", "0.6", stdin="\n".join(questions)
    )
    found = []
    for question, expected in zip(questions, greedy, strict=True):
        one.type(question)
        assert answer(one) == expected
        for row in one.page.locator("#writing .beam-figure table.plain tbody tr").all()[:3]:
            _, _, score, _ = row.locator("td").all_inner_texts()
            tokens = row.locator(".token").all_inner_texts()
            text = [x for x in tokens if x not in ("</s>", "<pad>")]
            found.append((score.replace("−", "-"), text))
    printed = re.findall(r"^ *(-?\d+\.\d{4})  ?(.*)$", beams, re.MULTILINE)
    assert [score for score, _ in found] == [score for score, _ in printed], beams
    task = one.subjects[0].task
    ids = [[task.tokenizer.tokens.index(x) for x in tokens] for _, tokens in found]
    texts = [task.as_answer(task.tokenizer.decode(one)) for one in ids]
    assert texts == [text for _, text in printed]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_question(
    name: str, shown: Callable[..., Shown], run_of: Callable[[str], Path]
) -> None:
    one = shown(name, QUESTIONS[name][0])
    for question in WRONG[name]:
        one.type(question)
        said = one.page.get_by_role("alert").first.inner_text()
        assert said in solve(run_of(name), question).strip(), question
        assert said
