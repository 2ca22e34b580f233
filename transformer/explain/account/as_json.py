"""An explanation as JSON, for other tools: every named intermediate, and what was made of them.

    transformer explain runs/addition "12+34" --json explanation.json

    run, kind, parameters, config, task    the model, and what it has learned
    dtype            "float64", computed from the float32 weights of the run
    question, source, answer      as typed, as read, as people write it
    inputs           the ids that the traced pass read, by the names of the model's arguments
    vocabulary       the tokens; an id is a place in it
    rows, columns    the tokens of the stream that writes, and of the source of an encoder–decoder,
                     else null
    steps            for each written token: its number from 1, the row of the stream that chose it,
                     the token, its rival (the likeliest other), and the probability of each id
    sum              for each step: what the parts add to the token's logit less the rival's, their
                     total, the difference of the logits, and the scales held
    lens             for each step: the probability of each id after each sublayer
    activations      {name: {"shape": [...], "values": nested lists}}, as in a trace, without the
                     axis of the batch. "embedding.tokens[0]" is of the source, "[1]" of the target

Numbers are written so that they are read back exactly. None is NaN or infinite, of which JSON knows
nothing: such an intermediate is an error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arguments import NotFinite
from ..page.record import activations, resolved

if TYPE_CHECKING:
    from ..page import Subject
    from . import Account


def as_json(subject: Subject, account: Account) -> str:
    """Return an account of a subject as JSON, in ASCII.

    Raises:
        NotFinite: an intermediate is NaN or infinite.
    """
    e = account.explanation
    named = activations(e.trace)
    for name, array in named.items():
        if not np.isfinite(array).all():
            raise NotFinite(f"{name} is not finite everywhere, and JSON has no number for that")
    data: dict[str, Any] = {
        "run": subject.run,
        "kind": type(account.model).__name__,
        "parameters": sum(p.numel() for p in account.model.parameters()),
        "config": resolved(account.model),
        "task": subject.task.name,
        "dtype": "float64",
        "question": e.question,
        "source": e.source,
        "answer": e.text,
        "inputs": e.inputs,
        "vocabulary": e.vocabulary,
        "rows": e.rows,
        "columns": e.columns,
        "steps": [
            {
                "number": written.number,
                "row": written.step.row,
                "token": written.token,
                "rival": written.rival,
                "probabilities": written.step.probabilities.tolist(),
            }
            for written in account.tokens
        ],
        "sum": [
            {
                "parts": written.sum.parts,
                "total": written.sum.total,
                "difference": written.sum.difference,
                "scales": written.scales,
            }
            for written in account.tokens
        ],
        "lens": [
            {name: p.tolist() for name, p in written.lens.items()} for written in account.tokens
        ],
        "activations": {
            name: {"shape": array.shape, "values": array.tolist()} for name, array in named.items()
        },
    }
    return json.dumps(data, allow_nan=False)
