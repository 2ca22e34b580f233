"""What a Transformer can learn here, a file each."""

from .addition import Addition

TASKS = {Addition.name: Addition}

__all__ = ["TASKS", "Addition"]
