"""What holds for every operation, generated from the table in operations.py."""

from __future__ import annotations

import doctest
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from compositions import COMPOSED, PRIMITIVE
from draws import Draws
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from operations import TABLE, Row

from minitorch import autograd, ops
from minitorch.autograd.graph import mode
from minitorch.tensor import Tensor
from minitorch.testing import gradcheck, gradgradcheck

every_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
differentiable = pytest.mark.parametrize(
    "row", [r for r in TABLE if r.gradient], ids=lambda r: r.name
)


class Sample:
    """A call of an operation: its arguments as arrays and as tensors, equal arrays one tensor."""

    def __init__(self, row: Row, data: Any, dtype: type = np.float64) -> None:
        self.op = getattr(ops, row.name)
        self.arrays, self.options = row.draw(Draws(data.draw))
        self.made: dict[int, Tensor] = {}
        self.dtype = dtype
        self.args = [self.tensors(a) for a in self.arrays]

    def tensors(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            if id(value) not in self.made:
                floats = value.dtype.kind == "f"
                x = Tensor._wrap(value.astype(self.dtype, copy=False) if floats else value)
                self.made[id(value)] = x.requires_grad_(floats)
            return self.made[id(value)]
        if isinstance(value, (list, tuple)):
            return type(value)(self.tensors(v) for v in value)
        return value

    @property
    def leaves(self) -> list[Tensor]:
        return [x for x in self.made.values() if x.requires_grad]

    def __call__(self, *leaves: Tensor) -> Any:
        """Call the operation, with other tensors in the place of the leaves."""
        for old, new in zip(self.leaves, leaves, strict=False):
            key = next(k for k, x in self.made.items() if x is old)
            self.made[key] = new
        return self.op(*[self.tensors(a) for a in self.arrays], **self.options)


def outputs(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


def test_every_operation_has_a_row() -> None:
    assert {row.name for row in TABLE} == set(ops.__all__)


@every_row
@settings(max_examples=8)
@given(data=st.data())
def test_value(row: Row, data: Any) -> None:
    if row.value is None:
        pytest.skip("its value is tested by hand")
    sample = Sample(row, data)
    found = outputs(sample())
    expected = outputs(row.value(*sample.arrays, **sample.options))
    assert len(found) == len(expected)
    for y, z in zip(found, expected, strict=True):
        got = y.array if isinstance(y, Tensor) else np.asarray(y)
        assert got.shape == np.shape(z)
        np.testing.assert_allclose(got, z, rtol=1e-10, atol=1e-12)


@differentiable
@settings(max_examples=4)
@given(data=st.data())
def test_gradient_agrees_with_finite_differences(row: Row, data: Any) -> None:
    sample = Sample(row, data)
    leaves = sample.leaves
    assume(leaves and all(y.array.size for y in outputs(sample())))
    assert gradcheck(sample, leaves)
    if row.gradient == 2:
        assert gradgradcheck(sample, leaves)


@every_row
@settings(max_examples=4)
@given(data=st.data())
def test_float32_stays_and_inputs_too(row: Row, data: Any) -> None:
    sample = Sample(row, data, np.float32)
    before = [x.array.copy() for x in sample.made.values()]
    ys = [y for y in outputs(sample()) if isinstance(y, Tensor)]
    assert all(y.array.dtype.kind != "f" or y.array.dtype == np.float32 for y in ys)
    assert any(y.requires_grad for y in ys) == bool(row.gradient and ys and sample.leaves)
    ys = [y for y in ys if y.requires_grad]
    if ys:
        autograd.backward(ys, [y._wrap(np.ones_like(y.array)) for y in ys])
    for x, array in zip(sample.made.values(), before, strict=True):
        np.testing.assert_array_equal(x.array, array)
        if x.requires_grad and x.grad is not None:
            assert x.grad.array.dtype == np.float32
            assert x.grad.array.shape == x.array.shape
    owned = [t.array for x in sample.made.values() for t in (x, x.grad) if t is not None]
    for i, a in enumerate(owned):
        assert not any(np.shares_memory(a, b) for b in owned[i + 1 :])


ERRORS = [(row, *error) for row in TABLE for error in row.errors]


@pytest.mark.parametrize(
    ("row", "args", "error", "message"), ERRORS, ids=lambda v: getattr(v, "name", "")
)
def test_error(row: Row, args: list[Any], error: type[Exception], message: str) -> None:
    def tensors(value: Any) -> Any:
        if isinstance(value, list):
            return [tensors(v) for v in value]
        return Tensor._wrap(value) if isinstance(value, np.ndarray) else value

    with pytest.raises(error, match=message):
        getattr(ops, row.name)(*tensors(args))


# ------------------------------------------------- what ops/__init__.py says of its operations

LISTS = [
    " ".join(paragraph.split()).split(" ")
    for paragraph in (ops.__doc__ or "").split("\n\n")
    if paragraph.startswith("    ")
]
primitive, of_their_own, composed, without_derivative = LISTS


def recorded(call: Any) -> tuple[Any, set[str]]:
    """The result of a call, and the names of the nodes that it recorded."""
    names: set[str] = set()
    mode.watch = lambda name, out, _: names.add(name) if out.requires_grad else None
    try:
        return call(), names
    finally:
        mode.watch = None


def gradients(sample: Sample, y: Tensor) -> list[Any]:
    """The gradients of Σ y by the leaves of a sample; 0 where there is none."""
    autograd.backward([y], [y._wrap(np.ones_like(y.array))])
    found = [np.zeros(()) if x.grad is None else x.grad.array for x in sample.leaves]
    for x in sample.leaves:
        x.grad = None
    return found


def test_each_operation_is_in_one_of_the_lists() -> None:
    assert sorted(name for names in LISTS for name in names) == sorted([*ops.__all__, "put"])
    assert primitive == [op.__name__ for op in PRIMITIVE]
    assert set(of_their_own) == {*COMPOSED}
    assert set(without_derivative) == {row.name for row in TABLE if not row.gradient}


@differentiable
@settings(max_examples=8)
@given(data=st.data())
def test_an_operation_has_a_vjp_of_its_own_or_is_composed(row: Row, data: Any) -> None:
    sample = Sample(row, data)
    _, names = recorded(sample)
    if row.name in composed:
        assert names <= {*primitive, *of_their_own, "clone"}  # mean of a number is a copy
    elif row.name != "einsum":  # of one operand, it has nothing to multiply
        assert row.name in names


@pytest.mark.parametrize(
    "row", [r for r in TABLE if r.name in of_their_own], ids=lambda row: row.name
)
@settings(max_examples=8)
@given(data=st.data())
def test_primitive_operations_suffice(row: Row, data: Any) -> None:
    sample = Sample(row, data)
    expected = outputs(sample())[0]
    sample.op = COMPOSED[row.name]
    found, names = recorded(sample)
    assert names <= {*primitive}
    np.testing.assert_allclose(found.array, expected.array, rtol=1e-9, atol=1e-12)
    assert found.array.shape == expected.array.shape
    weights = expected._wrap(np.cos(np.arange(expected.array.size)).reshape(expected.array.shape))
    for a, b in zip(*(gradients(sample, y * weights) for y in (found, expected)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["ops.probe", "ops.signatures", "ops.table", "scalars"])
def test_examples_in_docstrings(name: str) -> None:
    failed, tried = doctest.testmod(import_module(f"minitorch.{name}"))
    assert tried
    assert not failed
