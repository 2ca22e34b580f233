"""The content of `config.json`: the task, and the configurations of model and training."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..model.config import TransformerConfig
from ..tasks import TASKS, Task
from .config import TrainingConfig

PARTS = ("task", "model", "training")


def as_json(task: Task, model: TransformerConfig, training: TrainingConfig) -> dict[str, Any]:
    """Return the content of `config.json`, which `configured` turns back."""
    named = {"name": task.name, **asdict(task)}
    return {"task": named, "model": asdict(model), "training": asdict(training)}


def _training(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an older run has besides: how many processes computed it."""
    return {name: value for name, value in fields.items() if name != "processes"}


def configured(config: Any) -> tuple[Task, TransformerConfig, TrainingConfig]:
    """Return the task, and the configurations of model and training, from `config.json`.

    Raises:
        ValueError, TypeError: a part or a field is missing, unknown or out of range.
    """
    parts = [config.get(part) for part in PARTS] if isinstance(config, dict) else [None]
    if not all(isinstance(part, dict) for part in parts):
        raise ValueError(f"it does not have the parts {', '.join(PARTS)}, with their fields")
    task = dict(config["task"])
    name = task.pop("name", None)
    if not isinstance(name, str) or name not in TASKS:
        raise ValueError(f"there is no task {name!r}, only {', '.join(TASKS)}")
    return (
        TASKS[name](**task),
        TransformerConfig(**config["model"]),
        TrainingConfig(**_training(config["training"])),
    )


def difference(saved: dict[str, Any], now: dict[str, Any]) -> str:
    """Say what differs from what was saved, but for `steps`, which `Run.resume` may change.

    Returns:
        the first field that differs, and how many more do; empty if none does.
    """
    found = [
        f"{part}.{name} is {now[part].get(name)!r}, and was {saved[part].get(name)!r}"
        for part in saved
        for name in saved[part] | now[part]
        if (part, name) != ("training", "steps")
        and repr(saved[part].get(name)) != repr(now[part].get(name))
    ]
    return f"{found[0]}{f', and {len(found) - 1} more' * (len(found) > 1)}" if found else ""
