"""Where a training step of ours spends its time.

    python -m benchmarks.profile characters

A row for each fused kernel, forward and back, the optimizer, and the rest: the other operations,
the graph, and Python itself. Below them stands what the matrix products of the step would take at
the speed of the best matrix product on this machine: no library could do it in less. The clock
reads of the profile itself cost a few percent.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from minitorch.fused import REGISTRY
from minitorch.optim import Adam

from . import ours
from .start import arrays_of
from .worker import best_sgemm
from .works import WORKS

STEPS = {work.name: work for work in WORKS if work.kind in ("training_step", "addition_step")}

Times = defaultdict[str, float]


def timed(function: Callable[..., Any], name: str, times: Times) -> Callable[..., Any]:
    """Add to `times` how long each call takes."""

    def call(*args: Any, **options: Any) -> Any:
        start = perf_counter()
        result = function(*args, **options)
        times[name] += perf_counter() - start
        return result

    return call


def timed_both_ways(kernel: Callable[..., Any], name: str, times: Times) -> Callable[..., Any]:
    """Time a fused kernel, and the backward pass that it returns."""
    forward = timed(kernel, f"{name}, forward", times)

    def call(*args: Any, **options: Any) -> Any:
        y, backward = forward(*args, **options)
        return y, timed(backward, f"{name}, backward", times)

    return call


def profile(name: str, steps: int) -> dict[str, list[float]]:
    """Return the seconds of each part, in each of so many steps; "step" is the whole."""
    work = STEPS[name]
    times: Times = defaultdict(float)
    for fused in REGISTRY:
        fused.kernel = timed_both_ways(fused.kernel, fused.name, times)
    Adam.step = timed(Adam.step, "optimizer", times)  # type: ignore[method-assign]
    run = timed(getattr(ours, work.kind)(work, arrays_of(work)), "step", times)
    found: dict[str, list[float]] = defaultdict(list)
    for i in range(steps + 3):  # the first build the optimizer's state, and fill the caches
        times.clear()
        run()
        if i >= 3:
            for part, seconds in times.items():
                found[part].append(seconds)
    return found


def main() -> None:
    """Profile, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.profile",
        description="Show where a training step of ours spends its time.",
    )
    parser.add_argument("work", choices=STEPS, help="a step that `python -m benchmarks` measures")
    parser.add_argument("--steps", type=int, default=50, help="default: 50")
    args = parser.parse_args()
    if args.steps < 1:
        parser.error(f"--steps must be at least 1, not {args.steps}")
    found = {part: median(seconds) for part, seconds in profile(args.work, args.steps).items()}
    step = found.pop("step")
    found["the rest"] = step - sum(found.values())
    table = Table("part", "ms", "share")
    for part, seconds in sorted(found.items(), key=lambda item: -item[1]):
        table.add_row(part, f"{seconds * 1e3:.2f}", f"{seconds / step:.0%}")
    table.add_section()
    table.add_row("step", f"{step * 1e3:.2f}", "100%")
    size = STEPS[args.work].size
    if size is not None:
        limit = size.flops / best_sgemm()
        name = "its matrix products, at the best speed"
        table.add_row(name, f"{limit * 1e3:.2f}", f"{limit / step:.0%}")
    Console().print(table)


if __name__ == "__main__":
    main()
