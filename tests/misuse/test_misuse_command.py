"""The command held wrong: each ends with exit code 2 and one line on standard error.

A command's error is no exception, so that its rows are others than those of `misuse.py`.
"""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

import minitorch as mt
from transformer.cli import main
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run


@dataclass(frozen=True)
class Misuse:
    """One way to hold the command wrong.

    Attributes:
        what: is wrong, in a few words; the name of the test.
        command: its arguments, separated by `|`. The working directory has the run `run`, of sums
            of one digit, a copy `nan`, whose parameters are NaN, a file `file` and a text
            `latin-1`.
        says: a regular expression that the line matches: what was given, what is wrong.
        input: what stands on standard input.
    """

    what: str
    command: str
    says: str
    input: bytes = b""


TRAIN = "train|addition|--out=new|"

MISUSES = [
    # ------------------------------------------------------------------ the command
    Misuse("no command", "", r"required: COMMAND"),
    Misuse("an unknown command", "sing", r"invalid choice: 'sing'"),
    Misuse("an empty command", "|", r"invalid choice: ''"),
    Misuse("a directory that cannot be", "eval|a\0b", r"argument run: it holds a null character"),
    Misuse("an unknown flag", "tasks|--colour", r"unrecognized arguments: --colour"),
    Misuse("an argument too many", "tasks|addition", r"unrecognized arguments: addition"),
    Misuse("no task", "train", r"required: TASK"),
    Misuse("an unknown task", "train|singing", r"invalid choice: 'singing'"),
    Misuse("a task in capitals", "train|ADDITION", r"invalid choice: 'ADDITION'"),
    Misuse("a flag of another task", "train|copy|--digits=2", r"unrecognized arguments: --digits=2"),
    Misuse("a flag without its value", "train|addition|--steps", r"--steps: expected one argument"),
    Misuse("a flag that is ambiguous", "train|addition|--d=3", r"ambiguous option: --d=3"),
    Misuse("a switch with a value", "train|addition|--bias=yes", r"--bias.*: ignored explicit argument 'yes'"),
    Misuse("a switch of --resume with a value", "train|addition|--resume=5", r"--resume: ignored explicit argument '5'"),
    Misuse("a flag with a line break", "tasks|--a\nb", r"unrecognized arguments: --a\\nb"),
    # ------------------------------------------------------------------ whole numbers
    Misuse("steps that are a word", TRAIN + "--steps=many", r"--steps: 'many' is not a whole number"),
    Misuse("steps that are empty", TRAIN + "--steps=", r"--steps: '' is not a whole number"),
    Misuse("steps with a fraction", TRAIN + "--steps=2.0", r"--steps: '2\.0' is not a whole number"),
    Misuse("steps with an exponent", TRAIN + "--steps=1e3", r"--steps: '1e3' is not a whole number"),
    Misuse("steps with an underscore", TRAIN + "--steps=1_000", r"--steps: '1_000' is not a whole number"),
    Misuse("steps with a comma", TRAIN + "--steps=1,000", r"--steps: '1,000' is not a whole number"),
    Misuse("steps with a space", TRAIN + "--steps= 5", r"--steps: ' 5' is not a whole number"),
    Misuse("steps with a line break", TRAIN + "--steps=5\n", r"--steps: '5\\n' is not a whole number"),
    Misuse("steps in full-width digits", TRAIN + "--steps=１２", r"--steps: '１２' is not a whole number"),
    Misuse("steps in hexadecimal", TRAIN + "--steps=0x10", r"--steps: '0x10' is not a whole number"),
    Misuse("steps that are NaN", TRAIN + "--steps=nan", r"--steps: 'nan' is not a whole number"),
    Misuse("steps that are infinite", TRAIN + "--steps=inf", r"--steps: 'inf' is not a whole number"),
    Misuse("steps of 5,000 digits", TRAIN + "--steps=" + "9" * 5000, r"is not a whole number of up to 20 digits"),
    Misuse("no steps", TRAIN + "--steps=0", r"steps must be a whole number from 1 to 1,000,000,000, not 0"),
    Misuse("steps below 0", TRAIN + "--steps=-1", r"steps must be a whole number from 1 to .*, not -1"),
    Misuse("a batch of none", TRAIN + "--batch-size=0", r"batch_size must be a whole number from 1 to 1,000,000, not 0"),
    Misuse("a batch that no memory holds", TRAIN + "--batch-size=1000000000000", r"--batch-size: 1000000000000 is too large: it must be below 2\*\*31"),
    Misuse("a seed below 0", TRAIN + "--seed=-1", r"seed must be a whole number from 0 to below 2\*\*64, not -1"),
    Misuse("a seed of 65 bits", TRAIN + f"--seed={2**64}", r"seed must be a whole number from 0 to below 2\*\*64, not 1844"),
    Misuse("a patience below 0", TRAIN + "--patience=-1", r"patience must be a whole number from 0 to .*, not -1"),
    Misuse("a warm-up below 0", TRAIN + "--warmup=-1", r"warmup must be a whole number from 0 to .*, not -1"),
    Misuse("no evaluations", TRAIN + "--evaluate-every=0", r"evaluate_every must be a whole number from 1 to .*, not 0"),
    Misuse("no layers", TRAIN + "--layers=0", r"n_layers must be a whole number from 1 to 1,000, not 0"),
    Misuse("a width below 0", TRAIN + "--d-model=-8", r"d_model must be a whole number from 1 to 32,768, not -8"),
    Misuse("a width that no memory holds", TRAIN + "--d-model=4000000000", r"--d-model: 4000000000 is too large"),
    Misuse("heads that do not divide the width", TRAIN + "--heads=3", r"d_model=64 cannot be divided evenly among n_heads=3"),
    Misuse("heads of keys that do not divide the heads", TRAIN + "--kv-heads=3", r"n_heads=4 cannot be divided evenly among n_kv_heads=3"),
    Misuse("31 digits", TRAIN + "--digits=31", r"digits must be a whole number from 1 to 30, not 31"),
    Misuse("a length of 1", "train|copy|--out=new|--length=1", r"length must be a whole number from 2 to 15, not 1"),
    Misuse("a context of 1", "train|characters|--out=new|--context=1", r"context must be a whole number from 2 to 1,000,000, not 1"),
    Misuse("a context longer than the text", "train|characters|--out=new|--context=100000", r"is too short: .* a context of 100000 needs 2000000"),
    # ------------------------------------------------------------------ numbers
    Misuse("a learning rate that is a word", TRAIN + "--lr=high", r"--lr: 'high' is not a number"),
    Misuse("a learning rate that is empty", TRAIN + "--lr=", r"--lr: '' is not a number"),
    Misuse("a learning rate that is NaN", TRAIN + "--lr=nan", r"--lr: 'nan' is not a number"),
    Misuse("a learning rate that is infinite", TRAIN + "--lr=inf", r"--lr: 'inf' is not a number"),
    Misuse("a learning rate beyond a float", TRAIN + "--lr=1e400", r"--lr: '1e400' is not a number"),
    Misuse("a learning rate with an underscore", TRAIN + "--lr=1_0.0", r"--lr: '1_0\.0' is not a number"),
    Misuse("a learning rate with a decimal comma", TRAIN + "--lr=0,01", r"--lr: '0,01' is not a number"),
    Misuse("a learning rate with a space", TRAIN + "--lr= 0.1", r"--lr: ' 0\.1' is not a number"),
    Misuse("a learning rate in full-width digits", TRAIN + "--lr=０.１", r"--lr: '０\.１' is not a number"),
    Misuse("a learning rate in hexadecimal", TRAIN + "--lr=0x1p-3", r"--lr: '0x1p-3' is not a number"),
    Misuse("a learning rate that is a point", TRAIN + "--lr=.", r"--lr: '\.' is not a number"),
    Misuse("a learning rate of 0", TRAIN + "--lr=0", r"lr must be a number above 0, at most 1,000, not 0"),
    Misuse("a learning rate below 0", TRAIN + "--lr=-0.1", r"lr must be a number above 0, .*not -0\.1"),
    Misuse("a clip of 0", TRAIN + "--clip=0", r"clip must be a number above 0, .*not 0"),
    Misuse("a clip that is infinite", TRAIN + "--clip=Infinity", r"--clip: 'Infinity' is not a number"),
    Misuse("a weight decay below 0", TRAIN + "--weight-decay=-1", r"weight_decay must be a number from 0 to 1,000, not -1"),
    Misuse("a weight decay that is NaN", TRAIN + "--weight-decay=NaN", r"--weight-decay: 'NaN' is not a number"),
    Misuse("a label smoothing of 1", TRAIN + "--label-smoothing=1", r"label_smoothing must be a number from 0 to below 1, not 1\.0"),
    Misuse("a dropout of 1", TRAIN + "--dropout=1", r"dropout must be a number from 0 to below 1, not 1\.0"),
    Misuse("a dropout that is NaN", TRAIN + "--dropout=nan", r"--dropout: 'nan' is not a number"),
    Misuse("a norm_eps that is infinite", TRAIN + "--norm-eps=inf", r"--norm-eps: 'inf' is not a number"),
    Misuse("a norm_eps below 0", TRAIN + "--norm-eps=-1e-5", r"norm_eps must be a number from 0 to 1, not -1e-05"),
    # ------------------------------------------------------------------ words
    Misuse("an unknown schedule", TRAIN + "--schedule=exponential", r"schedule must be one of .*, not 'exponential'"),
    Misuse("an unknown activation", TRAIN + "--activation=tanh", r"activation must be one of .*, not 'tanh'"),
    Misuse("an unknown norm", TRAIN + "--norm=batch", r"norm must be one of layer, rms, not 'batch'"),
    Misuse("unknown positions", TRAIN + "--positions=none", r"positions must be one of .*, not 'none'"),
    Misuse("an empty norm", TRAIN + "--norm=", r"--norm: it is empty"),
    Misuse("an unknown architecture", TRAIN + "--architecture=rnn", r"learned by encoder-decoder or gpt, not by 'rnn'"),
    Misuse("rotary positions of an odd head", TRAIN + "--positions=rotary|--d-model=12|--heads=4", r"d_model / n_heads = 3 is odd"),
    # ------------------------------------------------------------------ files
    Misuse("an empty directory for the run", "train|addition|--out=", r"--out: it is empty"),
    Misuse("a file in the place of the run", "train|addition|--out=file", r"cannot write to file"),
    Misuse("a run below a file", "train|addition|--out=file/run", r"cannot write to file/run"),
    Misuse("an empty text", "train|characters|--out=new|--text=", r"--text: it is empty"),
    Misuse("a text that is not there", "train|characters|--out=new|--text=missing", r"cannot read the text missing: No such file"),
    Misuse("a text that is a directory", "train|characters|--out=new|--text=run", r"cannot read the text run: it is no regular file"),
    Misuse("a text without an end", "train|characters|--out=new|--text=/dev/zero", r"/dev/zero: it is no regular file"),
    Misuse("a text in Latin-1", "train|characters|--out=new|--text=latin-1", r"the text latin-1 is no UTF-8, which byte 2 shows"),
    Misuse("a text of a line", "train|characters|--out=new|--text=file", r"file is too short: 10 characters"),
    Misuse("resuming what is not there", "train|addition|--resume|--out=new", r"there is no run in new: no such directory"),
    Misuse("resuming a file", "train|addition|--resume|--out=file", r"file"),
    Misuse("resuming with another model", "train|addition|--resume|--out=run|--d-model=8", r"--d-model does not go with --resume"),
    Misuse("testing nothing", "eval", r"required: run"),
    Misuse("testing what is not there", "eval|new", r"there is no run in new: no such directory"),
    Misuse("testing a file", "eval|file", r"file"),
    Misuse("testing an empty path", "eval|", r"argument run: it is empty"),
    Misuse("testing a path with a line break", "eval|a\nb", r"there is no run in a\\nb: no such directory"),
    Misuse("testing two runs", "eval|run|run", r"unrecognized arguments: run"),
    Misuse("testing a model whose parameters are NaN", "eval|nan", r"nan/model.safetensors is damaged: output.weight of the model holds nan"),
    # ------------------------------------------------------------------ questions
    Misuse("asking nobody", "solve", r"required: run"),
    Misuse("asking what is not there", "solve|new|1+2", r"there is no run in new: no such directory"),
    Misuse("asking an empty path", "solve||1+2", r"argument run: it is empty"),
    Misuse("asking nothing", "solve|run|", r"'' is not a sum of two numbers, such as 1\+2"),
    Misuse("asking two questions", "solve|run|1+2|3+4", r"unrecognized arguments: 3\+4"),
    Misuse("asking a question that looks like a flag", "solve|run|-1+2", r"unrecognized arguments: -1\+2"),
    Misuse("asking a difference", "solve|run|2-1", r"unknown character '-' in '2-1'"),
    Misuse("asking in full-width digits", "solve|run|１+２", r"unknown character '１' in '１\+２'"),
    Misuse("asking with a byte-order mark", "solve|run|\ufeff1+2", r"unknown character '\\ufeff'"),
    Misuse("asking with a space inside a number", "solve|run|1 2+3", r"'1 2\+3' is not a sum"),
    Misuse("asking with half of a surrogate pair", "solve|run|\ud800", r"unknown character '\\ud800'"),
    Misuse("asking more digits", "solve|run|10+2", r"10 in '10\+2' has 2 digits"),
    Misuse("asking 10,000 digits", "solve|run|" + "9" * 10_000 + "+1", r"this model has learned numbers of up to 1"),
    Misuse("asking a model whose parameters are NaN", "solve|nan|1+2", r"nan/model.safetensors is damaged: output.weight of the model holds nan"),
    Misuse("asking such a model with a temperature", "solve|nan|1+2|--temperature=1", r"output.weight of the model holds nan"),
    Misuse("asking such a model with a beam", "solve|nan|1+2|--beam=2", r"output.weight of the model holds nan"),
    Misuse("a line that is no sum", "solve|run", r"'1 2' is not a sum", b"1 2\n"),
    Misuse("a line of blanks", "solve|run", r"'  ' is not a sum", b"  \n"),
    Misuse("a line that is no UTF-8", "solve|run", r"unknown character '\\udcff'", b"\xff+1\n"),
    Misuse("lines in UTF-16", "solve|run", r"standard input is UTF-16: questions are read in UTF-8", "1+2\n".encode("utf-16")),
    Misuse("lines in UTF-16, big end first", "solve|run", r"standard input is UTF-16", b"\xfe\xff\x001\x00\n"),
    Misuse("a mark in the second line", "solve|run", r"unknown character '\\ufeff'", "1+2\n\ufeff1+2\n".encode()),
    Misuse("a line of a million digits", "solve|run", r"this model has learned numbers of up to 1", b"9" * 10**6 + b"+1\n"),
    Misuse("a line with zero bytes", "solve|run", r"unknown character '\\x00'", b"1+\x002\n"),
    # ------------------------------------------------------------------ pages
    Misuse("explaining nobody", "explain", r"required: run"),
    Misuse("explaining what is not there", "explain|new", r"there is no run in new: no such directory"),
    Misuse("explaining a file", "explain|file", r"file"),
    Misuse("explaining an empty path", "explain|", r"argument run: it is empty"),
    Misuse("explaining a difference", "explain|run|2-1", r"unknown character '-' in '2-1'"),
    Misuse("explaining nothing", "explain|run|", r"'' is not a sum of two numbers, such as 1\+2"),
    Misuse("explaining two questions", "explain|run|1+2|3+4", r"unrecognized arguments: 3\+4"),
    Misuse("explaining a model whose parameters are NaN", "explain|nan|1+2", r"output.weight of the model holds nan"),
    Misuse("a page without a name", "explain|run|--out=", r"argument --out: it is empty"),
    Misuse("a page in the place of a directory", "explain|run|--out=nan", r"cannot write nan: it is no file"),
    Misuse("a page in no directory", "explain|run|--out=new/page.html", r"cannot write new/page.html: No such file or directory"),
    Misuse("a page behind a file", "explain|run|--out=file/page.html", r"cannot write file/page.html: Not a directory"),
    Misuse("a page among a run's own files", "explain|run|--out=run/page.html", r"run/page.html would lie in the directory of the run"),
    Misuse("a page in French", "explain|run|--lang=fr", r"argument --lang: invalid choice: 'fr'"),
    Misuse("explaining in two ways on standard output", "explain|run|--terminal|--json=-", r"--terminal and --json - would both write to standard output"),
    Misuse("opening what is in the terminal", "explain|run|--terminal|--open", r"--open is for the page: say where to write that, --out FILE"),
    Misuse("a step of the page", "explain|run|--step=1", r"--step chooses what --terminal and --png show"),
    Misuse("step 0", "explain|run|--terminal|--step=0", r"--step: steps are counted from 1, and 0 is none"),
    Misuse("a step below 0", "explain|run|--terminal|--step=-1", r"--step: steps are counted from 1, and -1 is none"),
    Misuse("a step behind the last", "explain|run|1+2|--terminal|--step=9", r"there is no step 9: the answer has "),
    Misuse("a step that is a word", "explain|run|--terminal|--step=two", r"--step: 'two' is not a whole number"),
    Misuse("pictures among a run's own files", "explain|run|--png=run", r"run/sum.png would lie in the directory of the run"),
    Misuse("pictures in a file", "explain|run|--png=file", r"cannot draw in file: it is no directory"),
    Misuse("pictures in no directory", "explain|run|--png=new/pictures", r"cannot make new/pictures: there is no directory to hold it"),
    Misuse("JSON in the place of a directory", "explain|run|--json=nan", r"cannot write nan: it is no file"),
    Misuse("JSON of a model whose parameters are NaN", "explain|nan|--json=-", r"output.weight of the model holds nan"),
    Misuse("JSON and page in one file", "explain|run|--json=new|--out=new", r"new would hold two things"),
    Misuse("comparing with what is not there", "explain|run|--compare=new", r"there is no run in new: no such directory"),
    # ------------------------------------------------------------------ decoding
    Misuse("a beam of 0", "solve|run|1+2|--beam=0", r"beam must be at least 1, not 0"),
    Misuse("a beam that is a float", "solve|run|1+2|--beam=2.5", r"--beam: '2\.5' is not a whole number"),
    Misuse("a beam that no memory holds", "solve|run|1+2|--beam=100000000000", r"--beam: 100000000000 is too large"),
    Misuse("a beam and a temperature", "solve|run|1+2|--beam=2|--temperature=1", r"a beam search draws nothing"),
    Misuse("a beam and a seed", "solve|run|1+2|--beam=2|--seed=1", r"seed is of what is drawn at random: a beam is not"),
    Misuse("a length penalty without a beam", "solve|run|1+2|--alpha=1", r"alpha is of a beam search: set beam too"),
    Misuse("a length penalty that is NaN", "solve|run|1+2|--beam=2|--alpha=nan", r"--alpha: 'nan' is not a number"),
    Misuse("a length penalty below 0", "solve|run|1+2|--beam=2|--alpha=-1", r"alpha must be at least 0 and at most 100, not -1\.0"),
    Misuse("several answers without a beam", "solve|run|1+2|--best=2", r"2 best answers need a beam search"),
    Misuse("no answers", "solve|run|1+2|--beam=2|--best=0", r"n_best must be at least 1, not 0"),
    Misuse("a temperature below 0", "solve|run|1+2|--temperature=-1", r"temperature must be at least 0 and finite, not -1\.0"),
    Misuse("a temperature that is infinite", "solve|run|1+2|--temperature=inf", r"--temperature: 'inf' is not a number"),
    Misuse("a top_k of 0", "solve|run|1+2|--top-k=0", r"top_k must be at least 1, not 0"),
    Misuse("a top_p of 0", "solve|run|1+2|--top-p=0", r"top_p must be a probability above 0, not 0\.0"),
    Misuse("a top_p above 1", "solve|run|1+2|--top-p=95", r"top_p must be a probability above 0, not 95\.0"),
    Misuse("a seed alone", "solve|run|1+2|--seed=1", r"seed is of what is drawn at random: set temperature"),
]  # fmt: skip


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `Misuse.command` says the working directory has."""
    path = tmp_path_factory.mktemp("misuse")
    for name in ("run", "nan"):
        task = Addition(1)
        config = TrainingConfig(steps=1, batch_size=2, evaluate_on=1)
        training = Training(task, task.model_config(d_model=8, n_heads=2, n_layers=1), config)
        run = Run(path / name)
        run.start(training)
        assert train(training, run, Progress(Console(file=io.StringIO()), 0, 1, 2))
    weights = mt.load(path / "nan/model.safetensors")
    weights["model"]["output.weight"].fill_(float("nan"))
    mt.save(weights, path / "nan/model.safetensors")
    (path / "file").write_text("in the way")
    (path / "latin-1").write_bytes("größer ".encode("latin-1") * 900)
    return path


def exit_code(command: str) -> int:
    try:
        return main(command.split("|") if command else [])
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(
    misuse: Misuse,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(directory)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(misuse.input))))
    code = exit_code(misuse.command)
    errors = capsys.readouterr().err
    assert code == 2
    assert re.fullmatch(r"error: [^\n]+\n", errors), errors
    assert re.search(misuse.says, errors), errors
    assert len(errors) < 1200
