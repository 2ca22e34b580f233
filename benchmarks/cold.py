"""Train on addition until 99.9% of 1,000 held-out sums are right, from nothing, imports included.

    python -m benchmarks.cold SIDE

All sides have the same first parameters, batches, schedule and examples to be tested on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from transformer.tasks import Addition
from transformer.training.loop import Training
from transformer.training.ranks import from_first, is_first, join

from .works import RANKS

import numpy as np  # isort: skip  # after minitorch, which settles how it computes

GOAL = 0.999
EVERY = 100  # steps between two tests
TESTED = 1000
LONGEST = 5  # the tokens of an answer: 999 + 999 = 1998, and the end


def train(step: Callable[[int], object], accuracy: Callable[[], float], steps: int) -> int:
    """Return the number of steps that it took."""
    for i in range(1, steps + 1):
        step(i)
        if i % EVERY == 0 and accuracy() >= GOAL:
            return i
    raise SystemExit(f"{GOAL:.1%} was not reached in {steps} steps")


def ours() -> int:
    join()  # the other ranks, if there are any
    task = Addition()
    training = Training(task, task.model_config(), task.training_config)

    def accuracy() -> float:
        right = task.evaluate(training.model, 0, TESTED)["exact_match"] if is_first() else None
        return float(from_first(right))

    return train(lambda _: training.advance(), accuracy, task.training_config.steps)


def theirs() -> int:
    import torch

    from .in_torch import adamw, encoder_decoder, step

    task = Addition()
    config = task.training_config
    training = Training(task, task.model_config(), config)  # for its first parameters
    arrays = {name: p.numpy() for name, p in training.model.state_dict().items()}
    model = encoder_decoder(arrays)
    optimizer = adamw(model)

    def advance(i: int) -> float:
        batch = task.batch(config.batch_size, np.random.default_rng((config.seed, i)))
        return step(model, optimizer, batch, config, i)

    def accuracy() -> float:
        examples = task.held_out_examples(0, TESTED)
        right = 0
        for start in range(0, TESTED, 500):
            part = examples[start : start + 500]
            ids: Any = task.tokenizer.sources([source for source, _ in part])
            written = model.greedy(torch.from_numpy(ids.numpy()), LONGEST).tolist()
            texts = [task.tokenizer.decode(row) for row in written]
            right += sum(text == target for text, (_, target) in zip(texts, part, strict=True))
        return right / TESTED

    return train(advance, accuracy, config.steps)


if __name__ == "__main__":
    sides = {"ours": ours, RANKS: ours, "torch": theirs}
    steps = sides[sys.argv[1]]()
    if is_first():
        print(steps)
