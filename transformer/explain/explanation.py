"""A question put to a model, with everything that happened on the way to its answer.

The model answers token by token, and each token is chosen by one row of the stream: the row of the
token before it. Source and answer together are then read once more, all at once, as in training.
By the causal mask no row sees a later one, so each row is what generation computed at that step,
and one trace holds all steps. (A BERT reads once, and answers in the row of the gap.)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

import minitorch as mt
from minitorch import Tensor, nn

from .. import arguments
from ..model.models import Transformer
from ..tasks import Characters, TextToText
from ..tasks.architectures import ARCHITECTURES
from ..tasks.split import check_model
from . import asking
from .edits import Edit, edited
from .trace import Trace, trace

if TYPE_CHECKING:
    from minitorch.autograd import Array

    from ..tasks import Model, Task

M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class Step:
    """One token of an answer, and the probabilities by which it was chosen.

    Attributes:
        row: of the stream: its logits choose the token.
        token: the id that was chosen; with a given target, the right one.
        rival: the likeliest of all other ids.
        probabilities: of each token, (vocab_size).
    """

    row: int
    token: int
    rival: int
    probabilities: Array

    @property
    def loss(self) -> float:
        """-ln P(token): the cross-entropy at this position, in nats."""
        p = float(self.probabilities[self.token])
        return -math.log(p) if p else math.inf


@dataclass(frozen=True, eq=False)
class Explanation:
    """A question, its answer, and the trace of both.

    Attributes:
        question: as a person typed it.
        source: the text that the model reads.
        prompt: the ids of the source; of a GPT, with `<s>` behind them.
        answer: the ids of the answer, with `</s>` if the model wrote it.
        text: the answer as people write it.
        inputs: the ids that the traced pass read, by the names of the model's arguments: `source`
            and `target`, or `ids`.
        trace: of that pass; the batch has one row.
        steps: one for each token of the answer.
        vocabulary: the tokens; an id is a place in it.
    """

    question: str
    source: str
    prompt: list[int]
    answer: list[int]
    text: str
    inputs: dict[str, list[int]]
    trace: Trace
    steps: list[Step]
    vocabulary: tuple[str, ...]

    @property
    def rows(self) -> list[str]:
        """The token of each row of the stream: of the target, or of the only text."""
        return [self.vocabulary[i] for i in [*self.inputs.values()][-1]]

    @property
    def columns(self) -> list[str] | None:
        """The source's tokens, which cross-attention looks at; None without an encoder's memory."""
        ids = self.inputs.get("source")
        return None if ids is None else [self.vocabulary[i] for i in ids]


def in_float64(model: M) -> M:
    """Return a copy of a model that computes in float64; the model stays as it is.

    Raises:
        TypeError: it is no module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"only an nn.Module has a copy in float64, not {type(model).__name__}")
    return deepcopy(model).double()


@mt.no_grad()
def forward(model: Model, inputs: Mapping[str, Sequence[int]]) -> Tensor:
    """Compute the logits of one text, (1, T, vocab_size), from the `inputs` of an explanation."""
    logits: Tensor = model(*(mt.tensor([list(ids)]) for ids in inputs.values()))
    return logits


@contextmanager
def answering(model: nn.Module) -> Iterator[None]:
    """Switch dropout off, as `model.eval()` does, for the time of the block."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _given(task: Any, target: str) -> list[int]:
    """Return the ids of a right answer.

    Raises:
        ValueError: it is too long, or has what is not in the vocabulary.
    """
    ids, most = asking.target_ids(task, target), asking.longest_answer(task)
    if not 1 <= len(ids) <= most:
        raise ValueError(f"a target of this task has 1 to {most} tokens, and {target!r} {len(ids)}")
    return ids


def _steps(logits: Array, rows: list[int], answer: list[int]) -> list[Step]:
    """Return the steps of an answer whose tokens are chosen by these rows of the logits."""
    logits = arguments.next_token_logits(logits).astype(np.float64)
    exponentials = np.exp(logits - logits.max(-1, keepdims=True))
    p = exponentials / exponentials.sum(-1, keepdims=True)  # (T, vocab_size)
    steps = []
    for row, token in zip(rows, answer, strict=True):
        others = logits[row].copy()
        others[token] = -np.inf
        steps.append(Step(row, token, int(others.argmax()), p[row]))
    return steps


def explained(
    task: Task,
    model: Model,
    question: str,
    *,
    target: str | None = None,
    edits: Iterable[Edit] = (),
) -> Explanation:
    """Put a question to a model, and record all that it computes.

        task, model = Run("runs/addition").load()
        e = explained(task, in_float64(model), "12+34")
        e.text                                                            # '46'
        e.trace["decoder.blocks.0.cross_attention.weights"][0, 2]         # of head 2
        e.steps[0].probabilities                                          # of the first token

    The answer is the greedy one. A task that continues a text reads the last half of a context, and
    writes up to another half.

    Args:
        task: what the model has learned; `Run.load` returns both.
        model: it stays as it is, also if it is in training. Numbers are of its dtype; `in_float64`
            makes them more exact.
        question: as a person types it.
        target: the right answer, in the form that the model is to write, such as "64" for 12+34.
            With it, the model is shown that instead of its own words (teacher forcing), and each
            step has the loss of training.
        edits: of what the model computes; see `edits.py`.

    Raises:
        TypeError: the task is none that we can explain, or the model is not one that learns it.
        ValueError: the question is none of this task, the target cannot be one of its answers, or
            an edit does not fit.
        NotFinite: a logit is NaN or infinite, as after a training that diverged.
    """
    if not isinstance(task, (TextToText, Characters)):
        raise TypeError(f"only a TextToText or Characters is explained, not {type(task).__name__}")
    kind = ARCHITECTURES[asking.architecture(task)].kind
    check_model(task, model, kind)
    edits = list(edits)
    source = task.as_source(question)
    with answering(model):
        if target is None:
            with edited(model, edits):
                [answer] = asking.answers(task, model, [source], asking.longest_answer(task))
        else:
            answer = _given(task, arguments.text("target", target))
        names = ("source", "target") if kind is Transformer else ("ids",)
        read = asking.inputs(task, [source], [answer])  # of each text, (1, T)
        inputs = {name: ids[0].tolist() for name, ids in zip(names, read, strict=True)}
        with trace(model) as t, edited(model, edits, t):
            forward(model, inputs)
    text = task.tokenizer.decode(answer)
    return Explanation(
        question,
        source,
        asking.prompt(task, source),
        answer,
        text if isinstance(task, Characters) else task.as_answer(text),
        inputs,
        t,
        _steps(t["logits"][0], asking.rows(task, [source], [answer])[0], answer),
        task.tokenizer.tokens,
    )
