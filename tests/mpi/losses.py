"""What every rank does in test_shared_training.py: the loss of a batch, and its gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import minitorch as mt
import minitorch.distributed as dist
from minitorch import Tensor
from minitorch.distributed import DistError
from transformer.tasks import TASKS, Addition, Copy
from transformer.training import Parallel, Training, TrainingConfig
from transformer.training.checks import count_tokens

dist.init_process_group()
RANK, N = dist.get_rank(), dist.get_world_size()
SMALL = {"d_model": 16, "n_heads": 2, "n_layers": 1, "d_ff": 32}


def shared_and_alone(
    name: str, batch: tuple[Tensor, ...], smoothing: float, double: bool, dropout: float = 0.0
) -> tuple[float, float]:
    """How far loss and gradient of all ranks are from those of one process, relative to them.

    The gradient is one vector, of all parameters: relative to its largest element.
    """
    task = TASKS[name]()
    sizes = task.model_config(**SMALL, dropout=dropout)
    models = []
    for seed in (0, RANK):  # the shared one becomes that of rank 0
        mt.manual_seed(seed)
        model = task.model(sizes)
        models.append(model.double() if double else model)
    alone, shared = models
    expected = alone.loss(*batch, label_smoothing=smoothing)
    expected.backward()
    loss = Parallel(shared).loss(*batch, label_smoothing=smoothing)
    loss.backward()
    found, right = (
        np.concatenate([p.grad.numpy().ravel() for p in model.parameters()])
        for model in (shared, alone)
    )
    difference = np.abs(found - right).max() / np.abs(right).max()
    return abs(loss.item() / expected.item() - 1), float(difference)


# The gradient of the whole batch, whatever the lengths in each part, to rounding.
for name in ("addition", "addition-gpt", "fill-the-gap", "copy"):
    for size in (7, 1):  # parts that are not equal; fewer examples than ranks
        batch = TASKS[name]().batch(size, np.random.default_rng(size))
        for smoothing, double, bound in ((0.1, True, 1e-12), (0.0, False, 1e-6)):
            loss, gradient = shared_and_alone(name, batch, smoothing, double)
            assert max(loss, gradient) < bound, (name, size, loss, gradient)

# One example of ten letters beside nine of one: the part of rank 0 has most of the tokens.
task = Copy()
texts = ["abcdefghij", *"abcdefghi"]
batch = task.as_batch([(text, text) for text in texts])
model = task.model(task.model_config(**SMALL))
counts = [count_tokens(model, tuple(x[i : i + 1] for x in batch)) for i in range(10)]
assert counts == [11, *[2] * 9]
loss, gradient = shared_and_alone("copy", batch, 0.1, double=True)
assert max(loss, gradient) < 1e-12
loss, gradient = shared_and_alone("copy", batch, 0.1, double=False)
assert max(loss, gradient) < 1e-6

# A part that is nothing but padding counts nothing; a batch of nothing but padding is refused.
source, target = batch
target = target.clone()
target[1:] = 0
if N > 1:
    loss, gradient = shared_and_alone("copy", (source, target), 0.0, double=True)
    assert max(loss, gradient) < 1e-12
with pytest.raises(ValueError, match="every target is <pad>, 0: there is nothing to learn here"):
    Parallel(model).loss(source, mt.zeros_like(target))


def losses(seed: int, **changes: float) -> list[float]:
    """The losses of five steps, the last with all parameters that it has led to."""
    task = Addition(1)
    sizes = task.model_config(**SMALL, dropout=0.3)
    config = TrainingConfig(steps=5, batch_size=8, warmup=0, seed=seed)
    training = Training(task, sizes, replace(config, **changes))
    return [training.advance() for _ in range(5)]


# Dropout: each rank its own stream, the same in each run; the same loss in all ranks.
first, again = losses(3), losses(3)
assert first == again
assert first != losses(4)
gathered = [None] * N
dist.all_gather_object(gathered, first)
assert gathered == [first] * N
states = [None] * N
dist.all_gather_object(states, mt.get_rng_state())
assert states == [states[0]] * N  # so that rank 0 can save it for all

# Several batches in a step are one larger batch.
assert len(losses(0, accumulate=3)) == 5

# A batch that is another in one rank is found before it is learned.
if N > 1:
    mine = Copy().batch(4, np.random.default_rng(RANK))
    with pytest.raises(DistError, match="first batch of rank 1 is not that of rank 0: tensor 0"):
        Parallel(model).loss(*mine)
print("as it should be")
