"""What every rank does in test_training.py: train to a step at which one rank gets Ctrl-C.

    resuming.py DIRECTORY STOP RANK ACCUMULATE

The first time, STOP is the step after which rank RANK is interrupted; 0: none is. If the directory
holds a run, it is resumed.
"""

from __future__ import annotations

import signal
import sys
import warnings
from pathlib import Path

import minitorch.distributed as dist
from transformer import cli
from transformer.tasks import Addition
from transformer.training import Training, TrainingConfig, ranks, train
from transformer.training.progress import Progress
from transformer.training.run import Run

directory, stop, interrupted = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
ranks.join()


class Interrupting(Progress):
    def step(self, step: int, loss: float) -> None:
        super().step(step, loss)
        if step == stop and dist.is_initialized() and dist.get_rank() == interrupted:
            signal.raise_signal(signal.SIGINT)


task = Addition(1)
sizes = task.model_config(d_model=16, n_heads=2, n_layers=1, d_ff=32, dropout=0.3)
config = TrainingConfig(
    steps=9, batch_size=6, evaluate_every=4, evaluate_on=3, keep=3, accumulate=int(sys.argv[4])
)
with Run(directory) as run, warnings.catch_warnings(record=True) as notes:
    warnings.simplefilter("always")
    is_new = not ranks.from_first((directory / "state.safetensors").exists())
    if is_new:
        training = Training(task, sizes, config)
        run.start(training)
    else:
        training = run.resume()
    console = cli.Screen()
    finished = train(training, run, Interrupting(console, training.step, 9, 6))
    assert finished == (not is_new or not stop)
    assert training.step == (9 if finished else stop)
if ranks.is_first():
    print(*[f"note: {note.message}" for note in notes], f"step {training.step}", sep="\n")
