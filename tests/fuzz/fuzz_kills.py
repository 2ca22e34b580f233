"""Kill trainings at random moments: what resumes must end as what was never stopped.

    python tests/fuzz/fuzz_kills.py --kills 100 --seed 0

Each process trains with the command `transformer train`, goes on with what the one before has
left, and is killed (SIGKILL) after a random time, until one lives to the end. Then every file of
the run, pictures too, must be equal to the last bit to those of a training that was never killed,
and there must be no other. That is repeated until so many were killed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from transformer.cli import main

FLAGS = [
    "--digits=1", "--steps=8", "--batch-size=4", "--d-model=8", "--heads=2", "--layers=1",
    "--dropout=0.3", "--evaluate-every=1", "--evaluate-on=4",
]  # fmt: skip


def train(directory: Path) -> int:
    """Start a process that trains, or goes on, and return its id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        sys.stdout = sys.stderr = open(directory.with_suffix(".log"), "a")  # noqa: SIM115
        flags = FLAGS
        if (directory / "state.safetensors").exists():
            flags = ["--resume"]
        code = main(["train", "addition", f"--out={directory}", *flags])
    finally:
        sys.stdout.flush()
        os._exit(code)


def ended(child: int) -> int | None:
    """Return the exit code of a process, negative if a signal ended it; None while it lives."""
    done, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def killed_until_it_ends(directory: Path, longest: float) -> int:
    """Train, killed again and again; return how often."""
    kills = 0
    while True:
        delay = longest * random.random() ** 2  # most of them before the pictures are drawn
        child, until = train(directory), time.monotonic() + delay
        while (code := ended(child)) is None and time.monotonic() < until:
            time.sleep(0.0005)
        if code is None:
            os.kill(child, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != -signal.SIGKILL:
            assert code == 0, directory.with_suffix(".log").read_text()
            return kills
        kills += 1


def fuzz(kills: int, place: Path) -> tuple[int, int]:
    """Kill at least so many; return how many were killed, and how many trainings they were of."""
    killed = trainings = 0
    directory, begun = place / "whole", time.monotonic()
    assert os.waitpid(train(directory), 0)[1] == 0
    files, seconds = contents(directory), time.monotonic() - begun
    while killed < kills:
        directory = place / f"killed-{trainings}"
        killed += killed_until_it_ends(directory, seconds)
        trainings += 1
        found = contents(directory)
        assert found.keys() == files.keys(), f"{directory}: {sorted(found)}"
        for name, content in files.items():
            assert found[name] == content, f"{directory}: {name} is another"
        left = {path.name for path in place.iterdir() if path.suffix != ".log"}
        assert left == {"whole", *(f"killed-{i}" for i in range(trainings))}
    return killed, trainings


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill trainings at random moments.")
    parser.add_argument("--kills", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory() as place:
        killed, trainings = fuzz(options.kills, Path(place))
    print(f"{killed} kills of {trainings} trainings: all ended as one that was never killed")
