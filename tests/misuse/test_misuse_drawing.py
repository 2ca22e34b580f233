"""draw_graph() held wrong: see `misuse.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch import nn


def leaf(value: Any = 2.0) -> mt.Tensor:
    return mt.tensor(value, requires_grad=True)


def freed() -> mt.Tensor:
    y = leaf() * leaf()
    y.backward()
    return y


def without_grad() -> mt.Tensor:
    with mt.no_grad():
        return leaf() * 3


def chain(n: int) -> mt.Tensor:
    y = leaf()
    for _ in range(n):
        y = y + 1
    return y


def saved(name: Any) -> Callable[[], Any]:
    return lambda: mt.draw_graph(leaf() * 3).save(name)


def draw(make: Callable[[], Any], *args: Any, **named: Any) -> Callable[[], Any]:
    return lambda: mt.draw_graph(make(), *args, **named)


MODEL = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
X = leaf([1.0, 2.0])

MISUSES = [
    Misuse("a leaf", draw(leaf), RuntimeError, "leaf.*computed from it"),
    Misuse("no requires_grad", draw(lambda: mt.tensor(1.0) * 2), RuntimeError, "requires_grad=True"),
    Misuse("under no_grad", draw(without_grad), RuntimeError, "under no_grad"),
    Misuse("a detached tensor", draw(lambda: (leaf() * 2).detach()), RuntimeError, "no graph"),
    Misuse("a freed graph", draw(freed), RuntimeError, "mul saved was freed.*retain_graph=True"),
    Misuse("a graph of 10,000 operations", draw(lambda: chain(10_000)), ValueError, "more than 3,000 operations"),
    Misuse("a number", draw(lambda: 3.0), TypeError, r"draws a Tensor.*not 3\.0"),
    Misuse("nothing", draw(lambda: ()), TypeError, r"draws a Tensor.*not \(\)"),
    Misuse("a list with a number in it", draw(lambda: [leaf() * 2, 1]), TypeError, "draws a Tensor"),
    Misuse("a function that returns None", lambda: mt.draw_graph(lambda: None), TypeError, "not None"),
    Misuse("a function that returns a dict", lambda: mt.draw_graph(lambda: {"y": leaf() * 2}), TypeError, "not {"),
    Misuse("a function under no_grad", lambda: mt.no_grad()(lambda: mt.draw_graph(MODEL, X))(), RuntimeError, "no graph to draw"),
    Misuse("a module without its input", lambda: mt.draw_graph(nn.ReLU(), 3), TypeError, "relu"),
    Misuse("a tensor in the place of a module", draw(lambda: X * 2, X), TypeError, "after y come modules.*x=x"),
    Misuse("a name for a number", draw(lambda: X * 2, lr=0.1), TypeError, r"lr must be a Tensor, not 0\.1"),
    Misuse("a tensor that was not used", draw(lambda: X * 2, w=leaf()), ValueError, "w is not in the graph.*not computed from it"),
    Misuse("a constant that was not noted", draw(lambda: X + mt.tensor(3.0), c=mt.tensor(3.0)), ValueError, "c is not in the graph.*keep_values"),
    Misuse("half a level", draw(lambda: X * 2, depth=0.5), TypeError, r"depth.*must be int.*0\.5"),
    Misuse("less than no level", draw(lambda: X * 2, depth=-1), ValueError, "depth.*at least 0"),
    Misuse("a tensor that is called fold", draw(lambda: X * 2, fold=X), TypeError, "fold must be a name.*No tensor can be called fold"),
    Misuse("a list of numbers to fold", draw(lambda: X * 2, fold=[1]), TypeError, "fold must be a name"),
    Misuse("a module that is not there", lambda: mt.draw_graph(MODEL, X, fold="Linaer"), ValueError, "no module 'Linaer'.*Linear"),
    Misuse("folding what was not noted", draw(lambda: MODEL(X), fold="Linear"), ValueError, "keep_values"),
    Misuse("another format", saved("graph.png"), ValueError, r"must end in .svg or .txt, not 'graph\.png'"),
    Misuse("a name without an ending", saved("graph"), ValueError, "must end in .svg"),
    Misuse("no name", saved(""), ValueError, "no file can have the name ''"),
    Misuse("an open file", saved(3), TypeError, "must be the path of a file, not a int"),
    Misuse("a folder that is not there", saved("nowhere/graph.svg"), FileNotFoundError, "graph.svg failed; there is no file yet"),
]  # fmt: skip


@pytest.mark.usefixtures("in_an_empty_directory")
@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_is_refused(misuse: Misuse) -> None:
    check(misuse)
