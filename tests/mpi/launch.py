"""Starts programs under `mpiexec`, as a user would, with a limit to how long they take."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")

needs_mpi = pytest.mark.skipif(
    not (MPIEXEC and find_spec("mpi4py")) and "CI" not in os.environ,
    reason="needs mpi4py and mpiexec (the extra `mpi`)",
)


class Ended(NamedTuple):
    """What came of a program."""

    code: int
    output: str
    errors: str


def start(ranks: int, *program: object, **environment: str) -> subprocess.Popen[str]:
    """Start so many processes of a Python program, each with one thread."""
    return subprocess.Popen(
        [str(MPIEXEC), "-n", str(ranks), sys.executable, *map(str, program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        | environment,
    )


def finish(process: subprocess.Popen[str], seconds: float = 60) -> Ended:
    """Wait for its end; after so many seconds, kill all of it and fail."""
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        pytest.fail(f"it had not ended after {seconds:g} s, and printed\n{output}\n{errors}")
    return Ended(process.returncode, output, errors)


def launch(ranks: int, *program: object, seconds: float = 60, **environment: str) -> Ended:
    """Run so many processes of a Python program to their end."""
    return finish(start(ranks, *program, **environment), seconds)
