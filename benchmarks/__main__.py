"""The command: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import os
from datetime import date
from pathlib import Path

from . import machine, processes, report, sizes
from .turns import Measured, measure
from .works import PEERS, WORKS

OTHERS = ("peers", "import", "cold", "sizes")


def main() -> None:
    """Measure what was asked for, and show it."""
    names = [work.name for work in WORKS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure minitorch and transformer beside PyTorch and JAX, in turn.",
    )
    parser.add_argument(
        "--only", nargs="+", choices=[*names, *OTHERS], metavar="WORK",
        help=f"some of: {', '.join([*names, *OTHERS])} (default: all but sizes)",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (default: 5)")
    parser.add_argument(
        "--threads", type=int, default=min(2, os.cpu_count() or 1), help="default: 2"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios, or the sizes")
    args = parser.parse_args()
    wanted = args.only or [*names, "peers", "import", "cold"]

    described = {"date": str(date.today()), **machine.describe(args.threads)}
    rows: report.Rows = []
    measured: dict[str, Measured] = {}
    works = [work for work in WORKS if work.name in wanted]
    for work in [*works, *PEERS] if "peers" in wanted else works:
        print(f"{work.name} …", flush=True)
        sides = work.sides(args.threads)
        seconds = 0.5 if work in PEERS else 1.0  # of a turn
        found = measured[work.name] = measure(work, sides, args.rounds, args.threads, seconds)
        rows += report.work_rows(work, found)
    if "import" in wanted:
        print("import …", flush=True)
        rows += report.import_rows(processes.import_times(args.rounds, args.threads))
    if "cold" in wanted:
        print("cold …", flush=True)
        rows += report.cold_rows(processes.cold_starts(args.rounds, args.threads))
    if "sizes" in wanted:
        print("sizes …", flush=True)
        curves = sizes.measure_sizes(args.rounds, args.threads)
        for axis, points in curves.items():
            measured |= {f"{axis} {value}": found for value, found in points.items()}
        sizes.plot(curves, args.plot or Path("sizes.png"))
    elif args.plot:
        report.plot(measured, args.plot)

    report.show(described, rows)
    if args.markdown:
        args.markdown.write_text(report.markdown(described, rows))
    if args.json:
        found = {"machine": described, "rows": rows, "works": report.as_json(measured)}
        args.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
