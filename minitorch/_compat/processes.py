"""`minitorch.multiprocessing`: Python's own, but `spawn`, of distributed programs, is refused."""

from __future__ import annotations

from multiprocessing import (
    Event,
    Lock,
    Manager,
    Pipe,
    Pool,
    Process,
    Queue,
    Value,
    cpu_count,
    current_process,
    get_context,
    get_start_method,
    set_start_method,
)

from .distributed import refused

__all__ = [
    "Event", "Lock", "Manager", "Pipe", "Pool", "Process", "Queue", "Value", "cpu_count",
    "current_process", "get_context", "get_start_method", "set_start_method", "spawn",
]  # fmt: skip

spawn = refused("multiprocessing.spawn")
