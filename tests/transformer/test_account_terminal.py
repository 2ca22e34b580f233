"""The terminal: its digits, bars and percentages are read back, and stand under their labels."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text
from test_account import account

from transformer.explain import attribution
from transformer.explain.account import Account, likeliest
from transformer.explain.account.cells import BLUES, Cells, without_repeats
from transformer.explain.account.terminal import Terminal
from transformer.explain.account.words import TITLES, percent, signed
from transformer.explain.page import Subject
from transformer.tasks import TASKS


@pytest.fixture(scope="module")
def sums(single_digits: Path) -> Account:
    """The account of 8+9 by a model that knows it: two tokens and </s>."""
    subject = Subject.load(single_digits)
    return Account(subject.task, subject.model, "8+9")


def printed(told: Account, tokens: Any = None, *, width: int = 80, lang: str = "en") -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    Terminal(console, lang).show(told, [told.least_sure] if tokens is None else tokens)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def cell(line: str, start: int, stop: int) -> str:
    """Return what stands in some cells of a line, where a Chinese character takes two."""
    return set_cell_size(line, stop)[len(set_cell_size(line, start)) :]


TITLE = r"(?:block \d+|第 \d+ 块)(?:, head \d+|，头 \d+)?"
SECTIONS = [title for titles in TITLES.values() for title in titles]


def grids(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each grid: the title of its section, its own, and the lines below, cut out of those."""
    section = ""
    lines = [*text.splitlines(), ""]
    for i, line in enumerate(lines):
        if line in SECTIONS:
            section = line
        if not re.fullmatch(rf"{TITLE}(?: +{TITLE})*", line):
            continue
        below = lines[i + 1 : lines.index("", i)]
        starts = [cell_len(line[: found.start()]) for found in re.finditer(TITLE, line)]
        for start, stop in pairwise([*starts, 1000]):
            yield section, cell(line, start, stop).strip(), [cell(x, start, stop) for x in below]


def digit(weight: float) -> str:
    return "" if weight == 0 else "·" if weight < 0.1 else str(min(9, int(weight * 10)))


def check_grid(lines: list[str], weights: Any, asks: list[str], answers: list[str]) -> None:
    """Each digit stands in its row, right below the end of its column's label."""
    head, *rows = lines
    assert len(rows) == len(asks)
    stop = max(map(cell_len, asks)) + 1
    for j, label in enumerate(answers):
        start, stop = stop, stop + max(2, cell_len(label) + 1)
        assert cell(head, start, stop).strip() == label
        for i, row in enumerate(rows):
            assert cell(row, start, stop).rstrip().endswith(digit(weights[i, j])), (i, j)
            assert cell(row, start, stop).strip() == digit(weights[i, j])
    for ask, row in zip(asks, rows, strict=True):
        assert row.startswith(ask)


def check_attention(told: Account, text: str, lang: int = 0) -> None:
    """All blocks and heads are there, in their order, under their titles."""
    found = list(grids(text))
    for a in told.attentions:
        for block, heads in enumerate(a.weights, start=1):
            for head, weights in enumerate(heads, start=1):
                section, title, lines = found.pop(0)
                assert section == TITLES[a.kind][lang]
                names = ("block {}, head {}", "第 {} 块，头 {}")
                assert title == names[lang].format(block, head)
                check_grid(lines, weights, a.asks, a.answers)
    assert not found


def test_attention_is_read_back(sums: Account) -> None:
    check_attention(sums, printed(sums))


@pytest.mark.parametrize("name", ["addition-gpt", "modular-addition", "addition"])
def test_attention_of_other_models_is_read_back(name: str) -> None:
    check_attention(account(name), printed(account(name), lang="zh"), lang=1)


def test_chinese_labels_stand_above_their_cells() -> None:
    console = Console(file=io.StringIO(), width=40, highlight=False)
    (lines,) = Cells(console).grids(
        "", np.array([[0.25, 0.7], [1, 0]]), ["猫", "<s>"], ["年", "月"]
    )
    assert [line.plain for line in lines] == [" " * 10, "     年 月", "猫    2  7", "<s>   9   "]


def test_long_labels_stand_on_end() -> None:
    console = Console(file=io.StringIO(), width=40, highlight=False)
    (lines,) = Cells(console).grids("t", np.array([[0.5, 0.05]]), ["a"], ["three", "猫"])
    expected = ["t     ", "   t  ", "   h  ", "   r  ", "   e  ", "   e猫", "a  5 ·"]
    assert [line.plain for line in lines] == expected


def test_a_grid_that_is_too_wide_is_cut() -> None:
    console = Console(file=io.StringIO(), width=8, highlight=False)
    weights = np.arange(5)[None] / 10
    first, second = Cells(console).grids("t", weights, ["a"], list("vwxyz"))
    assert [line.plain.strip() for line in first] == ["t", "v w x", "a    1 2"]
    assert [line.plain.strip() for line in second] == ["t", "y z", "a  3 4"]


def test_grids_stand_side_by_side_as_far_as_they_fit() -> None:
    def shown(width: int) -> str:
        console = Console(file=io.StringIO(), width=width, highlight=False)
        Cells(console).side_by_side([[Text(c), Text("-")] for c in "abc"])
        return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]

    assert shown(9) == "a   b   c\n-   -   -\n"
    assert shown(8) == "a   b\n-   -\n\nc\n-\n"
    assert shown(1) == "a\n-\n\nb\n-\n\nc\n-\n"


def test_the_sentence_says_what_was_read_and_written(sums: Account) -> None:
    lines = printed(sums).splitlines()
    assert lines[0] == "Your model read 8+9= and wrote 17."
    chances = [percent(r.probability) for r in sums.tokens]
    assert lines[2] == f"<s> → 7 {chances[0]}   7 → 1 {chances[1]}   1 → </s> {chances[2]}"
    assert printed(sums, lang="zh").startswith("你的模型读了 8+9=，写出 17。\n")
    gap = account("fill-the-gap")
    word = gap.explanation.text
    expected = f"Your model read “yesterday the girl ___ milk .” and put {word} into the gap.\n"
    assert printed(gap).startswith(expected)


def section(text: str, title: str) -> list[str]:
    """Return the lines from a heading to the next empty line, or the end."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(title))
    stop = next((i for i in range(start, len(lines)) if not lines[i]), len(lines))
    return lines[start + 1 : stop]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_sum_is_read_back(sums: Account, lang: str) -> None:
    for r in sums.tokens:
        start = "The sum: why " if lang == "en" else "求和：为什么是 "
        text = printed(sums, [r], lang=lang)
        (heading,) = (line for line in text.splitlines() if line.startswith(start))
        assert heading.count(r.token) >= 1
        assert heading.count(r.rival) >= 1
        step = r.step
        of = attribution.parts(sums.model, sums.explanation.trace, step.row, step.token, step.rival)
        bars = [line for line in section(text, start) if "│" in line]
        assert [line.split()[-1] for line in bars] == [signed(x) for x in of.parts.values()]
        zeros = {cell_len(line[: line.index("│")]) for line in bars}
        assert len(zeros) == 1  # one line under the other
        most = max(map(abs, of.parts.values()))
        half = max(line.count("█") + line.count("▐") / 2 for line in bars)
        for line, value in zip(bars, of.parts.values(), strict=True):
            left, right = re.sub("[^ █▐▏▎▍▌▋▊▉│]", " ", line).split("│")
            assert not (left if value > 0 else right).strip()
            length = len((left + right).strip())
            assert abs(length - half * abs(value) / most) <= 1
        assert {line[-1] for line in bars} <= set("0123456789")
        (total,) = (
            x for x in section(text, start) if x.endswith(signed(of.total)) and "│" not in x
        )
        names = (f"{r.token} less {r.rival} ", f"{r.token} 减 {r.rival} ")
        assert total.startswith(names[lang == "zh"])
        flat = "".join(section(text, start)).replace(" ", "")
        assert flat.count(signed(of.total, 6)) == 2
        scale = sums.explanation.trace["decoder.norm.scale"][0, step.row, 0]
        assert f"decoder.norm.scale={scale:.4f}" in flat


def test_the_parts_have_their_names(sums: Account) -> None:
    bars = [line for line in section(printed(sums), "The sum") if "│" in line]
    labels = [re.split(r" *[ █▐]*│", line)[0].rstrip() for line in bars]
    heads = [*(f"{'':26}head {i}" for i in (2, 3, 4))]
    assert labels == [
        "embedding token",
        "          position",
        "block 1   self-attention  head 1", *heads,
        "          cross-attention head 1", *heads,
        "          MLP",
        "biases",
    ]  # fmt: skip


def test_the_lens_is_read_back(sums: Account) -> None:
    r = sums.tokens[1]
    lines = [line for line in section(printed(sums, [r]), "The logit lens") if "%" in line]
    lens = attribution.lens(sums.model, sums.explanation.trace, r.step.row)
    names = ["embedding", "block 1   self-attention", "          cross-attention", "          MLP"]
    assert len(lines) == len(lens) == len(names)
    for line, name, p in zip(lines, names, lens.values(), strict=True):
        assert line.startswith(name)
        best = [x for i in likeliest(p, 3) for x in (sums.explanation.vocabulary[i], percent(p[i]))]
        assert line[len(name) :].split() == [*best, percent(p[r.step.token])]


@pytest.mark.parametrize(("width", "lang"), [(60, "zh"), (80, "en"), (80, "zh")])
@pytest.mark.parametrize("name", TASKS)
def test_no_line_is_wider_than_the_terminal(name: str, width: int, lang: str) -> None:
    told = account(name)
    text = printed(told, width=width, lang=lang)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "│" in text


def test_of_a_long_text_the_rows_that_wrote_are_shown() -> None:
    told = account("dates")
    r = told.tokens[3]
    text = printed(told, [r])
    assert "This text is long" in text
    assert TITLES["encoder"][0] not in text
    found = list(grids(text))
    row = r.step.row
    for a in told.attentions[1:]:
        stop = row + 1 if a.kind == "decoder" else None
        answers = [token.replace(" ", "␣") for token in a.answers[:stop]]
        for block, weights in enumerate(a.weights[:, :, row, :stop], start=1):
            title, name, lines = found.pop(0)
            assert (title, name) == (TITLES[a.kind][0], f"block {block}")
            assert f"Whom the row {a.asks[row]} asks, which wrote {r.token}." in text
            check_grid(lines, weights, ["head 1", "head 2"], answers)
    assert not found


def test_a_terminal_without_chinese_and_blocks_gets_ascii() -> None:
    for name in ("numbers", "fill-the-gap", "characters"):
        told = account(name)
        file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
        Terminal(Console(file=file, width=80, highlight=False), "en").show(told, told.tokens[:2])
        file.flush()
        text = file.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
        assert max(map(len, text.splitlines())) <= 80
        assert "#" in "".join(section(text, "The sum"))
        signs = [
            x for x in told.explanation.vocabulary if not x.isascii() and x in told.explanation.text
        ]
        assert all(ascii(x)[1:-1] in text for x in signs)


def test_colours_say_what_digits_say(sums: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(system: Any) -> str:
        console = Console(
            file=io.StringIO(), width=80, highlight=False, force_terminal=True, color_system=system
        )
        Terminal(console, "en").show(sums, [sums.least_sure])
        return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]

    text = shown("truecolor")
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == printed(sums)
    painted = re.findall(r"48;2;(\d+);(\d+);(\d+)m *(.)\x1b", text)
    weights = [w for a in sums.attentions for _, w in in_order_of_lines(a.weights) if w]
    assert len(painted) == len(weights)
    for (*rgb, shown_digit), weight in zip(painted, weights, strict=True):
        at = weight * (len(BLUES) - 1)
        low = min(int(at), len(BLUES) - 2)
        expected = BLUES[low] + (at - low) * (BLUES[low + 1] - BLUES[low])
        np.testing.assert_allclose([int(x) for x in rgb], expected, atol=0.51)
        assert shown_digit == digit(weight)
    assert "48;" not in shown("standard")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search("[34]8;", shown("truecolor"))


def in_order_of_lines(weights: Any) -> Iterator[tuple[int, float]]:
    """Yield the weights of one block whose heads stand side by side, line by line."""
    for block in weights:
        for row in range(block.shape[1]):
            for head in block:
                yield from enumerate(head[row].tolist())


def test_the_token_that_was_least_sure_is_named(sums: Account) -> None:
    assert "Of this token the model was least sure" in printed(sums)
    assert "least sure" not in printed(sums, sums.tokens)
    other = next(r for r in sums.tokens if r is not sums.least_sure)
    assert "least sure" not in printed(sums, [other])
    assert f"Step {other.number} of 3: {other.token} (" in printed(sums, [other])


def test_repeated_labels_are_left_out() -> None:
    rows = [("a", "b", "c"), ("a", "b", "d"), ("a", "c", "d"), ("b", "c", "d")]
    expected = [["a", "b", "c"], ["", "", "d"], ["", "c", "d"], ["b", "c", "d"]]
    assert without_repeats(rows) == expected
