"""A training: what it learns from, how far it has come, and what of it a run saves.

The batch of a step depends on the seed and the step's number alone, and a `TrainingState` holds
everything else that the next step depends on: a run that was stopped and resumed ends with the same
parameters, to the last bit, as one that was not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt

from . import checks
from .ranks import from_first, is_first

if TYPE_CHECKING:
    from minitorch import Tensor, optim

    from ..tasks import Model, Task
    from .config import TrainingConfig


class Batches:
    """What a training learns from, as a dataset of batches: item i is the batch of step i + 1.

        DataLoader(Batches(task, config), batch_size=None, sampler=range(done, config.steps))

    A batch depends on the seed and on i alone, so that a training can go on where it stopped.

    Args:
        task: draws the examples, those that are not held out.
        config: its `steps`, `batch_size` and `seed`.
    """

    def __init__(self, task: Task, config: TrainingConfig) -> None:
        self.task, self.config = task, config

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, i: int) -> tuple[Tensor, ...]:
        if not 0 <= i < len(self):
            raise IndexError(f"there is no batch {i}: there are {len(self)}, a batch a step")
        if self.config.accumulate > 1:
            n = self.config.accumulate
            raise ValueError(f"a step accumulates {n} batches: draw({i}, {n}) returns them")
        return self.draw(i, 1)[0]

    def draw(self, i: int, n: int) -> list[tuple[Tensor, ...]]:
        """Draw n batches for step i + 1, which accumulates their gradients."""
        rng = np.random.default_rng((self.config.seed, i + 1))
        return [self.task.batch(self.config.batch_size, rng) for _ in range(n)]


class TrainingState:
    """A model in training, and all else that the next step depends on: what a run saves.

    Whoever has it takes the steps, and records them:

        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()
        training.record(loss, norm)
        run.keep(training)
        if training.evaluation_due:
            training.evaluate()
            run.save(training)

    Attributes:
        task: what is learned.
        model: learns it.
        optimizer: changes the model's parameters.
        config: the hyperparameters.
        step: the steps taken.
        metrics: a row for each evaluation: step, loss (the mean since the last), the task's
            metrics, learning_rate (the configuration's).
        recent_losses: of the steps since the last evaluation.

    Raises:
        TypeError: a part is something else.
        ValueError: the model does not fit the task.
        MissingPackage: the task needs a package that is not installed.
    """

    def __init__(
        self, task: Task, model: Model, optimizer: optim.Optimizer, config: TrainingConfig
    ) -> None:
        checks.state_parts(model, optimizer)
        checks.parts(task, model.config, config)
        task.require_packages()
        self.task, self.model, self.optimizer, self.config = task, model, optimizer, config
        self.parameters = list(model.parameters())
        self.step = 0
        self.metrics: list[dict[str, float]] = []
        self.recent_losses: list[float] = []

    def record(self, loss: float | Tensor, norm: float | Tensor) -> None:
        """Count a step that was taken.

        Args:
            loss: the training loss before the update.
            norm: that of the gradient, before it was clipped.

        Raises:
            Diverged: one of them is not finite.
        """
        checks.finite(self, float(loss), float(norm))
        self.step += 1
        self.recent_losses.append(float(loss))

    @property
    def finished(self) -> bool:
        """Was this the last step, or has patience run out (early stopping)?"""
        scores = [self.task.score(row) for row in self.metrics]
        waited = len(scores) - 1 - scores.index(max(scores)) if scores else 0
        return self.step >= self.config.steps or 0 < self.config.patience <= waited

    def best_step(self) -> int | None:
        """Return the step with the best score, the last of equal ones; None without an evaluation.

        Raises:
            ValueError: the metrics are not rows of evaluations, in order.
        """
        try:
            scores = [(self.task.score(row), row["step"]) for row in self.metrics]
            steps = [step for _, step in scores]
            if steps == sorted(set(steps)) and (not steps or steps[-1] <= self.step):
                return int(max(scores)[1]) if scores else None
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"a row of the metrics is no evaluation: {error!r}") from None
        raise ValueError(
            f"the steps of the metrics are out of order, or after {self.step}: {steps}"
        )

    @property
    def evaluation_due(self) -> bool:
        """Is it time to evaluate, and to save?"""
        return self.step % self.config.evaluate_every == 0 or self.step == self.config.steps

    def evaluate(self) -> dict[str, float]:
        """Measure the model on held-out examples; add a row to the metrics, and return it."""
        checks.can_evaluate(self)
        row: dict[str, float] = from_first(self._measured() if is_first() else None)
        self.metrics.append(row)
        self.recent_losses = []
        self.model.train()  # dropout acts again
        return row

    def _measured(self) -> dict[str, float]:
        row = {
            "step": self.step,
            "loss": float(np.mean(self.recent_losses)),
            **self.task.evaluate(self.model, 0, self.config.evaluate_on),
            "learning_rate": self.config.learning_rate(self.step),
        }
        checks.evaluation(self, row)
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
        checks.optimizer(self, state)  # from here on, nothing can fail
        self.optimizer.load_state_dict(state["optimizer"])
        self.model.load_state_dict(state["model"])
        mt.set_rng_state(state["random"])
        self.step = state["step"]
        self.metrics = state["metrics"]
        self.recent_losses = state["recent_losses"]
