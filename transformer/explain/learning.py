"""How a model learned: what it did with an example at each step whose parameters were kept.

    run = Run("runs/addition")                                    # trained with --keep
    for step in run.kept_steps():
        task, model = run.load(step)
        then = snapshot(task, model, "12+34=", "64")
        print(step, then.answer, then.weights["decoder.blocks.0.cross_attention"][2])

Early in a training a model writes anything, of any length. The rows of two such answers are not
rows of the same, and nothing could be seen to grow from one to the next. So the answer is the
model's own, but attention and sums are those of the *right* answer, which it reads as in training
(teacher forcing): at each step of the training, row i stands for the same token.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..tasks import Characters
from ..training.directory import METRICS
from .attribution import Sum, parts
from .explanation import Step, explained, in_float64

if TYPE_CHECKING:
    from minitorch.autograd import Array

    from ..tasks import Model, Task
    from ..training.saved import SavedRun

MOST = 24  # steps of a training that are looked at


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a model did with an example.

    Attributes:
        answer: its own, in the form in which it writes it; of a text that it continues, as many
            tokens as the right one has.
        inputs: the ids that it read, the right answer among them; see `Explanation.inputs`.
        weights: by the path of each attention, (heads, T_q, T_k).
        steps: of the right answer, one for each token.
        sums: for each step, the token's logit less that of its rival, the likeliest other.
    """

    answer: str
    inputs: dict[str, list[int]]
    weights: dict[str, Array]
    steps: list[Step]
    sums: list[Sum]


def snapshot(task: Task, model: Model, source: str, target: str) -> Snapshot:
    """Let a model answer, and record what it does while it reads the right answer.

    All is computed in float64.

    Args:
        task: what the model learns.
        model: stays as it is.
        source: the question, as a person types it, or as the model reads it.
        target: the right answer, in the form in which the model is to write it.

    Raises:
        TypeError, ValueError: as of `explained`.
    """
    model = in_float64(model)
    own = explained(task, model, source)
    right = explained(task, model, source, target=target)
    most = len(right.answer) if isinstance(task, Characters) else None
    weights = {
        name.removesuffix(".weights"): array[0]
        for name, array in right.trace.items()
        if name.endswith(".weights")
    }
    sums = [parts(model, right.trace, s.row, s.token, s.rival) for s in right.steps]
    answer = task.tokenizer.decode(own.answer[:most])  # type: ignore[attr-defined]
    return Snapshot(answer, right.inputs, weights, right.steps, sums)


def spread(steps: list[int], most: int = MOST) -> list[int]:
    """Return `most` of the steps, or all if they are fewer: the first, the last, some between.

    >>> spread([0, 1, 4, 9, 16, 25, 36], most=4)
    [0, 4, 16, 36]
    """
    n = min(most, len(steps))
    return [steps[round(i)] for i in np.linspace(0, len(steps) - 1, n)]


def metrics(run: SavedRun) -> list[dict[str, float]]:
    """Return the rows of a run's `metrics.csv`, one for each evaluation; none without that file.

    Raises:
        RunError: it is damaged.
    """
    if not (run.directory / METRICS).exists():
        return []
    with run.reading(METRICS) as path, path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
        return [{name: float(value) for name, value in row.items()} for row in rows]
