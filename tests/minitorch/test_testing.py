"""gradcheck, gradgradcheck and assert_close find what is wrong, and say where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch
from minitorch.autograd import record
from minitorch.tensor import Tensor
from minitorch.testing import GradcheckError, assert_close, gradcheck, gradgradcheck


def leaf(array: Any) -> Tensor:
    return Tensor._wrap(np.array(array, dtype=np.float64)).requires_grad_()


def wrong_at(index: tuple[int, ...]) -> Any:
    """A function x -> 2x with a derivative that is off by 1 at one place."""

    def vjp(g: Tensor) -> Tensor:
        factor = np.full(g.shape, 2.0)
        factor[index] += 1
        return g * Tensor._wrap(factor)

    return lambda a, x: record("wrong", 2 * x.array, (x, vjp)) + a


def test_the_message_names_the_input_the_index_and_both_numbers() -> None:
    x = leaf(np.arange(6.0).reshape(2, 3))
    with pytest.raises(GradcheckError) as caught:
        gradcheck(wrong_at((1, 2)), (leaf(np.ones((2, 3))), x))
    v = np.random.default_rng(0).standard_normal((2, 3))[1, 2]
    message = str(caught.value)
    assert "inputs[1] at index (1, 2)" in message
    assert f"analytic   {3 * v:.8g}" in message
    assert f"numerical  {2 * v:.6g}" in message
    assert not gradcheck(wrong_at((0, 0)), (leaf(np.ones((2, 3))), x), raise_exception=False)


@given(st.lists(st.integers(0, 3), max_size=3), st.booleans())
def test_any_shape_and_strides(shape: list[int], transposed: bool) -> None:
    array = np.random.default_rng(0).standard_normal(shape[::-1] if transposed else shape)
    x = Tensor._wrap(array.T if transposed else array).requires_grad_()
    assert gradcheck(lambda x: x.exp() * x, x)
    assert gradgradcheck(lambda x: x.exp() * x, x)


def test_every_second_element_of_an_array() -> None:
    memory = np.arange(1.0, 9.0)
    x = Tensor._wrap(memory[::2]).requires_grad_()
    assert gradcheck(lambda x: x.log(), x)
    assert memory.tolist() == list(range(1, 9))


def test_several_outputs_and_one_without_a_gradient() -> None:
    x = leaf([1.0, 2.0])
    assert gradcheck(lambda x: (x * x, x.exp().sum(), x.detach(), x > 1), x)
    with pytest.raises(GradcheckError, match="analytic"):
        gradcheck(lambda x: (x * x, wrong_at((0,))(x, x)), x)


def test_a_function_that_forgets_the_graph_is_found_out() -> None:
    with pytest.raises(GradcheckError, match="analytic   0"):
        gradcheck(lambda x: x.detach() * 2, leaf([1.0]))
    assert gradcheck(lambda x: x.detach() * 0, leaf([1.0]))


def test_a_nan_is_not_a_derivative() -> None:
    with pytest.raises(GradcheckError, match="nan"):
        gradcheck(lambda x: x.sqrt() * x, leaf([0.0]))


def test_a_function_that_changes_its_input_is_found_out() -> None:
    def change(x: Tensor) -> Tensor:
        y = x * 2
        x.array[0] = 7
        return y

    with pytest.raises(GradcheckError, match=r"changed inputs\[0\]"):
        gradcheck(change, leaf([1.0]))


def test_a_function_that_gives_another_result_each_time_is_found_out() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(GradcheckError, match="another result"):
        gradcheck(lambda x: x * rng.random(), leaf([1.0]))


def test_a_wrong_second_derivative_is_found_though_the_first_is_right() -> None:
    def cube(x: Tensor) -> Tensor:
        return record("cube", x.array**3, (x, lambda g, x: g * 3 * (x * x).detach(), x))

    assert gradcheck(cube, leaf([1.0, 2.0]))
    with pytest.raises(GradcheckError, match=r"inputs\[0\] at index \(0,\)"):
        gradgradcheck(cube, leaf([1.0, 2.0]))


def test_what_has_no_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="no input requires a gradient"):
        gradcheck(lambda x: x, minitorch.tensor([1.0]))
    with pytest.raises(ValueError, match="need float64"):
        gradcheck(lambda x: x, minitorch.tensor([1.0], requires_grad=True))
    with pytest.raises(ValueError, match="share memory"):
        gradcheck(lambda x: x * 2, leaf([1.0]).expand(3))
    with pytest.raises(ValueError, match="no output of the function"):
        gradgradcheck(lambda x: x.detach(), leaf([1.0]))


# ------------------------------------------------------------------------------------ assert_close


def test_tolerances_are_those_of_the_dtype() -> None:
    one = np.ones(1)
    assert_close(one, one + 1.9e-7)
    with pytest.raises(AssertionError):
        assert_close(one, one + 3e-7)
    single = np.ones(1, np.float32)
    assert_close(single, single + np.float32(1e-5))
    with pytest.raises(AssertionError):
        assert_close(single, single + np.float32(2e-5))
    assert_close(minitorch.tensor([1, 2]), minitorch.tensor([1, 2]))
    with pytest.raises(AssertionError):
        assert_close(minitorch.tensor([1, 2]), minitorch.tensor([1, 3]))
    assert_close(one, one + 0.5, rtol=0, atol=0.6)
    with pytest.raises(ValueError, match="both"):
        assert_close(one, one, rtol=0.1)


def test_the_message_names_the_worst() -> None:
    expected = np.array([[1.0, 100.0], [0.001, 4.0]])
    actual = expected + np.array([[0.0, 5.0], [0.5, 0.0]])
    with pytest.raises(AssertionError) as caught:
        assert_close(actual, expected)
    message = str(caught.value)
    assert "Mismatched elements: 2 / 4 (50.0%)" in message
    assert "absolute difference: 5 at index (0, 1) (up to 1e-07 allowed): 105.0" in message
    assert "relative difference: 500 at index (1, 0)" in message


def test_shape_dtype_and_nan() -> None:
    with pytest.raises(AssertionError, match=r"'shape' do not match: \(2,\) != \(1, 2\)"):
        assert_close(np.ones(2), np.ones((1, 2)))
    with pytest.raises(AssertionError, match="'dtype' do not match"):
        assert_close(np.ones(2), np.ones(2, np.float32))
    assert_close(np.ones(2), np.ones(2, np.float32), check_dtype=False)
    with pytest.raises(AssertionError):
        assert_close(np.array([np.nan]), np.array([np.nan]))
    assert_close(np.array([np.nan]), np.array([np.nan]), equal_nan=True)
    with pytest.raises(AssertionError, match="mine"):
        assert_close(1.0, 2.0, msg="mine")


def test_sequences_and_mappings_are_compared_piece_by_piece() -> None:
    x = minitorch.tensor([1.0])
    assert_close({"a": [x, 2.0]}, {"a": [x, 2.0]})
    with pytest.raises(AssertionError, match=r"At \['a'\]\[1\]"):
        assert_close({"a": [x, 2.0]}, {"a": [x, 3.0]})
    with pytest.raises(AssertionError, match="lengths"):
        assert_close([x], [x, x])
    with pytest.raises(AssertionError, match="keys"):
        assert_close({"a": x}, {"b": x})
