"""The sides take turns: ours, theirs, ours, theirs, …"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from minitorch import distributed

from .start import arrays_of
from .works import RANKS, Work


class Worker:
    """A process that does a work whenever it is told to; see worker.py."""

    def __init__(self, side: str, threads: int) -> None:
        self.side = side
        self.process = subprocess.Popen(
            command("benchmarks.worker", side),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(side, threads),
        )

    def ask(self, *command: Any) -> Any:
        """Give a command, and return the answer.

        Raises:
            RuntimeError: the process ended; with the last line that it wrote.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            last = self.process.stderr.read().strip().splitlines()[-1:]
            raise RuntimeError(f"{self.side}: {' '.join(last) or 'its process ended'}")
        return json.loads(line)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.terminate()  # mpiexec then ends its processes
        self.process.communicate()


def mpiexec() -> str | None:
    """Return what starts ranks: beside this Python, where its mpich puts it, or on the PATH."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which("mpiexec", path=places) if distributed.is_available() else None


def command(module: str, side: str) -> list[str]:
    """Return what starts a module for a side.

    Raises:
        RuntimeError: it needs mpi4py and an mpiexec, and one is not installed.
    """
    python = [sys.executable, "-m", module, side]
    if side != RANKS:
        return python
    starter = mpiexec()
    if starter is None:
        raise RuntimeError("not installed: python -m pip install mpi4py mpich")
    return [starter, "-n", "2", *python]


def environment(side: str, threads: int) -> dict[str, str]:
    """Return our environment, with so many threads for each of the libraries, of all ranks."""
    if side == RANKS:
        threads //= 2
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    limit = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    flags = {"XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {limit} "}
    tinygrad = {"DEV": "CPU", "NUM_CPU_THREADS": str(threads)}
    return os.environ | flags | tinygrad | dict.fromkeys(names, str(threads))


@dataclass
class Measured:
    """What came of a work.

    Attributes:
        seconds: for each side, the median of each round.
        memory: for each side, its peak in MB, and what it was once all was imported.
        sgemm: floating-point operations a second of the best matrix product, in our process.
        failed: sides that could not do it, and why.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, list[float]] = field(default_factory=dict)
    sgemm: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)

    def ratio(self, rival: str, side: str = "ours") -> float:
        """How many times as long the rival takes: the median over the rounds."""
        pairs = zip(self.seconds[rival], self.seconds[side], strict=True)
        return median(theirs / ours for theirs, ours in pairs)


def measure(
    work: Work, sides: Sequence[str], rounds: int, threads: int, seconds: float = 1.0
) -> Measured:
    """Let the sides do a work in turn.

    Args:
        work: what.
        sides: "ours", and its rivals.
        rounds: how often each has its turn.
        threads: how many each may use.
        seconds: how long a turn lasts, or up to four times as long until there are four runs.
    """
    found = Measured()
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        path = str(Path(directory, "arrays.npz"))
        np.savez(path, **arrays_of(work))
        workers: dict[str, Worker] = {}
        expected = None
        for side in sides:
            try:
                worker = stack.enter_context(Worker(side, threads))
                results = worker.ask("build", asdict(work), path)
                expected = results if expected is None else expected
                np.testing.assert_allclose(results, expected, rtol=1e-3)
                workers[side] = worker
            except (RuntimeError, AssertionError) as error:
                found.failed[side] = str(error)
        for side in workers:
            found.seconds[side] = []
        for _ in range(rounds):
            for side, worker in workers.items():
                times = worker.ask("run", seconds)
                # The first run of a turn pays for caches that the others have filled.
                found.seconds[side].append(median(times[1:] or times))
        for side, worker in workers.items():
            found.memory[side] = worker.ask("memory")
        if "ours" in workers and work.limit:
            found.sgemm = workers["ours"].ask("sgemm")
    return found
