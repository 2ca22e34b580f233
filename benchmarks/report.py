"""The tables and the plot."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from .turns import Measured
from .works import WORKS, Work

Rows = list[tuple[str, ...]]
HEADER = ("work", "against", "ours", "theirs", "ratio", "goal", "")


def work_rows(work: Work, found: Measured) -> Rows:
    """Compare a work's times, memory and share of the sgemm limit with the goals."""
    rows: Rows = []
    for rival, goal in work.goals.items():
        if rival in found.failed:
            rows.append((work.title, rival, "", "failed", "", f"{goal:.1f} ×", found.failed[rival]))
            continue
        ours, theirs = (median(found.seconds[side]) for side in ("ours", rival))
        ratio = found.ratio(rival)
        rows.append(
            (work.title, rival, quantity(work, ours), quantity(work, theirs), f"{ratio:.2f} ×",
             f"{goal:.1f} ×", met(ratio >= goal))
        )  # fmt: skip
    if work.size and not work.tokens and "torch" in found.memory:
        ours, theirs = found.memory["ours"][0], found.memory["torch"][0]
        rows.append(
            ("  peak memory", "torch", f"{ours:.0f} MB", f"{theirs:.0f} MB",
             f"{theirs / ours:.2f} ×", "1.0 ×", met(ours <= theirs))
        )  # fmt: skip
    if work.limit and work.size:
        share = work.size.flops / median(found.seconds["ours"]) / found.sgemm
        best = f"{found.sgemm / 1e9:.0f} GFLOP/s"
        rows.append(
            ("  share of the sgemm limit", best, f"{share:.0%}", "", "", f"{work.limit:.0%}",
             met(share >= work.limit))
        )  # fmt: skip
    return rows


def import_rows(times: dict[str, float]) -> Rows:
    ours = times["minitorch"]
    rows: Rows = []
    for module, goal in (("numpy", 1 / 1.5), ("torch", 8.0)):
        ratio = times[module] / ours
        rows.append(
            ("import minitorch", f"import {module}", f"{ours * 1e3:.0f} ms",
             f"{times[module] * 1e3:.0f} ms", f"{ratio:.2f} ×", f"{goal:.2f} ×", met(ratio >= goal))
        )  # fmt: skip
    return rows


def cold_rows(times: dict[str, list[float]]) -> Rows:
    rows: Rows = []
    for side, how in (("ours", ""), ("ours-2", ", in 2 processes")):
        ratio = median(b / a for a, b in zip(times[side], times["torch"], strict=True))
        ours, theirs = (f"{median(times[x]):.1f} s" for x in (side, "torch"))
        title = f"from a cold start to 99.9% on addition{how}"
        rows.append((title, "torch", ours, theirs, f"{ratio:.2f} ×", "2.0 ×", met(ratio >= 2)))
    return rows


def quantity(work: Work, seconds: float) -> str:
    """Write a time, or what was made in it."""
    if work.tokens:
        return f"{work.tokens / seconds:,.0f} tokens/s"
    if work.kind == "operation":
        return f"{seconds * 1e3:.2f} µs"  # a run makes 1000 of them
    return f"{seconds * 1e3:.1f} ms"


def met(is_met: bool) -> str:
    return "✓" if is_met else ""


def show(machine: dict[str, str], rows: Rows) -> None:
    """Print what it was measured on, and the table if there is one."""
    console = Console()
    for name, what in machine.items():
        console.print(f"{name}: {what}", highlight=False)
    if rows:
        table = Table(*HEADER)
        for row in rows:
            table.add_row(*row)
        console.print(table)


def markdown(machine: dict[str, str], rows: Rows) -> str:
    """Write the table as RESULTS.md has it."""
    lines = [f"- {name}: {what}" for name, what in machine.items()]
    lines += ["", "| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def as_json(measured: dict[str, Measured]) -> dict[str, Any]:
    return {name: asdict(found) for name, found in measured.items()}


def plot(measured: dict[str, Measured], path: Path) -> None:
    """Draw how many times as long each rival takes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    bars = [
        (f"{work.title}\nagainst {rival}", measured[work.name].ratio(rival))
        for work in WORKS
        if work.name in measured
        for rival in work.goals
        if rival in measured[work.name].seconds
    ][::-1]
    figure, axes = plt.subplots(figsize=(8, 0.55 * len(bars) + 0.8), layout="constrained")
    drawn = axes.barh([label for label, _ in bars], [ratio for _, ratio in bars], color="#4477aa")
    axes.bar_label(drawn, fmt="%.2f ×", padding=-40, color="white")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel("their time / ours")
    axes.tick_params(axis="y", labelsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)
