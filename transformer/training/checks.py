"""Checks of a training: its parts, its numbers, which must stay finite, and states that it loads.

A check only looks, and raises an error if something is wrong. `Training` calls it before it changes
anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from copy import copy
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

import minitorch as mt
from minitorch import Tensor, nn, optim
from minitorch.scalars import short

from ..fields import Interval, checked
from ..model.config import TransformerConfig
from ..model.models import BERT
from .config import TrainingConfig

if TYPE_CHECKING:
    from ..tasks import Model
    from .loop import Training
    from .state import TrainingState


class Diverged(RuntimeError):
    """A number of a training is NaN or infinite; the message says which, and what to try.

    The training stays as it was after its last step, and a run as it was last saved.
    """


# -------------------------------------------------------------------------------------- arguments


def _of_kind(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, not {short(value)}")


def parts(task: Any, model_config: Any, config: Any) -> None:
    """Check that a training can be made of a task and the configurations of model and training.

    Raises:
        TypeError: one is something else.
        ValueError: the model's vocabulary or length is too small for the task, or its special
            tokens differ from the task's.
    """
    from ..tasks import Task  # which needs this package's configuration

    _of_kind("task", task, Task)
    _of_kind("model_config", model_config, TransformerConfig)
    _of_kind("config", config, TrainingConfig)
    needed = task.model_config()
    for name in ("vocab_size", "max_length"):
        if getattr(model_config, name) < getattr(needed, name):
            raise ValueError(
                f"the task {task.name} needs a model with {name}={getattr(needed, name)} or more, "
                f"not {getattr(model_config, name)}: take task.model_config()"
            )
    for name in ("pad", "bos", "eos"):
        if getattr(model_config, name) != getattr(needed, name):
            raise ValueError(
                f"the task {task.name} writes {name} as {getattr(needed, name)}, and the model "
                f"reads {getattr(model_config, name)}: take task.model_config()"
            )


def state_parts(model: Any, optimizer: Any) -> None:
    """Raise TypeError unless these are the model and the optimizer of a training."""
    if not isinstance(model, nn.Module) or not hasattr(model, "config"):
        raise TypeError(f"model must be a Module with a TransformerConfig, not {short(model)}")
    _of_kind("optimizer", optimizer, optim.Optimizer)


def count_tokens(model: Model, batch: tuple[Tensor, ...]) -> int:
    """Count the tokens of a batch over which the model's `loss` averages."""
    targets = batch[-1].array
    if not isinstance(model, BERT):
        targets = targets[:, 1:]  # the first is given
    return int(np.count_nonzero(targets != model.config.pad))


def counted_tokens(model: Model, batch: tuple[Tensor, ...]) -> int:
    """Count the tokens of a batch, or raise ValueError if there are none."""
    n = count_tokens(model, batch)
    if not n:
        raise ValueError("a batch has no token to learn: all its targets are <pad>")
    return n


# ------------------------------------------------------------------------------- finite numbers


def _not_finite(tensor: Tensor) -> float:
    """Return the first number of a tensor that is NaN or infinite."""
    array = tensor.detach().numpy()
    return float(array[~np.isfinite(array)][0])


def _diverged(training: TrainingState, step: int, what: str) -> NoReturn:
    lr = training.config.learning_rate(step)
    raise Diverged(
        f"training diverged at step {step}, with a learning rate of {lr:.3g}: {what}. Nothing of "
        "this step was saved. Try a lower lr (--lr), a longer warmup (--warmup) or a smaller clip "
        "(--clip)"
    )


def finite(training: TrainingState, loss: float, norm: float) -> None:
    """Raise Diverged if a step's loss or the norm of its gradient is not finite."""
    if not math.isfinite(loss):
        _diverged(training, training.step + 1, f"the loss is {loss}")
    if not math.isfinite(norm):
        _diverged(training, training.step + 1, f"the gradient's norm is {norm}")


def loop(training: Any, run: Any, progress: Any) -> None:
    """Raise TypeError unless these are what `train` takes."""
    for name, value, kind, method in (
        ("training", training, "Training", "advance"),
        ("run", run, "Run", "save"),
        ("progress", progress, "Progress", "evaluation"),
    ):
        if not hasattr(value, method):
            raise TypeError(f"{name} must be a {kind}, not {short(value)}")


def step(training: Training) -> None:
    """Raise RuntimeError unless the training can take a step."""
    if training.step >= training.config.steps:
        raise RuntimeError(
            f"the training has taken its {training.config.steps} steps: for more, give steps in "
            "its TrainingConfig"
        )


def parameters(training: TrainingState) -> None:
    """Raise Diverged if a number of a parameter is not finite."""
    for name, p in training.model.named_parameters():
        if not np.isfinite(p.array).all():
            _diverged(training, max(training.step, 1), f"{name} holds {_not_finite(p)}")


def can_evaluate(training: TrainingState) -> None:
    """Raise Diverged as `parameters` does, or RuntimeError without a step since the last one."""
    parameters(training)
    if not training.recent_losses:
        raise RuntimeError(
            f"step {training.step} was evaluated, or no step was taken: advance() comes first"
        )


def evaluation(training: TrainingState, row: Mapping[str, float]) -> None:
    """Raise Diverged if a metric is not finite, such as a perplexity that no float can hold."""
    for name, value in row.items():
        if not math.isfinite(value):
            _diverged(training, training.step, f"the {name} is {value}")


# -------------------------------------------------------------------------------- saved states


def _entries(where: str, value: Any, names: Iterable[Any]) -> None:
    """Raise ValueError unless a value is a mapping with these names and no others."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} must be a dict, not {short(value)}")
    for name in names:
        if name not in value:
            raise ValueError(f"{where} has no {name}")
    for name in value:
        if name not in names:
            raise ValueError(f"{where} has {short(name)}, which is not expected")


def fitting(where: str, given: Any, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors that are given, if they fit one's own.

    Args:
        where: what they are, for messages: "the model's state".
        given: tensors by name.
        own: those that they are to replace.

    Raises:
        ValueError: a name is missing or unknown; or a tensor has another shape or dtype, or holds
            a number that is NaN or infinite.
    """
    _entries(where, given, own)
    for name, mine in own.items():
        theirs = given[name]
        if not isinstance(theirs, Tensor):
            raise ValueError(f"{name} of {where} must be a Tensor, not {short(theirs)}")
        if theirs.shape != mine.shape:
            raise ValueError(
                f"size mismatch for {name} of {where}: its shape is {tuple(theirs.shape)}, not "
                f"{tuple(mine.shape)}"
            )
        if theirs.dtype != mine.dtype:
            raise ValueError(
                f"dtype mismatch for {name} of {where}: it is {theirs.dtype}, not {mine.dtype}"
            )
        if not np.isfinite(theirs.array).all():
            raise ValueError(f"{name} of {where} holds {_not_finite(theirs)}")
    return dict(given)


def _check_metrics(training: TrainingState, rows: Any, last: int) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(f"metrics must be a list of rows, each a dict, not {short(rows)}")
    step = 0
    for row in rows:
        step = checked("step of a row of metrics", row.get("step"), int, Interval(step + 1, last))
        for name, value in row.items():
            if not isinstance(value, Real) or not math.isfinite(value):
                raise ValueError(f"{name} of the metrics of step {step} is {short(value)}")
        try:
            training.task.score(dict(row))
        except LookupError as error:
            raise ValueError(f"the metrics of step {step} have no {error}") from None


def state(training: TrainingState, given: Any) -> None:
    """Check a state that a training is to load, except for the optimizer's part.

    Raises:
        ValueError: the training cannot continue from it; the message says why.
    """
    names = ("model", "optimizer", "random", "step", "metrics", "recent_losses")
    _entries("the state", given, names)
    step = checked("step of the state", given["step"], int, Interval(0, training.config.steps))
    fitting("the model's state", given["model"], training.model.state_dict())
    _entries("the optimizer's state", given["optimizer"], ("state", "param_groups"))
    try:
        mt.Generator().set_state(given["random"])
    except (ValueError, TypeError) as error:
        raise ValueError(f"random is no state of a random number generator: {error}") from None
    _check_metrics(training, given["metrics"], step)
    losses = given["recent_losses"]
    if not isinstance(losses, list) or not all(isinstance(x, float) for x in losses):
        raise ValueError(f"recent_losses must be a list of numbers, not {short(losses)}")
    if not all(map(math.isfinite, losses)):
        raise ValueError(f"recent_losses hold a number that is not finite: {short(losses)}")


def optimizer(training: TrainingState, given: Mapping[str, Any]) -> None:
    """Check the optimizer's part of a state that a training is to load.

    Raises:
        ValueError: the optimizer cannot load it; or its options are not the training's; or its
            moments are not of the step that the state is of, or not finite.
    """
    loaded = copy(training.optimizer)  # which loads it on trial
    loaded.param_groups = [dict(group) for group in loaded.param_groups]
    loaded.load_state_dict(given["optimizer"])
    own = training.optimizer.state_dict()["param_groups"]
    for mine, theirs in zip(own, given["optimizer"]["param_groups"], strict=True):
        for name in mine.keys() - {"lr", "initial_lr"}:  # the schedule sets these two
            if theirs[name] != mine[name]:
                raise ValueError(
                    f"{name} of the optimizer is {short(theirs[name])} in the state, and "
                    f"{short(mine[name])} here"
                )
    step, moments = given["step"], loaded.state_dict()["state"]
    if isinstance(loaded, optim.Adam):
        learned = [p.requires_grad for group in loaded.param_groups for p in group["params"]]
        numbers = [i for i, is_learned in enumerate(learned) if is_learned and step]
        _entries("the optimizer's state", moments, numbers)
    for number, entry in moments.items():
        where = f"the optimizer's state of parameter {number}"
        for name, value in entry.items():
            if name == "step":
                checked(f"step of {where}", value, int, Interval(1, step))
            elif isinstance(value, Tensor) and not np.isfinite(value.array).all():
                raise ValueError(f"{name} of {where} holds {_not_finite(value)}")
