"""What one part does to the logits: a hidden unit's effect, and an edit's, predicted and measured.

The sum of `attribution.py` says what a part adds to a difference of two logits, directly. So it
predicts what happens when the part is switched off: the difference loses that. An ablation measures
what happens. The two agree where nothing comes in between. Elsewhere later layers read what was
changed, and the scales of the norms change with it, all of which the sum holds as it was. A head
may matter only through what later layers make of it; and one may look hard at a token, with a large
attention weight, and yet add little that the output reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .attribution import check, float64, read_backward, read_difference, row_of, stream_sublayers
from .edits import Edit, edited, last_layer, place
from .explanation import Explanation, Step, answering, forward

if TYPE_CHECKING:
    from minitorch.autograd import Array

    from ..tasks import Model
    from .trace import Trace


@dataclass(frozen=True)
class Effect:
    """How far an edit changes the difference of two logits.

    Attributes:
        predicted: by the sum: the new part less the old one, all else as it was.
        measured: by running the edited model on the same tokens.
    """

    predicted: float
    measured: float


def unit_effect(model: Model, trace: Trace, path: str, row: int, unit: int) -> Array:
    """Return what a hidden unit of an MLP adds to each logit, the norms' scales held.

    That is its activation times its column of W_2, read by the output. Only differences between
    logits count: softmax stays the same when all of them grow alike.

    Args:
        model, trace, row: as of `parts`.
        path: of the MLP, such as "decoder.blocks.1.mlp".
        unit: its number.

    Returns:
        (vocab_size).

    Raises:
        TypeError, ValueError, IndexError: as of `parts`; or no MLP on this stream has such a unit.
    """
    check(model, trace, row)
    mlp, _ = place(model, Edit("unit", path, unit))
    if path not in stream_sublayers(model):
        raise ValueError(f"{path} does not add to the stream that the logits are read off")
    at, _ = read_backward(model, trace, row, float64(model.output.weight).T)
    added = float64(last_layer(mlp).weight)[:, unit] * row_of(trace, f"{path}.hidden", row)[unit]
    effect: Array = added @ at[path]
    return effect


def predicted(model: Model, trace: Trace, row: int, token: int, rival: int, edit: Edit) -> float:
    """Predict by the sum how far an edit changes the difference of two logits.

    The new part is put in the place of the old, and all else stays: what other parts would make of
    the change is not foreseen. So an edit of another row, or of the encoder, is predicted to do
    nothing.

    Args:
        model, trace, row, token, rival: as of `parts`; the trace is of the unedited model.
        edit: the change.

    Raises:
        TypeError, ValueError, IndexError: as of `parts`; or the edit does not fit the model.
    """
    check(model, trace, row, token, rival)
    sublayer, columns = place(model, edit)
    if edit.path not in stream_sublayers(model) or edit.row not in (None, row):
        return 0.0
    at, _ = read_difference(model, trace, row, token, rival)
    new = edit.values(row, row + 1)[0]
    if edit.kind == "sublayer":
        return float((new - row_of(trace, f"{edit.path}.output", row)) @ at[edit.path])
    if edit.kind == "unit":
        old = row_of(trace, f"{edit.path}.hidden", row)[columns]
    else:
        old = trace[f"{edit.path}.mixed"][0, edit.index, row].astype(np.float64)
    return float(float64(last_layer(sublayer).weight)[:, columns] @ (new - old) @ at[edit.path])


def effect(model: Model, explanation: Explanation, step: Step, edit: Edit) -> Effect:
    """Compare what the sum predicts of an edit with what the edited model does.

    The two agree where only the direct path matters, as for the last MLP. Where they part, other
    layers read what was changed, or the norms' scales changed with it. Only these two tokens are
    compared; a third may win, as `explained(…, edits=[edit])` shows.

    Args:
        model: it stays as it is.
        explanation: of the unedited model.
        step: one of its steps, whose token and rival are compared.
        edit: the change.
    """
    row, token, rival = step.row, step.token, step.rival
    expected = predicted(model, explanation.trace, row, token, rival, edit)
    with answering(model), edited(model, [edit]):
        now = forward(model, explanation.inputs)[0, row].double().numpy()
    before = explanation.trace["logits"][0, row].astype(np.float64)
    change = (now[token] - now[rival]) - (before[token] - before[rival])
    return Effect(expected, float(change))
