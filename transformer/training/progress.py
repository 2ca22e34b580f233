"""The progress of a training run: a bar in a terminal, a line for each evaluation elsewhere."""

from __future__ import annotations

import math
import time

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar


class Progress:
    """Shows the step, the loss, a metric on held-out examples, examples per second, the time left.

    Args:
        console: where it is shown.
        first: the steps taken before, 0 unless resumed.
        steps: the steps in all.
        batch_size: the examples in a step, all its batches together.

    Raises:
        ValueError: a number is out of range.
    """

    def __init__(self, console: Console, first: int, steps: int, batch_size: int) -> None:
        if not (0 <= first <= steps and batch_size >= 1):
            raise ValueError(
                f"Progress: {first} of {steps} steps, with {batch_size} examples each, cannot be"
            )
        self.console = console
        self.first, self.now, self.steps, self.batch_size = first, first, steps, batch_size
        self.loss = float("nan")
        self.held_out = ""
        self.begun = time.perf_counter()
        self.bar = Bar(
            TextColumn("step {task.completed}/{task.total}"),
            BarColumn(bar_width=None),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self.bar_id = self.bar.add_task("", total=steps, completed=first)

    def __enter__(self) -> Progress:
        self.begun = time.perf_counter()
        self.bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.bar.stop()

    def _description(self) -> str:
        """Return what is shown beside the step: loss, metric, speed and time left."""
        seconds = time.perf_counter() - self.begun
        done = self.now - self.first
        if not done:
            return self.held_out.strip()
        left = round(seconds / done * (self.steps - self.now))
        return (
            f"loss {self.loss:.4f}  {self.held_out}"
            f"{done * self.batch_size / seconds:,.0f} examples/s  {left // 60}:{left % 60:02} left"
        )

    def step(self, step: int, loss: float) -> None:
        """Show that a step was taken, and its loss, smoothed over about ten steps.

        Raises:
            ValueError: it is not a later step than the last.
        """
        if not self.now < step <= self.steps:
            raise ValueError(f"Progress: step {step} cannot follow step {self.now} of {self.steps}")
        self.now = step
        self.loss = loss if math.isnan(self.loss) else 0.9 * self.loss + 0.1 * loss
        self.bar.update(self.bar_id, completed=step, description=self._description())

    def evaluation(self, row: dict[str, float]) -> None:
        """Show an evaluation, a row of `Training.metrics`."""
        self.held_out = f"held-out loss {row['held_out_loss']:.4f}  "
        if "exact_match" in row:
            self.held_out = f"held-out exact match {row['exact_match']:.2%}  "
        if not self.console.is_terminal:
            self.console.print(
                f"step {self.now}/{self.steps}  {self._description()}",
                highlight=False,
                soft_wrap=True,
            )
