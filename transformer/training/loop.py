"""Training: show examples, measure the loss, follow its gradient downhill; evaluate now and then.

`Training.advance` is one step, and `train` is the loop around it. The batch of a step depends on
the seed and the step's number alone, and a state holds everything else that the next step depends
on: a run that was stopped and resumed ends with the same parameters, to the last bit, as one that
was not.
"""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt
from minitorch import nn, optim

from . import checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitorch import Tensor

    from ..model.config import TransformerConfig
    from ..tasks import Task
    from .config import TrainingConfig
    from .progress import Progress
    from .run import Run


def adamw(parameters: list[nn.Parameter], config: TrainingConfig) -> optim.AdamW:
    """Return AdamW, with weight decay for the matrices only: biases and norms must not shrink."""
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    return optim.AdamW(
        [
            {"params": matrices, "weight_decay": config.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ],
        lr=config.lr,
        betas=(0.9, 0.98),  # as in the paper, section 5.3
    )


class Training:
    """A model in training: the model, its optimizer, and all else that the next step depends on.

    Attributes:
        task: what is learned.
        model: learns it.
        config: the hyperparameters.
        parameters: the model's.
        optimizer: AdamW.
        scheduler: sets the optimizer's learning rate.
        step: the steps taken.
        metrics: a row for each evaluation: step, loss (the mean since the last), the task's
            metrics, learning_rate.
        recent_losses: of the steps since the last evaluation.
    """

    def __init__(self, task: Task, model_config: TransformerConfig, config: TrainingConfig) -> None:
        checks.parts(task, model_config, config)
        task.require_packages()
        mt.manual_seed(config.seed)
        self.task = task
        self.config = config
        self.model = task.model(model_config)
        self.parameters = list(self.model.parameters())
        self.optimizer = adamw(self.parameters, config)
        self.scheduler = config.scheduler(self.optimizer)
        self.step = 0
        self.metrics: list[dict[str, float]] = []
        self.recent_losses: list[float] = []

    def advance(self, forward: Callable[..., Tensor] | None = None) -> float:
        """Take one step: forward pass, loss, backward pass, clipping, update.

        Args:
            forward: computes the logits; the model itself, or `nn.DataParallel` of it.

        Returns:
            the training loss before the update.

        Raises:
            Diverged: the loss or the gradient is not finite; the parameters have not changed.
        """
        config = self.config
        checks.step(self, forward)
        rng = np.random.default_rng((config.seed, self.step + 1))
        if not self.model.training:
            self.model.train()
        self.optimizer.zero_grad()
        mean_loss = 0.0
        batches = [self.task.batch(config.batch_size, rng) for _ in range(config.accumulate)]
        tokens = [checks.counted_tokens(self.model, batch) for batch in batches]
        for batch, n in zip(batches, tokens, strict=True):
            loss = self.model.loss(*batch, label_smoothing=config.label_smoothing, forward=forward)
            loss = loss / (sum(tokens) / n)  # a mean over the tokens of all batches
            loss.backward()
            mean_loss += loss.item()
        norm = nn.utils.clip_grad_norm_(self.parameters, config.clip)
        checks.finite(self, mean_loss, norm.item())
        self.optimizer.step()
        self.scheduler.step()  # sets the learning rate of the next step

        self.step += 1
        self.recent_losses.append(mean_loss)
        return mean_loss

    @property
    def finished(self) -> bool:
        """Was this the last step, or has patience run out (early stopping)?"""
        scores = [self.task.score(row) for row in self.metrics]
        waited = len(scores) - 1 - scores.index(max(scores)) if scores else 0
        return self.step >= self.config.steps or 0 < self.config.patience <= waited

    def evaluate(self) -> dict[str, float]:
        """Measure the model on held-out examples; add a row to the metrics, and return it."""
        checks.can_evaluate(self)
        row = {
            "step": self.step,
            "loss": float(np.mean(self.recent_losses)),
            **self.task.evaluate(self.model, 0, self.config.evaluate_on),
            "learning_rate": self.config.learning_rate(self.step),
        }
        checks.evaluation(self, row)
        self.metrics.append(row)
        self.recent_losses = []
        return row

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        checks.parameters(self)
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": mt.get_rng_state(),
            "step": self.step,
            "metrics": self.metrics,
            "recent_losses": self.recent_losses,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` returned; a ValueError says why it cannot."""
        checks.state(self, state)
        optimizer = adamw(self.parameters, self.config)
        optimizer.load_state_dict(state["optimizer"])
        checks.optimizer(self, state, optimizer)
        self.optimizer = optimizer  # from here on, nothing can fail
        self.model.load_state_dict(state["model"])
        mt.set_rng_state(state["random"])
        self.step = state["step"]
        self.scheduler = self.config.scheduler(self.optimizer, done=self.step)
        self.metrics = state["metrics"]
        self.recent_losses = state["recent_losses"]


class Interrupted:
    """`pressed` at the first Ctrl-C (SIGINT) inside the block; a second one interrupts at once."""

    pressed = False

    def _press(self, *_: object) -> None:
        self.pressed = True
        signal.signal(signal.SIGINT, self.before)

    def __enter__(self) -> Interrupted:
        self.before = signal.getsignal(signal.SIGINT)
        with suppress(ValueError):  # outside the main thread, which alone gets Ctrl-C
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(ValueError):
            signal.signal(signal.SIGINT, self.before)


def train(training: Training, run: Run, progress: Progress) -> bool:
    """Train from the present step until the training is finished.

    Ctrl-C lets the present step end, saves, and stops.

    Args:
        training: is changed.
        run: where the training is saved, at each evaluation and at the end.
        progress: shows how it goes.

    Returns:
        Is the training finished?
    """
    checks.loop(training, run, progress)
    config = training.config
    parallel_model = nn.DataParallel(training.model, config.processes)
    with parallel_model, progress, Interrupted() as interrupted:
        while not training.finished and not interrupted.pressed:
            loss = training.advance(parallel_model)
            progress.step(training.step, loss)
            if training.step % config.evaluate_every == 0 or training.step == config.steps:
                row = training.evaluate()
                run.save(training)
                progress.evaluation(row)
        if interrupted.pressed:
            run.save(training)
    return training.finished
