"""What a training needs to go on: finite numbers, and a state that is its own.

Every check raises before anything has changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

import minitorch as mt
from minitorch import Tensor

from ..fields import Interval, checked, short
from ..model.config import TransformerConfig
from ..model.models import BERT
from .config import TrainingConfig

if TYPE_CHECKING:
    from ..tasks import Model
    from .loop import Training


class Diverged(RuntimeError):
    """A number of a training is NaN or infinite; the message says which, and what to try.

    The training stays as it was after its last step, and a run as it was last saved.
    """


# ------------------------------------------------------------------------------ what it is given


def _of_kind(name: str, value: Any, kind: type) -> None:
    """Raise TypeError unless an argument is of its kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, not {short(value)}")


def parts(task: Any, model_config: Any, config: Any) -> None:
    """Raise unless these are a task, and configurations of a model that can learn it.

    Raises:
        TypeError: one is something else.
        ValueError: the model's vocabulary or length is too small, or its special tokens are others.
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


def counted_tokens(model: Model, batch: tuple[Tensor, ...]) -> int:
    """Count the tokens of a batch over which the model's `loss` averages.

    Raises:
        ValueError: there is none.
    """
    targets = batch[-1].array
    if not isinstance(model, BERT):
        targets = targets[:, 1:]  # the first is given
    n = int(np.count_nonzero(targets != model.config.pad))
    if not n:
        raise ValueError("a batch has no token to learn: all its targets are <pad>")
    return n


# ------------------------------------------------------------------------------- finite numbers


def _not_finite(tensor: Tensor) -> float:
    """Return one of a tensor's numbers that are NaN or infinite."""
    array = tensor.detach().numpy()
    return float(array[~np.isfinite(array)][0])


def _diverged(training: Training, step: int, what: str) -> NoReturn:
    lr = training.config.learning_rate(step)
    raise Diverged(
        f"training diverged at step {step}, with a learning rate of {lr:.3g}: {what}. Nothing of "
        "this step was saved. Try a lower lr (--lr), a longer warmup (--warmup) or a smaller clip "
        "(--clip)"
    )


def finite(training: Training, loss: float, norm: float) -> None:
    """Raise Diverged if the loss or the gradient's norm of the step being taken is not finite."""
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


def step(training: Training, forward: Any) -> None:
    """Raise unless the training has a step to take, and what computes the logits can be called."""
    if forward is not None and not callable(forward):
        raise TypeError(f"forward must be the model or nn.DataParallel of it, not {short(forward)}")
    if training.step >= training.config.steps:
        raise RuntimeError(
            f"the training has taken its {training.config.steps} steps: for more, give steps in "
            "its TrainingConfig"
        )


def parameters(training: Training) -> None:
    """Raise Diverged if a parameter is NaN or infinite after the last step."""
    for name, p in training.model.named_parameters():
        if not np.isfinite(p.array).all():
            _diverged(training, max(training.step, 1), f"{name} holds {_not_finite(p)}")


def can_evaluate(training: Training) -> None:
    """Raise RuntimeError if no step was taken since the last evaluation, as in `parameters`."""
    parameters(training)
    if not training.recent_losses:
        raise RuntimeError(
            f"step {training.step} was evaluated, or no step was taken: advance() comes first"
        )


def evaluation(training: Training, row: Mapping[str, float]) -> None:
    """Raise Diverged if a metric is NaN or infinite, as a perplexity that no float can hold."""
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
    """Return the tensors that were given, if they can take the place of one's own.

    Raises:
        ValueError: one is missing, too many, or no tensor; has another shape or dtype; or holds NaN
            or infinite numbers.
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


def _check_optimizer(training: Training, given: Any, step: int) -> None:
    _entries("the optimizer's state", given, ("state", "param_groups"))
    groups = given["param_groups"]
    if not isinstance(groups, list) or not all(isinstance(group, Mapping) for group in groups):
        raise ValueError(f"param_groups must be a list of dicts, not {short(groups)}")
    own = training.optimizer.state_dict()["param_groups"]
    if len(groups) != len(own):
        raise ValueError(f"the optimizer has {len(own)} param_groups, and the state {len(groups)}")
    for mine, theirs in zip(own, groups, strict=True):
        for name in mine.keys() - {"lr", "initial_lr"}:  # the schedule sets these two
            if theirs.get(name) != mine[name]:
                raise ValueError(
                    f"{name} of the optimizer is {short(theirs.get(name))} in the state, and "
                    f"{short(mine[name])} here"
                )
    parameters = [p for group in training.optimizer.param_groups for p in group["params"]]
    _entries("the optimizer's state", given["state"], range(len(parameters) if step else 0))
    for number, entry in given["state"].items():
        where, p = f"the optimizer's state of parameter {number}", parameters[number]
        _entries(where, entry, ("step", "exp_avg", "exp_avg_sq"))
        checked(f"step of {where}", entry["step"], int, Interval(1, step))
        moments = {name: entry[name] for name in ("exp_avg", "exp_avg_sq")}
        fitting(where, moments, dict.fromkeys(moments, p))
        if (entry["exp_avg_sq"].array < 0).any():
            raise ValueError(f"exp_avg_sq of {where}, an average of squares, is negative")


def _check_metrics(training: Training, rows: Any, last: int) -> None:
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


def state(training: Training, given: Any) -> None:
    """Raise unless a training can go on from a state that is given.

    Raises:
        ValueError: it is no state of such a training; the message says why.
    """
    names = ("model", "optimizer", "random", "step", "metrics", "recent_losses")
    _entries("the state", given, names)
    step = checked("step of the state", given["step"], int, Interval(0, training.config.steps))
    fitting("the model's state", given["model"], training.model.state_dict())
    _check_optimizer(training, given["optimizer"], step)
    try:
        mt.Generator().set_state(given["random"])
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ValueError(f"random is no state of a random number generator: {error!r}") from None
    _check_metrics(training, given["metrics"], step)
    losses = given["recent_losses"]
    if not isinstance(losses, list) or not all(isinstance(x, float) for x in losses):
        raise ValueError(f"recent_losses must be a list of numbers, not {short(losses)}")
    if not all(map(math.isfinite, losses)):
        raise ValueError(f"recent_losses hold a number that is not finite: {short(losses)}")
