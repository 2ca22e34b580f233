"""Type promotion against PyTorch's: every pair of dtypes, tensors, 0-d tensors and numbers."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch as mt

DTYPES = ("float32", "float64", "int64", "int32", "int16", "int8", "uint8", "bool")
NUMBERS: tuple[Any, ...] = (True, 2, 2.5, np.float64(2.5), np.int64(2))
BINARY: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda lib, a, b: a + b,
    "sub": lambda lib, a, b: a - b,
    "mul": lambda lib, a, b: a * b,
    "div": lambda lib, a, b: a / b,
    "floor_divide": lambda lib, a, b: a // b,
    "remainder": lambda lib, a, b: a % b,
    "pow": lambda lib, a, b: a**b,
    "fmod": lambda lib, a, b: lib.fmod(a, b),
    "eq": lambda lib, a, b: a == b,
    "lt": lambda lib, a, b: a < b,
    "and": lambda lib, a, b: a & b,
    "where": lambda lib, a, b: lib.where(lib.tensor([True, False]), a, b),
}
METHODS: dict[str, Callable[[Any, Any, Any], Any]] = {  # of two tensors, the first with dimensions
    "maximum": lambda lib, a, b: lib.maximum(a, b),
    "clamp": lambda lib, a, b: a.clamp(b),
    "clamp both": lambda lib, a, b: a.clamp(b, b),
    "cat": lambda lib, a, b: lib.cat([a, b.reshape(-1)]),
    "stack": lambda lib, a, b: lib.stack([a, b.expand(2)]),
    "add alpha": lambda lib, a, b: lib.add(a, b, alpha=2),
    "add_": lambda lib, a, b: a.add_(b),
    "mul_": lambda lib, a, b: a.mul_(b),
    "copy_": lambda lib, a, b: a.copy_(b),
    "x[0] = b": lambda lib, a, b: _set(a, 0, b.reshape(-1)[0]),
}
ACCEPTED_HERE = {  # where there is no kernel for bools there
    ("clamp", "bool"), ("clamp both", "bool"), ("maximum", "bool"),
}  # fmt: skip


def _set(x: Any, index: Any, value: Any) -> Any:
    x[index] = value
    return x


def outcome(lib: Any, op: Callable[[Any, Any, Any], Any], *operands: Callable[[Any], Any]) -> Any:
    """Return the dtype and the elements, or None where it is refused."""
    try:
        y = op(lib, *[make(lib) for make in operands])
    except (RuntimeError, TypeError, KeyError):
        return None
    return str(y.dtype).rpartition(".")[2], np.array(y.tolist(), float).round(5).tolist()


def makers(dtype: str) -> dict[str, Callable[[Any], Any]]:
    return {
        "1-d": lambda lib: lib.tensor([3, 1], dtype=getattr(lib, dtype)),
        "0-d": lambda lib: lib.tensor(3, dtype=getattr(lib, dtype)),
    }


@pytest.mark.parametrize("name", [*BINARY, *METHODS])
@pytest.mark.parametrize("first", DTYPES)
def test_two_tensors_promote_as_there(name: str, first: str) -> None:
    op = (BINARY | METHODS)[name]
    for second in DTYPES:
        for left, a in makers(first).items():
            if name in METHODS and left == "0-d":
                continue
            for right, b in makers(second).items():
                theirs, ours = outcome(torch, op, a, b), outcome(mt, op, a, b)
                if theirs is None and (
                    first == second == "bool" or (name, "bool") in ACCEPTED_HERE
                ):
                    continue
                assert ours == theirs, (first, left, second, right)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_tensor_and_a_number_promote_as_there(name: str, dtype: str) -> None:
    op = BINARY[name]
    for number in NUMBERS:
        for shape, a in makers(dtype).items():
            for order in (lambda x, y: (x, y), lambda x, y: (y, x)):
                operands = order(a, lambda lib, number=number: number)
                theirs, ours = outcome(torch, op, *operands), outcome(mt, op, *operands)
                if name == "pow" and dtype == "bool" and number is True:
                    continue  # bools have no powers here; x ** True is x there
                if theirs is None and (dtype == "bool" or (name == "sub" and number is True)):
                    continue  # 2 - True is 1 here, and refused there
                assert ours == theirs, (number, shape, operands)


def random_data(rng: random.Random, depth: int) -> Any:
    """Draw nested lists of equal length, of all that is a number."""
    leaves = (
        True, 2, 0.5, np.float64(0.5), np.float32(0.5), np.int64(3), np.int32(3), np.uint8(3),
        np.int8(3), np.int16(3),
    )  # fmt: skip
    if depth == 0:
        return rng.choice(leaves)
    if depth == 1 and rng.random() < 0.2:
        return np.ones(2, rng.choice([name for name in DTYPES if name != "bool"]))
    return [random_data(rng, depth - 1) for _ in range(2)]


@pytest.mark.parametrize("seed", range(3))
def test_nested_lists_have_the_dtype_that_they_have_there(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(1000):
        data = random_data(rng, rng.randint(0, 2))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch is slow where arrays are in lists
            theirs = torch.tensor(data)
        ours = mt.tensor(data)
        assert str(ours.dtype) == f"mini{theirs.dtype}", data
        assert ours.tolist() == theirs.tolist(), data


def test_questions_about_dtypes_are_answered_as_there() -> None:
    for first, second in itertools.product(DTYPES, repeat=2):
        theirs = [getattr(torch, name) for name in (first, second)]
        ours = [getattr(mt, name) for name in (first, second)]
        assert str(mt.promote_types(*ours)) == f"mini{torch.promote_types(*theirs)}"
        assert mt.can_cast(*ours) == torch.can_cast(*theirs)
        for shape, shapes in itertools.product([(), (2,)], repeat=2):
            there = torch.result_type(
                torch.ones(shape, dtype=theirs[0]), torch.ones(shapes, dtype=theirs[1])
            )
            here = mt.result_type(mt.ones(shape, dtype=ours[0]), mt.ones(shapes, dtype=ours[1]))
            assert str(here) == f"mini{there}"
    operands: list[Callable[[Any], Any]] = [
        *[lambda lib, n=n: n for n in (True, 2, 2.5)],
        *[lambda lib, d=d: lib.ones((), dtype=getattr(lib, d)) for d in DTYPES],
        *[lambda lib, d=d: lib.ones(2, dtype=getattr(lib, d)) for d in DTYPES],
    ]
    for a, b in itertools.product(operands, repeat=2):
        assert str(mt.result_type(a(mt), b(mt))) == f"mini{torch.result_type(a(torch), b(torch))}"


@pytest.mark.parametrize("name", [*DTYPES, "float16", "bfloat16", "half", "short"])
def test_attributes_and_limits_are_those_there(name: str) -> None:
    theirs, ours = getattr(torch, name), getattr(mt, name)
    assert repr(ours) == f"mini{theirs!r}"
    for attribute in ("is_floating_point", "is_complex", "is_signed", "itemsize"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    if name != "bool":
        kind = "finfo" if ours.is_floating_point else "iinfo"
        there, here = getattr(torch, kind)(theirs), getattr(mt, kind)(ours)
        assert repr(here) == repr(there)
        names = {n for n in dir(there) if not n.startswith("_")}
        assert {n: getattr(here, n) for n in names} == {n: getattr(there, n) for n in names}
        assert names == set(vars(here))


@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_print_as_there(dtype: str) -> None:
    for values in ([0, 1, 1], [[0, 1], [1, 0]], 1, []):
        theirs = torch.tensor(values, dtype=getattr(torch, dtype))
        assert repr(mt.tensor(values, dtype=getattr(mt, dtype))) == (
            repr(theirs).replace("torch.", "minitorch.")
        )


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_conversions_give_what_they_give_there(source: str, target: str) -> None:
    values = [0, 1, 2, 200, 255] if source == "uint8" else [-2, -1, 0, 1, 200, 300]
    array = np.array(values).astype(source)
    theirs = torch.tensor(array).to(getattr(torch, target))
    ours = mt.tensor(array).to(getattr(mt, target))
    if source.startswith("float") and target == "uint8":  # undefined for negative floats in C
        theirs, ours = theirs[2:], ours[2:]
    assert ours.tolist() == theirs.tolist()
