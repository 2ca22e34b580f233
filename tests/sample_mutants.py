"""Draw a sample of mutmut's mutants, for a machine that cannot run all of them.

    python -m mutmut run minitorch.random.x_draw_seed   # writes the mutants to mutants/
    python -m mutmut run $(python tests/sample_mutants.py 50 --seed 0)

Prints the names of so many mutants of each area, drawn with the seed.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

MUTANTS = Path(__file__).parents[1] / "mutants"
AREAS = (
    "minitorch/autograd",
    "minitorch/ops",
    "minitorch/fused",
    "minitorch/optim",
    "minitorch/serialization",
    "transformer/model",
    "transformer/decoding",
    "transformer/training",
)


def mutants(area: str) -> list[str]:
    """Return the names of all mutants of an area, in order."""
    names: list[str] = []
    for file in sorted(MUTANTS.glob(f"{area}*/**/*.meta")) or sorted(MUTANTS.glob(f"{area}*.meta")):
        names += json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
    if not names:
        raise SystemExit(f"error: no mutants of {area} in {MUTANTS}: run mutmut first")
    return sorted(names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, help="mutants of each area")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing (default: 0)")
    parser.add_argument("--area", choices=AREAS, action="append", help="only this one")
    options = parser.parse_args()
    for area in options.area or AREAS:
        names = mutants(area)
        rng = random.Random(f"{options.seed} {area}")
        print(*rng.sample(names, min(options.count, len(names))), sep="\n")


if __name__ == "__main__":
    main()
