"""What the tests in a browser need: Chromium, driven by Playwright, and a small trained run.

Where something is missing, the tests are skipped, and say what to install; with CI set they fail.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest
from rich.console import Console

from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run


def missing(what: str, install: str) -> NoReturn:
    """Skip the test, or fail where nothing may be missing."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is not installed: {install}")


@pytest.fixture(scope="session")
def needed() -> Callable[[str], Any]:
    """Import a module of the extra `browser`."""

    def imported(module: str) -> Any:
        try:
            return import_module(module)
        except ImportError:
            missing(module.split(".")[0], "pip install -e '.[browser]'")

    return imported


@pytest.fixture(scope="session")
def chromium(needed: Callable[[str], Any]) -> Iterator[Any]:
    """A headless Chromium, a Playwright `Browser`."""
    api = needed("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        missing("Chromium", "apt-get install chromium")
    with api.sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that containers do not give.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sums(needed: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run whose model adds single digits."""
    needed("playwright")  # rather than to train for nothing
    task = Addition(1)
    config = TrainingConfig(
        steps=180, batch_size=64, lr=0.01, warmup=20, evaluate_every=60, evaluate_on=10
    )
    training = Training(task, task.model_config(n_layers=1), config)
    run = Run(tmp_path_factory.mktemp("runs") / "sums")
    run.start(training)
    assert train(training, run, Progress(Console(file=io.StringIO()), 0, 180, 64))
    return run.directory
