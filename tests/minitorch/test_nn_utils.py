"""Many tensors made one: sequences padded to one length, parameters as a vector."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn
from minitorch.nn.padding import pad_sequence


def test_sequences_are_padded_to_the_longest() -> None:
    ids = [mt.tensor([1, 2, 3]), mt.tensor([4]), mt.tensor([], dtype=mt.int64)]
    assert pad_sequence(ids).tolist() == [[1, 4, 0], [2, 0, 0], [3, 0, 0]]
    first: Any = {"batch_first": True, "padding_value": 9}
    assert pad_sequence(ids, **first).tolist() == [[1, 2, 3], [4, 9, 9], [9, 9, 9]]
    left = pad_sequence(ids, **first, padding_side="left")
    assert left.tolist() == [[1, 2, 3], [9, 9, 4], [9, 9, 9]]
    for rnn in (nn.utils.rnn, import_module("minitorch.nn.utils.rnn")):
        assert rnn.pad_sequence is pad_sequence


def test_sequences_of_vectors_keep_their_other_sizes_and_the_first_dtype() -> None:
    vectors = [mt.ones(2, 3, dtype=mt.float64), 2 * mt.ones(1, 3)]
    padded = pad_sequence(vectors, batch_first=True)
    assert padded.dtype == mt.float64
    assert padded.tolist() == [[[1.0] * 3] * 2, [[2.0] * 3, [0.0] * 3]]
    assert pad_sequence(iter(vectors)).shape == (2, 2, 3)
    assert pad_sequence([mt.ones(2, 0, 3), mt.ones(1, 0, 3)]).shape == (2, 2, 0, 3)


def test_gradients_reach_the_sequences() -> None:
    a, b = mt.ones(1, requires_grad=True), mt.ones(2, requires_grad=True)
    (pad_sequence([a, b]) * mt.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([1.0], [2.0, 4.0])


def test_parameters_are_one_vector_and_set_from_one() -> None:
    layer = nn.Linear(2, 2)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    np.testing.assert_array_equal(
        vector.detach().numpy(), [*layer.weight.detach().numpy().ravel(), *layer.bias.tolist()]
    )
    vector.square().sum().backward()
    np.testing.assert_array_equal(layer.bias.grad.numpy(), 2 * layer.bias.detach().numpy())
    new = mt.arange(6.0)
    before = layer.weight
    nn.utils.vector_to_parameters(new, layer.parameters())
    assert layer.weight is before
    assert (layer.weight.tolist(), layer.bias.tolist()) == ([[0, 1], [2, 3]], [4, 5])
    new += 1  # they share its memory
    assert layer.bias.tolist() == [5, 6]
    for wrong in (mt.ones(5), mt.ones(7), mt.ones(2, 3)):
        with pytest.raises(RuntimeError, match=r"vec must have shape \(6,\)"):
            nn.utils.vector_to_parameters(wrong, layer.parameters())
    assert layer.bias.tolist() == [5, 6]
