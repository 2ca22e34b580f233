"""What is read of a run on disk: its configuration, and models to ask."""

from __future__ import annotations

import json
from typing import Any

import minitorch as mt

from ..model.config import TransformerConfig
from ..tasks import Model, Task
from .checks import fitting
from .config import TrainingConfig
from .config_file import configured, difference
from .directory import CONFIG, MODEL, Directory, RunError, kept, shown


class SavedRun(Directory):
    """A run that is read. What another process writes meanwhile is seen whole or not at all."""

    def _read_config(self) -> dict[str, Any]:
        with self.reading(CONFIG) as path:
            config: dict[str, Any] = json.loads(path.read_bytes())
            configured(config)  # raises if it is damaged
        return config

    def config(self) -> tuple[Task, TransformerConfig, TrainingConfig]:
        """Return the task, and the configurations of its model and of the training.

        Raises:
            RunError: there is no run, or it is damaged.
        """
        return configured(self._read_config())

    def _checkpoint(self, name: str, config: dict[str, Any]) -> dict[str, Any]:
        """Read a checkpoint, and make sure that it was made with the configuration."""
        with self.reading(name) as path:
            content = mt.load(path)
            if not isinstance(content, dict):
                raise ValueError(f"it holds a {type(content).__name__}, not the parts of a run")
            saved = content.get("config", config)
            configured(saved)  # raises if it is damaged
            change = difference(saved, config)
        if change:
            raise RunError(
                f"{shown(self.directory / CONFIG)} does not fit {name}: {change}. Put it back as "
                "it was"
            )
        return content

    def load(self, step: int | None = None) -> tuple[Task, Model]:
        """Return the task, and the model with its best parameters, ready to answer.

        Args:
            step: one of `kept_steps()`: the model as it was after that step.

        Raises:
            RunError: there is no run, it has saved no model yet, it is damaged, or its
                configuration was changed.
        """
        config = self._read_config()
        name = MODEL if step is None else kept(step)
        content = self._checkpoint(name, config)
        task, model_config, _ = configured(config)
        model = task.model(model_config)
        with self.reading(name):
            # An older file holds the parameters alone.
            is_new = content.keys() == {"config", "step", "model"}
            if step is not None and content["step"] != step:
                raise ValueError(f"it holds the parameters of step {content['step']}")
            found = content["model"] if is_new else content
            model.load_state_dict(fitting("the model", found, model.state_dict()))
        model.task = task  # for `explain(model, question)`
        return task, model.eval()
