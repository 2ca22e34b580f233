"""What is measured from outside, as whole processes: imports, and training from a cold start."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from time import perf_counter

from .turns import command, environment, mpiexec
from .works import RANKS

IMPORTS = ("numpy", "minitorch", "torch")

# In a process of its own, so that the interpreter's start does not count.
TIME_IMPORT = """
from time import perf_counter
start = perf_counter()
import {module}
print(perf_counter() - start)
"""


def import_times(rounds: int, threads: int) -> dict[str, float]:
    """Return the seconds that each import takes, the median over the rounds."""
    times: dict[str, list[float]] = {module: [] for module in IMPORTS}
    for _ in range(rounds + 1):
        for module in IMPORTS:
            code = TIME_IMPORT.format(module=module)
            times[module].append(float(_run([sys.executable, "-c", code], module, threads)))
    # The first round writes the bytecode, and brings the files into memory.
    return {module: median(found[1:]) for module, found in times.items()}


def cold_starts(rounds: int, threads: int) -> dict[str, list[float]]:
    """Return the seconds from a cold start to 99.9% on addition, for each round."""
    times: dict[str, list[float]] = {"ours": [], "torch": []}
    if threads > 1 and mpiexec():
        times[RANKS] = []
    for _ in range(rounds):
        for side, found in times.items():
            start = perf_counter()
            _run(command("benchmarks.cold", side), side, threads)
            found.append(perf_counter() - start)
    return times


def _run(command: list[str], side: str, threads: int) -> str:
    env = environment(side, threads)
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (os.getcwd(), env.get("PYTHONPATH"))))
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
