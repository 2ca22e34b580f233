"""The command: what people see, and that every mistake is one line and exit code 2."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transformer import Transformer, beam_search
from transformer.cli import main
from transformer.tasks import TASKS, Addition
from transformer.training.run import Run

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command; return its exit code, and what it wrote to standard output and error."""

    def run(*arguments: Any) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def is_one_line(text: str) -> bool:
    return text.startswith("error: ") and text.endswith("\n") and text.count("\n") == 1


# ------------------------------------------------------------------------------------- help


def test_help_names_the_commands(said: Any) -> None:
    code, output, _ = said("--help")
    assert code == 0
    assert re.search("train +train a model", output)
    assert re.search("solve +ask a trained model", output)
    assert re.search("complete +let a GPT-2 write on", output)


def test_help_explains_every_flag_with_its_default(
    said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, output, _ = said("train", "addition", "--help")
    assert code == 0
    explained = {
        "--steps INT": "parameter updates",
        "--batch-size INT": "examples",
        "--lr FLOAT": "highest learning rate",
        "--seed INT": "first parameters",
        "--digits INT": "longest numbers",
        "--d-model INT": "size of a token's vector",
        "--layers INT": "blocks",
        "--heads INT": "attention heads",
        "--out OUT": "directory of the run",
    }
    for flag, text in explained.items():
        assert re.search(rf"{flag} .*{text}.* \(default: [^ )]+\)\n", output), flag
    assert re.search(r"--resume .*go on with the run", output)


def test_help_does_not_speak_for_a_task_with_its_own_decoding_strategy(
    said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    _, output, _ = said("solve", "--help")
    for flag, default in (("temperature", "the task's"), ("top-p", "the task's"), ("best", "1")):
        assert re.search(rf"--{flag} .*\(default: {default}\)\n", output), flag


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sing"],
        ["train"],
        ["train", "singing"],
        ["solve"],
        ["train", "addition", "--steps", "many"],
        ["train", "addition", "--colour", "red"],
    ],
)
def test_a_command_that_does_not_exist_is_refused(said: Any, arguments: list[str]) -> None:
    code, output, errors = said(*arguments)
    assert code == 2
    assert not output
    assert "Traceback" not in errors
    assert re.fullmatch(r"error: .* \(transformer.* --help explains\)\n", errors)


# ------------------------------------------------------------------------------------- train


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--heads=3"], "d_model=64 cannot be divided evenly among n_heads=3"),
        (["--heads=0"], "n_heads must be a whole number from 1 to 32,768, not 0"),
        (["--d-model=-4"], "d_model must be a whole number from 1 to 32,768, not -4"),
        (["--layers=0"], "n_layers must be a whole number from 1 to 1,000, not 0"),
        (["--steps=0"], "steps must be a whole number from 1 to 1,000,000,000, not 0"),
        (["--batch-size=0"], "batch_size must be a whole number from 1 to 1,000,000, not 0"),
        (["--lr=nan"], "argument --lr: 'nan' is not a number such as 3, 0.5 or 4e-3"),
        (["--lr=0"], "lr must be a number above 0, at most 1,000, not 0.0"),
        (["--seed=-1"], "seed must be a whole number from 0 to below 2**64, not -1"),
        ([f"--seed={2**64}"], "seed must be a whole number from 0 to below 2**64, not 18446744"),
        (["--digits=0"], "digits must be a whole number from 1 to 30, not 0"),
        (["--resume"], "there is no run in {out}: no such directory"),
        (["--resume", "--lr=1"], "--lr does not go with --resume"),
        (["--resume", "--digits=2"], "--digits does not go with --resume"),
        (["--resume", "--d-model=8"], "--d-model does not go with --resume"),
    ],
)
def test_flags_that_cannot_be_are_refused(
    said: Any, tmp_path: Path, flags: list[str], message: str
) -> None:
    out = tmp_path / "run"
    code, output, errors = said("train", "addition", *flags, "--out", out)
    assert code == 2
    assert not output
    assert is_one_line(errors)
    assert message.format(out=out) in errors
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_named(said: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, _, errors = said("train", "addition", "--out", tmp_path / "file")
    assert code == 2
    assert is_one_line(errors)
    assert f"cannot write to {tmp_path / 'file'}" in errors


def test_flags_reach_the_run(said: Any, tmp_path: Path) -> None:
    flags = ["--digits=1", "--steps=2", "--batch-size=3", "--lr=0.5", "--seed=6", "--layers=1"]
    code, output, _ = said(
        "train", "addition", *flags, "--d-model=12", "--heads=2", "--out", tmp_path
    )
    assert code == 0
    training = Run(tmp_path).resume()
    config, model = training.config, training.model.config
    assert (config.steps, config.batch_size, config.lr, config.seed) == (2, 3, 0.5, 6)
    assert (model.n_layers, model.d_model, model.n_heads) == (1, 12, 2)
    assert training.task.digits == 1
    count = sum(p.numel() for p in training.model.parameters())
    assert f"\n{count:,} parameters\n" in output


def test_a_training_shows_plain_lines_and_ends_with_what_it_has_learned(
    said: Any, tmp_path: Path
) -> None:
    out = tmp_path / ("a long name " * 9) / "[red]"
    flags = ["--steps=3", "--batch-size=4", "--d-model=8", "--heads=2", "--layers=1"]
    code, output, errors = said("train", "addition", *flags, "--out", out)
    assert code == 0
    assert not errors
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", output)
    lines = output.splitlines()
    assert lines[0].startswith("Transformer: ")
    assert any(
        re.fullmatch(
            r"step 3/3  loss \d+\.\d{4}  held-out exact match \d+\.\d\d%  "
            r"[\d,]+ examples/s  0:00 left",
            line,
        )
        for line in lines
    )
    assert lines[-3] == f"{out}: loss.png, attention.png, metrics.csv, model.safetensors"
    assert lines[-2] == f"ask it something of your own:  transformer solve '{out}' 12+34"
    assert re.fullmatch(r"held-out exact match: \d+\.\d\d% \(\d+/5000\)", lines[-1])
    assert {path.name for path in out.iterdir()} == {
        "attention.png",
        "config.json",
        *(f"kept-00000{step}.safetensors" for step in range(4)),
        "loss.png",
        "metrics.csv",
        "model.safetensors",
        "state.safetensors",
    }


SMALL = ["--steps=2", "--batch-size=4", "--d-model=8", "--heads=2", "--layers=1", "--digits=1"]


def test_the_same_command_twice_keeps_both_runs(said: Any, tmp_path: Path) -> None:
    out = tmp_path / "a run"
    for times in (0, 1):
        code, output, errors = said("train", "addition", *SMALL, "--out", out)
        assert (code, errors) == (0, "")
        assert output.startswith("Transformer: " if times == 0 else "the run that was in ")
    assert output.splitlines()[0] == (
        f"the run that was in {out} is now in {out}.1; ask it with  transformer solve '{out}.1'"
    )
    model = (out / "model.safetensors").read_bytes()
    assert (tmp_path / "a run.1" / "model.safetensors").read_bytes() == model
    assert said("solve", f"{out}.1", "1+2")[0] == 0


def test_what_resumes_is_what_was_asked_for(said: Any, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert said("train", "addition", *SMALL, "--out", out)[0] == 0
    assert said("train", "reverse", "--resume", "--out", out) == (
        2,
        "",
        f"error: the run in {out} has the task addition, not reverse: go on with train addition "
        "--resume\n",
    )
    for steps, says in [(0, "a whole number from 1"), (1, "cannot be trained to step 1")]:
        code, output, errors = said(
            "train", "addition", "--resume", f"--steps={steps}", "--out", out
        )
        assert (code, output) == (2, "")
        assert is_one_line(errors)
        assert says in errors
    code, output, errors = said("train", "addition", "--resume", "--steps=4", "--out", out)
    assert (code, errors) == (0, "")
    assert output.startswith("note: the training goes on to step 4, no longer 2: its learning rate")
    assert "\nstep 4/4  " in output
    assert Run(out).resume().step == 4


def test_a_run_in_training_is_refused(said: Any, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert said("train", "addition", *SMALL, "--out", out)[0] == 0
    command = "import sys; from transformer.training.run import Run; run = Run(sys.argv[1]); "
    command += "run.resume(); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", command, out],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline()
        for flags in (SMALL, ["--resume"]):
            code, output, errors = said("train", "addition", *flags, "--out", out)
            assert (code, output) == (2, "")
            assert is_one_line(errors)
            assert f"{out} is in training by another process" in errors
        assert said("solve", out, "1+2")[0] == 0
        other.kill()
    assert said("train", "addition", "--resume", "--out", out)[0] == 0


# ------------------------------------------------------------------------------------- solve


@pytest.mark.parametrize(
    ("question", "answer"), [("2+2", "4"), ("9+9=", "18"), (" 7 + 8 ", "15"), ("0+1", "1")]
)
def test_it_answers(said: Any, single_digits: Path, question: str, answer: str) -> None:
    assert said("solve", single_digits, question) == (0, f"{answer}\n", "")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "'' is not a sum of two numbers, such as 1+2"),
        ("12", "'12' is not a sum of two numbers"),
        ("1+2+3", "'1+2+3' is not a sum of two numbers"),
        ("1-2", "unknown character '-' in '1-2'"),
        ("two+2", "unknown character 't' in 'two+2'"),
        ("1\n+a", r"unknown character 'a' in '1\n+a'"),
        ("10+2", "10 in '10+2' has 2 digits; this model has learned numbers of up to 1"),
    ],
)
def test_a_question_that_is_no_sum_is_refused(
    said: Any, single_digits: Path, question: str, message: str
) -> None:
    code, output, errors = said("solve", single_digits, question)
    assert (code, output) == (2, "")
    assert is_one_line(errors)
    assert message in errors


def test_lines_are_answered_until_the_end(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("2+2\n\n 9+9=\n1+2"))
    assert said("solve", single_digits) == (0, "4\n18\n3\n", "")


def test_a_bad_line_does_not_keep_the_others_from_being_answered(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("2+2\n2*2\n9+9\n"))
    code, output, errors = said("solve", single_digits)
    assert (code, output) == (2, "4\n18\n")
    assert is_one_line(errors)
    assert "unknown character '*' in '2*2'" in errors


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a\n", ["a"]),
        ("  a \n\ta\t", ["  a ", "\ta\t"]),
        ("a\n\n \na", ["a", " ", "a"]),  # an empty line asks nothing; a blank is a question
        ("\n", []),
        ("", []),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_line_is_taken_as_it_is_but_for_its_end(
    said: Any,
    single_digits: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    asked: list[str],
    end: str,
    mark: bytes,
    encoding: str,
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(Addition, "as_source", lambda self, question: question)
    monkeypatch.setattr(Addition, "answer", lambda self, model, source, _: seen.append(source))
    content = mark + text.replace("\n", end).encode()
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)), encoding)
    )
    code, _, errors = said("solve", single_digits)
    assert (code, errors) == (0, "")
    assert seen == asked


def test_an_argument_is_taken_as_it_is(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(Addition, "as_source", lambda self, question: seen.append(question) or "")
    monkeypatch.setattr(Addition, "answer", lambda *_: "")
    for question in ("", "  a ", "\ufeffa", "a\n"):
        said("solve", single_digits, question)
    assert seen == ["", "  a ", "\ufeffa", "a\n"]


def test_no_lines_are_no_mistake(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert said("solve", single_digits) == (0, "", "")


def test_in_a_terminal_it_asks(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = iter(["2+2", "2*2", "9+9"])

    def prompt(text: str) -> str:
        assert text == "> "
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    code, output, errors = said("solve", single_digits)
    assert code == 2
    assert output == "A question a line, such as 1+2; Ctrl-D ends.\n4\n18\n\n"
    assert is_one_line(errors)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="a terminal of Unix")
def test_bytes_that_are_no_text_are_refused_in_a_terminal_too(single_digits: Path) -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "transformer", "solve", single_digits],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as solving:
        os.write(ours, b"\xff\n2+2\n\x04")
        output, errors = solving.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert solving.returncode == 2
    assert output.startswith("A question a line, such as 1+2; Ctrl-D ends.\n")
    assert "4\n" in output
    assert is_one_line(errors.replace("> ", ""))


def test_a_run_that_is_missing_or_damaged_is_refused(
    said: Any, single_digits: Path, tmp_path: Path
) -> None:
    code, output, errors = said("solve", tmp_path / "missing", "1+2")
    assert (code, output) == (2, "")
    assert errors == f"error: there is no run in {tmp_path / 'missing'}: no such directory\n"
    for name in ("config.json", "model.safetensors"):
        run = shutil.copytree(single_digits, tmp_path / name)
        (run / name).write_bytes((run / name).read_bytes()[:-9])
        for arguments in (["1+2"], []):
            code, output, errors = said("solve", run, *arguments)
            assert (code, output) == (2, "")
            assert is_one_line(errors)
            assert str(run / name) in errors


# --------------------------------------------------------------------- how an answer is decoded


def test_a_beam_gives_the_best_answers_with_their_scores(said: Any, single_digits: Path) -> None:
    task, model = Run(single_digits).load()
    found = beam_search(model, task.tokenizer.sources(["2+2="]), 3, width=4, n_best=3)
    texts = [task.tokenizer.decode(row)[::-1] for row in found.ids[0].tolist()]
    scores = found.scores[0].tolist()
    assert texts[0] == "4"
    expected = "".join(f"{s:8.4f}  {text}\n" for s, text in zip(scores, texts, strict=True))
    assert said("solve", single_digits, "2+2", "--beam=4", "--best=3") == (0, expected, "")
    assert said("solve", single_digits, "2+2", "--beam=4") == (0, "4\n", "")


def test_the_length_penalty_of_a_beam_can_be_chosen(said: Any, single_digits: Path) -> None:
    def best(alpha: int) -> list[float]:
        code, output, _ = said(
            "solve", single_digits, "2+2", "--beam=3", "--best=3", "--alpha", alpha
        )
        assert code == 0
        return [float(line.split()[0]) for line in output.splitlines()]

    assert best(0)[0] == pytest.approx(best(6)[0] * (7 / 6) ** 6, abs=1e-3)  # of two tokens
    assert best(0) != best(6)


def test_a_temperature_draws_the_same_for_the_same_seed(said: Any, single_digits: Path) -> None:
    def drawn(*flags: str) -> str:
        code, output, errors = said("solve", single_digits, "2+2", *flags)
        assert (code, errors) == (0, "")
        return str(output)

    assert drawn("--temperature=0") == drawn("--top-k=1") == "4\n"
    hot = [drawn("--temperature=100", f"--seed={seed}") for seed in (0, 0, 1, 2, 3)]
    assert hot[0] == hot[1]
    assert len(set(hot)) > 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--best=2", "2 best answers need a beam search at least as wide: beam=2 or more, but no"),
        ("--beam=2 --best=3", "beam=3 or more, but beam=2 was given"),
        ("--beam=0", "beam must be at least 1, not 0"),
        ("--beam=2 --temperature=1", "a beam search draws nothing"),
        ("--alpha=1", "alpha is of a beam search: set beam too"),
        ("--seed=1", "seed is of what is drawn at random: set temperature, top_k or top_p too"),
        ("--beam=2 --seed=1", "seed is of what is drawn at random: a beam is not"),
        ("--temperature=1 --seed=-1", "seed must be in [0, 2**64), not -1"),
        (f"--temperature=1 --seed={2**64}", "seed must be in [0, 2**64), not 18446744073709551616"),
        ("--beam=2 --alpha=nan", "argument --alpha: 'nan' is not a number such as"),
        ("--beam=2 --alpha=-1", "alpha must be at least 0 and at most 100, not -1.0"),
        ("--temperature=-1", "temperature must be at least 0 and finite, not -1.0"),
        ("--temperature=inf", "argument --temperature: 'inf' is not a number such as"),
        ("--top-k=0", "top_k must be at least 1, not 0"),
        ("--top-p=1.5", "top_p must be a probability above 0, not 1.5"),
    ],
)
def test_decoding_strategies_that_cannot_be_are_refused(
    said: Any, single_digits: Path, flags: str, message: str
) -> None:
    code, output, errors = said("solve", single_digits, "2+2", *flags.split())
    assert (code, output) == (2, "")
    assert is_one_line(errors)
    assert message in errors


# --------------------------------------------------------------------------------- our own mistakes


@pytest.mark.parametrize("command", ["solve {run} 2+2", "eval {run}", "train addition --out {out}"])
def test_an_error_of_ours_is_not_taken_for_one_of_the_users(
    said: Any, single_digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr(Transformer, "forward", broken)
    monkeypatch.setattr(Transformer, "begin", broken)
    with pytest.raises(ValueError, match="broadcast"):
        said(*(word.format(run=single_digits, out=tmp_path) for word in command.split()))


# ---------------------------------------------------------------------------- as people start it


def process(*command: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["utf-8:surrogateescape", "utf-8:strict"])
def test_python_m_transformer_is_the_command(single_digits: Path, encoding: str) -> None:
    """Good lines and bad ones, one of them no text at all, through real pipes."""
    done = subprocess.run(
        [sys.executable, "-m", "transformer", "solve", single_digits],
        cwd=ROOT,
        env={**ENVIRONMENT, "PYTHONIOENCODING": encoding},
        input=b"2+2\n\xff+1\n9+9\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout.decode().split() == ["4", "18"]
    assert is_one_line(done.stderr.decode())


def test_what_the_terminal_cannot_show_is_escaped(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Addition, "answer", lambda *_: "两 2")
    output = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(output, "latin-1"))
    code, _, errors = said("solve", single_digits, "1+1")
    assert (code, errors) == (0, "")
    assert output.getvalue() == b"\\u4e24 2\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "gbk"])
def test_every_help_is_shown_in_every_encoding(
    said: Any, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    commands = [["train"], ["eval"], ["solve"], ["complete"], *(["train", name] for name in TASKS)]
    for command in [["tasks"], ["--help"], *([*command, "--help"] for command in commands)]:
        output = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(output, encoding))
        code, _, errors = said(*command)
        assert (code, errors) == (0, "")
        assert output.getvalue().decode(encoding)
    assert ("→" in output.getvalue().decode(encoding)) == (encoding == "gbk")


def test_a_training_ends_well_in_a_poor_environment(tmp_path: Path) -> None:
    """Chinese answers in ASCII, and the backend of a notebook."""
    poor = {
        "PYTHONIOENCODING": "ascii:strict",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONWARNINGS": "error",
        "MPLBACKEND": "module://not_installed.backend_inline",
    }
    small = ["--steps=1", "--batch-size=2", "--d-model=8", "--heads=2", "--layers=1"]
    done = subprocess.run(
        [sys.executable, "-m", "transformer", "train", "numbers", *small, "--out", tmp_path],
        cwd=ROOT,
        env={**ENVIRONMENT, **poor},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert rb"\u5341" in done.stdout  # 十, of the right answers
    assert (tmp_path / "attention.png").is_file()


def test_a_model_that_no_memory_holds_gets_one_line(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sample(*_: Any, **__: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("transformer.decoding.strategy.sample", sample)
    code, output, errors = said("solve", single_digits, "1+1")
    assert (code, output) == (2, "")
    assert errors == "error: not enough memory: take a smaller model or batch\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("command", ["solve", "--help"])
def test_a_full_disk_gets_one_line(single_digits: Path, command: str) -> None:
    arguments = [command, *[str(single_digits), "1+1"] * (command == "solve")]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "transformer", *arguments],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert is_one_line(done.stderr)
    assert "No space left on device" in done.stderr


def test_without_an_output_nothing_goes_wrong(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", None)  # as with `>&-`
    assert said("solve", single_digits, "1+1") == (0, "", "")


def test_without_a_question_and_an_input_it_is_said(
    said: Any, single_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)  # as with `<&-`
    code, _, errors = said("solve", single_digits)
    assert code == 2
    assert errors.startswith("error: no question is given, and standard input")


@pytest.mark.parametrize("command", ["solve", "tasks"])
def test_a_reader_that_has_seen_enough_is_no_mistake(single_digits: Path, command: str) -> None:
    """As with `| head -1`. The exit code is that of a process that SIGPIPE ended: 128 + 13."""
    with subprocess.Popen(
        [sys.executable, "-m", "transformer", command, *[single_digits] * (command == "solve")],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as solving:
        assert solving.stdin is not None
        assert solving.stdout is not None
        assert solving.stderr is not None
        solving.stdout.close()
        solving.stdin.write("2+2\n9+9\n")
        solving.stdin.close()
        assert solving.stderr.read() == ""
    assert solving.returncode == 141


def test_a_mistake_shows_no_traceback(tmp_path: Path) -> None:
    done = process("-m", "transformer", "solve", tmp_path / "missing", "1+2")
    assert done.returncode == 2
    assert not done.stdout
    assert is_one_line(done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["solve"], ["solve", "runs/addition", "-1+2"], ["bogus"], ["train", "copy", "--heads", "x"]],
    ids=" ".join,
)
def test_arguments_that_fit_no_command_get_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "--help explains" in line
