"""x[index] against PyTorch's: thousands of random indices, read, written and differentiated."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

import minitorch as mt

KINDS = (
    "int", "np.int64", "slice", "None", "...", "tensor", "list", "empty tensor", "0-d tensor",
    "mask", "matrix mask", "0-d mask", "bool",
)  # fmt: skip


def random_index(rng: random.Random, shape: list[int]) -> list[Any]:
    """Draw an index of Python's and NumPy's objects, which seldom does not fit the shape."""
    index: list[Any] = []
    taken, k = 0, rng.choice([1, 2, 3])
    for _ in range(rng.randint(1, 4)):
        kind = rng.choice(KINDS)
        n = shape[taken] if taken < len(shape) else 1
        rest = shape[taken : taken + 2]
        taken += {"None": 0, "...": 0, "0-d mask": 0, "bool": 0, "matrix mask": 2}.get(kind, 1)
        if kind in ("int", "np.int64"):
            i = rng.randint(-n, n - 1)
            index.append(i if kind == "int" else np.int64(i))
        elif kind == "slice":
            bounds = rng.choice([None, 0, 1, -1]), rng.choice([None, 1, 2, -1])
            index.append(slice(*bounds, rng.choice([None, 1, 2])))
        elif kind == "None" or kind == "...":
            index.append(None if kind == "None" else ...)
        elif kind in ("tensor", "list"):
            size = rng.choice([(k,), (1,), (2, k), (1, k)])
            places = np.array([rng.randint(-n, n - 1) for _ in range(int(np.prod(size)))])
            index.append(places.reshape(size) if kind == "tensor" else places.tolist())
        elif kind == "empty tensor":
            index.append(np.zeros(0, np.int64))
        elif kind == "0-d tensor":
            index.append(np.array(rng.randint(-n, n - 1)))
        elif kind == "mask":
            mask = np.zeros(n, np.bool_)
            mask[rng.sample(range(n), min(k, n))] = True
            index.append(mask)
        elif kind == "matrix mask":
            index.append(np.array([rng.random() < 0.5 for _ in range(int(np.prod(rest)))]))
            index[-1] = index[-1].reshape(rest)
        else:
            value = rng.random() < 0.7
            index.append(np.array(value) if kind == "0-d mask" else value)
    dots = [i for i, part in enumerate(index) if part is ...]
    return [part for i, part in enumerate(index) if part is not ... or i == dots[0]]


def run(lib: Any, array: Any, parts: list[Any]) -> Any:
    """Read, differentiate and write; return all that came out."""
    index = tuple([lib.tensor(p) if isinstance(p, np.ndarray) else p for p in parts])
    x = lib.tensor(array, requires_grad=True)
    try:
        y = x[index]
    except IndexError as error:
        return error
    weights = np.arange(1.0, y.numel() + 1, dtype=np.float32).reshape(tuple(y.shape))
    y.backward(lib.tensor(weights))
    value = lib.tensor(np.full(tuple(y.shape), 7, np.float32), requires_grad=True)
    leaf = lib.tensor(array, requires_grad=True)
    z = leaf * 1
    z[index] = value
    z.backward(lib.tensor(array + 1))
    plain = lib.tensor(array.copy())
    plain[index] += 100
    results = [y.detach(), x.grad, z.detach(), leaf.grad, plain]
    if value.numel():  # PyTorch leaves None where nothing was written
        results.append(value.grad)
    return [t.numpy().copy() for t in results]


@pytest.mark.parametrize("seed", range(4))
def test_every_index_reads_writes_and_differentiates_as_there(seed: int) -> None:
    rng = random.Random(seed)
    agreed = 0
    for _ in range(2500):
        shape = [rng.randint(1, 4) for _ in range(rng.randint(1, 4))]
        parts = random_index(rng, shape)
        array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        theirs, ours = run(torch, array, parts), run(mt, array, parts)
        if isinstance(theirs, IndexError):
            assert isinstance(ours, IndexError), (shape, parts)
        elif isinstance(ours, IndexError):  # out of range, of which there NumPy alone takes notice
            assert theirs[0].size == 0, (shape, parts)
            assert "out of bounds" in str(ours), (shape, parts)
        else:
            agreed += 1
            for a, b in zip(theirs, ours, strict=True):
                assert np.array_equal(a, b), (shape, parts)
    assert agreed > 1200
