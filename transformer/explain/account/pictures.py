"""An explanation as pictures: attention, the sum, and the lens, as they stand in a terminal.

transformer explain runs/addition "12+34" --png pictures
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from rich.cells import cell_len

from ..pictures import attention_figure, drawable, fitted, fonts
from . import likeliest
from .words import TITLES, Words, percent, signed, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from . import Account, Attention, WrittenToken

# The page's colours of what speaks for a token and against it, and of what is said besides.
PLUS, MINUS, QUIET = "#b07900", "#a3246f", "#6a665c"
ABREAST = 4  # panels beside each other, at most
ROW, GAP = 0.22, 0.2  # inches: the height of a bar, and the space between panels


def as_png(figure: Figure) -> bytes:
    """Return a picture as the content of a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, dpi=150, format="png")
    return file.getvalue()


def token_text(text: str) -> str:
    """Return a token as pictures show it."""
    return drawable(visible(text))


class Pictures:
    """Draws an account.

    Args:
        account: of an answer.
        tokens: the tokens whose sum and lens are drawn.
        lang: "en" or "zh"; in English where no font has Chinese.
    """

    def __init__(self, account: Account, tokens: Sequence[WrittenToken], lang: str) -> None:
        self.account, self.tokens = account, tokens
        self.words = Words("en" if drawable("中文") != "中文" else lang)

    def draw(self) -> dict[str, Figure]:
        """Return the pictures by the names of their files."""
        kinds = len(self.account.attentions)
        attention = {
            "attention.png" if kinds == 1 else f"attention-{a.kind}.png": self.attention(a)
            for a in self.account.attentions
        }
        return {**attention, "sum.png": self.sum(), "lens.png": self.lens()}

    def _title(self, en: str, zh: str) -> str:
        """Return a title, and under it what was read and written."""
        texts = (self.account.source, self.account.explanation.text)
        what = (
            ("reading {0}, putting {1} into the gap", "读 {0}，在空处填 {1}")
            if self.account.fills_gap
            else ("reading {0}, writing {1}", "读 {0}，写 {1}")
        )
        below = self.words(*what, *(visible(text, space=False) for text in texts))
        return f"{self.words(en, zh)}\n{below}"

    def attention(self, attention: Attention) -> Figure:
        """Draw all blocks and heads. A row that wrote a token is labelled with both."""
        asks = list(map(token_text, attention.asks))
        if attention.kind != "encoder":
            for written in self.account.tokens:
                asks[written.step.row] += f" → {token_text(written.token)}"
        return attention_figure(
            attention.weights,
            asks,
            list(map(visible, attention.answers)),
            self._title(*TITLES[attention.kind]),
            (
                self.words("asks", "提问")
                if attention.kind == "encoder"
                else self.words("asks → writes", "提问 → 写出"),
                self.words("answers", "回答"),
                self.words("attention weight", "注意力权重"),
            ),
            self.words("block {0}, head {1}", "第 {0} 块，头 {1}"),
        )

    def _panels(
        self, title: str, labels: list[str], size: tuple[float, float], head: float
    ) -> tuple[Figure, list[Axes]]:
        """Return a figure with a panel for each token, the names of its lines at the left.

        Args:
            title: of the figure.
            labels: the names of the lines.
            size: of a panel, in inches.
            head: the space above each panel, in inches.
        """
        n = len(self.tokens)
        across = math.ceil(n / math.ceil(n / ABREAST))
        down = math.ceil(n / across)
        names = 0.2 + 0.065 * max(map(cell_len, labels))
        width = max(6.5, names + across * (size[0] + GAP))
        title = fitted(title, width)
        top = 0.3 + 0.2 * len(title.splitlines())
        height = top + down * (size[1] + head) + 0.1
        figure = Figure(figsize=(width, height))
        font: dict[str, Any] = {"fontfamily": fonts("DejaVu Sans")}
        figure.suptitle(title, y=1 - 0.1 / height, va="top", **font)
        place = {
            "left": names / width, "right": 1 - GAP / width,
            "bottom": 0.1 / height, "top": 1 - (top + head) / height,
            "wspace": GAP / size[0], "hspace": head / size[1],
        }  # fmt: skip
        panels = figure.subplots(down, across, squeeze=False, gridspec_kw=place).ravel()
        for panel in panels[n:]:
            panel.remove()
        for k, panel in enumerate(panels[:n]):
            shown = labels if k % across == 0 else [""] * len(labels)
            panel.set_yticks(range(len(labels)), shown, fontsize=8, fontfamily=fonts("DejaVu Sans"))
            panel.set_xticks([])
            panel.tick_params(length=0)
            panel.spines[:].set_visible(False)
        return figure, list(panels[:n])

    def sum(self) -> Figure:
        """Draw the parts of each sum as bars to the right and to the left of a zero line."""
        names = list(self.tokens[0].sum.parts)
        labels = [" · ".join(filter(None, self.words.part(name))) for name in names]
        labels.append(self.words("together", "合计"))
        title = self._title(
            "The sum: what each part adds to the token's logit less the runner-up's\n"
            "(each norm's scale held at its value here)",
            "求和：每一部分给词元与第二名的 logit 之差加上多少\n（每个归一化的系数固定为这里的值）",
        )
        figure, panels = self._panels(title, labels, (2.6, ROW * len(labels)), 0.6)
        font: dict[str, Any] = {"fontfamily": fonts("DejaVu Sans")}
        sums = [[*written.sum.parts.values(), written.sum.total] for written in self.tokens]
        most = np.abs(sums).max() or 1
        for panel, written, values in zip(panels, self.tokens, sums, strict=True):
            colours = [PLUS if value > 0 else MINUS for value in values[:-1]]
            panel.barh(range(len(values)), values, 0.7, color=[*colours, QUIET])
            panel.axvline(0, color="black", linewidth=0.8)
            for i, value in enumerate(values):
                panel.annotate(
                    signed(value, 2), (value, i), (3 if value > 0 else -3, 0),
                    textcoords="offset points", fontsize=7, va="center",
                    ha="left" if value > 0 else "right",
                )  # fmt: skip
            panel.set_xlim(min(0, np.min(sums)) - 0.25 * most, np.max(sums) + 0.25 * most)
            panel.set_ylim(len(values) - 0.4, -0.6)
            token, rival = map(token_text, (written.token, written.rival))
            step = self.words(
                "step {0}: {1}, not {2}", "第 {0} 步：{1}，不是 {2}", written.number, token, rival
            )
            panel.set_title(step, fontsize=9, pad=20, **font)
            for text, x, colour, side in (
                (f"← {rival}", -6, MINUS, "right"),
                (f"{token} →", 6, PLUS, "left"),
            ):
                panel.annotate(
                    text, (0, -0.6), (x, 5), textcoords="offset points", color=colour,
                    fontsize=8, ha=side, **font,
                )  # fmt: skip
        return figure

    def lens(self) -> Figure:
        """Draw the three likeliest tokens after each sublayer, darker where more probable."""
        labels = [" · ".join(self.words.sublayer(n)).rstrip(" ·") for n in self.tokens[0].lens]
        title = self._title(
            "The logit lens: what it would have said after each sublayer",
            "logit 透镜：到每个子层为止，它会写什么",
        )
        vocabulary = self.account.explanation.vocabulary
        longest = max(
            cell_len(token_text(vocabulary[i]))
            for written in self.tokens
            for p in written.lens.values()
            for i in likeliest(p, 3)
        )
        column = 0.75 + 0.07 * longest
        figure, panels = self._panels(title, labels, (3 * column, 1.25 * ROW * len(labels)), 0.35)
        for panel, written in zip(panels, self.tokens, strict=True):
            lens = list(written.lens.values())
            ids = [likeliest(p, 3) for p in lens]
            shown = np.array([p[likely] for p, likely in zip(lens, ids, strict=True)])
            panel.imshow(shown, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            for (i, j), value in np.ndenumerate(shown):
                panel.text(
                    j, i, f"{token_text(vocabulary[ids[i][j]])}  {percent(value)}",
                    ha="center", va="center", fontsize=8,
                    color="white" if value > 0.7 else "black",
                    fontweight="bold" if ids[i][j] == written.step.token else "normal",
                    fontfamily=fonts("DejaVu Sans Mono"),
                )  # fmt: skip
            step = self.words(
                "step {0}: {1}", "第 {0} 步：{1}", written.number, token_text(written.token)
            )
            panel.set_title(step, fontsize=9, fontfamily=fonts("DejaVu Sans"))
        return figure
