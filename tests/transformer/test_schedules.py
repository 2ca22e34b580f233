"""What a training run can be told: schedules, accumulation, patience; and resuming under each."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import minitorch as mt
from minitorch import optim
from minitorch.testing import assert_close
from transformer.tasks import Copy
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run
from transformer.training.schedule import warmup_and_decay


def test_the_papers_schedule_is_the_papers_formula() -> None:
    """Vaswani et al. 2017, equation 3, with the base model's d_model = 512 and warmup = 4000."""
    config = TrainingConfig(steps=100_000, warmup=4000, lr=(512 * 4000) ** -0.5, schedule="paper")
    for step in (1, 2, 100, 3999, 4000, 4001, 16_000, 100_000):
        expected = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
        assert config.learning_rate(step) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("linear", [1, 2, 3, 4, 4, 3, 2, 1]),
        ("cosine", [1, 2, 3, 4, 4, 2 + math.sqrt(2), 2, 2 - math.sqrt(2)]),
        ("constant", [1, 2, 3, 4, 4, 4, 4, 4]),
        ("paper", [1, 2, 3, 4, 4 * math.sqrt(4 / 5), 4 * math.sqrt(4 / 6)]),
    ],
)
def test_schedules_by_hand(schedule: str, expected: list[float]) -> None:
    config = TrainingConfig(steps=8, warmup=4, lr=4.0, schedule=schedule)
    rates = [config.learning_rate(step) for step in range(1, len(expected) + 1)]
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant", "paper"])
@pytest.mark.parametrize(("steps", "warmup"), [(1, 0), (5, 0), (5, 5), (5, 50)])
def test_rates_are_positive_and_no_higher_than_the_highest(
    schedule: str, steps: int, warmup: int
) -> None:
    config = TrainingConfig(steps=steps, warmup=warmup, lr=0.1, schedule=schedule)
    assert all(0 < config.learning_rate(step) <= 0.1 for step in range(1, steps + 1))


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant", "paper"])
def test_there_are_no_steps_before_the_first_and_after_the_last(schedule: str) -> None:
    """Past the end a line would go on below 0, and a cosine rise again."""
    config = TrainingConfig(steps=5, warmup=2, schedule=schedule)
    config.learning_rate(6)  # which an optimizer is given after its last step
    for step in (0, -1, 7, 1.5, True, None):
        with pytest.raises(ValueError, match="step must be a whole number from 1 to 6, not "):
            config.learning_rate(step)  # type: ignore[arg-type]


@pytest.mark.parametrize(("schedule", "end"), [("linear", 0), ("cosine", 0), ("constant", 3.0)])
def test_where_schedules_end(schedule: str, end: float) -> None:
    config = TrainingConfig(steps=7, warmup=2, lr=3.0, schedule=schedule)
    assert config.learning_rate(8) == pytest.approx(end, abs=1e-15)


def test_a_warm_up_of_all_steps_but_one_ends_too() -> None:
    assert TrainingConfig(steps=5, warmup=4, lr=1.0).learning_rate(6) == 0


def sgd() -> optim.SGD:
    return optim.SGD([mt.zeros(1, requires_grad=True)], lr=9.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": 0.0}, "^lr must be a number above 0, at most 1,000, not 0.0$"),
        ({"lr": 1000.1}, "^lr must be a number above 0, at most 1,000, not 1000.1$"),
        ({"schedule": "exp"}, "^schedule must be one of linear, .*, not 'exp'$"),
        ({"steps": 0}, "^steps must be a whole number from 1 to 1,000,000,000, not 0$"),
        ({"warmup": -1}, "^warmup must be a whole number from 0 to 1,000,000,000, not -1$"),
        ({"done": 6}, "^step must be a whole number from 1 to 6, not 7$"),
    ],
)
def test_a_schedule_that_cannot_be_names_its_argument(
    changes: dict[str, Any], message: str
) -> None:
    arguments = {"lr": 1000, "schedule": "linear", "steps": 5, "warmup": 0, "done": 5}
    warmup_and_decay(sgd(), **arguments)
    with pytest.raises(ValueError, match=message):
        warmup_and_decay(sgd(), **arguments | changes)
    with pytest.raises(TypeError, match=r"^optimizer must be an Optimizer, not None$"):
        warmup_and_decay(None, **arguments)


def test_a_schedule_without_a_warm_up_falls_from_the_first_step() -> None:
    optimizer = sgd()
    scheduler = warmup_and_decay(optimizer, 0.5, steps=4)
    rates = []
    for _ in range(4):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert rates == [0.5, 0.375, 0.25, 0.125]


def test_an_optimizer_gets_no_rate_after_the_last_step() -> None:
    optimizer = optim.SGD([mt.zeros(1, requires_grad=True)], lr=9.0)
    scheduler = warmup_and_decay(optimizer, 0.5, steps=4, warmup=2)
    rates = []
    for _ in range(4):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert rates == [0.25, 0.5, 0.5, 0.25]
    with pytest.raises(ValueError, match="step must be a whole number from 1 to 5, not 6"):
        scheduler.step()


def small_training(dropout: float = 0.2, **changes: Any) -> Training:
    task = Copy(length=4)
    sizes = {"d_model": 16, "n_heads": 2, "n_layers": 1, "dropout": dropout}
    config = {"steps": 6, "batch_size": 8, "warmup": 2, "evaluate_every": 2, "evaluate_on": 20}
    return Training(task, task.model_config(**sizes), TrainingConfig(**config | changes))


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant", "paper"])
def test_the_optimizer_follows_the_schedule_to_the_last_bit(
    schedule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = small_training(schedule=schedule)
    rates = []
    step = training.optimizer.step

    def recording() -> Any:
        rates.append([group["lr"] for group in training.optimizer.param_groups])
        return step()

    monkeypatch.setattr(training.optimizer, "step", recording)
    while not training.finished:
        training.advance()
    assert rates == [[training.config.learning_rate(i)] * 2 for i in range(1, 7)]


def quiet(training: Training) -> Progress:
    config = training.config
    return Progress(Console(file=io.StringIO()), training.step, config.steps, config.batch_size)


def test_accumulated_gradients_are_those_of_the_whole_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Strings of one length have as many tokens each, so that the mean of means is the mean."""
    texts = ["abcd", "badc", "jjhi", "fgaa"]
    turn = iter([texts[:2], texts[2:], texts])
    monkeypatch.setattr(
        Copy, "training_examples", lambda self, n, rng: [(text, text) for text in next(turn)]
    )
    parts, whole = small_training(accumulate=2, dropout=0.0), small_training(dropout=0.0)
    assert parts.advance() == pytest.approx(whole.advance(), rel=1e-5)
    for p, q in zip(parts.model.parameters(), whole.model.parameters(), strict=True):
        assert_close(p.grad, q.grad, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("scores", "patience", "finished"),
    [
        ([], 1, False),
        ([0.5], 1, False),
        ([0.5, 0.5], 1, True),  # as good is not better
        ([0.5, 0.4, 0.3], 3, False),
        ([0.5, 0.4, 0.3, 0.2], 3, True),
        ([0.5, 0.4, 0.6, 0.5], 2, False),
        ([0.5, 0.4, 0.4, 0.4, 0.4, 0.4], 0, False),
    ],
)
def test_patience_counts_evaluations_without_a_better_one(
    scores: list[float], patience: int, finished: bool
) -> None:
    training = small_training(patience=patience)
    training.metrics = [{"exact_match": score, "held_out_loss": 1.0} for score in scores]
    assert training.finished == finished


def test_a_training_stops_when_its_patience_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training, run = small_training(steps=100, patience=2), Run(tmp_path)
    run.start(training)
    monkeypatch.setattr(
        Copy, "evaluate", lambda *_: {"exact_match": 0.0, "held_out_loss": 1.0, "perplexity": 2.7}
    )
    assert train(training, run, quiet(training))
    assert training.step == 6  # evaluated at 2, 4 and 6
    assert run.resume().finished


def test_held_out_loss_and_perplexity_are_reported() -> None:
    training = small_training()
    training.advance()
    row = training.evaluate()
    examples = training.task.held_out_examples(0, 20)
    training.model.eval()
    loss = training.model.loss(*training.task.as_batch(examples)).item()
    assert row["held_out_loss"] == pytest.approx(loss, rel=1e-5)
    assert row["perplexity"] == pytest.approx(np.exp(loss), rel=1e-5)


FILES = ["config.json", "metrics.csv", "model.safetensors", "state.safetensors"]


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": "cosine"},
        {"schedule": "constant", "label_smoothing": 0.1},
        {"schedule": "paper"},
        {"accumulate": 3},
        {"patience": 1, "lr": 1e-9},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)
def test_resuming_is_exact_to_the_last_bit(tmp_path: Path, changes: dict[str, Any]) -> None:
    whole, stopped = Run(tmp_path / "whole"), Run(tmp_path / "stopped")
    training = small_training(**changes)
    whole.start(training)
    assert train(training, whole, quiet(training))

    part = small_training(**changes)
    stopped.start(part)
    for _ in range(3):
        part.advance()
        if part.step == 2:
            part.evaluate()
            stopped.save(part)
    stopped.save(part)
    resumed = stopped.resume()
    assert resumed.step == 3
    assert train(resumed, stopped, quiet(resumed))
    for name in FILES:
        assert (stopped.directory / name).read_bytes() == (whole.directory / name).read_bytes()


def test_a_state_from_before_there_was_a_scheduler_resumes_exactly(tmp_path: Path) -> None:
    """Such a state has the last step's rate in the groups of the optimizer, and no `initial_lr`."""
    whole = small_training()
    while not whole.finished:
        whole.advance()
    mt.save(whole.state_dict(), tmp_path / "whole.safetensors")
    part = small_training()
    for _ in range(3):
        part.advance()
    state = part.state_dict()
    for group in state["optimizer"]["param_groups"]:
        del group["initial_lr"]
        group["lr"] = part.config.learning_rate(3)
    mt.save(state, tmp_path / "state.safetensors")
    resumed = small_training()
    resumed.load_state_dict(mt.load(tmp_path / "state.safetensors"))
    while not resumed.finished:
        resumed.advance()
    mt.save(resumed.state_dict(), tmp_path / "resumed.safetensors")
    whole_bytes, resumed_bytes = (
        (tmp_path / f"{name}.safetensors").read_bytes() for name in ("whole", "resumed")
    )
    assert resumed_bytes == whole_bytes
