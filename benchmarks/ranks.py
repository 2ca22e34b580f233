"""What the step of a rank consists of, and what a message takes: measured for docs/scaling.md.

    python -m benchmarks.ranks benchmarks/ranks.json

It starts itself with `mpiexec`, with 2 and 4 ranks of one thread. On two cores, 4 ranks take turns,
and say nothing about 4 cores.

Others may use the machine meanwhile. So the parts of a step are measured in time of the processor,
and what is written for each thing is a low quantile, the time that a tenth of its runs stay below,
in the best of three rounds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import numpy as np

import minitorch as mt
from minitorch import Tensor, distributed, nn, optim
from minitorch.nn.parallel import DistributedDataParallel
from transformer.model.models import GPT
from transformer.tasks import Addition

from . import machine
from .start import gpt_config
from .turns import environment
from .works import WORKS, Work

MODELS = {"GPT, width 64": "small", "GPT, width 128": "characters", "GPT, width 256": "middle",
          "encoder–decoder": "encoder-decoder"}  # fmt: skip
"""The models, and the works of `python -m benchmarks` that train them."""
SIZES = [4 * 4**i for i in range(12)]
"""Of messages, in bytes: 4 to 16 MB."""
CAPS = (0.25, 1.0, 4.0, 25.0)
"""Of buckets, in MB."""
ROUNDS = 3
OVER_TCP = {"MPIR_CVAR_NOLOCAL": "1", "UCX_TLS": "tcp,self"}
"""Tells MPICH to send what goes to a neighbour through the network's layers, not through memory."""


class Step:
    """A model, examples for it, and its optimizer."""

    def __init__(self, work: Work, examples: int | None = None) -> None:
        mt.manual_seed(0)
        rng = np.random.default_rng(0)
        self.clip: float | None = None
        if work.size is None:
            task = Addition()
            self.batch_size = task.training_config.batch_size
            self.batch: tuple[Tensor, ...] = task.batch(examples or self.batch_size, rng)
            self.model: Any = task.model(task.model_config())
            self.clip = task.training_config.clip
        else:
            self.batch_size = work.size.batch
            shape = examples or self.batch_size, work.size.context + 1
            self.batch = (mt.from_numpy(rng.integers(1, work.size.vocab, shape)),)
            self.model = GPT(gpt_config(work.size))
        self.parameters = list(self.model.parameters())
        self.optimizer = optim.AdamW(self.parameters, lr=1e-4)

    def phases(self, forward: Any = None) -> Iterator[None]:
        """Take a step, and stop after each of: forward pass, backward pass, the update."""
        self.loss = self.model.loss(*self.batch, forward=forward)
        yield
        self.optimizer.zero_grad()
        self.loss.backward()
        yield
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self.optimizer.step()
        yield

    def take(self, forward: Any = None) -> None:
        """Take a step."""
        for _ in self.phases(forward):
            pass


def quiet(times: Any) -> Any:
    """Return the time that a tenth of the runs stay below, of each column."""
    return np.quantile(np.array(times), 0.1, axis=0)


def repeated(run: Callable[[], Any], seconds: float) -> list[Any]:
    """Return what it returns, for so many seconds; five times at least, as often in all ranks."""
    run()
    start = perf_counter()
    run()
    times = mt.tensor(perf_counter() - start)
    distributed.all_reduce(times, distributed.ReduceOp.MAX)
    return [run() for _ in range(max(5, int(seconds / times.item())))]


def measure_parts(work: Work, seconds: float) -> dict[str, Any]:
    """Measure the parts of a step of one rank, for a whole batch, half of it, a quarter, …"""
    whole = Step(work)
    arrivals: list[tuple[int, float]] = []
    found: dict[str, Any] = {"batch": whole.batch_size, "shares": {}}
    examples = whole.batch_size
    while examples and len(found["shares"]) < 6:
        step = Step(work, examples)
        for p in step.parameters:
            p.register_post_accumulate_grad_hook(
                lambda p: arrivals.append((p.array.nbytes, thread_time()))
            )

        def run(step: Step = step) -> list[float]:
            times = [thread_time()]
            arrivals.clear()
            for _ in step.phases():
                times.append(thread_time())
            return [*np.diff(times), *[time - times[1] for _, time in arrivals]]

        distributed.barrier()
        times = np.array(repeated(run, seconds))
        forward, backward, update, *arrived = quiet(times).tolist()
        found["shares"][examples] = {
            "forward": forward, "backward": backward, "update": update, "arrived": arrived,
        }  # fmt: skip
        found["bytes"] = [nbytes for nbytes, _ in arrivals]
        examples //= 2
    return found


def measure_messages(seconds: float) -> dict[int, float]:
    """Measure an all-reduce of messages of each size."""
    found = {}
    for size in SIZES:
        x = mt.zeros(size // 4)

        def run(x: Tensor = x) -> float:
            distributed.barrier()
            start = perf_counter()
            distributed.all_reduce(x)
            return perf_counter() - start

        found[size] = float(quiet(repeated(run, seconds)))
    return found


def measure_packing(seconds: float) -> float:
    """Measure how a gradient, divided by the number of ranks, becomes a message: seconds a byte."""
    gradient = np.ones(2**18, np.float32)

    def run() -> float:
        start = thread_time()
        np.divide(gradient, 2, out=np.zeros_like(gradient))
        return (thread_time() - start) / gradient.nbytes

    return float(quiet(repeated(run, seconds)))


def measure_steps(work: Work, seconds: float) -> dict[float, float]:
    """Measure the step of all ranks together, for buckets of each size."""
    n, rank = distributed.get_world_size(), distributed.get_rank()
    batch_size = Step(work, 1).batch_size
    some = (rank + 1) * batch_size // n - rank * batch_size // n
    steps = {cap: Step(work, some) for cap in CAPS}
    shared = {
        cap: DistributedDataParallel(step.model, broadcast_buffers=False, bucket_cap_mb=cap)
        for cap, step in steps.items()
    }

    def run() -> list[float]:
        times = [perf_counter()]
        for cap in CAPS:
            steps[cap].take(shared[cap])
            times.append(perf_counter())
        return np.diff(times).tolist()

    return dict(zip(CAPS, quiet(repeated(run, seconds * len(CAPS))).tolist(), strict=True))


def measure(path: str, what: str, seconds: float) -> None:
    """Measure in all ranks; rank 0 writes what it found."""
    distributed.init_process_group()
    works = {title: next(w for w in WORKS if w.name == name) for title, name in MODELS.items()}
    found: dict[str, Any] = {}
    if "m" in what:
        found["messages"] = measure_messages(seconds / 4)
        found["packing"] = measure_packing(seconds / 4)
    if "p" in what:
        found["parts"] = {title: measure_parts(work, seconds) for title, work in works.items()}
    if "s" in what:
        found["steps"] = {title: measure_steps(work, seconds) for title, work in works.items()}
    if distributed.get_rank() == 0:
        Path(path).write_text(json.dumps(found))


def launch(n: int, what: str, seconds: float, **env: str) -> Any:
    """Measure in n ranks; return what was found."""
    beside = Path(sys.executable).with_name("mpiexec")
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [str(beside) if beside.exists() else "mpiexec", "-n", str(n), sys.executable]
        command += ["-m", "benchmarks.ranks", file.name, what, str(seconds)]
        subprocess.run(command, env=environment(1) | env, check=True)
        return json.loads(Path(file.name).read_text())


def fastest(found: list[Any]) -> Any:
    """Return the smallest of the times at each place of what was found in several rounds."""
    first = found[0]
    if isinstance(first, int):  # of examples, or bytes: not a time
        return first
    if isinstance(first, dict):
        return {key: fastest([each[key] for each in found]) for key in first}
    if isinstance(first, list):
        return [fastest(list(each)) for each in zip(*found, strict=True)]
    return float(f"{min(found):.4g}")


def main(path: str) -> None:
    """Measure, and write it."""
    found: dict[str, Any] = {"measured on": machine.describe(1)}
    for name, n, what, env in (
        ("2 ranks", 2, "mps", {}), ("2 ranks, TCP", 2, "m", OVER_TCP),
        ("4 ranks on 2 cores", 4, "s", {}),
    ):  # fmt: skip
        print(f"{name} …", flush=True)
        found[name] = fastest([launch(n, what, seconds=0.6, **env) for _ in range(ROUNDS)])
    Path(path).write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(sys.argv[1])
    else:
        measure(sys.argv[1], sys.argv[2], float(sys.argv[3]))
