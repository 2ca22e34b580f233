"""Declarations of what an operation may be given."""

from __future__ import annotations

from typing import Any

import pytest

import minitorch as mt
from minitorch.nn import functional as F
from minitorch.ops.signatures import Shapes
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


def test_none_is_left_out_and_what_is_no_tensor_is_refused() -> None:
    fits: Any = Shapes("dot", optional="input other", input="k", other="k")
    fits(mt.zeros(3), None)
    fits(None, mt.zeros(3))
    with pytest.raises(TypeError, match="argument 'input' must be a Tensor, not float"):
        fits(1.0, mt.zeros(3))
    with pytest.raises(TypeError, match="argument 'other' must be a Tensor, not ndarray"):
        fits(mt.zeros(3), mt.zeros(3).numpy())
