"""Explanations, the sum, and edits held wrong: see `misuse.py`."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch import nn
from transformer import BERT, TransformerConfig
from transformer.arguments import NotFinite
from transformer.explain import (
    Edit,
    Trace,
    edited,
    effect,
    explained,
    in_float64,
    lens,
    parts,
    predicted,
    trace,
    unit_effect,
)
from transformer.tasks import Addition, FillTheGap

ADD, GAPS = Addition(2), FillTheGap()
SIZES = {"d_model": 8, "n_heads": 4, "n_layers": 1, "d_ff": 12}
CROSS, MLP = "decoder.blocks.0.cross_attention", "decoder.blocks.0.mlp"


def a(value: object) -> Any:
    """Return what a type checker would refuse."""
    return value


@cache
def model(task: Any = ADD, weight: float | None = None) -> Any:
    """Return a small model of a task; with a weight, one whose output layer holds nothing else."""
    built = task.model(task.model_config(**SIZES)).eval()
    if weight is not None:
        built.output.weight.detach().fill_(weight)
    return built


def explanation(question: Any = "1+2", **options: Any) -> Any:
    return explained(ADD, model(), question, **options)


def traced(*texts: list[list[int]]) -> Any:
    with trace(model()) as t, mt.no_grad():
        model()(*map(mt.tensor, texts))
    return t


def run(*edits: Any, of: Any = None) -> Any:
    """Run a model that reads four tokens and writes three, with edits."""
    of = of or model()
    with edited(of, edits), mt.no_grad():
        return of(mt.tensor([[3, 4, 5, 6]]), mt.tensor([[1, 5, 6]]))


def in_part() -> Any:
    with edited(model(), [Edit("sublayer", MLP)]):
        return model().decoder.blocks[0].mlp(mt.zeros(1, 3, 8))


def headless() -> Any:
    bert = BERT(TransformerConfig(11, **SIZES, max_length=8), head=False)
    with trace(bert) as t:
        bert.encode(mt.tensor([[3, 4]]))
    return lens(bert, t, 0)


def read(function: Any, row: Any = 0, token: Any = 3, rival: Any = 4) -> Any:
    t = explanation().trace
    return (
        function(model(), t, row) if function is lens else function(model(), t, row, token, rival)
    )


NO_HEAD = r"no head is at '.*': the paths are encoder\.blocks\.0\.attention, decoder\.blocks\.0\.se"
TO_BE = r"take it of an input with as many tokens, or edit one row$"

MISUSES = [
    # ------------------------------------------------------------------ explanations
    Misuse("an explanation of a task's name", lambda: explained(a("addition"), model(), "1+2"), TypeError, r"only a TextToText or Characters is explained, not str"),
    Misuse("an explanation of a task's class", lambda: explained(a(Addition), model(), "1+2"), TypeError, r"only a TextToText or Characters is explained, not "),
    Misuse("an explanation of another task's model", lambda: explained(ADD, model(GAPS), "1+2"), TypeError, r"the task addition is learned by a Transformer, not by BERT"),
    Misuse("an explanation of model and task swapped", lambda: explained(a(model()), a(ADD), "1+2"), TypeError, r"is explained, not Transformer"),
    Misuse("an explanation of no model", lambda: explained(ADD, a(None), "1+2"), TypeError, r"is learned by a Transformer, not by None"),
    Misuse("a question of letters", lambda: explanation("1x"), ValueError, r"unknown character 'x' in '1x'"),
    Misuse("a question that is a number", lambda: explanation(12), TypeError, r"question must be a str, not int"),
    Misuse("a question without a gap", lambda: explained(GAPS, model(GAPS), "the girl drinks milk"), ValueError, r"a question has one gap, ___"),
    Misuse("a target of letters", lambda: explanation(target="x"), ValueError, r"unknown character 'x' at position 1 of 'x'"),
    Misuse("a target that is a number", lambda: explanation(target=3), TypeError, r"target must be a str, not int"),
    Misuse("a target that is too long", lambda: explanation(target="1234"), ValueError, r"a target of this task has 1 to 4 tokens, and '1234' 5"),
    Misuse("a target of two words for a gap", lambda: explained(GAPS, model(GAPS), "the girl ___ milk", target="milk milk"), ValueError, r"has 1 to 1 tokens, and 'milk milk' 2"),
    Misuse("a target of no word for a gap", lambda: explained(GAPS, model(GAPS), "the girl ___ milk", target=""), ValueError, r"has 1 to 1 tokens, and '' 0"),
    Misuse("an explanation with an edit that does not fit", lambda: explanation(edits=[Edit("head", MLP, 0)]), ValueError, NO_HEAD),
    Misuse("an explanation of weights that are NaN", lambda: explained(ADD, model(ADD, np.nan), "1+2"), NotFinite, r"no token can be chosen"),
    Misuse("an explanation of weights that are NaN, with a target", lambda: explained(ADD, model(ADD, np.nan), "1+2", target="3"), NotFinite, r"no token can be chosen"),
    Misuse("a copy in float64 of None", lambda: in_float64(a(None)), TypeError, r"only an nn\.Module has a copy in float64, not NoneType"),
    # ------------------------------------------------------------------ the sum, the lens
    Misuse("a sum of a row behind the last", lambda: read(parts, row=9), IndexError, r"there is no row 9: they go from 0 to \d"),
    Misuse("a sum of a row below 0", lambda: read(parts, row=-1), ValueError, r"row must be at least 0, not -1"),
    Misuse("a sum of a row that is a float", lambda: read(parts, row=1.0), TypeError, r"row must be int, not float"),
    Misuse("a sum of a token that there is none of", lambda: read(parts, token=99), IndexError, r"there is no token 99: they go from 0 to 14"),
    Misuse("a sum of a token as text", lambda: read(parts, rival="4"), TypeError, r"token must be int, not str"),
    Misuse("a lens on a row behind the last", lambda: read(lens, row=9), IndexError, r"there is no row 9"),
    Misuse("a lens on two texts", lambda: lens(model(), traced([[3, 4], [5, 6]], [[1], [1]]), 0), ValueError, r"needs the trace of one forward pass over one text, .* not \(2, 1, 15\)"),
    Misuse("a lens on an empty trace", lambda: lens(model(), Trace(), 0), KeyError, r"recorded are none"),
    Misuse("a lens on a BERT without a head", headless, KeyError, r"there is no activation 'logits'"),
    Misuse("a lens on a layer", lambda: lens(a(nn.Linear(3, 4)), explanation().trace, 0), TypeError, r"needs a Transformer, a GPT or a BERT, not Linear"),
    Misuse("a unit of the encoder, which the logits are not read off", lambda: unit_effect(model(), explanation().trace, "encoder.blocks.0.mlp", 0, 0), ValueError, r"does not add to the stream that the logits are read off"),
    Misuse("a unit behind the last", lambda: unit_effect(model(), explanation().trace, MLP, 0, 12), ValueError, r"there is no unit 12 of decoder\.blocks\.0\.mlp: its units are 0 to 11"),
    Misuse("a prediction of what is no edit", lambda: predicted(model(), explanation().trace, 0, 3, 4, a("head")), TypeError, r"needs an Edit, not str"),
    Misuse("an effect of an edit that does not fit", lambda: effect(model(), explanation(), explanation().steps[0], Edit("head", MLP, 0)), ValueError, NO_HEAD),
    # ------------------------------------------------------------------ edits
    Misuse("an edit of a neuron", lambda: Edit("neuron", MLP, 0), ValueError, r"an edit is of a head, a unit, a sublayer, not of 'neuron'"),
    Misuse("an edit of a head without its number", lambda: Edit("head", CROSS), ValueError, r"an edit of a head needs its index"),
    Misuse("an edit of a sublayer with a number", lambda: Edit("sublayer", CROSS, 1), ValueError, r"is of all of it, and has no index"),
    Misuse("an edit of a head below 0", lambda: Edit("head", CROSS, -1), ValueError, r"index must be at least 0, not -1"),
    Misuse("an edit of a row that is a float", lambda: Edit("head", CROSS, 0, a(1.5)), TypeError, r"row must be int, not float \(1\.5\)"),
    Misuse("an edit of a number", lambda: Edit("head", a(3), 0), TypeError, r"the path of an edit must be a str, not int"),
    Misuse("a replacement that is a list", lambda: Edit("head", CROSS, 0, replacement=a([0.0])), TypeError, r"must be an array of floating-point numbers, not list"),
    Misuse("a replacement that is a tensor", lambda: Edit("head", CROSS, 0, replacement=a(mt.zeros(3, 2))), TypeError, r"must be an array of floating-point numbers, not Tensor"),
    Misuse("a replacement of whole numbers", lambda: Edit("unit", MLP, 0, replacement=np.zeros(3, np.int64)), TypeError, r"must be an array of floating-point numbers, not int64"),
    Misuse("an edit of an attention's unit", lambda: run(Edit("unit", CROSS, 0)), ValueError, r"no unit is at '.*cross_attention': the paths are encoder\.blocks\.0\.mlp, decoder\.blocks\.0\.mlp$"),
    Misuse("an edit of an MLP's head", lambda: run(Edit("head", MLP, 0)), ValueError, NO_HEAD),
    Misuse("an edit of a whole side", lambda: run(Edit("sublayer", "encoder")), ValueError, r"no sublayer is at 'encoder': the paths are "),
    Misuse("an edit of a head behind the last", lambda: run(Edit("head", CROSS, 4)), ValueError, r"there is no head 4 of decoder\.blocks\.0\.cross_attention: its heads are 0 to 3"),
    Misuse("an edit that is a str", lambda: run("a head"), TypeError, r"needs an Edit, not str"),
    Misuse("edits of a part of a model", lambda: run(of=model().encoder), TypeError, r"needs a Transformer, a GPT or a BERT, not Encoder"),
    Misuse("edits of None", lambda: edited(a(None), []).__enter__(), TypeError, r"needs a Transformer, a GPT or a BERT, not NoneType"),
    Misuse("a replacement for a head of its part after W_o", lambda: run(Edit("head", CROSS, 0, replacement=np.zeros((3, 8)))), ValueError, r"the replacement for head 0 of .* has the shape \(3, 8\), not \(T, 2\)"),
    Misuse("a replacement for a unit in two dimensions", lambda: run(Edit("unit", MLP, 0, replacement=np.zeros((3, 1)))), ValueError, r"has the shape \(3, 1\), not \(T\)"),
    Misuse("a replacement for a unit that is a number", lambda: run(Edit("unit", MLP, 0, replacement=np.array(1.0))), ValueError, r"has the shape \(\), not \(T\)"),
    Misuse("a replacement of a shorter input", lambda: run(Edit("sublayer", MLP, replacement=np.zeros((2, 8)))), ValueError, rf"has 2 rows, and row 2 is to be replaced: {TO_BE}"),
    Misuse("a replacement without the row", lambda: run(Edit("sublayer", MLP, row=2, replacement=np.zeros((2, 8)))), ValueError, rf"has 2 rows, and row 2 is to be replaced: {TO_BE}"),
    Misuse("a replacement of a longer source", lambda: run(Edit("sublayer", "encoder.blocks.0.mlp", replacement=np.zeros((5, 8)))), ValueError, rf"has more rows than the 4 that the encoder reads: {TO_BE}"),
    Misuse("a replacement from a trace of another model", lambda: Edit("head", "blocks.0.attention", 0).taken_from(explanation().trace), KeyError, r"there is no activation 'blocks\.0\.attention\.mixed'"),
    Misuse("an edited part that runs by itself", in_part, RuntimeError, r"a model is edited as a whole: call the model, not a part of it"),
]  # fmt: skip


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)


def test_a_refused_edit_leaves_nothing_behind() -> None:
    for module in model().modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
