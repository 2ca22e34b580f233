"""What a page embeds of a training: its metrics, and a few examples at each kept step.

    metrics       the rows of metrics.csv, without what is not finite
    parts         the names of the parts of a sum
    examples      [{source, target, known, held_out, inputs, rows}]
    checkpoints   [{step, examples: [{answer, weights: {path: array}, steps: [
                      {token, rival, probability, difference, sum}]}]}]

Source, target and answer are texts as the model reads and writes them. `known` is false where
nobody has said what is right, as of the page's own question: then the target is what the trained
model writes. A target's tokens have a row of the stream each, and a step in each checkpoint; `sum`
has a number for each part, and its total is `difference`. `held_out` says whether training never
sees the question, and is None where that cannot be told.
"""

from __future__ import annotations

import math
import re
from typing import Any

from ...tasks import Addition, Characters, Model, ModularAddition
from ...tasks.strings import Strings
from ...training.saved import SavedRun
from ..asking import target_ids
from ..explanation import explained
from ..learning import Snapshot, metrics, snapshot, spread
from .encoding import encoded, rounded
from .held_out import Examples

MOST_NUMBERS = 300_000  # attention weights in a page, of all checkpoints: 1.6 MB
READ, WRITTEN = 16, 8  # characters of a text that could go on


def _chosen(held_out: Examples) -> Examples:
    """Choose a short, a middling and a long one of the first held-out examples."""
    found = sorted(held_out[:50], key=lambda example: len(example[0]))
    return [found[i] for i in sorted({0, len(found) // 2, len(found) - 1})] if found else []


def _is_held_out(task: Any, source: str, held_out: Examples) -> bool | None:
    """Does training never see this question? None where that cannot be told from its text."""
    if any(source == other for other, _ in held_out):
        return True
    if isinstance(task, (Addition, ModularAddition)):
        a, b = map(int, re.findall("[0-9]+", source))
        return task.is_held_out((a, b))
    return task.is_held_out(source) if isinstance(task, Strings) else None


def _examples(task: Any, model: Model, source: str, held_out: Examples) -> list[dict[str, Any]]:
    """Return the page's question and some held-out ones, with their answers."""
    chosen = _chosen(held_out)
    if isinstance(task, Characters):
        source = source[-READ:]
        chosen = [(s[-READ:], t[:WRITTEN]) for s, t in chosen]
    answers = dict(chosen)
    known = source in answers
    is_held_out = _is_held_out(task, source, held_out)
    if not known:
        most = WRITTEN if isinstance(task, Characters) else task.longest[1]
        answers[source] = task.tokenizer.decode(explained(task, model, source).answer[:most])
    sources = [source, *(s for s, _ in chosen if s != source)]
    return [
        {
            "source": s, "target": answers[s], "known": known or s != source,
            "held_out": is_held_out if s == source else True,
        }
        for s in sources
        if target_ids(task, answers[s])  # a model that says nothing shows nothing
    ]  # fmt: skip


def _recorded(then: Snapshot) -> dict[str, Any]:
    return {
        "answer": then.answer,
        "weights": {path: encoded(array, "<f4") for path, array in then.weights.items()},
        "steps": [
            {
                "token": step.token,
                "rival": step.rival,
                "probability": rounded(step.probabilities[step.token]),
                "difference": rounded(found.difference),
                "sum": [rounded(x) for x in found.parts.values()],
            }
            for step, found in zip(then.steps, then.sums, strict=True)
        ],
    }


def learned(
    run: SavedRun, task: Any, model: Model, source: str, held_out: Examples
) -> dict[str, Any] | None:
    """Return what the page tells of a training; None if nothing was recorded.

    Args:
        run: of the model.
        task, model: what the run learned, and its trained model.
        source: the page's question, as the model reads it.
        held_out: examples that training never saw.

    Raises:
        RunError: a file of the run is damaged.
    """
    rows, steps = metrics(run), spread(run.kept_steps())
    if not rows and not steps:
        return None
    examples: list[dict[str, Any]] = []
    parts: list[str] = []
    numbers = 0
    for example in _examples(task, model, source, held_out) if steps else []:
        final = snapshot(task, model, example["source"], example["target"])
        numbers += len(steps) * sum(array.size for array in final.weights.values())
        if examples and numbers > MOST_NUMBERS:
            break
        parts = list(final.sums[0].parts)
        rows_of_steps = [step.row for step in final.steps]
        examples.append(example | {"inputs": final.inputs, "rows": rows_of_steps})
    checkpoints = []
    for step in steps:
        _, model = run.load(step)
        then = [snapshot(task, model, e["source"], e["target"]) for e in examples]
        checkpoints.append({"step": step, "examples": [_recorded(one) for one in then]})
    # JSON has no infinity, which a perplexity may be.
    rows = [{name: x for name, x in row.items() if math.isfinite(x)} for row in rows]
    return {"metrics": rows, "parts": parts, "examples": examples, "checkpoints": checkpoints}
