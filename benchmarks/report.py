"""The tables and the plot."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from .turns import Measured
from .works import RANKS, WORKS, Work

Rows = list[tuple[str, ...]]
HEADER = (
    "work", "against", "theirs", "ours", "ratio", "2 ranks", "ratio", "goal", ""
)  # fmt: skip


def work_rows(work: Work, found: Measured) -> Rows:
    """Compare a work's times, memory and share of the sgemm limit with the goals.

    Those of a training step are for two ranks, where they were measured.
    """
    rows: Rows = []
    times = {side: quantity(work, median(seconds)) for side, seconds in found.seconds.items()}
    ours = [side for side in ("ours", RANKS) if side in times]
    if RANKS in found.failed:
        rows.append((work.title, "", "", "", "", "not measured", "", "", found.failed[RANKS]))
    for rival, goal in work.goals.items():
        if rival in found.failed:
            why = found.failed[rival]
            rows.append((work.title, rival, "not measured", "", "", "", "", f"{goal:.1f} ×", why))
        if rival not in times:
            continue
        ratios = {side: found.ratio(rival, side) for side in ours}
        cells = [times[rival]]
        for side, ratio in ratios.items():
            cells += [times[side], f"{ratio:.2f} ×"]
        is_met = ratios[ours[-1]] >= goal
        rows.append(_row(work.title, rival, cells, f"{goal:.1f} ×", is_met))
    if work.is_training and "torch" in found.memory:
        theirs = found.memory["torch"][0]
        cells = [f"{theirs:.0f} MB"]
        peaks = [found.memory[side][0] for side in ours]
        for peak in peaks:
            cells += [f"{peak:.0f} MB", f"{theirs / peak:.2f} ×"]
        rows.append(_row("  peak memory", "torch", cells, "1.0 ×", max(peaks) <= theirs))
    if work.limit and work.size:
        cells = [f"{found.sgemm / 1e9:.0f} GFLOP/s"]
        shares = [work.size.flops / median(found.seconds[side]) / found.sgemm for side in ours]
        for share in shares:
            cells += ["", f"{share:.0%}"]
        is_met = shares[-1] >= work.limit
        rows.append(_row("  share of the sgemm limit", "sgemm", cells, f"{work.limit:.0%}", is_met))
    return rows


def import_rows(times: dict[str, float]) -> Rows:
    ours = times["minitorch"]
    rows: Rows = []
    for module, goal in (("numpy", 1 / 1.5), ("torch", 8.0)):
        ratio = times[module] / ours
        cells = [f"{times[module] * 1e3:.0f} ms", f"{ours * 1e3:.0f} ms", f"{ratio:.2f} ×"]
        against = f"import {module}"
        rows.append(_row("import minitorch", against, cells, f"{goal:.2f} ×", ratio >= goal))
    return rows


def cold_rows(times: dict[str, list[float]]) -> Rows:
    cells = [f"{median(times['torch']):.1f} s"]
    ratios = []
    for side in [side for side in times if side != "torch"]:
        ratios.append(median(b / a for a, b in zip(times[side], times["torch"], strict=True)))
        cells += [f"{median(times[side]):.1f} s", f"{ratios[-1]:.2f} ×"]
    title = "from a cold start to 99.9% on addition"
    return [_row(title, "torch", cells, "1.5 ×", ratios[-1] >= 1.5)]


def _row(title: str, against: str, cells: list[str], goal: str, is_met: bool) -> tuple[str, ...]:
    """Make a row of theirs, ours, the ratio and, if there are any, the same on ranks."""
    return (title, against, *cells, *[""] * (5 - len(cells)), goal, "✓" if is_met else "")


def quantity(work: Work, seconds: float) -> str:
    """Write a time, or what was made in it."""
    if work.tokens:
        return f"{work.tokens / seconds:,.0f} tokens/s"
    if work.kind == "operation":
        return f"{seconds * 1e3:.2f} µs"  # a run makes 1000 of them
    return f"{seconds * 1e3:.1f} ms"


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
        (f"{work.title}\nagainst {rival}", measured[work.name], rival)
        for work in WORKS
        if work.name in measured
        for rival in work.goals
        if rival in measured[work.name].seconds
    ][::-1]
    figure, axes = plt.subplots(figsize=(9, 0.6 * len(bars) + 0.8), layout="constrained")
    for side, color, above in (("ours", "#4477aa", 0.2), (RANKS, "#ee6677", -0.2)):
        places = [i + above for i, bar in enumerate(bars) if side in bar[1].seconds]
        ratios = [found.ratio(rival, side) for _, found, rival in bars if side in found.seconds]
        drawn = axes.barh(places, ratios, 0.4, color=color, label=side)
        axes.bar_label(drawn, fmt="%.2f ×", padding=-40, color="white", fontsize=8)
    axes.set_yticks(range(len(bars)), [label for label, _, _ in bars], fontsize=8)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel("their time / ours")
    axes.margins(y=0.01)
    figure.legend(loc="outside upper right", ncols=2)
    figure.savefig(path, dpi=130)
    plt.close(figure)
