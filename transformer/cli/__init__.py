"""The command line: `transformer tasks`, `train TASK`, `eval RUN`, `solve RUN [QUESTION]`."""

from .commands import Parser, add_training_flags, main, run_command

__all__ = ["Parser", "add_training_flags", "main", "run_command"]
