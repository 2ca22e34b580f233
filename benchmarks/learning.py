"""Does it learn as well? The characters task, and the same model in PyTorch, side by side.

    python -m benchmarks.learning                 # the task as it is
    python -m benchmarks.learning --text FILE     # another text

Both start from the same parameters, and see the same batches at the same learning rates. A row has
the mean training loss since the row before, and the cross-entropy loss of both on the same held-out
text, all of it: nats per character. The first rows are the same; then rounding, which differs,
leads the two apart, a little more with each step.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from transformer.tasks import Characters
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training

import numpy as np  # isort: skip  # after minitorch, which settles how it computes

Row = tuple[int, float, float, float, float]
"""The step; the training loss here and in PyTorch; the held-out loss here and in PyTorch."""


def compare(task: Characters, config: TrainingConfig, every: int) -> Iterator[Row]:
    """Train both, step by step in turn, with a row for every so many steps and for the last."""
    ours = Training(task, task.model_config(), config)
    their_step, held_out = theirs(ours)
    losses: list[tuple[float, float]] = []
    for i in range(1, config.steps + 1):
        losses.append((ours.advance(), their_step(i)))
        if i % every == 0 or i == config.steps:
            mine, their = np.mean(losses, axis=0).tolist()
            whole = len(task.ids)  # more pieces than there are
            metrics = task.evaluate(ours.model, 0, whole)
            yield i, mine, their, metrics["held_out_loss"], held_out()
            losses = []


def theirs(ours: Training) -> tuple[Callable[[int], float], Callable[[], float]]:
    """Return a step of PyTorch's, by its number, and its held-out loss."""
    import torch

    from .in_torch import adamw, sinusoidal_positions, step
    from .models_torch import TextGPT

    task: Any = ours.task
    config, sizes = ours.config, ours.model.config
    positions = sinusoidal_positions(task.context, sizes.d_model)
    arrays = {name: p.numpy() for name, p in ours.model.state_dict().items()}
    model = TextGPT(
        sizes.vocab_size, sizes.n_layers, sizes.n_heads, sizes.d_model, positions, arrays
    )
    optimizer = adamw(model)

    def advance(i: int) -> float:
        batch = task.batch(config.batch_size, np.random.default_rng((config.seed, i)))
        return step(model, optimizer, batch, config, i)

    @torch.no_grad()
    def held_out() -> float:
        pieces = torch.from_numpy(np.stack(task.held_out_examples(0, len(task.ids))))
        losses = [model.loss(part).item() * len(part) for part in torch.split(pieces, 100)]
        return sum(losses) / len(pieces)

    return advance, held_out


def main() -> None:
    """Compare, and print a table, row by row, in Markdown."""
    config = Characters.training_config
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.learning",
        description="Train the characters task here and in PyTorch, and compare what they learn.",
    )
    parser.add_argument(
        "--steps", type=int, default=config.steps, help="parameter updates (default: %(default)s)"
    )
    parser.add_argument(
        "--every", type=int, default=200, help="steps between two rows (default: %(default)s)"
    )
    parser.add_argument("--text", default="", metavar="FILE", help="UTF-8; default: Python's help")
    args = parser.parse_args()

    print("| step | training loss | in PyTorch | held-out loss | in PyTorch |")
    print("|---:|---:|---:|---:|---:|")
    task, config = Characters(args.text), replace(config, steps=args.steps)
    for i, *losses in compare(task, config, args.every):
        print("|", " | ".join([f"{i:,}", *(f"{loss:.4f}" for loss in losses)]), "|", flush=True)


if __name__ == "__main__":
    main()
