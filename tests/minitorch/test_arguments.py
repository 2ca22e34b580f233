"""Declarations of what an operation may be given."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch.nn import functional as F
from minitorch.ops.signatures import Shapes
from minitorch.scalars import flag, number, whole, wholes
from minitorch.tensor import Tensor

LINEAR = Shapes(
    "linear", optional="bias", called={"k": "last sizes"}, input="* k", weight="n k | k", bias="n"
)
PAIRS = Shapes("pairs", input="* 2", floating=True, error=ValueError, hint="Cut it in two.")


def zeros(*shapes: tuple[int, ...] | None) -> list[Tensor | None]:
    return [None if shape is None else mt.zeros(shape) for shape in shapes]


@pytest.mark.parametrize(
    "shapes",
    [
        [(3,), (4, 3), (4,)],
        [(3,), (4, 3), None],
        [(5, 0, 3), (3,), None],
        [(7, 2, 3), (4, 3), (4,)],
    ],
)
def test_shapes_that_fit(shapes: Any) -> None:
    for _ in range(2):  # the second time they are known
        LINEAR(*zeros(*shapes))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3), (4, 5), None], r"input (2, 3) and weight (4, 5) do not fit (* k), (n k | k): "
                                 "the last sizes 3 and 5 differ"),
        ([(2, 3), (4, 3), (5,)], "n is both 4 and 5"),
        ([(), (4, 3), None], "input has 0 dimensions"),
        ([(3,), (4, 3, 1), None], "weight has 3 dimensions"),
        ([(3,), (4, 3), (1, 4)], "bias has 2 dimensions"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_named_each_time(shapes: Any, message: str) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError) as raised:
            LINEAR(*zeros(*shapes))
        assert str(raised.value).startswith("linear: ")
        assert message in str(raised.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: mt.matmul(x, None),
        lambda x: None @ x,
        lambda x: mt.mm(x, None),
        lambda x: mt.bmm(None, x),
        lambda x: mt.mv(None, x),
        lambda x: mt.dot(x, None),
        lambda x: mt.outer(x, None),
        lambda x: mt.isclose(x, None),
        lambda x: F.linear(x, None),
        lambda x: F.layer_norm(None, (2,)),
        lambda x: F.cross_entropy(x, None, reduction="none"),
        lambda x: F.scaled_dot_product_attention(x, x, None),
    ],
)
def test_none_is_no_tensor_unless_it_may_be_left_out(call: Any) -> None:
    with pytest.raises(TypeError, match="must be a Tensor, not NoneType"):
        call(mt.zeros(2, 2))
    LINEAR(mt.zeros(2, 2), mt.zeros(3, 2), None)


def test_a_number_is_a_size_and_the_error_and_the_hint_are_the_declared_ones() -> None:
    PAIRS(mt.zeros(5, 2))
    message = r"input \(5, 3\) does not fit .*: 3 is not 2\. Cut it in two\.$"
    with pytest.raises(ValueError, match=message):
        PAIRS(mt.zeros(5, 3))


def test_dimensions_in_front_must_broadcast() -> None:
    stacks = Shapes("matmul", a="* n k", b="* k m")
    stacks(mt.zeros(5, 1, 2, 3), mt.zeros(4, 3, 2))
    with pytest.raises(RuntimeError, match=r"\(5,\) and \(4,\), which stand for \*, do not"):
        stacks(mt.zeros(5, 2, 3), mt.zeros(4, 3, 2))


def test_dtypes_are_compared() -> None:
    with pytest.raises(RuntimeError, match=r"dtypes differ: input minitorch\.float32, weight"):
        LINEAR(mt.zeros(3), mt.zeros(4, 3).double(), None)
    with pytest.raises(RuntimeError, match="must be floating-point"):
        PAIRS(mt.zeros(2, dtype=mt.int64))


def test_only_so_many_shapes_are_known_at_once() -> None:
    fits = Shapes("double", input="* 2")
    x = mt.zeros(1500, 2)
    for n in range(1500):
        fits(x[:n])
    assert len(fits.known) < 1002
    with pytest.raises(RuntimeError, match="3 is not 2"):
        fits(mt.zeros(4, 3))


def test_none_is_left_out_and_what_is_no_tensor_is_refused() -> None:
    fits: Any = Shapes("dot", optional="input other", input="k", other="k")
    fits(mt.zeros(3), None)
    fits(None, mt.zeros(3))
    with pytest.raises(TypeError, match="argument 'input' must be a Tensor, not float"):
        fits(1.0, mt.zeros(3))
    with pytest.raises(TypeError, match="argument 'other' must be a Tensor, not ndarray"):
        fits(mt.zeros(3), mt.zeros(3).numpy())


@pytest.mark.parametrize("n", [3, np.int64(3), np.uint8(3), mt.tensor(3), mt.tensor([3])])
def test_a_whole_number_is_of_python_numpy_or_a_tensor(n: Any) -> None:
    assert type(whole("f", "n", n)) is int
    assert whole("f", "n", n, least=3) == 3
    assert wholes("f", "n", n) == wholes("f", "n", [n]) == [3]


@pytest.mark.parametrize("n", [True, np.True_, 3.0, "3", None, [3], mt.tensor(3.0), mt.ones(2)])
def test_what_is_no_whole_number_is_shown(n: Any) -> None:
    message = rf"^f\(\): argument 'n' must be int, not {type(n).__name__} \("
    with pytest.raises(TypeError, match=message):
        whole("f", "n", n)


def test_a_whole_number_that_is_too_small_raises_the_declared_error() -> None:
    message = r"^f\(\): argument 'n' must be at least 3, not 2$"
    with pytest.raises(ValueError, match=message):
        whole("f", "n", 2, least=3)
    with pytest.raises(IndexError, match=message):
        whole("f", "n", 2, least=3, error=IndexError)
    assert whole("f", "n", -(10**30)) == -(10**30)


@pytest.mark.parametrize("value", [1, 0, None, "True", 1.0, mt.tensor(True)])
def test_only_true_and_false_are_flags(value: Any) -> None:
    assert flag("f", "b", np.True_) is flag("f", "b", True) is True
    with pytest.raises(TypeError, match=rf"must be bool, not {type(value).__name__} \("):
        flag("f", "b", value)


@pytest.mark.parametrize(
    ("bounds", "fit", "refused", "says"),
    [
        ((), [1e308, -(10**9), np.float32(2)], [math.inf, -math.inf, math.nan, 10**400], "finite"),
        ((0, 1), [0, 1.0, 0.5], [-1e-9, 1.5, math.nan, math.inf], "at least 0 and at most 1"),
        ((0,), [0, sys.float_info.max], [-1, math.inf, math.nan], "at least 0 and finite"),
        ((0, math.inf), [0.0, math.inf], [-1, -math.inf, math.nan], "at least 0"),
        ((-math.inf, math.inf), [math.inf, -math.inf, 0], [math.nan], "a number"),
    ],
)
def test_a_number_lies_between_its_bounds_and_infinity_only_on_one(
    bounds: tuple[float, ...], fit: list[Any], refused: list[Any], says: str
) -> None:
    for x in fit:
        assert number("f", "x", x, *bounds) == x
    for x in refused:
        with pytest.raises(ValueError, match=rf"^f\(\): argument 'x' must be {says}, not -?\w"):
            number("f", "x", x, *bounds)


@pytest.mark.parametrize("value", [True, np.False_, None, "1", 1j, [1.0], mt.tensor(1.0)])
def test_what_is_no_number_is_shown(value: Any) -> None:
    with pytest.raises(TypeError, match=rf"must be a number, not {type(value).__name__} \("):
        number("f", "x", value)


NAMED = {
    "cat": lambda x, dim: mt.cat([x, x], dim),
    "chunk": lambda x, dim: x.chunk(2, dim),
    "cumsum": lambda x, dim: x.cumsum(dim),
    "diagonal": lambda x, dim: x.diagonal(0, 0, dim),
    "flatten": lambda x, dim: x.flatten(0, dim),
    "flip": lambda x, dim: x.flip(dim),
    "logsumexp": lambda x, dim: x.logsumexp(dim),
    "max": lambda x, dim: x.max(dim),
    "mean": lambda x, dim: x.mean(dim),
    "movedim": lambda x, dim: x.movedim(0, dim),
    "permute": lambda x, dim: x.permute(0, dim),
    "prod": lambda x, dim: x.prod(dim),
    "roll": lambda x, dim: x.roll(1, dim),
    "size": lambda x, dim: x.size(dim),
    "softmax": lambda x, dim: x.softmax(dim),
    "sort": lambda x, dim: x.sort(dim),
    "split": lambda x, dim: x.split(1, dim),
    "squeeze": lambda x, dim: x.squeeze(dim),
    "stack": lambda x, dim: mt.stack([x, x], dim),
    "sum": lambda x, dim: x.sum(dim),
    "transpose": lambda x, dim: x.transpose(0, dim),
    "unbind": lambda x, dim: x.unbind(dim),
    "unsqueeze": lambda x, dim: x.unsqueeze(dim),
    "var": lambda x, dim: x.var(dim),
}


@pytest.mark.parametrize("name", NAMED)
def test_an_error_names_its_operation(name: str) -> None:
    with pytest.raises(IndexError, match=rf"^{name}: .*Dimension out of range.*got 7"):
        NAMED[name](mt.ones(2, 2), 7)
    with pytest.raises(TypeError, match=rf"^{name}\(\): argument '\w+' must be int, not float"):
        NAMED[name](mt.ones(2, 2), 0.5)
