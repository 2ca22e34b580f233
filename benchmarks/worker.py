"""A process that does a work whenever it is told to.

    python -m benchmarks.worker SIDE

It reads a command a line and answers with a line of JSON:

    build WORK FILE    prepare the work, from the arrays in FILE → its first results
    run SECONDS        do it for so long, or for up to four times as long until there are four runs
                                         → the seconds that each run took
    sgemm              → the most floating-point operations a second in a matrix product
    memory             → the peak of memory, in MB, and what it was once all was imported

Under mpiexec, each rank does it; of several peaks of memory, the highest counts.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from .works import RANKS

SIDES = {
    "ours": ("ours", {}),
    RANKS: ("in_ranks", {}),
    "torch": ("in_torch", {}),
    "torch fused Adam": ("in_torch", {"fused": True}),
    "torch DDP": ("in_ddp", {"processes": 2}),
    "torch.compile": ("in_torch", {"compiled": True}),
    "jax": ("in_jax", {}),
    "HIPS autograd": ("peers.autograd", {}),
    "MyGrad": ("peers.mygrad", {}),
    "tinygrad": ("peers.tinygrad", {}),
    "minitorch (Cornell)": ("peers.cornell", {}),
    "TinyTorch": ("peers.tinytorch", {}),
    "micrograd": ("peers.micrograd", {}),
}
"""For each side, its module, and what it gives to the function that builds a work."""


def build(side: str, fields: Any, path: str) -> Callable[[], float]:
    """Build a work from its fields."""
    import numpy as np  # not before minitorch, which settles how it computes

    from .works import Size, Work

    module, options = SIDES[side]
    size = fields.pop("size")
    work = Work(**fields, size=None if size is None else Size(**size))
    with np.load(path) as arrays:
        builder = getattr(importlib.import_module(f".{module}", __package__), work.kind)
        return partial(builder, **options)(work, dict(arrays))  # type: ignore[no-any-return]


def timed(
    run: Callable[[], float], seconds: float, any_of: Callable[[bool], bool] = bool
) -> list[float]:
    """Run for so long, or for up to four times as long until there are four runs; time each.

    Args:
        run: does it once.
        seconds: how long.
        any_of: tells whether one of the ranks goes on, so that all do.
    """
    times: list[float] = []
    while any_of(sum(times) < seconds * (1 if len(times) >= 4 else 4)):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return times


def best_sgemm() -> float:
    """Multiply matrices of three sizes, ten times each."""
    import numpy as np

    best = 0.0
    for n in (512, 1024, 2048):
        a, b, out = (np.ones((n, n), np.float32) for _ in range(3))
        for _ in range(10):
            start = perf_counter()
            np.matmul(a, b, out=out)
            best = max(best, 2 * n**3 / (perf_counter() - start))
    return best


def peak_memory() -> float:
    """The most memory that this process, or one of those that it started, ever held, in MB."""
    if Path("/proc/self/status").exists():  # what getrusage says includes the parent's before exec
        children = Path("/proc/thread-self/children").read_text().split()
        return max(map(_peak, ["self", *children]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def _peak(process: str) -> float:
    status = Path("/proc", process, "status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main(side: str) -> None:
    """Answer commands until the input ends."""
    try:
        module = importlib.import_module(f".{SIDES[side][0]}", __package__)
    except ModuleNotFoundError as error:
        sys.exit(f"not installed: {error.name}")
    in_ranks = module if side == RANKS else None
    imported = peak_memory()
    run: Callable[[], float] = float
    for line in in_ranks.commands() if in_ranks else sys.stdin:
        command, *args = json.loads(line)
        if command == "build":
            run = build(side, *args)
            answer: Any = [run() for _ in range(3)]
        elif command == "run":
            answer = timed(run, *args, in_ranks.any_of if in_ranks else bool)
        elif command == "sgemm":
            answer = best_sgemm()
        else:
            peak = in_ranks.largest(peak_memory()) if in_ranks else peak_memory()
            answer = [peak, imported]
        if in_ranks is None or in_ranks.is_first():
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
