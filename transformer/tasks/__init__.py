"""What a Transformer can learn here, a file each."""

from .addition import Addition
from .task import Task, TextToText

TASKS: dict[str, type[Task]] = {Addition.name: Addition}

__all__ = ["TASKS", "Addition", "Task", "TextToText"]
