"""The examples of a task: those that training sees, those that are held out, and what they are."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.scalars import short

from ..fields import Interval, checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .task import Key, TextToText

DRAWS = 1000  # in a row that bring too few training examples


def check_draw(n: int, rng: np.random.Generator) -> None:
    """Raise unless n examples can be drawn with this generator."""
    checked("the number of examples", n, int, Interval(1, 10**6))
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a NumPy Generator, not {short(rng)}")


def training_keys(task: TextToText[Key], n: int, rng: np.random.Generator) -> list[Key]:
    """Draw the keys of n examples that are not held out.

    Raises:
        ValueError: n is not a number from 1 to 1,000,000, or nearly all examples are held out.
        TypeError: rng is no generator.
    """
    check_draw(n, rng)
    keys: list[Key] = []
    for _ in range(DRAWS):
        keys += [key for key in task.pick(n, rng) if not task.is_held_out(key)]
        if len(keys) >= n:
            return keys[:n]
    raise ValueError(
        f"the task {task.name} has too few examples for training: {DRAWS} draws of {n} have "
        f"brought {len(keys)} that are not held out"
    )


def check_range(start: int, stop: int) -> None:
    """Raise unless a range of held-out examples has two ends, in order."""
    checked("stop", stop, int, Interval(0, 10**7))
    checked("start", start, int, Interval(0, stop))


@lru_cache(maxsize=16)
def held_out(task: TextToText[Key], n: int) -> list[tuple[str, str]]:
    """Draw the first n held-out examples; fewer, if another 10,000 keys bring no new ones."""
    rng = np.random.default_rng(0)
    examples: dict[tuple[str, str], None] = {}
    found = -1
    while found < len(examples) < n:
        found = len(examples)
        held_out = (key for key in task.pick(10_000, rng) if task.is_held_out(key))
        examples.update(dict.fromkeys(map(task.example, held_out)))
    return list(examples)[:n]


def examples_of(task: Any, start: int, stop: int) -> Sequence[Any]:
    """Return a task's held-out examples start to stop, of which there must be one.

    Raises:
        ValueError: there is none.
    """
    examples: Sequence[Any] = task.held_out_examples(start, stop)
    if not len(examples):
        n = len(task.held_out_examples(0, stop))
        raise ValueError(
            f"there is nothing to measure: of the {n} held-out examples of the task {task.name}, "
            f"none is one of {start} to {stop}"
        )
    return examples


def check_examples(examples: Sequence[tuple[str, str]]) -> None:
    """Raise unless these are (source, target) pairs of texts, and there is one.

    Raises:
        ValueError: there is none.
        TypeError: one is no pair of texts.
    """
    if not len(examples):
        raise ValueError("there are no examples: give one (source, target) pair at least")
    for example in examples:
        if list(map(type, example)) != [str, str]:
            raise TypeError(f"an example is a (source, target) pair of texts, not {short(example)}")


def check_model(task: Any, model: Any, kind: type) -> None:
    """Raise TypeError unless a model is of the kind that learns the task."""
    if not isinstance(model, kind):
        raise TypeError(
            f"the task {task.name} is learned by a {kind.__name__}, not by {short(model)}: take "
            "task.model(config)"
        )
