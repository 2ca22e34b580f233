"""Several runs of `python -m benchmarks`, as one table: each figure with its range.

    for run in 1 2 3; do python -m benchmarks --json $run.json; done
    python -m benchmarks.ranges 1.json 2.json 3.json
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from . import report

NUMBER = re.compile(r"[\d,.]+")


def span(cells: Sequence[str]) -> str:
    """Say what the same cell was in all runs: of "0.94 ×", "0.91 ×", "1.10 ×", "0.91 to 1.10 ×"."""
    if len(set(cells)) == 1:
        return cells[0]
    if not all(map(NUMBER.match, cells)):
        return ", ".join(cell or "no" for cell in cells)
    numbers = [NUMBER.match(cell)[0] for cell in cells]  # type: ignore[index]
    least, *_, most = sorted(numbers, key=lambda n: float(n.replace(",", "")))
    return f"{least} to {cells[numbers.index(most)]}"


def main(paths: Sequence[str]) -> None:
    """Print the table, in Markdown; the runs must be of the same works."""
    runs = [json.loads(Path(path).read_text()) for path in paths]
    tables = [run["rows"] for run in runs]
    rows = [tuple(map(span, zip(*same, strict=True))) for same in zip(*tables, strict=True)]
    print(report.markdown(runs[0]["machine"], rows), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
