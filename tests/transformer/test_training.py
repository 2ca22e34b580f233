"""Training: one step by hand, the whole loop on small tasks, and stopping without a trace."""

from __future__ import annotations

import io
import shlex
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import minitorch as mt
from minitorch import nn, optim
from minitorch.testing import assert_close
from minitorch.utils.data import DataLoader
from transformer import cli
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run
from transformer.training.state import Batches, TrainingState


def small_training(dropout: float = 0.0, **changes: Any) -> Training:
    task = Addition(2)
    model = task.model_config(d_model=16, n_heads=2, n_layers=1, dropout=dropout)
    config = TrainingConfig(
        **{
            "steps": 7,
            "batch_size": 8,
            "warmup": 2,
            "evaluate_every": 2,
            "evaluate_on": 20,
            **changes,
        }
    )
    return Training(task, model, config)


def progress(training: Training, at_step: Callable[[int], None] | None = None) -> Progress:
    """A progress that writes nowhere, and calls `at_step` after each step."""

    class Calling(Progress):
        def step(self, step: int, loss: float) -> None:
            super().step(step, loss)
            if at_step is not None:
                at_step(step)

    config = training.config
    return Calling(Console(file=io.StringIO()), training.step, config.steps, config.batch_size)


FILES = ["config.json", "metrics.csv", "model.safetensors", "state.safetensors"]


def files(run: Run) -> dict[str, bytes]:
    return {name: (run.directory / name).read_bytes() for name in FILES}


# --------------------------------------------------------------------- with a loop of one's own


def made_by_hand(optimizer: Callable[..., Any]) -> TrainingState:
    """A training whose embedding is frozen, with any optimizer."""
    task = Addition(2)
    mt.manual_seed(0)
    model = task.model(task.model_config(d_model=16, n_heads=2, n_layers=1, dropout=0.3))
    model.embedding.tokens.weight.requires_grad_(False)
    config = TrainingConfig(steps=6, batch_size=8, evaluate_every=2, evaluate_on=20)
    return TrainingState(task, model, optimizer(model.parameters()), config)


def go_on(training: TrainingState, run: Run, stop: int) -> None:
    """The loop, with a schedule that falls."""
    schedule = optim.lr_scheduler.LambdaLR(
        training.optimizer, lambda n: 1 / (n + 1), last_epoch=training.step - 1
    )
    batches = Batches(training.task, training.config)
    for batch in DataLoader(batches, batch_size=None, sampler=range(training.step, stop)):
        training.optimizer.zero_grad()
        loss = training.model.loss(*batch)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(training.model.parameters(), 1.0)
        training.optimizer.step()
        schedule.step()
        training.record(loss, norm)
        if training.evaluation_due:
            training.evaluate()
            run.save(training)
    run.save(training)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda parameters: optim.SGD(parameters, lr=0.1),
        lambda parameters: optim.SGD(parameters, lr=0.1, momentum=0.9),
        lambda parameters: optim.Adam(parameters, lr=0.01, amsgrad=True),
    ],
    ids=["SGD", "momentum", "AMSGrad"],
)
def test_a_loop_of_ones_own_goes_on_to_the_last_bit(
    tmp_path: Path, optimizer: Callable[..., Any]
) -> None:
    whole, stopped = Run(tmp_path / "whole"), Run(tmp_path / "stopped")
    for run, stop in ((whole, 6), (stopped, 3)):
        training = made_by_hand(optimizer)
        run.start(training)
        go_on(training, run, stop)
    training = made_by_hand(optimizer)
    stopped.restore(training)
    assert training.step == 3
    go_on(training, stopped, 6)
    assert files(stopped) == files(whole)


def test_the_batches_are_a_dataset() -> None:
    """Item i is what step i + 1 draws, whoever asks first."""
    training = small_training(seed=3)
    batches = Batches(training.task, training.config)
    assert len(batches) == 7
    for i in (5, 0):
        rng = np.random.default_rng((3, i + 1))
        for found, expected in zip(batches[i], training.task.batch(8, rng), strict=True):
            assert_close(found, expected, rtol=0, atol=0)
    assert len(list(batches)) == 7


def test_an_evaluation_leaves_the_model_in_training() -> None:
    training = small_training(0.3)
    training.advance()
    training.evaluate()
    assert training.model.training


# -------------------------------------------------------------------------------- by hand


@pytest.mark.parametrize("clip", [1e-3, 1e9])
def test_a_step_is_adamw_by_hand(clip: float) -> None:
    """In Adam's first step, the gradient's mean and mean square are the gradient and its square."""
    training, same = (small_training(lr=0.01, weight_decay=0.1, clip=clip) for _ in "ab")
    rng = np.random.default_rng((0, 1))  # of the seed, and of the step
    loss = same.model.loss(*same.task.batch(8, rng))
    loss.backward()
    norm = np.sqrt(sum((p.grad.array.astype(float) ** 2).sum() for p in same.model.parameters()))
    lr = 0.01 * 1 / 2  # half of the warm-up

    assert training.advance() == loss.item()
    for moved, p in zip(training.model.parameters(), same.model.parameters(), strict=True):
        g = p.grad.array * min(1, clip / norm)
        decay = 0.1 if p.ndim == 2 else 0.0
        expected = p.array * (1 - lr * decay) - lr * g / (abs(g) + 1e-8)
        assert_close(moved, expected.astype(np.float32), rtol=1e-4, atol=1e-5)


def test_adams_averages_forget_as_in_the_paper() -> None:
    """Vaswani et al. 2017, section 5.3: β1 = 0.9, β2 = 0.98. Averages of 1 and 1, from 0 on."""
    training = small_training(clip=1e9)
    for p in training.parameters:
        p.register_hook(lambda g: g * 0 + 1)
    training.advance()
    training.advance()
    for state in training.optimizer.state.values():
        np.testing.assert_allclose(state["exp_avg"].numpy(), 1 - 0.9**2, rtol=1e-5)
        np.testing.assert_allclose(state["exp_avg_sq"].numpy(), 1 - 0.98**2, rtol=1e-5)


def test_a_batch_depends_on_the_seed_and_the_step_alone() -> None:
    shown: dict[tuple[int, int], Any] = {}
    for seed in (0, 1):
        for _ in "again":
            training = small_training(seed=seed)
            for _ in range(3):
                training.advance()
                training.task.batch(5, np.random.default_rng())  # who else draws, changes nothing
            shown.setdefault((seed, 3), training.recent_losses)
            assert training.recent_losses == shown[seed, 3]
    assert shown[0, 3] != shown[1, 3]
    assert len(set(shown[0, 3])) == 3


def test_an_evaluation_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer in four is right: the mean loss since the last evaluation, and 25%."""

    def generate(task: Addition, model: Any, sources: list[str]) -> list[str]:
        sums = [sum(map(int, s.removesuffix("=").split("+"))) for s in sources]
        return [str(n if i % 4 == 0 else n + 1)[::-1] for i, n in enumerate(sums)]

    monkeypatch.setattr(Addition, "generate", generate)
    training = small_training(lr=0.01)
    losses = [training.advance() for _ in range(4)]
    first = training.evaluate()
    assert first == training.metrics[0]
    assert first["step"] == 4
    assert first["loss"] == pytest.approx(np.mean(losses))
    assert first["exact_match"] == 0.25
    assert first["learning_rate"] == pytest.approx(0.01 * 4 / 5)  # 4 of the 5 steps down are left
    last = training.advance()
    assert training.evaluate()["loss"] == pytest.approx(last)


# ----------------------------------------------------------------------------- it learns


@dataclass(frozen=True)
class SixteenSums(Addition):
    """Shows the same sixteen sums at every step."""

    def training_examples(self, n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
        return super().training_examples(16, np.random.default_rng(0))


@pytest.mark.parametrize("pre_norm", [False, True], ids=["post-norm", "pre-norm"])
def test_it_learns_one_batch_by_heart(pre_norm: bool) -> None:
    task = SixteenSums(3)
    model = task.model_config(d_model=32, n_heads=2, n_layers=1, pre_norm=pre_norm)
    training = Training(task, model, TrainingConfig(steps=150, lr=0.01, warmup=20))
    first = training.advance()
    assert first > 2  # of 15 tokens, ln 15 = 2.7 is what a guess costs
    while training.step < 150:
        last = training.advance()
    assert last < 0.01
    sources, targets = zip(*task.training_examples(16, np.random.default_rng(0)), strict=True)
    assert task.generate(training.model, list(sources)) == list(targets)


def test_a_short_training_answers_held_out_sums() -> None:
    """With sums of up to two digits, 250 steps bring exact match from 0 to over 40%."""
    task = Addition(2)
    config = TrainingConfig(steps=250, batch_size=128, lr=4e-3, warmup=100, evaluate_on=400)
    training = Training(task, task.model_config(n_layers=1), config)
    assert training.task.evaluate(training.model, 0, 400)["exact_match"] < 0.02
    while training.step < config.steps:
        training.advance()
    assert training.evaluate()["exact_match"] > 0.4


# -------------------------------------------------------------------- stopping and going on


def trained_whole(directory: Path, **changes: Any) -> dict[str, bytes]:
    training, run = small_training(**changes), Run(directory)
    run.start(training)
    assert train(training, run, progress(training))
    return files(run)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("stop", [1, 4, 5])
def test_a_stopped_training_ends_as_one_that_was_not(
    tmp_path: Path, dropout: float, stop: int
) -> None:
    """To the last bit: parameters, optimizer, generator, metrics."""
    training = small_training(dropout)
    run = Run(tmp_path / "stopped")
    run.start(training)

    def interrupt(step: int) -> None:
        if step == stop:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    assert not train(training, run, progress(training, interrupt))
    assert signal.getsignal(signal.SIGINT) is before
    assert training.step == stop

    resumed = run.resume()
    assert resumed.step == stop
    assert train(resumed, run, progress(resumed))
    whole = trained_whole(tmp_path / "whole", dropout=dropout)
    assert files(run) == whole


def test_a_crash_loses_only_what_came_after_the_last_save(tmp_path: Path) -> None:
    training, run = small_training(0.3), Run(tmp_path / "crashed")
    run.start(training)

    def crash(step: int) -> None:
        if step == 5:
            raise MemoryError

    with pytest.raises(MemoryError):
        train(training, run, progress(training, crash))
    resumed = run.resume()
    assert resumed.step == 4  # evaluated and saved every two steps
    assert train(resumed, run, progress(resumed))
    assert files(run) == trained_whole(tmp_path / "whole", dropout=0.3)


def test_what_is_shown_has_been_saved(tmp_path: Path) -> None:
    """Whoever reads may have gone: then the evaluation that cannot be shown is not lost."""

    class Broken(Progress):
        def evaluation(self, row: dict[str, float]) -> None:
            raise BrokenPipeError

    training, run = small_training(), Run(tmp_path)
    run.start(training)
    with pytest.raises(BrokenPipeError):
        train(training, run, Broken(Console(file=io.StringIO()), 0, 7, 8))
    assert run.resume().metrics == training.metrics


@pytest.fixture
def _ctrl_c_as_in_a_terminal() -> Iterator[None]:
    """Ctrl-C interrupts: a process that was started in the background may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_as_in_a_terminal")
def test_a_second_ctrl_c_interrupts_at_once(tmp_path: Path) -> None:
    training, run = small_training(), Run(tmp_path)
    run.start(training)

    def interrupt_twice(step: int) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(training, run, progress(training, interrupt_twice))
    assert signal.getsignal(signal.SIGINT) is before
    assert training.step == 1


def test_outside_the_main_thread_it_trains_without_ctrl_c(tmp_path: Path) -> None:
    training, run = small_training(), Run(tmp_path)
    run.start(training)
    before = signal.getsignal(signal.SIGINT)
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(train, training, run, progress(training)).result()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_is_finished_has_nothing_to_resume(tmp_path: Path) -> None:
    whole = trained_whole(tmp_path)
    resumed = Run(tmp_path).resume()
    assert train(resumed, Run(tmp_path), progress(resumed))
    assert files(Run(tmp_path)) == whole


def test_ctrl_c_prints_the_command_that_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed line, pasted into a shell, ends where the training would have ended."""
    flags = ["--digits=1", "--steps=5", "--batch-size=8", "--d-model=8", "--heads=2", "--layers=1"]
    whole, stopped = tmp_path / "whole", tmp_path / "the stopped [one]"
    assert cli.main(["train", "addition", *flags, f"--out={whole}"]) == 0

    class Interrupting(Progress):
        def step(self, step: int, loss: float) -> None:
            super().step(step, loss)
            if step == 3:
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr("transformer.cli.train.Progress", Interrupting)
        capsys.readouterr()
        assert cli.main(["train", "addition", *flags, f"--out={stopped}"]) == 130
    output = capsys.readouterr().out
    assert f"stopped after step 3 of 5 and saved to {stopped}; go on with\n" in output
    command = output.splitlines()[-1]
    assert command.startswith("  transformer train addition --resume --out ")
    assert cli.main(shlex.split(command)[1:]) == 0
    assert files(Run(stopped)) == files(Run(whole))
