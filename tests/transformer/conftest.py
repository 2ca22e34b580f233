"""Small models, and one small run that has learned to add single digits."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import minitorch as mt
from minitorch import nn
from transformer import Transformer, TransformerConfig
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run


@pytest.fixture(autouse=True)
def _seeded() -> None:
    mt.manual_seed(0)


def randomised(module: nn.Module, seed: int = 0) -> Any:
    """Draw every parameter in float64, so that no bias is 0 and no scale 1, and leave training."""
    rng = np.random.default_rng(seed)
    module.double()
    with mt.no_grad():
        for p in module.parameters():
            p.array[...] = 0.5 * rng.standard_normal(p.shape) + (p.ndim == 1)
    return module.eval()


@pytest.fixture(scope="session")
def random_module() -> Callable[..., Any]:
    return randomised


@pytest.fixture(scope="session")
def small_model() -> Callable[..., Transformer]:
    """Builds a model of two blocks on each side, in float64, with random parameters."""

    def build(seed: int = 0, **changes: Any) -> Transformer:
        sizes = {"vocab_size": 13, "d_model": 8, "n_heads": 2, "n_layers": 2, "d_ff": 12}
        config = TransformerConfig(**{**sizes, "dropout": 0.0, "max_length": 16, **changes})
        return randomised(Transformer(config), seed)

    return build


@pytest.fixture(scope="session")
def single_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished run, whose model knows its 88 sums of single digits by heart."""
    task = Addition(1)
    config = TrainingConfig(
        steps=180, batch_size=64, lr=0.01, warmup=20, evaluate_every=180, evaluate_on=10
    )
    training = Training(task, task.model_config(n_layers=1), config)
    run = Run(tmp_path_factory.mktemp("runs") / "single digits")
    run.start(training)
    assert train(training, run, Progress(Console(file=io.StringIO()), 0, 180, 64))
    return run.directory
