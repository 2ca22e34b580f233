"""An explanation in a terminal: attention as coloured cells, the sum as bars, the lens as a table.

    transformer explain runs/addition "12+34" --terminal

It is as wide as the terminal; how cells are drawn is in `cells.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from . import likeliest
from .cells import GAP, Cells, padded, without_repeats
from .words import TITLES, Words, percent

if TYPE_CHECKING:
    from rich.console import Console

    from minitorch.autograd import Array

    from . import Account, Attention, WrittenToken

LONGEST = 12  # tokens whose attention to each other is shown whole


class Terminal(Cells):
    """Shows explanations.

    Args:
        console: where.
        lang: "en" or "zh".
    """

    def __init__(self, console: Console, lang: str) -> None:
        super().__init__(console)
        self.words = Words(lang)

    def show(self, account: Account, tokens: Sequence[WrittenToken]) -> None:
        """Show an answer: its attention, and the sum and the lens of some of its tokens.

        Attention between more than 12 tokens is not shown whole, but for the rows that wrote these
        tokens.
        """
        self._sentence(account)
        self._legend()
        whole = [a for a in account.attentions if max(a.weights.shape[2:]) <= LONGEST]
        rows = [a for a in account.attentions if a not in whole and a.kind != "encoder"]
        if len(whole) < len(account.attentions):
            self._say(
                "This text is long: of its attention only the rows that wrote the tokens below "
                "are shown. --png DIR draws all of it.",
                "文本较长：注意力只显示写出下面词元的行。--png DIR 画出全部。",
            )
        for attention in whole:
            self._attention(attention)
        for written in tokens:
            self._step(account, written, is_alone=len(tokens) == 1)
            for attention in rows:
                self._attention_of_row(attention, written)
            self._sum(written, account)
            self._lens(written, account)

    def _say(self, en: str, zh: str, *values: object) -> None:
        self.console.print(Text(self.words(en, zh, *values)))

    def _heading(self, en: str, zh: str, *values: object) -> None:
        self.console.print(Text(f"\n{self.words(en, zh, *values)}", "bold"))

    def _sentence(self, account: Account) -> None:
        """Say what was read and written, and by which row each token was written."""
        texts = {
            True: (
                "Your model read {0} and put {1} into the gap.",
                "你的模型读了 {0}，在空处填上 {1}。",
            ),
            False: ("Your model read {0} and wrote {1}.", "你的模型读了 {0}，写出 {1}。"),
        }[account.fills_gap]
        explanation = account.explanation
        sentence = self.words(*texts, *map(self.quoted, (account.source, explanation.text)))
        self.console.print(Text(sentence, "bold"))
        self._say(
            "Token by token: the row that asks, what it wrote, and with which probability.",
            "逐个词元：提问的行、它写出的词元，以及概率。",
        )
        self.side_by_side(
            [
                [
                    Text(
                        f"{self.token(explanation.rows[written.step.row])} {self.arrow} "
                        f"{self.token(written.token)} {percent(written.probability)}"
                    )
                ]
                for written in account.tokens
            ]
        )

    # -------------------------------------------------------------- attention

    def _legend(self) -> None:
        self._heading("Attention: who looks at whom?", "注意力：谁在看谁？")
        self._say(
            "Each row asks, each column answers. A digit is tenths of the row's attention: 4 is "
            "0.4 up to 0.5, 9 is 0.9 up to 1, {0} is less than 0.1, and a blank is 0, as behind "
            "the causal mask.",
            "每一行提问，每一列回答。数字是这一行注意力的十分之几：4 表示 0.4 到 0.5，"
            "9 表示 0.9 到 1，{0} 表示不到 0.1，空白表示 0，比如被因果掩码遮住的。",
            self.little,
        )

    def _attention(self, attention: Attention) -> None:
        """Show all blocks and heads."""
        self._heading(*TITLES[attention.kind])
        asks, answers = (list(map(self.token, x)) for x in (attention.asks, attention.answers))
        for block, heads in enumerate(attention.weights, start=1):
            grids: list[list[Text]] = []
            for head, weights in enumerate(heads, start=1):
                title = self.words("block {0}, head {1}", "第 {0} 块，头 {1}", block, head)
                grids += self.grids(title, weights, asks, answers)
            self.side_by_side(grids)
            if block < len(attention.weights):
                self.console.print()

    def _attention_of_row(self, attention: Attention, written: WrittenToken) -> None:
        """Show whom the row asks that wrote a token: a line for each head."""
        row = written.step.row
        self._heading(*TITLES[attention.kind])
        self._say(
            "Whom the row {0} asks, which wrote {1}.",
            "写出 {1} 的那一行 {0} 在问谁。",
            self.token(attention.asks[row]),
            self.token(written.token),
        )
        n_heads = attention.weights.shape[1]
        heads = [self.words("head {0}", "头 {0}", i + 1) for i in range(n_heads)]
        stop = row + 1 if attention.kind in ("decoder", "causal") else None  # the causal mask
        answers = list(map(self.token, attention.answers[:stop]))
        grids: list[list[Text]] = []
        for block, weights in enumerate(attention.weights[:, :, row, :stop], start=1):
            title = self.words("block {0}", "第 {0} 块", block)
            grids += self.grids(title, weights, heads, answers)
        self.side_by_side(grids)

    # -------------------------------------------------------------- a step

    def _step(self, account: Account, written: WrittenToken, is_alone: bool) -> None:
        n = len(account.tokens)
        self._heading(
            "Step {0} of {1}: {2} ({3})",
            "第 {0} 步，共 {1} 步：{2}（{3}）",
            written.number,
            n,
            self.token(written.token),
            percent(written.probability),
        )
        if is_alone and n > 1 and written is account.least_sure:
            self._say(
                "Of this token the model was least sure: the runner-up's logit, {0}'s, is the "
                "nearest. --step N shows another, --step all each of them.",
                "这是模型最没把握的词元：第二名 {0} 的 logit 离它最近。"
                "--step N 看别的，--step all 看全部。",
                self.token(written.rival),
            )

    def _sum(self, written: WrittenToken, account: Account) -> None:
        """Show the parts of the sum as bars, and that they add up."""
        token, rival = self.token(written.token), self.token(written.rival)
        parts, total = written.sum.parts, written.sum.total
        self._heading(
            "The sum: why {0}, and not {1}?", "求和：为什么是 {0}，而不是 {1}？", token, rival
        )
        self._say(
            "What each part adds to the logit of {0} less that of {1}: a bar to the right speaks "
            "for {0}, to the left for {1}.",
            "每一部分给 {0} 与 {1} 的 logit 之差加上多少：向右的条支持 {0}，向左的支持 {1}。",
            token,
            rival,
        )
        rows = without_repeats([self.words.part(name) for name in parts])
        columns = [max(map(cell_len, column)) + 1 for column in zip(*rows, strict=True)]
        difference = self.words("{0} less {1}", "{0} 减 {1}", token, rival)
        margin = max(sum(columns), cell_len(difference) + 1)
        numbers = list(map(self.signed, (*parts.values(), total)))
        digits = max(map(len, numbers)) + 1
        half = max(4, (self.console.width - margin - digits - 1) // 2)
        largest = max(map(abs, parts.values()))
        for row, value, number in zip(rows, parts.values(), numbers, strict=False):
            label = "".join(map(padded, row, columns))
            bar = self.bar(value, largest, half)
            self.line(Text(padded(label, margin)).append_text(bar).append(number.rjust(digits)))
        last = padded(difference, margin + 2 * half + 1) + numbers[-1].rjust(digits)
        self.line(Text(last, "bold"))
        self._say(
            "They add up: the {0} parts give {1}, and the two logits differ by {2}. What lies "
            "between, {3:.0e}, is rounding.",
            "它们加得起来：{0} 个部分合计 {1}，两个 logit 之差是 {2}。相差的 {3:.0e} 是舍入误差。",
            len(parts),
            self.signed(total, 6),
            self.signed(written.sum.difference, 6),
            abs(total - written.sum.difference),
        )
        held = ", ".join(f"{name} = {scale:.4f}" for name, scale in written.scales.items())
        if held:
            self._say(
                "Each norm's scale is held at its value here: {0}.",
                "每个归一化的系数固定为这里的值：{0}。",
                held,
            )
        if account.fills_gap:
            self._say(
                "So is the factor by which the head's GELU multiplies each number.",
                "预测头的 GELU 是 z · Φ(z)，其中的因子 Φ(z) 也固定。",
            )

    def _lens(self, written: WrittenToken, account: Account) -> None:
        """Show the likeliest tokens after each sublayer: three, or as many as fit."""
        self._heading(
            "The logit lens: what would it have said after each sublayer?",
            "logit 透镜：到每个子层为止，它会写什么？",
        )
        self._say(
            "The likeliest tokens; and at the end of the line, how probable {0} is by then.",
            "最可能的词元；行末是到那时 {0} 的概率。",
            self.token(written.token),
        )
        rows = without_repeats([self.words.sublayer(name) for name in written.lens])
        columns = [max(map(cell_len, column)) + 1 for column in zip(*rows, strict=True)]
        names = [Text("".join(map(padded, row, columns))) for row in rows]
        lens = list(written.lens.values())
        chances = [Text(f"{percent(p[written.step.token]):>6}") for p in lens]
        entries = [self._entries(written, account, lens, rank) for rank in range(3)]
        width = names[0].cell_len + len(GAP) + chances[0].cell_len
        while (
            entries and width + sum(len(GAP) + e[0].cell_len for e in entries) > self.console.width
        ):
            entries.pop()
        for line in zip(names, *entries, chances, strict=True):
            self.line(Text(GAP).join(line))

    def _entries(
        self, written: WrittenToken, account: Account, lens: Sequence[Array], rank: int
    ) -> list[Text]:
        """Return a column of the lens: each time the token of a rank, and its probability."""
        ids = [likeliest(p, rank + 1)[rank] for p in lens]
        tokens = [self.token(account.explanation.vocabulary[i]) for i in ids]
        width = max(map(cell_len, tokens))
        return [
            Text(
                f"{padded(token, width)} {percent(p[i]):>6}",
                "bold" if i == written.step.token else "",
            )
            for i, token, p in zip(ids, tokens, lens, strict=True)
        ]
