"""A run on disk: the files from which a trained model is used, judged, and trained further.

    config.json          the task, and the configurations of the model and of its training
    model.safetensors    the parameters that did best on held-out examples
    state.safetensors    all that the next step depends on, so that training can be resumed
    metrics.csv          a row for each evaluation
    loss.png             the metrics, drawn; other pictures, such as attention.png, beside it
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import minitorch as mt

from ..model.config import TransformerConfig
from ..tasks import TASKS, Model, Task
from .checks import fitting
from .config import TrainingConfig
from .loop import Training


class RunError(Exception):
    """A run on disk cannot be used; the message says why, in one line."""


class Run:
    """The directory of a run. Nothing is written there before `start` or `save`."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)

    def _write(self, name: str, text: str) -> None:
        """Write a text file atomically: whole, or not at all."""
        unfinished = self.directory / f"{name}.tmp"
        unfinished.write_text(text)
        os.replace(unfinished, self.directory / name)

    def start(self, training: Training) -> None:
        """Write the configuration of a new training; the files of an older run are deleted.

        Raises:
            RunError: the directory cannot be written.
        """
        config = {
            "task": {"name": training.task.name, **asdict(training.task)},
            "model": asdict(training.model.config),
            "training": asdict(training.config),
        }
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            for name in ("model.safetensors", "state.safetensors", "metrics.csv"):
                (self.directory / name).unlink(missing_ok=True)
            self._write("config.json", json.dumps(config, indent=2) + "\n")
        except OSError as error:
            raise RunError(f"cannot write to {self.directory}: {error.strerror}") from None

    def save(self, training: Training) -> None:
        """Save the state and the metrics; and the parameters, if they were evaluated as the best.

        The best parameters so far are those of the last evaluation, unless one before did better.
        Parameters that no evaluation has measured are saved in the state alone.
        """
        mt.save(training.state_dict(), self.directory / "state.safetensors")
        rows = training.metrics
        scores = [training.task.score(row) for row in rows]
        evaluated = bool(rows) and rows[-1]["step"] == training.step
        if evaluated and scores[-1] == max(scores):
            mt.save(training.model.state_dict(), self.directory / "model.safetensors")
        table = io.StringIO()
        writer = csv.DictWriter(table, rows[0] if rows else ["step", "loss", "learning_rate"])
        writer.writeheader()
        writer.writerows(rows)
        self._write("metrics.csv", table.getvalue())

    @contextmanager
    def _reading(self, name: str) -> Iterator[Path]:
        """Give the path of a file to read; what goes wrong becomes a RunError, in one line."""
        path = self.directory / name
        try:
            yield path
        except FileNotFoundError:
            if not self.directory.is_dir():
                raise RunError(f"there is no run in {self.directory}: no such directory") from None
            raise RunError(f"the run in {self.directory} has saved no {name} yet") from None
        except OSError as error:
            raise RunError(f"cannot read {path}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            reason = " ".join(str(error).removeprefix(f"{path}: ").split()) or type(error).__name__
            raise RunError(f"{path} is damaged: {reason}") from None

    def config(self) -> tuple[Task, TransformerConfig, TrainingConfig]:
        """Return the task, and the configurations of its model and of the training.

        Raises:
            RunError: there is no run, or it is damaged.
        """
        with self._reading("config.json") as path:
            config = json.loads(path.read_text())
            name = config["task"].pop("name")
            return (
                TASKS[name](**config["task"]),
                TransformerConfig(**config["model"]),
                TrainingConfig(**config["training"]),
            )

    def resume(self) -> Training:
        """Return the training as it was last saved.

        Raises:
            RunError: there is no run, it was stopped before its first save, or it is damaged.
        """
        task, model_config, config = self.config()
        training = Training(task, model_config, config)
        with self._reading("state.safetensors") as path:
            training.load_state_dict(mt.load(path))
        return training

    def load(self) -> tuple[Task, Model]:
        """Return the task, and the model with its best parameters, ready to answer.

        Raises:
            RunError: there is no run, it has saved no model yet, or it is damaged.
        """
        task, model_config, _ = self.config()
        model = task.model(model_config)
        with self._reading("model.safetensors") as path:
            model.load_state_dict(fitting("the model", mt.load(path), model.state_dict()))
        model.eval()
        return task, model
