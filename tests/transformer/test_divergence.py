"""A training that diverges stops before anything bad is kept, and a state is checked as a whole."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import minitorch as mt
from minitorch import nn
from minitorch.testing import assert_close
from transformer import cli
from transformer.tasks import TASKS, Addition, Copy
from transformer.training.checks import Diverged, counted_tokens
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run, RunError

SIZES = {"d_model": 8, "n_heads": 2, "n_layers": 1}


def small_training(name: str = "copy", **changes: Any) -> Training:
    task = TASKS[name]()
    config = {"steps": 9, "batch_size": 4, "warmup": 2, "evaluate_every": 2, "evaluate_on": 5}
    return Training(task, task.model_config(**SIZES), TrainingConfig(**config | changes))


def quiet(training: Training, at_step: Callable[[int], None] = lambda step: None) -> Progress:
    """A progress that writes nowhere, and calls `at_step` after each step."""

    class Calling(Progress):
        def step(self, step: int, loss: float) -> None:
            super().step(step, loss)
            at_step(step)

    return Calling(Console(file=io.StringIO()), training.step, training.config.steps, 1)


def content(training: Training) -> bytes:
    """Everything that the next step depends on, and what the checks of `state_dict` may refuse."""
    parts = [p.array.tobytes() for p in training.parameters]
    state = training.optimizer.state_dict()
    for entry in state["state"].values():
        parts += [entry[name].array.tobytes() for name in ("exp_avg", "exp_avg_sq")]
        parts.append(str(entry["step"]).encode())
    rest = (state["param_groups"], training.step, training.metrics, training.recent_losses)
    return b"".join([*parts, repr((rest, mt.get_rng_state())).encode()])


# ------------------------------------------------------------------------------------ a step


def spoil(training: Training, value: float) -> None:
    training.model.embedding.tokens.weight.array[:] = value


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_changes_nothing(value: float) -> None:
    training = small_training(lr=0.01)
    training.advance()
    spoil(training, value)
    before = content(training)
    message = (
        r"^training diverged at step 2, with a learning rate of 0.01: the loss is nan. Nothing of "
        r"this step was saved. Try a lower lr \(--lr\), a longer warmup \(--warmup\) or a smaller "
        r"clip \(--clip\)$"
    )
    for _ in "again":
        with pytest.raises(Diverged, match=message):
            training.advance()
        assert content(training) == before


@pytest.mark.parametrize(
    ("factor", "norm"), [(np.nan, "nan"), (np.inf, "(inf|nan)"), (1e30, "inf"), (-1e38, "inf")]
)
def test_a_gradient_that_is_not_finite_changes_nothing(factor: float, norm: str) -> None:
    """The squares of a gradient of 1e30 are more than float32 can hold."""
    training = small_training()
    training.advance()
    training.parameters[1].register_hook(lambda g: g * factor)
    before = content(training)
    with pytest.raises(Diverged, match=f"at step 2, .*: the gradient's norm is {norm}. "):
        training.advance()
    assert content(training) == before
    assert training.step == 1


def test_a_large_gradient_is_clipped_and_no_reason_to_stop() -> None:
    training = small_training(clip=1.0)
    training.parameters[1].register_hook(lambda g: g * 1e15)
    training.advance()
    assert np.isfinite(training.parameters[1].array).all()


def test_what_diverged_can_go_on_when_its_cause_is_gone() -> None:
    """A step that was refused was not taken: the next is the one that it would have been."""
    training, other = small_training(), small_training()
    training.advance()
    other.advance()
    before = training.parameters[0].array.copy()
    training.parameters[0].array[:] = np.nan
    with pytest.raises(Diverged):
        training.advance()
    training.parameters[0].array[...] = before
    assert training.advance() == other.advance()
    assert_close(training.model.state_dict(), other.model.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_parameter_that_is_not_finite_is_neither_evaluated_nor_saved(value: float) -> None:
    """Even where no loss shows it, as no example has its token."""
    training = small_training()
    training.advance()
    training.model.embedding.tokens.weight.array[3, 1] = value
    before = content(training)
    for action in (training.evaluate, training.state_dict):
        with pytest.raises(Diverged, match=f"at step 1, .*: embedding.* holds {value}. "):
            action()
        assert content(training) == before


@pytest.mark.parametrize("name", ["held_out_loss", "perplexity"])
def test_a_metric_that_is_not_finite_is_not_kept(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = small_training()
    training.advance()
    row = {"exact_match": 0.5, "held_out_loss": 1.0, "perplexity": 2.7, name: np.inf}
    monkeypatch.setattr(Copy, "evaluate", lambda *_: row)
    before = content(training)
    with pytest.raises(Diverged, match=f"at step 1, .*: the {name} is inf. "):
        training.evaluate()
    assert content(training) == before


# ----------------------------------------------------------------------------------- on disk

FILES = ["config.json", "metrics.csv", "model.safetensors", "state.safetensors"]


def files(run: Run) -> dict[str, bytes]:
    return {name: (run.directory / name).read_bytes() for name in FILES}


@pytest.mark.parametrize("at", [5, 6], ids=["between saves", "before a save"])
def test_the_last_good_state_and_model_stay(tmp_path: Path, at: int) -> None:
    training, run = small_training(), Run(tmp_path)
    run.start(training)
    saved = {}

    def at_step(step: int) -> None:
        if step == at:
            saved.update(files(run))
            spoil(training, np.nan)

    with pytest.raises(Diverged, match=r"at step 6, "):
        train(training, run, quiet(training, at_step))
    assert files(run) == saved
    resumed = run.resume()
    assert resumed.step == 4
    assert train(resumed, run, quiet(resumed))
    assert run.resume().step == 9


@pytest.mark.parametrize(
    ("name", "flags", "reason"),
    [
        ("copy", "--lr=20", "step 3, with a learning rate of 13.3: the perplexity is inf"),
        ("characters", "--lr=20", "step 3, with a learning rate of 13.3: the perplexity is inf"),
        ("copy", "--lr=1000 --weight-decay=1000", "the gradient's norm is inf"),
    ],
)
def test_the_command_says_in_one_line_that_it_diverged(
    name: str, flags: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With so high a learning rate, the perplexity is more than a float can hold: e^710."""
    small = "--warmup=0 --steps=6 --batch-size=4 --evaluate-on=5 --evaluate-every=3 --d-model=16"
    run = ["--heads=1", "--layers=1", "--out", str(tmp_path / "run")]
    assert cli.main(["train", name, *flags.split(), *small.split(), *run]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: training diverged at step ")
    assert reason in line
    assert len(line) < 300
    assert [path.name for path in (tmp_path / "run").iterdir() if path.name in FILES] == FILES[:1]


@pytest.mark.parametrize(
    ("name", "value"),
    [("copy", np.nan), ("addition-gpt", np.inf), ("fill-the-gap", -np.inf), ("characters", np.nan)],
)
def test_a_model_that_is_not_finite_is_not_asked(
    name: str, value: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training, run = small_training(name), Run(tmp_path)
    run.start(training)
    training.advance()
    training.evaluate()
    run.save(training)
    path = tmp_path / "model.safetensors"
    parameters: Any = mt.load(path)
    whole = parameters.get("model", parameters)
    for weight in ("embedding.tokens.weight", "output.weight"):
        whole[weight].array[0, 0] = value
    mt.save(parameters, path)
    for arguments in (["eval", str(tmp_path)], ["solve", str(tmp_path), training.task.question]):
        assert cli.main(arguments) == 2
        expected = f"error: {path} is damaged: embedding.tokens.weight of the model holds {value}\n"
        assert capsys.readouterr().err == expected


# -------------------------------------------------------------------------- saved states


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a training after three steps, the second of which was evaluated."""
    training = small_training()
    for step in (1, 2, 3):
        training.advance()
        if step == 2:
            training.evaluate()
    path = tmp_path_factory.mktemp("states") / "state.safetensors"
    mt.save(training.state_dict(), path)
    return path


@pytest.fixture
def state(saved: Path) -> Iterator[Any]:
    return mt.load(saved)  # type: ignore[return-value]


def edit(*path: Any, value: Any) -> Callable[[Any], None]:
    def apply(state: Any) -> None:
        *upper, last = path
        for name in upper:
            state = state[name]
        state[last] = value(state.get(last)) if callable(value) else value

    return apply


def drop(*path: Any) -> Callable[[Any], None]:
    def apply(state: Any) -> None:
        *upper, last = path
        for name in upper:
            state = state[name]
        del state[last]

    return apply


def holding(value: float) -> Callable[[mt.Tensor], mt.Tensor]:
    def changed(tensor: mt.Tensor) -> mt.Tensor:
        array = tensor.numpy().copy()
        array.flat[-1] = value
        return mt.from_numpy(array)

    return changed


def swap(numbers: list[int]) -> list[int]:
    """Exchange two parameters of one shape."""
    first, second, third, *others = numbers
    return [first, third, second, *others]


WEIGHT = ("model", "embedding.tokens.weight")
MOMENTS = ("optimizer", "state", 0)
GROUP = ("optimizer", "param_groups", 0)
ROW = {"step": 1, "loss": 1.0, "exact_match": 0.0, "held_out_loss": 1.0}

DAMAGES: list[tuple[str, Callable[[Any], None], str]] = [
    *(
        (f"{name} missing", drop(name), f"the state has no {name}")
        for name in ("model", "optimizer", "random", "step", "metrics", "recent_losses")
    ),
    ("an extra entry", edit("colour", value="red"), "the state has 'colour', which is not expec"),
    # the step
    ("step a text", edit("step", value="3"), "step of the state .* from 0 to 9, not '3'"),
    ("step a float", edit("step", value=3.0), "step of the state .* not 3.0"),
    ("step a bool", edit("step", value=True), "step of the state .* not True"),
    ("step None", edit("step", value=None), "step of the state .* not None"),
    ("step below 0", edit("step", value=-1), "step of the state .* not -1"),
    ("step above the last", edit("step", value=10), "step of the state .* not 10"),
    ("step behind its moments", edit("step", value=1), "step of a row .* to 1, not 2"),
    ("moments of later", lambda s: s.update(step=1, metrics=[]), "parameter 0 must .* to 1, not 3"),
    ("step 0 with moments", lambda s: s.update(step=0, metrics=[]), "which is not expected"),
    # the model
    ("model a number", edit("model", value=3), "the model's state must be a dict, not 3"),
    ("a weight missing", drop(*WEIGHT), "the model's state has no embedding.tokens.weight"),
    ("a weight too many", edit("model", "x", value=mt.zeros(1)), "the model's state has 'x'"),
    ("a weight of ints", edit(*WEIGHT, value=lambda x: x.long()), "torch.int64, not "),
    ("a weight in float64", edit(*WEIGHT, value=lambda x: x.double()), "torch.float64, not "),
    ("a weight NaN", edit(*WEIGHT, value=holding(np.nan)), "embedding.tokens.weight .* holds nan"),
    ("a weight -inf", edit(*WEIGHT, value=holding(-np.inf)), "tokens.weight .* holds -inf"),
    ("a weight a list", edit(*WEIGHT, value=[1.0]), r"must be a Tensor, not \[1.0\]"),
    (
        "a weight turned",
        edit(*WEIGHT, value=lambda x: x.T.contiguous()),
        r"size mismatch for embedding.tokens.weight of the model's state: its shape is \(8, 13\), "
        r"not \(13, 8\)",
    ),
    # the optimizer
    ("optimizer a list", edit("optimizer", value=[]), r"the optimizer's state must be a dict"),
    ("no groups", drop("optimizer", "param_groups"), "the optimizer's state has no param_groups"),
    ("no moments", drop("optimizer", "state"), "the optimizer's state has no state"),
    ("groups a dict", edit("optimizer", "param_groups", value={}), "is a dict, not a Sequence"),
    ("groups numbers", edit("optimizer", "param_groups", value=[1, 2]), r"groups\[0\] is a int"),
    ("one group", edit("optimizer", "param_groups", value=lambda g: g[:1]), "groups: 1, not 2"),
    ("another decay", edit(*GROUP, "weight_decay", value=0.5), "is 0.5 in the state, and 0.1 here"),
    ("other betas", edit(*GROUP, "betas", value=[0.9, 0.9]), "betas of the optimizer is"),
    ("betas missing", drop(*GROUP, "betas"), r"param_groups\[0\] has no 'betas'"),
    ("another eps", edit(*GROUP, "eps", value=0.0), "eps of the optimizer is 0.0 in the state"),
    ("AMSGrad", edit(*GROUP, "amsgrad", value=True), "has no 'max_exp_avg_sq'"),
    ("upwards", edit(*GROUP, "maximize", value=True), "maximize of the optimizer is True"),
    ("params turned", edit(*GROUP, "params", value=lambda p: p[::-1]), "and the parameter's"),
    ("params swapped", edit(*GROUP, "params", value=swap), "params of the optimizer is .0, 2, 1,"),
    ("moments of one missing", drop(*MOMENTS), "the optimizer's state has no 0"),
    ("moments of one more", edit("optimizer", "state", 99, value={}), "of 99, which no group has"),
    ("moments a number", edit(*MOMENTS, value=1), r"state\[0\] is a int, not a dict"),
    ("a moment missing", drop(*MOMENTS, "exp_avg"), r"state\[0\] has no 'exp_avg'"),
    ("a moment too many", edit(*MOMENTS, "x", value=1), r"state\[0\] has 'x', and should"),
    ("a count of 0", edit(*MOMENTS, "step", value=0), "must be a whole number from 1 to 3, not 0"),
    ("a count of 4", edit(*MOMENTS, "step", value=4), "must be a whole number from 1 to 3, not 4"),
    ("a count a text", edit(*MOMENTS, "step", value="3"), r"state\[0\]\['step'\].*'3'"),
    ("a moment None", edit(*MOMENTS, "exp_avg", value=None), "must be a Tensor, not None"),
    ("a moment NaN", edit(*MOMENTS, "exp_avg", value=holding(np.nan)), "exp_avg .* holds nan"),
    ("a square inf", edit(*MOMENTS, "exp_avg_sq", value=holding(np.inf)), "_sq .* holds inf"),
    ("a square below 0", edit(*MOMENTS, "exp_avg_sq", value=holding(-1e-9)), "negative numbers"),
    ("a moment of ints", edit(*MOMENTS, "exp_avg", value=lambda x: x.int()), "minitorch.int32"),
    ("a moment flat", edit(*MOMENTS, "exp_avg", value=lambda x: x.flatten()), r"shape is \(104,\)"),
    # the generator
    ("generator a number", edit("random", value=7), "random is no state of a random number gen"),
    ("generator empty", edit("random", value={}), "random is no state of a random number gen"),
    ("generator a text", edit("random", value="PCG64"), "random is no state of a random number"),
    ("another generator", edit("random", "bit_generator", value="MT19937"), "random is no state"),
    ("its numbers missing", drop("random", "state", "inc"), "random is no state of a random"),
    ("its numbers texts", edit("random", "state", "inc", value="1"), "random is no state of a ran"),
    ("its number too large", edit("random", "state", "inc", value=2**200), "random is no state"),
    # the metrics
    ("metrics a dict", edit("metrics", value={}), "metrics must be a list of rows"),
    ("metrics a text", edit("metrics", value="none"), "metrics must be a list of rows"),
    ("rows of numbers", edit("metrics", value=[1, 2]), "metrics must be a list of rows"),
    ("a row empty", edit("metrics", value=[{}]), "step of a row of metrics .* from 1 to 3, not N"),
    ("a row too late", edit("metrics", value=[ROW | {"step": 4}]), "from 1 to 3, not 4"),
    ("rows in no order", edit("metrics", value=[ROW | {"step": 2}, ROW]), "from 3 to 3, not 1"),
    ("rows of one step", edit("metrics", value=[ROW, ROW]), "from 2 to 3, not 1"),
    ("a metric NaN", edit("metrics", value=[ROW | {"loss": np.nan}]), "loss .* of step 1 is nan"),
    ("a metric inf", edit("metrics", value=[ROW | {"loss": np.inf}]), "loss .* of step 1 is inf"),
    ("a metric a text", edit("metrics", value=[ROW | {"loss": "1"}]), "loss .* of step 1 is '1'"),
    ("no score", edit("metrics", value=[{"step": 1}]), "of step 1 have no 'exact_match'"),
    # the losses
    ("losses None", edit("recent_losses", value=None), "recent_losses must be a list of numbers"),
    ("losses texts", edit("recent_losses", value=["1"]), "recent_losses must be a list of numbers"),
    ("a loss NaN", edit("recent_losses", value=[1.0, np.nan]), "recent_losses hold a number that"),
]


@pytest.mark.parametrize(("what", "damage", "message"), DAMAGES, ids=[d[0] for d in DAMAGES])
def test_a_state_that_is_wrong_is_one_error_and_changes_nothing(
    what: str, damage: Callable[[Any], None], message: str, state: Any
) -> None:
    training = small_training(seed=1)
    training.advance()
    before = content(training)
    damage(state)
    with pytest.raises(ValueError, match=message) as error:
        training.load_state_dict(state)
    assert len(str(error.value)) < 250
    assert content(training) == before


@pytest.mark.parametrize("wrong", [None, 3, "state", [1], mt.zeros(2)])
def test_what_is_no_state_at_all_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="the state must be a dict, not "):
        small_training().load_state_dict(wrong)


def test_a_run_names_the_file_whose_content_is_wrong(tmp_path: Path, state: Any) -> None:
    training, run = small_training(), Run(tmp_path)
    run.start(training)
    state["step"] = "3"
    mt.save(state, tmp_path / "state.safetensors")
    with pytest.raises(RunError, match=r"state.safetensors is damaged: step of the state must be"):
        run.resume()


def test_a_good_state_is_taken_whole(saved: Path, state: Any) -> None:
    training = small_training(seed=1)
    training.load_state_dict(deepcopy(state))
    mt.save(training.state_dict(), saved.parent / "again.safetensors")
    assert (saved.parent / "again.safetensors").read_bytes() == saved.read_bytes()
    assert (training.step, len(training.metrics), len(training.recent_losses)) == (3, 1, 1)
    config = training.config
    assert {g["lr"] for g in training.optimizer.param_groups} == {config.learning_rate(4)}


def test_another_rate_than_that_of_the_state_is_followed(state: Any) -> None:
    training = small_training(lr=0.25)
    training.load_state_dict(state)
    for group in training.optimizer.param_groups:
        assert group["lr"] == training.config.learning_rate(4)
        assert group["initial_lr"] == 0.25


@pytest.mark.parametrize("name", TASKS)
def test_the_state_of_every_task_is_one_of_its_own(name: str) -> None:
    """Every parameter has moments after a step, in each architecture."""
    if name in ("dates", "numbers"):
        for module in TASKS[name].packages:
            pytest.importorskip(module)
    training, other = small_training(name), small_training(name)
    training.load_state_dict(deepcopy(other.state_dict()))
    other.advance()
    other.evaluate()
    training.load_state_dict(deepcopy(other.state_dict()))
    assert training.advance() == other.advance()


# ------------------------------------------------------------------------- batches in a step

VARIANTS = ["addition", "addition-gpt", "fill-the-gap", "copy", "characters"]


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("name", VARIANTS)
def test_batches_that_are_accumulated_are_one_batch(
    name: str, label_smoothing: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss and the gradient of the whole, whatever the lengths of the examples in each part."""
    options: dict[str, Any] = {"label_smoothing": label_smoothing, "clip": 1e9}
    whole = small_training(name, batch_size=12, **options)
    parts = small_training(name, accumulate=3, **options)
    for training in (whole, parts):
        training.model.double()
    batch = whole.task.batch(12, np.random.default_rng(0))
    thirds = iter([tuple(x[i : i + 4] for x in batch) for i in (0, 4, 8)])
    monkeypatch.setattr(type(whole.task), "batch", lambda self, n, rng: batch)
    expected = whole.advance()
    counts = [counted_tokens(whole.model, tuple(x[i : i + 4] for x in batch)) for i in (0, 4, 8)]
    assert sum(counts) == counted_tokens(whole.model, batch)
    monkeypatch.setattr(type(whole.task), "batch", lambda self, n, rng: next(thirds))
    assert parts.advance() == pytest.approx(expected, rel=1e-12)
    for p, q in zip(parts.parameters, whole.parameters, strict=True):
        assert_close(p.grad, q.grad, rtol=1e-8, atol=1e-13)


def test_a_mean_of_means_would_be_another_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tokens, an `a` and its `</s>`, beside five: the parts count 2/7 and 5/7."""
    training = small_training(accumulate=2, batch_size=1)
    task, model = training.task, training.model
    assert isinstance(task, Copy)
    batches = [task.as_batch([(text, text)]) for text in ("a", "jihg")]
    losses = [model.loss(*batch).item() for batch in batches]
    assert [counted_tokens(model, batch) for batch in batches] == [2, 5]
    turn = iter(batches)
    monkeypatch.setattr(Copy, "batch", lambda *_: next(turn))
    right = (2 * losses[0] + 5 * losses[1]) / 7
    assert training.advance() == pytest.approx(right, rel=1e-6)
    assert abs(right - np.mean(losses)) > 1e-3


def test_parts_of_one_size_add_up_as_they_always_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: each loss divided by the number of batches."""
    training = small_training(accumulate=3)
    task: Any = training.task
    texts = iter([["ab", "cd"], ["ef", "gh"], ["ij", "ab"]] * 2)
    monkeypatch.setattr(Copy, "batch", lambda *_: task.as_batch([(t, t) for t in next(texts)]))
    model, total = deepcopy(training.model), 0.0
    for _ in range(3):
        loss = model.loss(*task.batch(2, None)) / 3
        loss.backward()
        total += loss.item()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    assert training.advance() == total
    for p, q in zip(training.parameters, model.parameters(), strict=True):
        assert_close(p.grad, q.grad, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["addition", "addition-gpt", "fill-the-gap"])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_batch_of_nothing_but_padding_is_refused(
    name: str, accumulate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = small_training(name, accumulate=accumulate)
    first, *rest = training.task.batch(4, np.random.default_rng(0))
    batch = (first, *[mt.zeros_like(x) for x in rest])
    monkeypatch.setattr(type(training.task), "batch", lambda *_: batch)
    before = content(training)
    with pytest.raises(ValueError, match="a batch has no token to learn: all its targets are <pad"):
        training.advance()
    assert content(training) == before


# ------------------------------------------------------------------------------ data


def test_more_examples_than_there_are_held_out_are_all_that_there_are() -> None:
    """Of the 100 sums of single digits, 12 are held out."""
    task = Addition(1)
    examples = task.held_out_examples(0, 1000)
    assert 0 < len(examples) < 100
    config = TrainingConfig(steps=1, batch_size=4, evaluate_on=1000)
    training = Training(task, task.model_config(**SIZES), config)
    training.advance()
    row = training.evaluate()
    assert row["held_out_loss"] == pytest.approx(task.loss(training.model, examples))


def test_what_is_held_out_stays_held_out() -> None:
    """A run that was trained before is still tested on what it has not seen."""
    found = [text for text, _ in Copy().held_out_examples(0, 3)]
    assert found == ["fjjjhbjiag", "eec", "fhic"]
    assert Addition().held_out_examples(1, 3) == [("8+26=", "43"), ("0+8=", "8")]


@pytest.mark.parametrize("name", ["addition", "fill-the-gap", "characters", "modular-addition"])
def test_nothing_to_measure_is_refused(name: str) -> None:
    task = TASKS[name]()
    model = task.model(task.model_config(**SIZES))
    task.evaluate(model, 0, 1)
    for start, stop in [(3, 3), (0, 0), (9_999_990, 9_999_999)][: 2 if name == "addition" else 3]:
        with pytest.raises(ValueError, match=f"nothing to measure: .* {start} to {stop}"):
            task.evaluate(model, start, stop)
    for start, stop in [(-1, 3), (4, 3), (0, -1), (0, 10**7 + 1), (0.0, 3), (0, "3"), (True, 3)]:
        with pytest.raises(ValueError, match=r"(start|stop) must be a whole number from 0 to"):
            task.evaluate(model, start, stop)  # type: ignore[arg-type]


def test_a_task_that_holds_everything_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Copy, "is_held_out", lambda self, key: True)
    with pytest.raises(ValueError, match="copy has too few examples for training: 1000 draws of 4"):
        Copy().batch(4, np.random.default_rng(0))


@pytest.mark.parametrize("n", [0, -1, 2.0, "4", None, True, 10**6 + 1])
@pytest.mark.parametrize("name", ["addition", "characters"])
def test_a_batch_has_a_number_of_examples(name: str, n: Any) -> None:
    with pytest.raises(ValueError, match=r"number of examples must be .* from 1 to 1,000,000"):
        TASKS[name]().batch(n, np.random.default_rng(0))
