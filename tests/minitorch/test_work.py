"""How much work a training step is, counted without a clock.

The figures are what it took when they were last set, and a little. A change that makes a step do
more fails here; if it is worth its price, raise the figure and say why.
"""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn, optim
from minitorch.autograd import Node
from minitorch.tensor import Tensor
from transformer import TransformerConfig
from transformer.model.models import GPT, Transformer

SIZES = {"vocab_size": 15, "d_model": 64, "n_heads": 4, "n_layers": 2, "d_ff": 128}
NODES = {GPT: 49, Transformer: 123}
NUMPY_CALLS = {GPT: 350, Transformer: 810}
MEGABYTES = {GPT: 8.3, Transformer: 20.9}

each_model = pytest.mark.parametrize("kind", [GPT, Transformer])


class Step:
    """A training step of a small model: forward, backward, the gradient clipped, AdamW."""

    def __init__(self, kind: Any) -> None:
        mt.manual_seed(0)
        config = TransformerConfig(
            **SIZES, dropout=0.0, pre_norm=True, max_length=16, tie_embeddings=False
        )
        self.model = kind(config)
        self.optimizer = optim.AdamW(self.model.parameters(), lr=1e-3)
        rng = np.random.default_rng(0)
        count = 1 if kind is GPT else 2
        self.batch = [mt.from_numpy(rng.integers(1, 15, (128, 9))) for _ in range(count)]

    def __call__(self) -> None:
        loss = self.model.loss(*self.batch)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()


class Seen(np.ndarray[Any, Any]):
    """An array of which every operation is noted: its name, and the dtype of what came out."""

    calls: ClassVar[Counter[tuple[str, str]]] = Counter()

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        if out is not None:
            options["out"] = tuple(plain(a) for a in out)
        result = getattr(ufunc, method)(*[plain(a) for a in inputs], **options)
        note(ufunc.__name__, result)
        return seen(result) if out is None else out[0]

    def dot(self, other: Any, out: None = None) -> Any:
        """Note the method too, which NumPy does not announce as it does functions.

        What gives a number, the norm of a parameter's gradient, is not in the figures above.
        """
        assert out is None
        result = plain(self).dot(plain(other))
        if isinstance(result, np.ndarray):
            note("dot", result)
        return seen(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = func(*plain(args), **{name: plain(value) for name, value in kwargs.items()})
        note(func.__name__, result)
        return kwargs["out"] if kwargs.get("out") is not None else seen(result)


def plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(plain(v) for v in value)
    return value.view(np.ndarray) if isinstance(value, Seen) else value


def seen(result: Any) -> Any:
    """Make the result one of which every operation is noted; what owns its memory still does."""
    if not isinstance(result, np.ndarray) or result.base is not None:
        return result.view(Seen) if isinstance(result, np.ndarray) else result
    owner = Seen.__new__(Seen, result.shape, result.dtype)
    owner.view(np.ndarray)[...] = result
    return owner


def note(name: str, result: Any) -> None:
    if isinstance(result, (np.ndarray, np.generic)):
        Seen.calls[name, result.dtype.name] += 1


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[tuple[str, str]]]:
    """Count, in the arrays of all tensors that are made from here on, what NumPy is asked to do."""
    wrap = Tensor._wrap

    def wrapped(array: Any) -> Tensor:
        x = wrap(plain(array))
        x.array = array if isinstance(array, Seen) else x.array.view(Seen)
        return x

    monkeypatch.setattr(Tensor, "_wrap", staticmethod(wrapped))
    yield Seen.calls
    Seen.calls.clear()


@each_model
def test_nodes_of_a_step(kind: Any) -> None:
    step = Step(kind)
    loss = step.model.loss(*step.batch)
    nodes = [loss.grad_fn]
    reached = set(nodes)
    for node in nodes:
        for parent, *_ in node.edges:
            if isinstance(parent, Node) and parent not in reached:
                reached.add(parent)
                nodes.append(parent)
    assert len(nodes) <= NODES[kind]


@each_model
def test_numpy_calls_of_a_step(kind: Any, calls: Counter[tuple[str, str]]) -> None:
    step = Step(kind)
    step()  # the first makes the optimizer's state
    calls.clear()
    step()
    assert calls["matmul", "float32"] > 50, "the count sees nothing"
    assert calls.total() <= NUMPY_CALLS[kind], calls.most_common(20)


@each_model
def test_all_arrays_of_a_step_are_float32_or_whole_numbers(
    kind: Any, calls: Counter[tuple[str, str]]
) -> None:
    step = Step(kind)
    calls.clear()
    step()
    step()
    wide = {call: n for call, n in calls.items() if call[1] in ("float64", "complex128")}
    assert calls["matmul", "float32"] > 100, "the count sees nothing"
    assert not wide


@each_model
def test_fresh_megabytes_of_a_step(kind: Any) -> None:
    step = Step(kind)
    step()
    tracemalloc.start()
    try:
        step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / 2**20 <= MEGABYTES[kind]
