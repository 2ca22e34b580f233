"""x[index], read, written and differentiated, for every mixture of what an index may be made of."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch.dtypes import Array

SHAPE = (2, 3, 2, 3)
KINDS = {  # what each takes of a dimension of size n
    "int": lambda n: n - 1,
    "0-d tensor": lambda n: mt.tensor(-n),
    "slice": lambda n: slice(1, None),
    "None": lambda n: None,
    "...": lambda n: ...,
    "tensor": lambda n: mt.tensor([n - 1, 0]),
    "mask": lambda n: mt.tensor([True] + [False] * (n - 2) + [True]),
}


def indices() -> list[tuple[Any, ...]]:
    """Return every mixture of up to four kinds, in every order, that fits SHAPE."""
    found = []
    for length in range(1, 5):
        for kinds in product(KINDS, repeat=length):
            if kinds.count("...") > 1:
                continue
            dims, index = iter(SHAPE), []
            for i, kind in enumerate(kinds):
                if kind == "...":  # go on with as many of the last dimensions as parts follow
                    taken = len([k for k in kinds[i + 1 :] if k != "None"])
                    dims = iter(SHAPE[len(SHAPE) - taken :])
                n = 0 if kind in ("None", "...") else next(dims)
                index.append(KINDS[kind](n))
            found.append(tuple(index))
    return found


def reference(x: Array, index: tuple[Any, ...]) -> Array:
    """x[index], one part after the other: ints, slices and None first, then the arrays at once."""
    takes = [part is not None and part is not ... for part in index]
    dots = [slice(None)] * (x.ndim - sum(takes))
    parts = [p for part in index for p in (dots if part is ... else [part])]
    arrays: list[Any] = []
    for part in parts:
        axis = len(arrays)  # the parts before this one have made as many dimensions
        before = (slice(None),) * axis
        if part is None:
            x = np.expand_dims(x, axis)
            arrays.append(slice(None))
        elif isinstance(part, slice):
            x = x[(*before, part)]
            arrays.append(slice(None))
        elif isinstance(part, int) or part.ndim == 0:
            x = x.take(int(part), axis)
        else:
            arrays.append(part.numpy().nonzero()[0] if part.dtype == mt.bool else part.numpy())
    return x[tuple(arrays)]


def test_every_mixture_of_parts_reads_writes_and_differentiates() -> None:
    numbers = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    tried = indices()
    assert len(tried) > 2000
    for index in tried:
        places = reference(numbers, index)  # which elements are chosen, and in which shape
        x = mt.tensor(numbers, dtype=mt.float64, requires_grad=True)
        y = x[index]
        assert y.shape == places.shape, index
        assert np.array_equal(y.detach().numpy(), places), index

        weights = np.arange(1.0, places.size + 1).reshape(places.shape)
        y.backward(mt.tensor(weights))
        gradient = np.zeros(SHAPE)
        np.add.at(gradient.reshape(-1), places, weights)
        assert x.grad is not None
        assert np.array_equal(x.grad.numpy(), gradient), index

        z = x.detach().clone()
        z[index] += 100
        written = numbers.copy()
        written.reshape(-1)[places] += 100
        assert np.array_equal(z.numpy(), written), index


def test_the_gradient_of_a_write_goes_to_the_value_and_to_what_stays() -> None:
    numbers = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    for index in indices()[::7]:
        places = reference(numbers, index)
        x = mt.tensor(numbers, dtype=mt.float64, requires_grad=True)
        v = mt.tensor(-1.0 - places, dtype=mt.float64, requires_grad=True)
        y = x.clone()
        y[index] = v
        expected = numbers.copy()
        expected.reshape(-1)[places] = -1.0 - places
        assert np.array_equal(y.detach().numpy(), expected), index
        y.backward(mt.tensor(numbers + 1.0))
        assert x.grad is not None
        assert v.grad is not None
        kept = numbers + 1.0
        kept.reshape(-1)[places] = 0
        assert np.array_equal(x.grad.numpy(), kept), index
        assert np.array_equal(v.grad.numpy(), places + 1.0), index


@pytest.mark.parametrize(
    ("index", "shape"),  # of an x of shape (2, 3, 4), in PyTorch
    [
        ((0, slice(None), mt.tensor([0, 1])), (3, 2)),
        ((mt.tensor(0), slice(None), mt.tensor([0, 1])), (3, 2)),
        ((mt.tensor([0, 1]), slice(None), 0), (2, 3)),
        ((slice(None), mt.tensor([0, 1]), 0), (2, 2)),
        ((0, ..., mt.tensor([[0, 1, 2]])), (3, 1, 3)),
        ((0, None, mt.tensor([0, 1])), (1, 2, 4)),
        ((0, None, ..., mt.tensor([True, False, True, True])), (1, 3, 3)),
        ((slice(None), mt.tensor([0, 1]), ..., mt.tensor([0, 1])), (2, 2)),
        ((mt.tensor([0, 1]), slice(None), mt.tensor([0, 1])), (2, 3)),
        ((0, True), (1, 3, 4)),
        ((False, 0), (0, 3, 4)),
        ((0, ..., True), (3, 4, 1)),
        ((mt.tensor(1, dtype=mt.uint8),), (1, 2, 3, 4)),
        ((np.array(1), range(2)), (2, 4)),
        ((np.int64(1), [True, False, True]), (2, 4)),
        ((0, [mt.tensor(0), 1]), (2, 4)),
        ((slice(mt.tensor(1), None), mt.tensor([[0], [2]])), (1, 2, 1, 4)),
    ],
    ids=str,
)
def test_ints_select_before_arrays_index(index: Any, shape: tuple[int, ...]) -> None:
    assert mt.zeros(2, 3, 4)[index].shape == shape


def test_an_int_in_a_tensor_selects_a_view() -> None:
    x = mt.zeros(2, 3)
    x[mt.tensor(1)][...] = 5.0  # as x[1] does
    assert x.tolist() == [[0, 0, 0], [5, 5, 5]]


# ------------------------------------------------------------------- an index that changes later

ROWS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def _write(x: mt.Tensor, index: mt.Tensor) -> mt.Tensor:
    y = mt.zeros(3, 2)
    y[index] = x[:2]
    return y


def _write_columns(x: mt.Tensor, index: mt.Tensor) -> mt.Tensor:
    y = x.clone()
    y[..., index] = 0.0
    return y


def _along(index: mt.Tensor) -> mt.Tensor:
    return index.unsqueeze(0)  # of the same memory


INDEXED = {
    "x[index]": lambda x, i: x[i],
    "x[:, index]": lambda x, i: x[:, i],
    "x[1, index]": lambda x, i: x[1, i],
    "x[index, index]": lambda x, i: x[i, i],
    "y[index] = x": _write,
    "x[..., index] = 0": _write_columns,
    "index_select": lambda x, i: mt.index_select(x, 0, i),
    "index_add": lambda x, i: mt.index_add(mt.zeros(3, 2), 0, i, x[:2]),
    "gather": lambda x, i: mt.gather(x, 0, _along(i)),
    "scatter": lambda x, i: mt.scatter(mt.zeros(3, 2), 0, _along(i), x),
    "scatter a number": lambda x, i: mt.scatter(x, 0, _along(i), value=0.0),
    "scatter_add": lambda x, i: mt.scatter_add(mt.zeros(3, 2), 0, _along(i), x),
    "embedding": lambda x, i: mt.nn.functional.embedding(i, x),
}


@pytest.mark.parametrize("op", INDEXED)
def test_an_index_that_changed_since_is_noticed(op: str) -> None:
    x = mt.tensor(ROWS, requires_grad=True)
    index = mt.tensor([0, 1])
    y = INDEXED[op](x, index)
    index[0] = 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


MASKED = {
    "x[mask]": lambda x, m: x[m],
    "where": lambda x, m: mt.where(m, x, 0.0),
    "masked_fill": lambda x, m: x.masked_fill(m, 0.0),
    "masked_select": mt.masked_select,
}


@pytest.mark.parametrize("op", MASKED)
def test_a_mask_that_changed_since_is_noticed(op: str) -> None:
    x = mt.tensor(ROWS, requires_grad=True)
    mask = mt.tensor([[True, False], [False, True], [True, True]])
    y = MASKED[op](x, mask)
    mask[0, 0] = False
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize(
    "order",
    [
        lambda x: x.sort(0),
        lambda x: x.sort(descending=True),
        lambda x: x.topk(2, 0),
        lambda x: x.max(0),
        lambda x: x.min(1, keepdim=True),
    ],
    ids=["sort", "sort descending", "topk", "max", "min"],
)
def test_indices_of_an_order_that_changed_since_are_noticed(order: Any) -> None:
    values, indices = order(mt.tensor(ROWS, requires_grad=True))
    indices += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        values.sum().backward()


def test_an_index_is_noticed_in_the_second_derivative() -> None:
    x = mt.tensor([1.0, 2.0, 3.0], requires_grad=True)
    index = mt.tensor([0, 2])
    (g,) = mt.autograd.grad((x[index] ** 3).sum(), x, create_graph=True)
    index[0] = 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        g.sum().backward()


@pytest.mark.parametrize("index", [np.array([0, 1]), [0, 1]], ids=["array", "list"])
def test_arrays_and_lists_are_copied(index: Any) -> None:
    x = mt.tensor(ROWS, requires_grad=True)
    y, z = x[index], x.clone()
    z[index] = y * 2
    index[0] = 2
    z.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[2, 2], [2, 2], [1, 1]]


def test_a_bound_of_a_slice_is_read_at_once() -> None:
    x, end = mt.tensor(ROWS, requires_grad=True), mt.tensor(1)
    y = x[:end]
    end += 1
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1, 1], [0, 0], [0, 0]]
