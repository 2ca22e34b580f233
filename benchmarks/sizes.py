"""Cost against size: each size of a small GPT doubled four times, ours and PyTorch's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .turns import Measured, measure
from .works import Size, Work

BASE = Size(vocab=65, context=16, batch=4, layers=1, heads=4, width=32)
AXES = ("width", "layers", "context", "batch")

Curves = dict[str, dict[int, Measured]]


def measure_sizes(rounds: int, threads: int) -> Curves:
    """Measure a training step along each axis."""
    curves: Curves = {}
    for axis in AXES:
        start = getattr(BASE, axis)
        for value in (start * 2**i for i in range(5)):
            size = replace(BASE, **{axis: value})
            work = Work(f"{axis} {value}", "", "training_step", {}, size)
            found = measure(work, ("ours", "torch"), rounds, threads, seconds=0.1)
            curves.setdefault(axis, {})[value] = found
    return curves


def plot(curves: Curves, path: Path) -> None:
    """Draw a panel for each axis, both scales logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(
        1, len(curves), figsize=(12, 3.2), sharey=True, layout="constrained"
    )
    for panel, (axis, points) in zip(panels, curves.items(), strict=True):
        for side, label in (("ours", "minitorch"), ("torch", "PyTorch")):
            times = [min(found.seconds[side]) * 1e3 for found in points.values()]
            panel.loglog(list(points), times, "o-", label=label, base=2)
        panel.set_xlabel(axis)
        panel.set_xticks(list(points), labels=[str(value) for value in points])
        panel.yaxis.set_major_formatter("{x:g}")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("a training step, ms")
    panels[0].legend()
    figure.savefig(path, dpi=130)
    plt.close(figure)
