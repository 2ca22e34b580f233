"""Pictures of a training and of attention."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from minitorch.autograd import Array


def draw_metrics(rows: Sequence[dict[str, float]], path: Path) -> None:
    """Draw loss and held-out exact match over the steps of a training, and save the picture."""
    steps = [row["step"] for row in rows]
    figure = Figure(figsize=(8, 4), layout="constrained")
    left = figure.add_subplot(xlabel="step")
    left.set_ylabel("training loss", color="C0")
    left.plot(steps, [row["loss"] for row in rows], color="C0", marker="o", markersize=3)
    left.set_ylim(0, 1.05 * max(row["loss"] for row in rows))
    right = left.twinx()
    right.set_ylabel("held-out exact match", color="C1")
    right.plot(steps, [row["exact_match"] for row in rows], color="C1", marker="o", markersize=3)
    right.set_ylim(0, 1.05)
    right.yaxis.set_major_formatter(PercentFormatter(1))
    _save(figure, path)


def draw_attention(
    weights: Array,
    queries: Sequence[str],
    keys: Sequence[str],
    title: str,
    path: Path,
    row_label: str = "token",
) -> None:
    """Draw who looks at whom, a panel for each layer and head, and save the picture.

    Args:
        weights: (layers, heads, T_q, T_k), each row summing to 1.
        queries: what each row stands for, T_q of them, from top to bottom.
        keys: what is looked at, T_k of them, from left to right.
        title: says what is seen.
        path: where to save.
        row_label: what a row is, to stand beside the panels.
    """
    layers, heads = weights.shape[:2]
    cell = 0.27  # inches
    size = (
        heads * (len(keys) * cell + 0.6) + 1.2,
        layers * (len(queries) * cell + 0.7) + 0.9,
    )
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    figure.supxlabel("looks at")
    figure.supylabel(row_label)
    panels = figure.subplots(layers, heads, squeeze=False)
    for layer in range(layers):
        for head in range(heads):
            panel = panels[layer][head]
            image = panel.imshow(weights[layer, head], cmap="Blues", vmin=0, vmax=1)
            panel.set_title(f"layer {layer + 1}, head {head + 1}", fontsize=9)
            panel.set_xticks(range(len(keys)), keys, fontfamily="monospace")
            panel.set_yticks(range(len(queries)), queries, fontfamily="monospace")
            panel.tick_params(length=0)
    figure.colorbar(image, ax=panels, label="attention weight")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    """Save a picture whole or not at all."""
    unfinished = path.with_suffix(".tmp.png")
    figure.savefig(unfinished, dpi=150)
    unfinished.replace(path)
