"""What every rank does in test_faults.py and test_two_hosts.py: train, and fail at a step.

    failing.py HOW RANK STEP train addition …

HOW is how rank RANK fails, after that step:

    never     it does not
    raise     an exception that nobody catches
    exit      sys.exit, from the middle
    kill      SIGKILL, as from the kernel when memory runs out
    slow      it says "here", and from there on all ranks take a while for each step

TIMEOUT, in the environment, is the seconds that a rank waits for the others.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import timedelta

import minitorch.distributed as dist
from transformer import cli
from transformer.cli import train
from transformer.training.loop import Training

how, rank, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
advance = Training.advance


def fail(training: Training) -> float:
    loss = advance(training)
    if training.step >= step and how == "slow":
        time.sleep(0.05)
    if training.step != step or dist.get_rank() != rank:
        return loss
    if how == "raise":
        raise ZeroDivisionError("the reason")
    if how == "exit":
        sys.exit(3)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "slow":
        print("here", flush=True)
    return loss


Training.advance = fail  # type: ignore[method-assign]
train.report = lambda *_: None  # type: ignore[attr-defined]  # pictures take a second
if "TIMEOUT" in os.environ:
    dist.init_process_group(timeout=timedelta(seconds=float(os.environ["TIMEOUT"])))
raise SystemExit(cli.main(sys.argv[4:]))
