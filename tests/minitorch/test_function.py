"""Operations of one's own: what PyTorch's Function does, ours does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch.autograd import Function, grad, no_grad
from minitorch.tensor import Tensor
from minitorch.testing import assert_close, gradcheck, gradgradcheck


def leaf(*values: Any) -> Tensor:
    return Tensor._wrap(np.array(values, dtype=np.float64)).requires_grad_()


class Exp(Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return g * y


class ScaledProduct(Function):
    """Saves its inputs, and takes an argument that is no tensor."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, scale: float) -> Tensor:
        ctx.save_for_backward(a, b)
        ctx.scale = scale
        return a * b * scale

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        a, b = ctx.saved_tensors
        da = g * b * ctx.scale if ctx.needs_input_grad[0] else None
        db = g * a * ctx.scale if ctx.needs_input_grad[1] else None
        return da, db, None


class SquareAndCube(Function):
    """Has two outputs, of different shapes, and saves one of them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        square, cubes = x * x, (x**3).sum()
        ctx.save_for_backward(x, square)
        return square, cubes

    @staticmethod
    def backward(ctx: Any, g_square: Tensor, g_cubes: Tensor) -> Tensor:
        x, square = ctx.saved_tensors
        return g_square * 2 * x + g_cubes * 3 * square


def test_first_and_second_derivatives() -> None:
    x, y = leaf(0.5, -1.0), leaf(2.0, 3.0)
    for fn, inputs in [
        (Exp.apply, (x,)),
        (ScaledProduct.apply, (x, y, 3.0)),
        (SquareAndCube.apply, (x,)),
        (lambda x: Exp.apply(x * 2) * Exp.apply(x), (x,)),
    ]:
        assert gradcheck(fn, inputs)
        assert gradgradcheck(fn, inputs)


def test_values_by_hand() -> None:
    x = leaf(1.0, 2.0)
    square, cubes = SquareAndCube.apply(x)
    assert square.tolist() == [1.0, 4.0]
    assert cubes.item() == 9.0
    (square.sum() + 10 * cubes).backward()
    assert x.grad.tolist() == [32.0, 124.0]
    assert square.grad_fn.name == "SquareAndCube"


def test_an_output_that_was_not_used_gives_zeros() -> None:
    x = leaf(1.0, 2.0)
    assert grad(SquareAndCube.apply(x)[1], x)[0].tolist() == [3.0, 12.0]
    assert grad(SquareAndCube.apply(x)[0].sum(), x)[0].tolist() == [2.0, 4.0]


def test_needs_input_grad_says_which_argument_needs_one() -> None:
    seen = []

    class Look(Function):
        @staticmethod
        def forward(ctx: Any, *args: Any) -> Tensor:
            seen.append(ctx.needs_input_grad)
            return args[1] * 1

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
            return None, g, None

    x = leaf(1.0)
    y = Look.apply(2, x, minitorch.tensor(1.0))
    assert seen == [(False, True, False)]
    assert grad(y, x)[0].tolist() == [1.0]


def test_forward_is_not_recorded_and_nothing_is_where_nothing_is_needed() -> None:
    assert not Exp.apply(leaf(1.0).detach()).requires_grad
    with no_grad():
        assert not Exp.apply(leaf(1.0)).requires_grad


def test_outputs_without_a_derivative() -> None:
    class Sorted(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            order = x.argsort()
            rank = order.double()
            ctx.mark_non_differentiable(rank)
            ctx.save_for_backward(order)
            return x[order], order, rank

        @staticmethod
        def backward(ctx: Any, g: Tensor, g_order: Tensor, g_rank: Tensor) -> Tensor:
            assert g_order.tolist() == [0, 0, 0]
            assert g_rank.tolist() == [0.0, 0.0, 0.0]
            (order,) = ctx.saved_tensors
            return g[order.argsort()]

    x = leaf(3.0, 1.0, 2.0)
    y, order, rank = Sorted.apply(x)
    assert y.requires_grad
    assert not order.requires_grad
    assert not rank.requires_grad
    (y * minitorch.tensor([10.0, 20.0, 30.0])).sum().backward()
    assert x.grad.tolist() == [30.0, 10.0, 20.0]


def test_a_gradient_of_none_stops_there() -> None:
    class Stop(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> None:
            return None

    x = leaf(2.0)
    Stop.apply(x.exp()).backward()
    assert x.grad is None
    (Stop.apply(x.exp()) + 3 * x).backward()
    assert x.grad.tolist() == [3.0]


def test_an_argument_may_be_returned_as_it_is() -> None:
    class Reverse(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return -g

    x = leaf(1.0)
    y = Reverse.apply(x)
    assert x.is_leaf
    assert not y.is_leaf
    y.backward()
    assert x.grad.tolist() == [-1.0]


def test_forward_and_setup_context_apart() -> None:
    class Power(Function):
        @staticmethod
        def forward(x: Tensor, n: int) -> Tensor:
            return x**n

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
            x, ctx.n = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
            (x,) = ctx.saved_tensors
            return g * ctx.n * x ** (ctx.n - 1), None

    x = leaf(2.0)
    assert grad(Power.apply(x, 3), x)[0].tolist() == [12.0]


def test_a_saved_tensor_changed_in_place_is_an_error() -> None:
    x, b = leaf(1.0), leaf(2.0).detach()
    y = ScaledProduct.apply(x, b, 2.0)
    b.add_(1)
    with pytest.raises(RuntimeError, match="inplace operation: ScaledProduct saved"):
        y.backward()
    z = Exp.apply(x)
    z.mul_(2)
    with pytest.raises(RuntimeError, match="inplace operation: Exp saved"):
        z.backward()


def test_a_second_backward_pass_is_an_error_if_something_was_saved() -> None:
    y = Exp.apply(leaf(1.0))
    y.backward()
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward()


def test_a_wrong_number_of_gradients_is_an_error() -> None:
    class Wrong(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
            return x + y

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return g

    with pytest.raises(RuntimeError, match=r"incorrect number of gradients \(expected 2, got 1\)"):
        Wrong.apply(leaf(1.0), leaf(1.0)).backward()


def test_float32_gradients_stay_float32() -> None:
    x = minitorch.tensor([1.0, 2.0], requires_grad=True)
    square, cubes = SquareAndCube.apply(x)
    (square.sum() + cubes).backward()
    assert x.grad.dtype == minitorch.float32
    assert_close(x.grad, minitorch.tensor([5.0, 16.0]))


def test_an_argument_that_forward_returns_shares_its_changes_with_the_result() -> None:
    class Same(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    x = minitorch.tensor([2.0], requires_grad=True)
    y = x * 1
    z = Same.apply(y)
    square = z * z  # saves z
    y.detach().zero_()
    with pytest.raises(RuntimeError, match="inplace operation"):
        square.backward()
