"""Questions put to a model: what it writes, and what it reads when the answer is known.

encoder-decoder    reads the source, and <s> answer; row i of the decoder predicts token i
gpt                reads source <s> answer; the row of <s> predicts the first token
characters         reads the end of a text and its continuation, without <s>
bert               reads the source; the row of the gap predicts the one token
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from minitorch import Tensor

from ..decoding.sampling import greedy
from ..tasks import Characters, Model
from ..tasks.architectures import ARCHITECTURES, EncoderOnly, gaps
from ..text.tokenizer import BOS, EOS, stack

Ids: TypeAlias = list[int]


def architecture(task: Any) -> str:
    """Return the name of the architecture that learns the task."""
    return "gpt" if isinstance(task, Characters) else str(task.architecture)


def longest_answer(task: Any) -> int:
    """Return the most tokens that the model writes, `</s>` among them."""
    if isinstance(task, Characters):  # it reads half of what it can see, and writes as much
        return task.context // 2
    return 1 if task.architecture == "bert" else int(task.longest[1]) + 1


def prompt(task: Any, source: str) -> Ids:
    """Return the tokens that are read before the first is written; of a long text, its end."""
    ids: Ids = task.tokenizer.encode(source)
    if isinstance(task, Characters):
        return ids[-(task.context // 2) :]
    return [*ids, BOS] if task.architecture == "gpt" else ids


def target_ids(task: Any, target: str) -> Ids:
    """Return the tokens of a right answer, as the model learns to write it."""
    ids: Ids = task.tokenizer.encode(target)
    return ids if isinstance(task, Characters) or task.architecture == "bert" else [*ids, EOS]


def answers(task: Any, model: Model, sources: Sequence[str], length: int) -> list[Ids]:
    """Return what the model writes for each source, greedily: up to `length` tokens, and `</s>`."""
    learns = ARCHITECTURES[architecture(task)]
    if isinstance(learns, EncoderOnly):
        p = learns.probabilities(model, task.tokenizer, sources)
        return [[token] for token in p.argmax(-1).tolist()]
    left = architecture(task) == "gpt"
    ids = stack([prompt(task, source) for source in sources], left=left)
    rows: list[Ids] = greedy(model, ids, length).tolist()  # type: ignore[arg-type]
    return [row[: row.index(EOS) + 1] if EOS in row else row for row in rows]


def inputs(task: Any, sources: Sequence[str], written: Sequence[Ids]) -> tuple[Tensor, ...]:
    """Return the arguments of the model's `forward` with which it predicts these answers."""
    prompts = [prompt(task, source) for source in sources]
    if architecture(task) == "bert":
        return (stack(prompts),)
    if architecture(task) == "gpt":
        pairs = zip(prompts, written, strict=True)
        return (stack([[*begin, *answer[:-1]] for begin, answer in pairs]),)
    return stack(prompts), stack([[BOS, *answer[:-1]] for answer in written])


def rows(task: Any, sources: Sequence[str], written: Sequence[Ids]) -> list[Ids]:
    """Return, for each answer, the rows of the logits that predict its tokens."""
    kind = architecture(task)
    if kind == "bert":
        return [
            [int(row)] for row in gaps(task.tokenizer, inputs(task, sources, written)[0]).argmax(1)
        ]
    starts = [len(prompt(task, source)) - 1 if kind == "gpt" else 0 for source in sources]
    return [
        list(range(start, start + len(answer)))
        for start, answer in zip(starts, written, strict=True)
    ]
