"""`transformer complete`: what a GPT-2 writes, as it comes, and how the command ends."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save_file
from small_gpt2 import END_ID, VOCAB, tensors, write

from transformer.cli import main

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}", "PYTHONUNBUFFERED": "1"}

# After `a` the model writes `猫é`, a byte that is no UTF-8, `!`, and then it ends.
AFTER = [VOCAB["a"], *"猫é".encode(), 0xFF, VOCAB["!"], END_ID, VOCAB["the"], VOCAB["Ġthe"], END_ID]
ROUND = [VOCAB["a"], VOCAB["b"], VOCAB["a"]]  # `ababab…`, without an end

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("folders") / "gpt2", AFTER)


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPT-2 that does not end, with room for 100,000 tokens."""
    folder = write(tmp_path_factory.mktemp("folders") / "endless", ROUND, n_positions=100_000)
    weights = tensors(ROUND)
    weights["wpe.weight"] = weights["wpe.weight"].repeat(100_000 // 12 + 1, 0)[:100_000]
    save_file(weights, folder / "model.safetensors")
    return folder


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Run `complete`; return its exit code, and what it wrote to standard output and error."""

    def run(*arguments: Any) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(["complete", *map(str, arguments)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def test_it_writes_on_until_the_end_token(said: Said, folder: Path) -> None:
    """Surely so: sampled by default, each token is some 2,000 times likelier than the others."""
    for prompt in ("a", "the a", "ba"):
        assert said(folder, prompt) == (0, f"{prompt}猫é�!\n", "")


@pytest.mark.parametrize(
    "flags",
    [
        ["--temperature=0"],
        ["--temperature=2", "--seed=3"],
        ["--top-p=0.5"],
        ["--top-k=3"],
        ["--beam=2"],
    ],
    ids=str,
)
def test_each_strategy_writes_on(said: Said, folder: Path, flags: list[str]) -> None:
    assert said(folder, "a", *flags) == (0, "a猫é�!\n", "")


def test_the_best_texts_of_a_beam_have_scores(said: Said, folder: Path) -> None:
    code, output, _ = said(folder, "a", "--beam=3", "--best=2", "--max-new-tokens=4")
    assert code == 0
    first, second = output.splitlines()
    assert first == "  0.0000  a猫�"
    assert second.startswith("-")


def test_each_character_is_shown_when_it_is_complete(
    said: Said, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            shown.append(self.getvalue())
            self.seek(0)
            self.truncate()

    monkeypatch.setattr("sys.stdout", Pipe())
    assert said(folder, "a")[0] == 0
    # The prompt; 猫 in three bytes, é in two; no UTF-8; the end, and a line break after it.
    assert shown[:-1] == ["a", "", "", "猫", "", "é", "�", "!", "", "\n"]


def test_half_a_character_at_the_limit_is_shown_as_such(said: Said, folder: Path) -> None:
    assert said(folder, "a", "--max-new-tokens=2") == (0, "a�\n", "")
    assert said(folder, "a", "--max-new-tokens=4") == (0, "a猫�\n", "")


def test_an_empty_prompt_begins_a_text(said: Said, folder: Path) -> None:
    assert said(folder, "") == (0, "the the\n", "")


def test_the_name_of_the_end_token_is_text_unless_asked_for(said: Said, folder: Path) -> None:
    prompt = "a<|endoftext|>"  # `>` by itself has no follower: 14 tokens would be too many to read
    code, _, errors = said(folder, prompt)
    assert code == 2
    assert "the model would read 14" in errors
    assert said(folder, prompt, "--special") == (0, f"{prompt}the the\n", "")


def test_any_of_several_end_tokens_ends(said: Said, folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    ends = {"eos_token_id": [END_ID, VOCAB["!"]]}
    (copy / "generation_config.json").write_text(json.dumps(ends))
    assert said(copy, "a") == (0, "a猫é�\n", "")
    assert said(copy, "a", "--beam=2") == (0, "a猫é�\n", "")


def test_without_a_limit_it_fills_the_room_that_there_is(
    said: Said, endless: Path, tmp_path: Path
) -> None:
    code, output, _ = said(endless, "a")
    assert (code, output) == (0, "a" + "ba" * 50 + "\n")
    small = write(tmp_path / "small", ROUND)
    assert said(small, "a") == (0, "ababababababa\n", "")  # it reads all of the 12 but the last
    assert said(small, "a" * 8 + "b" * 10) == (0, "aaaaaaaabbbbbbbbbba\n", "")


def test_an_id_that_the_tokenizer_lacks_shows_nothing(said: Said, tmp_path: Path) -> None:
    """As in a model whose vocabulary was rounded up."""
    folder = write(tmp_path / "g", [VOCAB["a"], END_ID, VOCAB["b"]], eos_token_id=None)
    vocab = {token: i for token, i in VOCAB.items() if i != END_ID}
    (folder / "vocab.json").write_text(json.dumps(vocab))
    assert said(folder, "a", "--max-new-tokens=2") == (0, "ab\n", "")


# ---------------------------------------------------------------------------------- standard input


@pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=ascii)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_whole_of_standard_input_is_one_prompt(
    said: Said, folder: Path, monkeypatch: pytest.MonkeyPatch, end: str, mark: bytes
) -> None:
    content = mark + f"b\n\na{end}".encode()
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)), "utf-8")
    )
    assert said(folder) == (0, "b\n\na猫é�!\n", "")


def test_in_a_terminal_each_line_is_a_prompt(
    said: Said, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = iter(["a", "", "\udcff", "the"])

    def prompt(text: str) -> str:
        assert text == "> "
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    code, output, errors = said(folder)
    assert code == 2
    begin = "A prompt a line, such as  Once upon a time,  Ctrl-D ends.\n"
    assert output == f"{begin}a猫é�!\nthe the\n\n"
    assert errors == "error: '\\udcff' is half of a surrogate pair, which is no character\n"


def test_no_prompt_and_no_input_is_a_mistake(
    said: Said, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)  # as with `<&-`
    code, output, errors = said(folder)
    assert (code, output) == (2, "")
    assert errors.startswith("error: no prompt is given, and standard input")


# ----------------------------------------------------------------------------- as people start it


def start(*arguments: Any, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "transformer", "complete", *map(str, arguments)],
        env={**ENVIRONMENT, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_terminal_of_ascii_shows_what_it_can(folder: Path) -> None:
    with start(folder, "a", PYTHONIOENCODING="ascii:strict") as writing:
        output, errors = writing.communicate(timeout=60)
    assert (writing.returncode, errors) == (0, b"")
    assert output == rb"a\u732b\xe9\ufffd!" + b"\n"


def test_it_stops_when_its_reader_does(endless: Path) -> None:
    with start(endless, "a", "--max-new-tokens=99999") as writing:
        assert writing.stdout is not None and writing.stderr is not None  # noqa: PT018
        assert writing.stdout.read(5) == b"ababa"  # while the rest is not written yet
        writing.stdout.close()
        errors = writing.stderr.read()
    assert (writing.returncode, errors) == (141, b"")


def test_ctrl_c_ends_it_and_the_line(endless: Path) -> None:
    # Where the tests are started with SIGINT ignored, as by `pytest &`, so would its process be.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with start(endless, "a", "--max-new-tokens=99999") as writing:
        assert writing.stdout is not None and writing.stderr is not None  # noqa: PT018
        writing.stdout.read(5)
        writing.send_signal(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
        output, errors = writing.stdout.read(), writing.stderr.read()
    assert (writing.returncode, errors) == (130, b"")
    assert output.strip(b"ab") == b"\n"


def test_help_explains_every_flag(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    code, output, _ = said("--help")
    assert code == 0
    for text in (
        "DIR .*model.safetensors", "--max-new-tokens INT .*default: 100", "--special .*<|endof",
        "--temperature FLOAT .*likeliest", "--top-k INT .*default: 40", "--top-p", "--seed INT",
        "--beam INT", "--best INT",
    ):  # fmt: skip
        assert any(all(part in line for part in text.split(" .*")) for line in output.splitlines())
