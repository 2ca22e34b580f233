"""The command line: `transformer` tasks, train, eval, solve, explain and complete."""

from .commands import main
from .shell import Parser, Screen, run_command
from .train import (
    add_run_flags,
    add_training_flags,
    configured,
    show_model,
    start_or_resume,
    stopped,
)

__all__ = [
    "Parser",
    "Screen",
    "add_run_flags",
    "add_training_flags",
    "configured",
    "main",
    "run_command",
    "show_model",
    "start_or_resume",
    "stopped",
]
