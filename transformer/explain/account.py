"""What terminal, pictures and JSON tell of an explanation: the same numbers, with their labels.

The page tells it in JavaScript. Blocks, heads and steps are counted from 1 for people, and from 0
in the names of a trace.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.models import BERT, Transformer
from . import attribution
from .explanation import explained, in_float64

if TYPE_CHECKING:
    from minitorch.autograd import Array

    from ..tasks import Model, Task
    from .explanation import Explanation, Step

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


@dataclass(frozen=True, eq=False)
class Attention:
    """The attention weights of one kind, of all blocks.

    Attributes:
        kind: "encoder", "decoder" and "cross" of an encoder–decoder; "causal" of a GPT; "both" of a
            BERT, whose tokens look to both sides.
        weights: (blocks, heads, T_q, T_k).
        asks: the tokens of the queries, a row each.
        answers: the tokens of the keys, a column each.
    """

    kind: str
    weights: Array
    asks: list[str]
    answers: list[str]


@dataclass(frozen=True, eq=False)
class Reading:
    """One written token, taken apart.

    Attributes:
        number: of the step, from 1.
        step: the step.
        token: the text of the token, and `rival` that of the likeliest other.
        sum: of what the parts add to the token's logit less the rival's.
        scales: those of the norms on the way, held at their values, by their names in the trace.
        lens: the probabilities after each sublayer.
    """

    number: int
    step: Step
    token: str
    rival: str
    sum: attribution.Sum
    scales: dict[str, float]
    lens: dict[str, Array]

    @property
    def probability(self) -> float:
        """The probability with which the token was written."""
        return float(self.step.probabilities[self.step.token])


def _attentions(model: Model, e: Explanation) -> list[Attention]:
    """Return the attention weights of a trace, with the tokens of their rows and columns."""
    found: dict[str, list[Array]] = {}
    for name, weights in e.trace.items():
        if name.endswith("attention.weights"):
            found.setdefault(re.sub(r"blocks\.\d+\.", "", name), []).append(weights[0])
    kinds = {
        "encoder.attention.weights": "encoder" if isinstance(model, Transformer) else "both",
        "decoder.self_attention.weights": "decoder",
        "decoder.cross_attention.weights": "cross",
        "attention.weights": "causal",
    }
    source = e.columns or []
    tokens = {"encoder": (source, source), "cross": (e.rows, source)}
    return [
        Attention(kinds[name], np.stack(weights), *tokens.get(kinds[name], (e.rows, e.rows)))
        for name, weights in found.items()
    ]


def _scales(model: Model, e: Explanation, row: int) -> dict[str, float]:
    """Return the scales of the norms between the parts of a sum and the logits.

    With pre-norm, that of a sublayer stands before it, and its output does not pass it.
    """
    return {
        name: float(attribution.row_of(e.trace, name, row)[0])
        for name in e.trace
        if re.search(r"(^|\.)norm\.scale$", name)
        and not (isinstance(model, Transformer) and name.startswith("encoder."))
        and not (model.config.pre_norm and ".add_" in name)
    }


def _reading(model: Model, e: Explanation, i: int) -> Reading:
    step = e.steps[i]
    return Reading(
        i + 1,
        step,
        e.vocabulary[step.token],
        e.vocabulary[step.rival],
        attribution.parts(model, e.trace, step.row, step.token, step.rival),
        _scales(model, e, step.row),
        attribution.lens(model, e.trace, step.row),
    )


class Account:
    """A model's answer to a question, in float64.

    Args:
        task, model, question: as of `explained`.

    Attributes:
        model: the copy in float64 that answered.
        explanation: the answer.
        attentions: in the order of computation.
        readings: one for each written token.

    Raises:
        as `explained`.
    """

    def __init__(self, task: Task, model: Model, question: str) -> None:
        self.model = in_float64(model)
        self.explanation = explained(task, self.model, question)
        self.attentions = _attentions(self.model, self.explanation)
        self.readings = [
            _reading(self.model, self.explanation, i) for i in range(len(self.explanation.steps))
        ]

    @property
    def fills_gap(self) -> bool:
        """Whether the answer is a word in a gap, not a text."""
        return isinstance(self.model, BERT)

    @property
    def source(self) -> str:
        """The text that was read; of a text longer than the model can read, the end."""
        e = self.explanation
        read = "".join(e.vocabulary[i] for i in e.prompt)
        return f"…{read}" if e.source.endswith(read) and read != e.source else e.source

    @property
    def least_sure(self) -> Reading:
        """The reading of the token with the smallest difference of logits to its rival."""
        return min(self.readings, key=lambda reading: reading.sum.difference)


def likeliest(probabilities: Array, n: int) -> list[int]:
    """Return the ids of the n likeliest tokens, the likeliest first."""
    ids: list[int] = np.argsort(-probabilities, kind="stable")[:n].tolist()
    return ids


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
