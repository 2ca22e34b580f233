"""An account of an answer: what is told of it without a browser, and how.

    terminal    prints it; cells.py draws grids and bars
    pictures    draws it
    as_json     writes it for other tools
    words       what parts and numbers are called

All tell the same numbers, those of an `Account`. The page tells them in JavaScript.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model.models import BERT, Transformer
from .. import attribution
from ..explanation import explained, in_float64

if TYPE_CHECKING:
    from minitorch.autograd import Array

    from ...tasks import Model, Task
    from ..explanation import Explanation, Step

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
class WrittenToken:
    """A token of the answer, taken apart.

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


def _taken_apart(model: Model, e: Explanation, number: int, step: Step) -> WrittenToken:
    return WrittenToken(
        number,
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
        tokens: of the answer, in their order.

    Raises:
        as `explained`.
    """

    def __init__(self, task: Task, model: Model, question: str) -> None:
        self.model = in_float64(model)
        self.explanation = explained(task, self.model, question)
        self.attentions = _attentions(self.model, self.explanation)
        self.tokens = [
            _taken_apart(self.model, self.explanation, number, step)
            for number, step in enumerate(self.explanation.steps, start=1)
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
    def least_sure(self) -> WrittenToken:
        """The token with the smallest difference of logits to its rival."""
        return min(self.tokens, key=lambda written: written.sum.difference)


def likeliest(probabilities: Array, n: int) -> list[int]:
    """Return the ids of the n likeliest tokens, the likeliest first."""
    ids: list[int] = np.argsort(-probabilities, kind="stable")[:n].tolist()
    return ids
