"""What the cells of a terminal can show: grids of weights, bars, and labels in columns.

What colours say is also said by digits and by places: for a pipe, a terminal without colours, and
those who see colours differently. Where the output's encoding has no Chinese, no blocks and no
arrows, ASCII stands in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from rich.text import Text

from .words import signed, visible

if TYPE_CHECKING:
    from rich.console import Console

    from minitorch.autograd import Array

UPRIGHT = len("</s>")  # cells of a label; where one is longer, labels stand on end
GAP = " " * 3  # between what stands side by side
# The colours of the pictures, as red, green and blue, for weights from 0 to 1 (ColorBrewer's
# Blues); and those of the page's sum, between its light and its dark ones.
BLUES = np.array([(247, 251, 255), (198, 219, 239), (107, 174, 214), (33, 113, 181), (8, 48, 107)])
PLUS, MINUS = "#c98f10", "#cb4f97"


def padded(text: str, width: int) -> str:
    """Return a text of `width` cells, of which a Chinese character takes two."""
    return text + " " * (width - cell_len(text))


def without_repeats(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows of labels in which what is as in the row above is left out.

    >>> without_repeats([("block 1", "MLP", ""), ("block 2", "MLP", ""), ("block 2", "head", "1")])
    [['block 1', 'MLP', ''], ['block 2', 'MLP', ''], ['', 'head', '1']]
    """
    above: Sequence[Sequence[str]] = [(), *rows]
    return [
        ["" if row[: i + 1] == before[: i + 1] else row[i] for i in range(len(row))]
        for before, row in zip(above, rows, strict=False)
    ]


class Cells:
    """Writes to a console.

    Args:
        console: where.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.is_ascii = console.options.ascii_only
        self.is_coloured = console.color_system in ("256", "truecolor") and not console.no_color
        self.little, self.arrow = (".", "->") if self.is_ascii else ("·", "→")

    def _has(self, character: str) -> bool:
        """Whether the output's encoding has a character."""
        try:
            character.encode(self.console.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def token(self, text: str) -> str:
        """Return a token in which everything can be seen."""
        return visible(text, self._has)

    def quoted(self, text: str) -> str:
        """Return a text of several words in quotes."""
        text = visible(text, self._has, space=False)
        left, right = '""' if self.is_ascii else "“”"
        return f"{left}{text}{right}" if " " in text or not text else text

    def signed(self, x: float, digits: int = 3) -> str:
        """Return a number with its sign."""
        return signed(x, digits, minus="-" if self.is_ascii else "−")

    def line(self, line: Text) -> None:
        """Print a line that is as long as it is."""
        self.console.print(line, no_wrap=True, overflow="ignore", crop=False)

    def side_by_side(self, blocks: Sequence[list[Text]]) -> None:
        """Print blocks, each of lines of one width, as many beside each other as fit."""
        while blocks:
            ends = np.cumsum([block[0].cell_len + len(GAP) for block in blocks]) - len(GAP)
            n = max(1, int(np.searchsorted(ends, self.console.width, "right")))
            for lines in zip(*blocks[:n], strict=True):
                line = Text(GAP).join(lines)
                line.rstrip()
                self.line(line)
            blocks = blocks[n:]
            if blocks and len(blocks[0]) > 1:
                self.console.print()

    def cell(self, weight: float, width: int) -> Text:
        """Return a cell of a grid: a digit, on a colour."""
        digit = self.little if weight < 0.1 else str(min(9, int(10 * weight)))
        if weight == 0:
            return Text(" " * width)
        if not self.is_coloured:
            return Text(digit.rjust(width))
        at = np.linspace(0, 1, len(BLUES))
        colour = Color.from_rgb(*(round(np.interp(weight, at, channel)) for channel in BLUES.T))
        ink = Color.from_rgb(255, 255, 255) if weight > 0.7 else Color.from_rgb(20, 30, 50)
        return Text(digit.rjust(width), Style(color=ink, bgcolor=colour))

    def grids(
        self, title: str, weights: Array, asks: Sequence[str], answers: Sequence[str]
    ) -> Iterator[list[Text]]:
        """Yield the grid of weights (T_q, T_k) as lines; in several parts if it is too wide."""
        margin = max(map(cell_len, asks)) + 1
        is_upright = max(map(cell_len, answers)) > UPRIGHT
        height = max(map(len, answers)) if is_upright else 1
        widths = [2 if is_upright else max(2, cell_len(label) + 1) for label in answers]
        start = 0
        while start < len(answers):
            room = np.cumsum(widths[start:]) + margin <= self.console.width
            stop = start + max(1, int(room.sum()))
            columns = range(start, stop)
            lines = [Text(title, "dim")]
            for i in range(height):
                line = Text(" " * margin)
                for j in columns:
                    label = answers[j].rjust(height)[i] if is_upright else answers[j]
                    line.append(" " * (widths[j] - cell_len(label)) + label)
                lines.append(line)
            for label, row in zip(asks, weights, strict=True):
                cells = (self.cell(float(row[j]), widths[j]) for j in columns)
                lines.append(Text(padded(label, margin)).append_text(Text().join(cells)))
            width = max(line.cell_len for line in lines)
            for line in lines:
                line.append(" " * (width - line.cell_len))
            yield lines
            start = stop

    def bar(self, value: float, largest: float, half: int) -> Text:
        """Return a bar to the right or to the left of a zero line, in 2 · half + 1 cells."""
        eighths = round(8 * half * abs(value) / largest) if largest else 0
        if self.is_ascii:
            bar = "#" * round(eighths / 8)
        elif value > 0:
            bar = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
        else:  # there is half a block that begins at the right, and no eighth
            bar = "▐" * (2 <= eighths % 8 < 6) + "█" * ((eighths + 2) // 8)
        left, right = ("", bar) if value > 0 else (bar, "")
        return Text.assemble(
            " " * (half - len(left)), (left, MINUS), ("|" if self.is_ascii else "│", "dim"),
            (right, PLUS), " " * (half - len(right)),
        )  # fmt: skip
