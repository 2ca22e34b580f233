"""Fuzzing of a run's configuration: what is loaded is the run that was trained, or it is refused.

    python tests/fuzz/fuzz_config.py --minutes 10 --seed 0

Damages `config.json` of three trained runs: bits are flipped, bytes cut, mixed and inserted, values
replaced by hostile ones, names dropped or added, and values nested 900 deep. A finding is a damaged
configuration that is loaded as another model or another training, an error that is no RunError, a
message of more than one line or 300 characters, or one that takes longer than two seconds. The last
line says how many were tried and how many findings there were; the exit code is 1 if there was one.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

from rich.console import Console

from transformer.tasks import Addition, Copy, Task
from transformer.training.config import TrainingConfig
from transformer.training.loop import Training, train
from transformer.training.progress import Progress
from transformer.training.run import Run, RunError

SLOW, LONGEST_MESSAGE = 2.0, 300
HOSTILE: list[Any] = [
    0, -1, 1, 2**31, 2**40, 2**63, 10**400, 0.0, -0.0, 1.5, 1e300, 1e-320, float("nan"),
    float("inf"), -float("inf"), True, False, None, "", "1", "addition", "猫", "\ud800",
    "a" * 10_000, [], [1], {}, {"a": 1},
]  # fmt: skip


def hostile(rng: random.Random) -> Any:
    return deepcopy(rng.choice(HOSTILE))


def trained(folder: Path, name: str, task: Task) -> Run:
    """Train a small model for two steps."""
    config = TrainingConfig(steps=2, batch_size=2, evaluate_every=1, evaluate_on=1)
    training = Training(task, task.model_config(d_model=8, n_heads=2, n_layers=1), config)
    with Run(folder / name) as run:
        run.start(training)
        train(training, run, Progress(Console(file=io.StringIO()), 0, 2, 2))
    return run


def damaged_bytes(rng: random.Random, whole: bytes) -> bytes:
    """Flip bits, cut, insert or mix bytes."""
    data = bytearray(whole)
    match rng.randrange(5):
        case 0 | 1:
            for _ in range(rng.choice([1, 1, 1, 2, 8])):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        case 2:
            del data[rng.randrange(len(data)) :]
        case 3:
            at = rng.randrange(len(data))
            data[at:at] = rng.choice([b"\xef\xbb\xbf", b"\0", b"{", b"[" * 900, b'"', b"-", b"NaN"])
        case 4:
            a, b = sorted(rng.sample(range(len(data)), 2))
            data[a:b] = data[b : 2 * b - a]
    return bytes(data)


def damaged_values(rng: random.Random, whole: bytes) -> bytes:
    """Replace, drop or add values."""
    config = json.loads(whole)
    for _ in range(rng.choice([1, 1, 2, 3])):
        part = config[rng.choice(list(config))] if isinstance(config, dict) and config else config
        if not isinstance(part, dict) or not part:
            break
        name = rng.choice(list(part))
        match rng.randrange(6):
            case 0:
                del part[name]
            case 1:
                part[rng.choice(["lr", "n_layers", "digits", "__class__"])] = hostile(rng)
            case 2:
                nested: Any = hostile(rng)
                for _ in range(rng.choice([1, 5, 900])):
                    nested = [nested] if rng.random() < 0.5 else {name: nested}
                part[name] = nested
            case 3:
                config[rng.choice(list(config))] = hostile(rng)
            case _:
                part[name] = hostile(rng)
    return json.dumps(config).encode("utf-8", "replace")


def used(run: Run) -> tuple[str, str]:
    """Load the model, and resume the training; return what both are."""
    task, model = run.load()
    training = Run(run.directory).resume()
    same = repr((task, model.config, training.task, training.model.config))
    return same, repr(training.config)


def judge(run: Run, expected: tuple[str, str]) -> tuple[str, str]:
    """Return how it ended, and why that is a finding."""
    begun = time.monotonic()
    try:
        found = used(run)
    except RunError as error:
        message = str(error)
        if "\n" in message or len(message) > LONGEST_MESSAGE:
            return "finding", f"a message of {len(message)} characters: {message!r}"
        ended = "refused"
    except Exception as error:
        return "finding", f"{type(error).__name__}: {error}"
    else:
        if found[0] != expected[0]:
            return "finding", f"loaded as something else: {found[0]}"
        # The number of steps may change: resume warns of it.
        ended = "loaded" if found[1] == expected[1] else "of other steps"
        if ended != "loaded" and "steps=2," in found[1]:
            return "finding", f"resumed as something else: {found[1]}"
    seconds = time.monotonic() - begun
    return ("finding", f"took {seconds:.1f} s") if seconds > SLOW else (ended, "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rng, until = random.Random(options.seed), time.monotonic() + 60 * options.minutes
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        runs = [
            trained(Path(folder), "sums", Addition(1)),
            trained(Path(folder), "copies", Copy(4)),
            trained(Path(folder), "gpt", Copy(4, architecture="gpt")),
        ]
        kept = [{f.name: f.read_bytes() for f in run.directory.iterdir()} for run in runs]
        expected = [used(run) for run in runs]
        while time.monotonic() < until:
            i = rng.randrange(len(runs))
            for name, content in kept[i].items():  # resuming writes some of them anew
                (runs[i].directory / name).write_bytes(content)
            damage = rng.choice([damaged_bytes, damaged_values])
            config = damage(rng, kept[i]["config.json"])
            (runs[i].directory / "config.json").write_bytes(config)
            ended, why = judge(runs[i], expected[i])
            ends[ended] += 1
            if ended == "finding":
                print(f"finding: {why[:300]}\n  {config[:600]!r}")
    print(
        f"{ends.total():,} damaged configurations: {ends['refused']:,} refused, {ends['loaded']:,} "
        f"loaded as they were, {ends['of other steps']:,} with the number of steps changed, as "
        f"resume warns; {ends['finding']} findings"
    )
    return 1 if ends["finding"] else 0


if __name__ == "__main__":
    sys.exit(main())
