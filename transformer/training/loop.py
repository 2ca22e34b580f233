"""Training: show examples, measure the loss, follow its gradient downhill; evaluate now and then.

`Training.advance` is one step, and `train` is the loop around it. `examples/addition.py` has both
in the open, for one task, on one page.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import minitorch as mt
from minitorch import nn, optim

from . import checks
from .interrupt import Interrupted
from .ranks import Parallel
from .state import Batches, TrainingState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from minitorch import Tensor

    from ..model.config import TransformerConfig
    from ..tasks import Task
    from .config import TrainingConfig
    from .progress import Progress
    from .run import Run


def adamw(parameters: Iterable[Tensor], config: TrainingConfig) -> optim.AdamW:
    """Return AdamW, with weight decay for the matrices only: biases and norms must not shrink."""
    parameters = list(parameters)
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


class Training(TrainingState):
    """A training that is made of configurations alone, and takes its steps itself.

    Attributes:
        batches: what it learns from.
        parallel: computes the loss, in all processes if there are several.
        scheduler: sets the optimizer's learning rate; the optimizer is AdamW.
    """

    def __init__(self, task: Task, model_config: TransformerConfig, config: TrainingConfig) -> None:
        checks.parts(task, model_config, config)
        mt.manual_seed(config.seed)
        model = task.model(model_config)
        super().__init__(task, model, adamw(model.parameters(), config), config)
        self.parallel = Parallel(model)
        self.batches = Batches(task, config)
        self.scheduler = config.scheduler(self.optimizer)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` returned; a ValueError says why it cannot."""
        super().load_state_dict(state)
        self.scheduler = self.config.scheduler(self.optimizer, done=self.step)

    def advance(self) -> float:
        """Take one step: forward pass, loss, backward pass, clipping, update.

        Returns:
            the training loss before the update.

        Raises:
            Diverged: the loss or the gradient is not finite; the parameters have not changed.
        """
        config = self.config
        checks.step(self)
        if not self.model.training:
            self.model.train()
        self.optimizer.zero_grad()
        mean_loss = 0.0
        batches = self.batches.draw(self.step, config.accumulate)
        tokens = [checks.counted_tokens(self.model, batch) for batch in batches]
        for batch, n in zip(batches, tokens, strict=True):
            with self.parallel.no_sync(*batch) if batch is not batches[-1] else nullcontext():
                loss = self.parallel.loss(*batch, label_smoothing=config.label_smoothing)
                loss = loss / (sum(tokens) / n)  # a mean over the tokens of all batches
                loss.backward()
            mean_loss += loss.item()
        norm = nn.utils.clip_grad_norm_(self.parameters, config.clip)
        checks.finite(self, mean_loss, norm.item())
        self.optimizer.step()
        self.scheduler.step()  # sets the learning rate of the next step
        self.record(mean_loss, norm)
        return mean_loss


def train(training: Training, run: Run, progress: Progress) -> bool:
    """Train from the present step until the training is finished.

    Ctrl-C lets the present step end, saves, and stops. Processes that mpiexec started share the
    work: see `ranks.py`.

    Args:
        training: is changed.
        run: where the training is saved, at each evaluation and at the end, and where the
            parameters of some steps are kept.
        progress: shows how it goes.

    Returns:
        Is the training finished?
    """
    checks.loop(training, run, progress)
    with progress, Interrupted() as interrupted:
        while not training.finished and not interrupted.pressed:
            loss = training.advance()
            run.keep(training)
            progress.step(training.step, loss)
            if training.evaluation_due:
                row = training.evaluate()
                run.save(training)
                progress.evaluation(row)
        if interrupted.pressed:
            run.save(training)
    return training.finished
