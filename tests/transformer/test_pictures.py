"""Pictures: what is drawn is what was measured, and its axes say what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from transformer.explain import pictures
from transformer.explain.pictures import draw_attention, draw_metrics

ROWS = [
    {"step": 100, "loss": 2.0, "exact_match": 0.1, "learning_rate": 0.1},
    {"step": 200, "loss": 0.5, "exact_match": 0.9, "learning_rate": 0.0},
]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Collects the figures in the place of saving them."""
    drawn: list[Figure] = []
    monkeypatch.setattr(pictures, "save", lambda figure, path: drawn.append(figure))
    return drawn


def test_metrics_are_drawn_over_steps(figures: list[Figure]) -> None:
    draw_metrics(ROWS, Path("unused.png"))
    loss, match = figures[0].axes
    assert loss.get_xlabel() == "step"
    assert loss.get_ylabel() == "training loss"
    assert loss.lines[0].get_xydata().tolist() == [[100, 2.0], [200, 0.5]]
    assert match.get_ylabel() == "held-out exact match"
    assert match.lines[0].get_xydata().tolist() == [[100, 0.1], [200, 0.9]]
    assert match.yaxis.get_major_formatter()(0.5) == "50%"
    for axes, line in ((loss, loss.lines[0]), (match, match.lines[0])):
        low, high = axes.get_ylim()
        assert all(low <= y <= high for y in line.get_ydata())


def attention() -> Any:
    weights = np.random.default_rng(0).random((2, 3, 4, 6))
    return weights / weights.sum(-1, keepdims=True)


def test_attention_is_drawn_in_a_panel_for_each_layer_and_head(figures: list[Figure]) -> None:
    weights = attention()
    draw_attention(weights, [*"753", "</s>"], list("12+34="), "A title", Path("unused.png"))
    assert figures[0].get_suptitle() == "A title"
    panels = [axes for axes in figures[0].axes if axes.get_title()]
    assert len(panels) == 6
    for i, panel in enumerate(panels):
        layer, head = divmod(i, 3)
        assert panel.get_title() == f"layer {layer + 1}, head {head + 1}"
        np.testing.assert_array_equal(panel.images[0].get_array(), weights[layer, head])
        assert panel.images[0].get_clim() == (0, 1)
        assert [label.get_text() for label in panel.get_xticklabels()] == list("12+34=")
        assert [label.get_text() for label in panel.get_yticklabels()] == ["7", "5", "3", "</s>"]


@pytest.mark.parametrize("what", ["metrics", "attention"])
def test_a_picture_is_saved_whole(tmp_path: Path, what: str) -> None:
    path = tmp_path / "picture.png"
    if what == "metrics":
        draw_metrics(ROWS, path)
    else:
        draw_attention(attention(), list("7531"), list("12+34="), "A title", path)
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    assert [p.name for p in tmp_path.iterdir()] == ["picture.png"]


def test_training_and_held_out_stand_side_by_side_with_a_legend(figures: list[Figure]) -> None:
    rows = [{**row, "held_out_loss": 3.0, "training_exact_match": 1.0} for row in ROWS]
    draw_metrics(rows, Path("unused.png"))
    losses, matches = figures[0].axes
    names = [[line.get_label() for line in axes.lines] for axes in (losses, matches)]
    assert names == [
        ["training loss", "held-out loss"],
        ["training exact match", "held-out exact match"],
    ]
    for axes in (losses, matches):
        assert [line.get_color() for line in axes.lines] == ["C0", "C1"]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == [
            line.get_label() for line in axes.lines
        ]


def test_losses_alone_are_drawn(figures: list[Figure]) -> None:
    rows = [{"step": row["step"], "loss": 1.0, "held_out_loss": 2.0} for row in ROWS]
    draw_metrics(rows, Path("unused.png"))
    (axes,) = figures[0].axes
    assert len(axes.lines) == 2


@pytest.mark.parametrize("tokens", ["2月5日", "$x$y", "a\n\t ", "😀$", "\ud800"])
def test_any_token_is_drawn_without_a_warning(tmp_path: Path, tokens: str) -> None:
    """Warnings are errors here, and matplotlib's fonts have no Chinese."""
    weights = np.full((1, 1, len(tokens), len(tokens)), 1 / len(tokens))
    draw_attention(weights, list(tokens), list(tokens), tokens, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").is_file()


def test_characters_without_a_font_are_spelled_out(
    figures: list[Figure], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_characters", lambda: set(map(ord, "25")))
    weights = np.full((1, 1, 1, 3), 1 / 3)
    draw_attention(weights, ["2"], ["2", "月", "5"], "", Path("unused.png"))
    labels = [label.get_text() for label in figures[0].axes[0].get_xticklabels()]
    assert labels == ["2", r"\u6708", "5"]
