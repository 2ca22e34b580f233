"""A run's model on AdderBoard's kind of test: ten edge cases, and 10,000 pairs from a fixed seed.

    transformer train addition --digits 10 ... --out runs/addition-10
    python -m benchmarks.adderboard runs/addition-10

AdderBoard (https://github.com/anadim/AdderBoard) collects the smallest Transformers that add two
numbers of ten digits. Its test draws both numbers uniformly from 0 to 9,999,999,999, so that nine
in ten have all their digits; and among its edge cases are carries through all the places, which
random pairs hardly ever have. With a model of d digits, d takes the place of ten.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from transformer.cli import Parser, run_command
from transformer.tasks import Addition
from transformer.training.run import Run, RunError


def edge_cases(digits: int) -> list[tuple[int, int]]:
    """Ten sums with nothing to carry, or with a carry at every place."""
    largest, ones = 10**digits - 1, (10**digits - 1) // 9
    return [
        (0, 0), (0, 1), (largest, 0), (largest, 1), (1, largest), (largest, largest),
        (5 * 10 ** (digits - 1), 5 * 10 ** (digits - 1)), (5 * ones, 5 * ones),
        (ones, 8 * ones + 1), (largest - 1, 1),
    ]  # fmt: skip


def random_pairs(digits: int, n: int = 10_000, seed: int = 2025) -> list[tuple[int, int]]:
    """Draw pairs of numbers uniformly from all of up to so many digits."""
    rng = random.Random(seed)
    return [(rng.randrange(10**digits), rng.randrange(10**digits)) for _ in range(n)]


def test(options: argparse.Namespace) -> int:
    """Print the wrong answers, up to ten of each kind, and how many are right."""
    task, model = Run(options.run).load()
    if not isinstance(task, Addition):
        raise RunError(f"{options.run} is a run of the task {task.name}, not of addition")
    kinds = {"edge cases": edge_cases(task.digits), "random pairs": random_pairs(task.digits)}
    for kind, pairs in kinds.items():
        answers = task.generate(model, [task.example(pair)[0] for pair in pairs])
        sums = map(task.as_answer, answers)
        wrong = [(a, b, s) for (a, b), s in zip(pairs, sums, strict=True) if s != str(a + b)]
        for a, b, answer in wrong[:10]:
            print(f"wrong: {a} + {b} = {a + b}, but the model says {answer or 'nothing'}")
        print(f"{kind}: {len(pairs) - len(wrong)} of {len(pairs)} are right")
    return 0


if __name__ == "__main__":
    parser = Parser(prog="python -m benchmarks.adderboard", description=test.__doc__)
    parser.add_argument("run", type=Path, help="directory of a run of the task addition")
    parser.set_defaults(command=test)
    raise SystemExit(run_command(parser))
