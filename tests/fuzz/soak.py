"""Train for many steps, and say whether memory stays flat.

    python tests/fuzz/soak.py --steps 20000

A small model learns single-digit addition, with dropout, accumulation and evaluations, in one
process and then in two. Prints the resident memory of this process as it goes; exits with 1 if it
grew by more than 1 MiB after the first evaluation, which comes at a tenth of the steps.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import tempfile
from pathlib import Path

from rich.console import Console

from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run

ALLOWED = 1.0  # MiB


def resident() -> float:
    """Return the memory of this process that is in RAM, in MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Watch(Progress):
    """Notes the memory ten times, at even distances."""

    def __init__(self, steps: int) -> None:
        super().__init__(Console(file=io.StringIO()), 0, steps, 1)
        self.seen: list[float] = []

    def step(self, step: int, loss: float) -> None:
        super().step(step, loss)
        if step % (self.steps // 10) == 0:
            self.seen.append(resident())
            print(f"  step {step:>7,}  {self.seen[-1]:7.1f} MiB", flush=True)


def growth(steps: int) -> float:
    """Train; return by how many MiB the memory grew."""
    task = Addition(1)
    config = TrainingConfig(
        steps=steps, batch_size=4, accumulate=2, warmup=20, evaluate_every=steps // 10,
        evaluate_on=10,
    )  # fmt: skip
    sizes = task.model_config(d_model=8, n_heads=2, n_layers=1, d_ff=16, dropout=0.1)
    training, watch = Training(task, sizes, config), Watch(steps)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder) / "run")
        run.start(training)
        train(training, run, watch)
    return watch.seen[-1] - watch.seen[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20_000, help="default: %(default)s")
    grown = growth(parser.parse_args().steps)
    print(f"grew by {grown:+.2f} MiB; at most {ALLOWED} is allowed")
    raise SystemExit(grown > ALLOWED)


if __name__ == "__main__":
    main()
