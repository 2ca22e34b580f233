"""What a page tells of a training equals what the loaded checkpoints compute, number by number."""

from __future__ import annotations

import base64
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import minitorch as mt
from minitorch.autograd import Array
from minitorch.testing import assert_close
from transformer.explain import in_float64, trace
from transformer.explain.learning import metrics, snapshot, spread
from transformer.explain.page import Subject, held_out
from transformer.explain.page import learned as page_learned
from transformer.explain.page.learned import learned
from transformer.explain.page.record import payload
from transformer.tasks import (
    TASKS,
    Addition,
    Characters,
    FillTheGap,
    ModularAddition,
    Numbers,
    Sort,
    Task,
)  # fmt: skip
from transformer.text.tokenizer import BOS, EOS
from transformer.training import Training, TrainingConfig, train
from transformer.training.progress import Progress
from transformer.training.run import Run, RunError

SIZES = {"d_model": 8, "n_heads": 2, "n_layers": 2, "d_ff": 8}
CONFIG = TrainingConfig(steps=4, batch_size=8, evaluate_every=2, evaluate_on=5, keep=3)
HELD_OUT = [("1+2=", "3"), ("41+5=", "64"), ("3+4=", "7"), ("50+50=", "001")]


def trained(task: Task, directory: Path, **changes: Any) -> Run:
    training = Training(task, task.model_config(**SIZES), replace(CONFIG, **changes))
    run = Run(directory)
    quiet = Progress(Console(file=io.StringIO()), 0, CONFIG.steps, CONFIG.batch_size)
    with run:
        run.start(training)
        train(training, run, quiet)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(Addition(2), tmp_path_factory.mktemp("runs") / "addition")


def array(entry: dict[str, Any]) -> Array:
    data = np.frombuffer(base64.b64decode(entry["data"]), "<f4")
    return data.reshape(entry["shape"])


# ------------------------------------------------------------------------------- one checkpoint

EXAMPLES: list[tuple[Task, str, str]] = [
    (Addition(2), "41+5=", "64"),
    (Addition(2, architecture="gpt"), "41+5=", "64"),
    (FillTheGap(), "___ a boy drank milk .", "yesterday"),
    (Characters(context=12), "The func", "tion"),
]


@pytest.mark.parametrize(("task", "source", "target"), EXAMPLES, ids=lambda x: str(x)[:9])
def test_a_snapshot_is_what_the_model_computes(task: Any, source: str, target: str) -> None:
    """Put together again here: the ids, the pass, the logits, the model's own answer."""
    mt.manual_seed(1)
    model = task.model(task.model_config(**SIZES)).train()
    found = snapshot(task, model, source, target)
    assert model.training

    encode = task.tokenizer.encode
    if isinstance(task, Characters):
        right = encode(target)
        ids = [encode(source)[-6:] + right[:-1]]
        rows = range(5, 5 + len(right))
    elif task.architecture == "encoder-decoder":
        right = [*encode(target), EOS]
        ids = [encode(source), [BOS, *right[:-1]]]
        rows = range(len(right))
    elif task.architecture == "gpt":
        right = [*encode(target), EOS]
        ids = [[*encode(source), BOS, *right[:-1]]]
        rows = range(len(encode(source)), len(encode(source)) + len(right))
    else:
        right, ids = encode(target), [encode(source)]
        rows = range(1)
    exact = in_float64(model).eval()
    with mt.no_grad(), trace(exact) as t:
        logits = exact(*(mt.tensor([i]) for i in ids)).numpy()[0]

    assert list(found.inputs.values()) == ids
    assert [(s.row, s.token) for s in found.steps] == list(zip(rows, right, strict=True))
    assert [f"{path}.weights" for path in found.weights] == [n for n in t if n.endswith(".weights")]
    for path, weights in found.weights.items():
        assert_close(weights, t[f"{path}.weights"][0], rtol=0, atol=1e-14)
    for step, total in zip(found.steps, found.sums, strict=True):
        others = np.delete(logits[step.row], step.token)
        assert logits[step.row][step.rival] == others.max()
        difference = logits[step.row][step.token] - others.max()
        assert_close(total.difference, difference, rtol=0, atol=1e-12)
        assert_close(total.total, difference, rtol=0, atol=1e-10)
        p = np.exp(logits[step.row]) / np.exp(logits[step.row]).sum()
        assert_close(step.probabilities, p, rtol=0, atol=1e-12)
    if isinstance(task, Characters):
        assert len(found.answer) == len(target)
    else:
        assert found.answer == task.generate(model, [source])[0]


@pytest.mark.parametrize("name", TASKS)
def test_what_is_read_can_be_asked(name: str) -> None:
    """A page's examples are sources, and a source is a question, too."""
    task = TASKS[name]()
    for module in task.packages:
        pytest.importorskip(module)
    for source, _ in held_out.examples(task, 20):
        assert task.as_source(source) == source


def test_steps_are_spread() -> None:
    assert spread(list(range(100)), most=4) == [0, 33, 66, 99]
    assert spread([3, 5], most=4) == [3, 5]
    assert spread([]) == []


def test_metrics_are_the_rows_of_the_file(run: Run, tmp_path: Path) -> None:
    assert metrics(run) == Run(run.directory).resume().metrics
    assert [row["step"] for row in metrics(run)] == [2, 4]
    assert metrics(Run(tmp_path)) == []
    (tmp_path / "metrics.csv").write_text("step,loss\n1,low\n")
    with pytest.raises(RunError, match=r"metrics\.csv is damaged: could not convert"):
        metrics(Run(tmp_path))


# ------------------------------------------------------------------------------------- the page


def test_a_page_holds_the_snapshots_of_the_checkpoints(run: Run) -> None:
    task, model = run.load()
    found = learned(run, task, model, "12+34=", HELD_OUT)
    assert found is not None
    assert found["metrics"] == metrics(run)
    question, *known = found["examples"]
    assert (question["source"], question["known"]) == ("12+34=", False)
    assert question["target"] == task.generate(model, ["12+34="])[0]  # type: ignore[attr-defined]
    assert [(e["source"], e["target"]) for e in known] == [HELD_OUT[0], HELD_OUT[1], HELD_OUT[3]]
    assert all(e["known"] and e["held_out"] for e in known)
    assert question["held_out"] == Addition().is_held_out((12, 34))

    assert [c["step"] for c in found["checkpoints"]] == run.kept_steps() == [0, 1, 4]
    for checkpoint in found["checkpoints"]:
        _, then = run.load(checkpoint["step"])
        for example, recorded in zip(found["examples"], checkpoint["examples"], strict=True):
            real = snapshot(task, then, example["source"], example["target"])
            assert recorded["answer"] == real.answer
            assert example["inputs"] == real.inputs
            assert example["rows"] == [s.row for s in real.steps]
            assert recorded["weights"].keys() == real.weights.keys()
            for path, weights in real.weights.items():
                assert_close(
                    array(recorded["weights"][path]), weights.astype(np.float32), rtol=0, atol=0
                )
            for step, one, total in zip(recorded["steps"], real.steps, real.sums, strict=True):
                assert (step["token"], step["rival"]) == (one.token, one.rival)
                assert_close(step["probability"], one.probabilities[one.token], rtol=1e-5, atol=0)
                assert_close(step["difference"], total.difference, rtol=1e-5, atol=0)
                assert found["parts"] == list(total.parts)
                assert_close(step["sum"], list(total.parts.values()), rtol=1e-5, atol=0)
                assert sum(step["sum"]) == pytest.approx(step["difference"], abs=1e-4)


def test_a_question_that_is_held_out_has_its_right_answer(run: Run) -> None:
    found = learned(run, *run.load(), "41+5=", HELD_OUT)
    assert found is not None
    first = found["examples"][0]
    assert (first["source"], first["target"], first["known"]) == ("41+5=", "64", True)
    assert [e["source"] for e in found["examples"]] == ["41+5=", "1+2=", "50+50="]


@pytest.mark.parametrize(
    ("task", "source", "expected"),
    [
        (Sort(), "ab", Sort().is_held_out("ab")), (Sort(), "a", False),
        (Addition(), "8+26=", True), (Addition(), "1+2=", Addition().is_held_out((1, 2))),
        (ModularAddition(), "3 + 4", ModularAddition().is_held_out((3, 4))),
        (Numbers(), "one", None), (Characters(), "def", None),
    ],
)  # fmt: skip
def test_was_a_question_in_training(task: Any, source: str, expected: bool | None) -> None:
    assert page_learned._is_held_out(task, source, []) is expected


def test_long_examples_are_fewer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's question is always there."""
    monkeypatch.setattr(page_learned, "MOST_NUMBERS", 1)
    found = learned(run, *run.load(), "12+34=", HELD_OUT)
    assert found is not None
    assert [e["source"] for e in found["examples"]] == ["12+34="]
    assert [len(c["examples"]) for c in found["checkpoints"]] == [1, 1, 1]


def test_of_a_long_text_a_short_piece_is_enough(tmp_path: Path) -> None:
    run = trained(Characters(), tmp_path / "run", steps=2, keep=2)
    page = payload(Subject.load(run.directory), "The function ")
    for example, then in zip(
        page["learning"]["examples"], page["learning"]["checkpoints"][0]["examples"], strict=True
    ):
        assert len(example["source"]) <= 16
        assert len(example["target"]) == len(then["answer"]) == 8
    json.dumps(page["learning"], allow_nan=False)


def test_where_nothing_was_kept_there_is_the_curve_and_where_nothing_at_all_none(
    tmp_path: Path,
) -> None:
    run = trained(Addition(2), tmp_path / "run", keep=0)
    page = payload(Subject.load(run.directory), "12+34")["learning"]
    assert page["metrics"] == metrics(run)
    assert (page["parts"], page["examples"], page["checkpoints"]) == ([], [], [])
    (run.directory / "metrics.csv").unlink()
    assert payload(Subject.load(run.directory), "12+34")["learning"] is None
    task, model = run.load()
    assert payload(Subject(task, model), "12+34")["learning"] is None


def test_a_damaged_checkpoint_is_named(run: Run, tmp_path: Path) -> None:

    copy = Run(shutil.copytree(run.directory, tmp_path / "run"))
    (copy.directory / "kept-000001.safetensors").write_bytes(b"half")
    with pytest.raises(RunError, match=r"kept-000001\.safetensors is damaged"):
        payload(Subject.load(copy.directory), "12+34")
