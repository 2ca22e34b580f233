"""Pictures: the metrics of a training run as curves, and attention weights as heat maps."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

if "matplotlib" not in sys.modules:
    # It would refuse a backend that is not installed, as a notebook's may be. Pictures need none.
    _backend = os.environ.pop("MPLBACKEND", "")
    import matplotlib

    if _backend:
        os.environ["MPLBACKEND"] = _backend
        with suppress(ValueError):
            matplotlib.rcParams["backend"] = _backend

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from minitorch.autograd import Array

from .. import arguments

# Fonts with Chinese characters, of which a computer may have one; those of matplotlib have none.
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "PingFang SC", "Heiti SC", "Microsoft YaHei", "SimHei",
    "Noto Sans CJK JP",
)  # fmt: skip


@cache
def fonts(first: str) -> list[str]:
    """Return a font, and after it those to fall back on for characters that it does not have."""
    installed = set(font_manager.get_font_names())
    return [first, *(name for name in CHINESE_FONTS if name in installed)]


@cache
def _characters() -> set[int]:
    """Return the code points of all characters that these fonts can draw."""
    paths = map(font_manager.findfont, fonts("DejaVu Sans Mono"))
    return {code for path in paths for code in font_manager.get_font(path).get_charmap()}


def drawable(text: str) -> str:
    """Escape characters that no font has, as `\\u…`, and `$`, which would start a formula."""
    drawn = (c if ord(c) in _characters() else c.encode("unicode_escape").decode() for c in text)
    return "".join(drawn).replace("$", r"\$")


def fitted(title: str, width: float) -> str:
    """Return a title whose lines are broken where they would be longer than a figure, in inches."""
    lines = (textwrap.wrap(line, max(20, int(10 * width))) for line in title.splitlines())
    return "\n".join(map(drawable, chain.from_iterable(lines)))


def save(figure: Figure, path: Path) -> None:
    """Save a picture as PNG atomically: whole, or not at all."""
    path = Path(path)
    unfinished = path.with_name(f"{path.name}.tmp")
    try:
        figure.savefig(unfinished, dpi=150, format="png")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def _draw_curves(panel: Axes, rows: Sequence[dict[str, float]], labels: dict[str, str]) -> None:
    """Draw a curve for each metric that the rows have: of training blue, of held-out orange."""
    labels = {name: label for name, label in labels.items() if name in rows[0]}
    for name, label in labels.items():
        colour = "C0" if label.startswith("training") else "C1"
        steps, values = zip(*((row["step"], row[name]) for row in rows), strict=True)
        panel.plot(steps, values, color=colour, marker="o", markersize=3, label=label)
    panel.set_xlabel("step")
    panel.set_ylabel(", ".join(labels.values()))
    if len(labels) > 1:
        panel.legend()


def draw_metrics(rows: Sequence[dict[str, float]], path: Path) -> None:
    """Draw loss and, where there is one, exact match against the step, and save the picture.

    Args:
        rows: the metrics of each evaluation; see `Training.metrics`.
        path: where to save the picture.

    Raises:
        ValueError: there are no rows, or one has not the metrics of the first.
    """
    if not rows:
        raise ValueError("no metrics to draw: a training has them after its first evaluation")
    for row in rows:
        if not {"step", "loss", *rows[0]} <= row.keys():
            needed = ", ".join(dict.fromkeys(["step", "loss", *rows[0]]))
            raise ValueError(f"every row of metrics needs {needed}, but one has {', '.join(row)}")
    curves = [{"loss": "training loss", "held_out_loss": "held-out loss"}]
    if "exact_match" in rows[0]:
        curves.append(
            {"training_exact_match": "training exact match", "exact_match": "held-out exact match"}
        )
    figure = Figure(figsize=(1 + 5 * len(curves), 4), layout="constrained")
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for panel, labels in zip(panels, curves, strict=True):
        _draw_curves(panel, rows, labels)
    panels[0].set_ylim(bottom=0)
    for panel in panels[1:]:
        panel.set_ylim(-0.05, 1.05)
        panel.yaxis.set_major_formatter(PercentFormatter(1))
    save(figure, path)


def attention_figure(
    weights: Array,
    queries: Sequence[str],
    keys: Sequence[str],
    title: str,
    labels: tuple[str, str, str] = ("token", "attends to", "attention weight"),
    panel_title: str = "layer {0}, head {1}",
) -> Figure:
    """Draw attention weights, a heat map for each layer and head.

    Args:
        weights, queries, keys, title: as of `draw_attention`.
        labels: what a row is, what a column is, and what the colours are.
        panel_title: of a heat map, with places for the numbers of the layer and the head.

    Raises:
        ValueError: as of `draw_attention`.
    """
    weights = np.asarray(weights)
    if weights.ndim != 4 or not weights.size or weights.shape[2:] != (len(queries), len(keys)):
        raise ValueError(
            f"weights of shape {weights.shape} are not (layers, heads, T_q, T_k) for "
            f"{len(queries)} queries and {len(keys)} keys"
        )
    if not (weights.min() >= 0 and weights.max() <= 1 + 1e-3):
        raise ValueError(
            f"attention weights are in [0, 1], but these are from {weights.min()} to "
            f"{weights.max()}: were they scores, or NaN?"
        )
    layers, heads = weights.shape[:2]
    queries = [drawable(token) for token in arguments.texts("queries", list(queries))]
    keys = [drawable(token) for token in arguments.texts("keys", list(keys))]
    widest, highest = (max(map(len, tokens)) for tokens in (queries, keys))
    upright = highest > len("</s>")  # labels as long as words stand on end
    is_long = max(weights.shape[2:]) > 32
    cell, letter = (0.15, 0.06) if is_long else (0.27, 0.09)  # inches
    size = (
        heads * (len(keys) * cell + widest * letter + 0.3) + 1.2,
        layers * (len(queries) * cell + highest * letter * upright + 0.7) + 0.9,
    )
    figure = Figure(figsize=size, layout="constrained")
    font: dict[str, Any] = {"fontfamily": fonts("DejaVu Sans")}
    figure.suptitle(fitted(title, size[0]), **font)
    figure.supxlabel(labels[1], **font)
    figure.supylabel(labels[0], **font)
    panels = figure.subplots(layers, heads, squeeze=False)
    for layer in range(layers):
        for head in range(heads):
            panel = panels[layer][head]
            image = panel.imshow(weights[layer, head], cmap="Blues", vmin=0, vmax=1)
            panel.set_title(panel_title.format(layer + 1, head + 1), fontsize=9, **font)
            monospaced = {"fontfamily": fonts("DejaVu Sans Mono")}
            panel.set_xticks(range(len(keys)), keys, rotation=90 * upright, **monospaced)
            panel.set_yticks(range(len(queries)), queries, **monospaced)
            panel.tick_params(length=0, labelsize=6 if is_long else None)
    figure.colorbar(image, ax=panels, fraction=min(0.15, 2 / size[0])).set_label(labels[2], **font)
    return figure


def draw_attention(
    weights: Array,
    queries: Sequence[str],
    keys: Sequence[str],
    title: str,
    path: Path,
    row_label: str = "token",
) -> None:
    """Draw attention weights, a heat map for each layer and head, and save the picture.

    Args:
        weights: (layers, heads, T_q, T_k), each row summing to 1.
        queries: the tokens that attend, T_q of them, a row each, from top to bottom.
        keys: the tokens that are attended to, T_k of them, a column each, from left to right.
        title: of the picture.
        path: where to save the picture.
        row_label: what a row is; it stands beside the heat maps.

    Raises:
        ValueError: the weights are not of these shape and range.
    """
    labels = (row_label, "attends to", "attention weight")
    save(attention_figure(weights, queries, keys, title, labels), path)
