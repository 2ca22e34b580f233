"""The command line: `transformer tasks`, `train TASK`, `eval RUN`, `solve RUN`, `complete DIR`."""

from .commands import main
from .shell import Parser, run_command
from .train import add_training_flags

__all__ = ["Parser", "add_training_flags", "main", "run_command"]
