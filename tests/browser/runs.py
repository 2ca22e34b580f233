"""The runs that the pages are made of: every task, every kind of model, trained for a few steps."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from transformer.tasks import TASKS
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run

SMALL = {"d_model": 16, "n_heads": 4, "n_layers": 2, "d_ff": 24}
TEXT = """It's "here" & <there>: x = 2 ** 0.5; </script> or <!-- \N{RIGHT-TO-LEFT OVERRIDE} \
\N{LINE SEPARATOR} 东西.\n""" * 12
LLAMA = {
    "positions": "rotary", "activation": "swiglu", "norm": "rms", "bias": False, "n_kv_heads": 2,
}  # fmt: skip

# A run's task, the task's fields, what is changed of the model, and its steps of training.
RUNS: dict[str, tuple[str, dict[str, Any], dict[str, Any], int]] = {
    "addition": ("addition", {"digits": 2}, {}, 60),
    "addition-gpt": ("addition-gpt", {"digits": 1}, LLAMA, 40),
    "copy": ("copy", {"length": 5}, {"pre_norm": False, "tie_embeddings": True}, 20),
    "reverse": ("reverse", {"length": 5}, {"positions": "learned", "activation": "gelu"}, 20),
    "sort": ("sort", {"length": 5}, LLAMA | {"pre_norm": False, "final_norm": True}, 20),
    "dates": ("dates", {}, {"n_layers": 1}, 5),
    "numbers": ("numbers", {}, {"n_layers": 1, "d_head": 6}, 5),
    "modular-addition": ("modular-addition", {}, {"n_layers": 1}, 5),
    "characters": ("characters", {"text": TEXT, "context": 16}, {"n_kv_heads": 1}, 20),
    "fill-the-gap": ("fill-the-gap", {}, {"pre_norm": False}, 5),
    "other addition": ("addition", {"digits": 2}, {"positions": "rotary"}, 5),
}
QUESTIONS = {  # of each task, one to type, another one
    "addition": ("12+34", "97+8"), "addition-gpt": ("3+4", "9+8"), "copy": ("abcde", "bad"),
    "reverse": ("abcde", "cab"), "sort": ("dcba", "bad"),
    "dates": (None, "May 5, 1999"), "numbers": (None, "one hundred and five"),
    "modular-addition": (None, "7+90"), "characters": ("It's", 'or <!-- "x'),
    "fill-the-gap": (None, "the boy ___ bread ."),
}  # fmt: skip


def learned(
    directory: Path, task: str, fields: dict[str, Any], changes: dict[str, Any], steps: int
) -> None:
    """Train a small model for a few steps; some of them are kept."""
    if "text" in fields:  # a file's path
        path = directory.with_suffix(".txt")
        path.write_text(fields["text"], encoding="utf-8")
        fields = fields | {"text": str(path)}
    made = TASKS[task](**fields)
    config = TrainingConfig(
        steps=steps, batch_size=16, lr=0.01, warmup=3, evaluate_every=steps, evaluate_on=5, keep=3
    )
    training = Training(made, made.model_config(**SMALL | changes), config)
    run = Run(directory)
    run.start(training)
    assert train(training, run, Progress(Console(file=io.StringIO()), 0, steps, 16))
