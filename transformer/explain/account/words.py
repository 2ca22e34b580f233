"""What the parts of a model, its tokens and numbers are called, in English and Chinese.

Blocks, heads and steps are counted from 1 for people, and from 0 in the names of a trace.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

# Where an attention stands; see `Attention`.
TITLES = {
    "encoder": ("Self-attention of the encoder", "编码器的自注意力"),
    "decoder": ("Masked self-attention of the decoder", "解码器的带掩码自注意力"),
    "cross": ("Cross-attention: the answer asks the question", "交叉注意力：答案向题目提问"),
    "causal": ("Masked self-attention", "带掩码的自注意力"),
    "both": ("Self-attention", "自注意力"),
}
NAMES = {
    "embedding": ("embedding", "嵌入"),
    "tokens": ("token", "词元"),
    "positions": ("position", "位置"),
    "segments": ("segment", "段落"),
    "biases": ("biases", "偏置"),
    "attention": ("self-attention", "自注意力"),
    "self_attention": ("self-attention", "自注意力"),
    "cross_attention": ("cross-attention", "交叉注意力"),
    "mlp": ("MLP", "MLP"),
}
INVISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥"}


class Words:
    """Texts in a language, and how numbers and tokens are written.

    >>> words = Words("zh")
    >>> words("head {0}", "头 {0}", 2)
    '头 2'

    Args:
        lang: "en" or "zh".
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, en: str, zh: str, *values: Any) -> str:
        """Return the text in this language, with the values, if there are any, in their places."""
        text = {"en": en, "zh": zh}[self.lang]
        return text.format(*values) if values else text

    def sublayer(self, name: str) -> tuple[str, str]:
        """Say where a sublayer, or a part of the embedding, stands, and what it is.

        >>> Words("en").sublayer("decoder.blocks.0.add_cross_attention.residual")
        ('block 1', 'cross-attention')
        """
        found = re.search(r"blocks\.(\d+)\.(?:add_)?(\w+)", name)
        if found:
            return self("block {0}", "第 {0} 块", int(found[1]) + 1), self(*NAMES[found[2]])
        place, _, part = name.partition(".")
        return self(*NAMES[place]), self(*NAMES.get(part, ("", "")))

    def part(self, name: str) -> tuple[str, str, str]:
        """Say what a part of a sum is: where it stands, its sublayer, its head.

        >>> Words("en").part("blocks.1.attention.heads.0")
        ('block 2', 'self-attention', 'head 1')
        """
        head = re.search(r"\.heads\.(\d+)$", name)
        return (*self.sublayer(name), self("head {0}", "头 {0}", int(head[1]) + 1) if head else "")


def visible(text: str, shown: Callable[[str], bool] = lambda c: True, *, space: bool = True) -> str:
    r"""Return a text in which everything can be seen, and nothing turns the text around it.

    >>> visible("a b\n\u202e")
    'a␣b↵⟨202E⟩'

    Args:
        text: of a token, or longer.
        shown: whether the output can show a character; one that it cannot is escaped.
        space: whether a space is to be seen, too.
    """

    def one(c: str) -> str:
        if c == " " and not space:
            return c
        if c.isspace() or unicodedata.category(c)[0] == "C":
            sign = INVISIBLE.get(c, f"⟨{ord(c):04X}⟩")
            return sign if all(map(shown, sign)) else ascii(c)[1:-1] if c != " " else r"\x20"
        return c if shown(c) else ascii(c)[1:-1]

    return "".join(map(one, text))


def signed(x: float, digits: int = 3, minus: str = "−") -> str:
    """Write a number with its sign: "+1.234", "−0.500", "0.000"."""
    text = f"{abs(x):.{digits}f}"
    return text if float(text) == 0 else ("+" if x > 0 else minus) + text


def percent(p: float) -> str:
    """Write a probability as the page does: "97.3%", and neither 0 nor 1 where it is not."""
    if 0 < p < 0.0005:
        return "<0.1%"
    if 0.9995 <= p < 1:
        return ">99.9%"
    return f"{100 * p:.{0 if p in (0, 1) else 1}f}%"
