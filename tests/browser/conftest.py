"""What the tests in a browser need: Chromium, driven by Playwright, and small trained runs.

Where something is missing, the tests are skipped, and say what to install; with CI set they fail.
"""

from __future__ import annotations

import io
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest
from rich.console import Console
from runs import RUNS, learned
from shown import Shown

from transformer.explain.page import Subject, held_out, page, write_page
from transformer.tasks import Addition
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run

TESTED, SHOWN = 60, 20  # held-out questions of a page, of which there are 1,000 and 300 otherwise
READ: Counter[str] = Counter()  # panels and numbers that were compared


def missing(what: str, install: str) -> NoReturn:
    """Skip the test, or fail where nothing may be missing."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is not installed: {install}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if READ:
        counts = ", ".join(f"{count:,} {what}" for what, count in READ.items())
        terminalreporter.write_line(f"read back from the pages and compared: {counts}")


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
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    program = next(filter(None, found), None)
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


@pytest.fixture(scope="session")
def run_of(
    chromium: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Return the directory of one of RUNS, trained when it is first asked for."""
    place = tmp_path_factory.mktemp("runs")

    def trained(name: str) -> Path:
        if not (place / name).exists():
            learned(place / name, *RUNS[name])
        return place / name

    return trained


@pytest.fixture
def shown(
    chromium: Any, run_of: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Shown]]:
    """Open the page of a run; the keywords are those of `page`, `Shown`, and `compare`, a run."""
    monkeypatch.setattr(held_out, "TESTED", TESTED)
    monkeypatch.setattr(held_out, "SHOWN", SHOWN)
    opened: list[Shown] = []

    def open_page(
        name: str, question: str | None = None, compare: str | None = None, lang: str = "en",
        **options: Any,
    ) -> Shown:
        subject = Subject.load(run_of(name))
        second = None if compare is None else Subject.load(run_of(compare))
        path = tmp_path / f"{len(opened)}.html"
        write_page(path, page(subject, question, lang=lang, compare=second))
        opened.append(Shown(chromium, path, [subject, second or subject], **options))
        return opened[-1]

    yield open_page
    for one in opened:
        one.context.close()
    for one in opened:
        assert one.complaints() == []


@pytest.fixture(scope="session")
def count() -> Counter[str]:
    """What was read back, to be added up."""
    return READ


@pytest.fixture(scope="module")
def subject(sums: Path) -> Subject:
    """The model of that run."""
    return Subject.load(sums)


@pytest.fixture(scope="module")
def file(subject: Subject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its page, asked 8+9."""
    path = tmp_path_factory.mktemp("page") / "sums.html"
    write_page(path, page(subject, "8+9"))
    return path
