"""Pictures of an answer: the numbers drawn are read back from the axes, under their labels."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from test_account import account

from transformer.explain import attribution
from transformer.explain import pictures as drawing
from transformer.explain.account import likeliest
from transformer.explain.account.pictures import MINUS, PLUS, QUIET, Pictures, as_png
from transformer.explain.account.words import TITLES, Words, percent, signed


@cache
def drawn(name: str, lang: str = "en") -> dict[str, Figure]:
    told = account(name)
    return Pictures(told, told.tokens[:3], lang).draw()


def labels(ticks: list[Any]) -> list[str]:
    return [label.get_text() for label in ticks]


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("addition", ["attention-encoder.png", "attention-decoder.png", "attention-cross.png"]),
        ("sort", ["attention.png"]),
        ("fill-the-gap", ["attention.png"]),
    ],
)
def test_attention_stands_under_its_labels(name: str, files: list[str]) -> None:
    told, figures = account(name), drawn(name)
    assert list(figures) == [*files, "sum.png", "lens.png"]
    for a, file in zip(told.attentions, files, strict=True):
        assert figures[file].get_suptitle().replace("\n", " ").startswith(TITLES[a.kind][0])
        panels = [axes for axes in figures[file].axes if axes.get_title()]
        written = {} if a.kind == "encoder" else {r.step.row: r.token for r in told.tokens}
        asks = [f"{x} → {written[i]}" if i in written else x for i, x in enumerate(a.asks)]
        for i, panel in enumerate(panels):
            block, head = divmod(i, 2)
            assert panel.get_title() == f"block {block + 1}, head {head + 1}"
            np.testing.assert_array_equal(panel.images[0].get_array(), a.weights[block, head])
            assert labels(panel.get_yticklabels()) == asks
            assert labels(panel.get_xticklabels()) == a.answers
        assert len(panels) == 4
        rows = "asks" if a.kind == "encoder" else "asks → writes"
        assert figures[file].get_supylabel() == rows
        assert figures[file].get_supxlabel() == "answers"


@pytest.mark.parametrize("name", ["addition", "sort", "fill-the-gap"])
def test_the_sum_is_drawn(name: str) -> None:
    told = account(name)
    panels = drawn(name)["sum.png"].axes
    assert len(panels) == len(told.tokens[:3])
    words = Words("en")
    for panel, r in zip(panels, told.tokens, strict=False):
        step = r.step
        of = attribution.parts(told.model, told.explanation.trace, step.row, step.token, step.rival)
        values = [*of.parts.values(), of.total]
        assert [bar.get_width() for bar in panel.patches] == values
        colours = [PLUS if x > 0 else MINUS for x in values[:-1]]
        assert [to_hex(bar.get_facecolor()) for bar in panel.patches] == [*colours, QUIET]
        assert panel.get_title() == f"step {r.number}: {r.token}, not {r.rival}"
        *numbers, left, right = [text for text in panel.texts if text.get_text()]
        assert [text.get_text() for text in numbers] == [signed(x, 2) for x in values]
        assert [text.xy for text in numbers] == [(x, i) for i, x in enumerate(values)]
        assert (left.get_text(), left.get_ha()) == (f"← {r.rival}", "right")
        assert (right.get_text(), right.get_ha()) == (f"{r.token} →", "left")
        low, high = panel.get_xlim()
        assert all(low < x < high for x in values)
    names = [" · ".join(filter(None, words.part(x))) for x in told.tokens[0].sum.parts]
    assert labels(panels[0].get_yticklabels()) == [*names, "together"]
    bottom, top = panels[0].get_ylim()
    assert top < 0 < len(names) < bottom  # the first at the top


@pytest.mark.parametrize("name", ["addition", "sort", "fill-the-gap"])
def test_the_lens_is_drawn(name: str) -> None:
    told = account(name)
    figure = drawn(name)["lens.png"]
    for panel, r in zip(figure.axes, told.tokens, strict=False):
        lens = attribution.lens(told.model, told.explanation.trace, r.step.row)
        assert panel.get_title() == f"step {r.number}: {r.token}"
        texts = {(round(t.get_position()[0]), round(t.get_position()[1])): t for t in panel.texts}
        for i, p in enumerate(lens.values()):
            for j, token in enumerate(likeliest(p, 3)):
                assert panel.images[0].get_array()[i, j] == p[token]
                label = told.explanation.vocabulary[token]
                assert texts.pop((j, i)).get_text() == f"{label}  {percent(p[token])}"
        assert not texts
    names = labels(figure.axes[0].get_yticklabels())
    assert names[:2] == ["embedding", "block 1 · self-attention"]
    assert names[-1] == "block 2 · MLP"


def test_pictures_are_in_chinese_where_a_font_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_characters", lambda: set(range(0x10000)))
    told = account("sort")
    figure = Pictures(told, told.tokens[:1], "zh").attention(told.attentions[0])
    assert figure.get_suptitle().startswith("带掩码的自注意力\n读 hadbc，写 ")
    assert figure.axes[0].get_title() == "第 1 块，头 1"
    monkeypatch.setattr(drawing, "_characters", lambda: set(range(0x2500)))
    figure = Pictures(told, told.tokens[:1], "zh").attention(told.attentions[0])
    assert figure.get_suptitle().startswith("Masked self-attention\nreading hadbc, writing ")


def test_titles_fit_and_pictures_are_png() -> None:
    told = account("fill-the-gap")
    figure = Pictures(told, told.tokens, "en").lens()
    renderer = FigureCanvasAgg(figure).get_renderer()
    picture = as_png(figure)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    texts = [*figure.texts, *(t for axes in figure.axes for t in axes.get_yticklabels())]
    for box in (text.get_window_extent(renderer) for text in texts):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
