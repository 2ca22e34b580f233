"""Training: show examples, measure the surprise, step against its gradient; look how it does.

`Training.advance` is one step and `train` is the loop around it. The batch of a step depends on the
seed and the step's number alone, and a state holds everything else that the next step depends on:
a training that was stopped and resumed ends with the same parameters, to the last bit, as one that
was not.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt
from minitorch import Tensor, nn, optim

from .config import TrainingConfig

if TYPE_CHECKING:
    from ..model.config import TransformerConfig
    from ..tasks import Task
    from .progress import Progress
    from .run import Run


class Training:
    """A model in training, and everything that its next step depends on.

    Attributes:
        task, model, optimizer, config: what is learned, by what, and how.
        parameters: the model's.
        step: the steps taken.
        metrics: a row for each evaluation: step, loss (the mean since the last), the task's
            metrics, learning_rate.
    """

    def __init__(self, task: Task, model_config: TransformerConfig, config: TrainingConfig):
        mt.manual_seed(config.seed)
        task.require_packages()
        self.task = task
        self.config = config
        self.model = task.model(model_config)
        # Weight decay is for matrices; biases and the scales of norms have a size to keep.
        self.parameters = list(self.model.parameters())
        matrices = [p for p in self.parameters if p.ndim > 1]
        vectors = [p for p in self.parameters if p.ndim <= 1]
        self.optimizer = optim.AdamW(
            [
                {"params": matrices, "weight_decay": config.weight_decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=config.lr,
            betas=(0.9, 0.98),
        )
        self.step = 0
        self.metrics: list[dict[str, float]] = []
        self.recent_losses: list[float] = []

    def advance(self, forward: Callable[..., Tensor] | None = None) -> float:
        """Take one step, and return the loss that it started from.

        Args:
            forward: computes the logits; the model itself, or `nn.DataParallel` of it.
        """
        self.step += 1
        rng = np.random.default_rng((self.config.seed, self.step))

        if not self.model.training:
            self.model.train()
        self.optimizer.zero_grad()
        total = 0.0
        for _ in range(self.config.accumulate):
            batch = self.task.batch(self.config.batch_size, rng)
            loss = self.model.loss(
                *batch, label_smoothing=self.config.label_smoothing, forward=forward
            )
            loss = loss / self.config.accumulate
            loss.backward()
            total += loss.item()
        nn.utils.clip_grad_norm_(self.parameters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate(self.step)
        self.optimizer.step()

        self.recent_losses.append(total)
        return total

    @property
    def finished(self) -> bool:
        """Is there no next step, because it was the last, or because patience is at its end?"""
        scores = [self.task.score(row) for row in self.metrics]
        waited = len(scores) - 1 - scores.index(max(scores)) if scores else 0
        return self.step == self.config.steps or 0 < self.config.patience <= waited

    def evaluate(self) -> dict[str, float]:
        """Let the model answer held-out examples, and add a row to the metrics."""
        self.metrics.append(
            {
                "step": self.step,
                "loss": float(np.mean(self.recent_losses)),
                **self.task.evaluate(self.model, 0, self.config.evaluate_on),
                "learning_rate": self.config.learning_rate(self.step),
            }
        )
        self.recent_losses = []
        return self.metrics[-1]

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": mt.get_rng_state(),
            "step": self.step,
            "metrics": self.metrics,
            "recent_losses": self.recent_losses,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` returned."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        mt.set_rng_state(state["random"])
        self.step = state["step"]
        self.metrics = state["metrics"]
        self.recent_losses = state["recent_losses"]


def train(training: Training, run: Run, progress: Progress) -> bool:
    """Train from where the training stands until it is finished.

    Ctrl-C lets the step that is under way end, saves, and stops.

    Args:
        training: is changed.
        run: where it is saved, at each evaluation and at the end.
        progress: shows how it goes.

    Returns:
        Is the training finished?
    """
    config = training.config
    parallel_model = nn.DataParallel(training.model, config.processes)
    with parallel_model, progress, Interrupted() as interrupted:
        while not training.finished and not interrupted:
            loss = training.advance(parallel_model)
            progress.step(training.step, loss)
            if training.step % config.evaluate_every == 0 or training.step == config.steps:
                row = training.evaluate()
                run.save(training)
                progress.evaluation(row)
        if interrupted:
            run.save(training)
    return training.finished


class Interrupted:
    """Turns true at the first Ctrl-C inside the block; a second one interrupts at once."""

    def __init__(self) -> None:
        self.pressed = False

    def __bool__(self) -> bool:
        return self.pressed

    def __enter__(self) -> Interrupted:
        self.before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *exc: object) -> None:
        signal.signal(signal.SIGINT, self.before)

    def _press(self, *_: object) -> None:
        self.pressed = True
        signal.signal(signal.SIGINT, self.before)
