"""detect_anomaly stops at the first NaN or Inf, and says where it was made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch import fused
from minitorch.autograd import Function, detect_anomaly, grad
from minitorch.tensor import Tensor


def leaf(*values: Any) -> Tensor:
    return Tensor._wrap(np.array(values, dtype=np.float64)).requires_grad_()


def test_the_first_inf_in_the_forward_pass() -> None:
    x = leaf(1.0, 0.0)
    with detect_anomaly(), pytest.raises(RuntimeError) as caught:
        x.log().sum()  # here
    message = str(caught.value)
    assert "result holds Inf" in message
    assert "log of (2,)" in message
    assert "test_anomaly.py" in message
    assert "x.log().sum()  # here" in message


def test_the_first_nan_in_the_forward_pass() -> None:
    x = leaf(math.inf)
    with detect_anomaly(), pytest.raises(RuntimeError, match=r"NaN.*sub of \(1,\), \(1,\).*x - x"):
        x * 2 + (x - x)


def test_a_nan_that_came_in_is_said_to_have_come_in() -> None:
    with detect_anomaly(), pytest.raises(RuntimeError, match="one of its inputs holds NaN: mul of"):
        leaf(math.nan) * 2


def test_the_first_inf_in_the_backward_pass() -> None:
    x = leaf(0.0, 4.0)
    with detect_anomaly():
        y = x.sqrt()  # made here
        loss = (y * 3).sum()
        with pytest.raises(RuntimeError) as caught:
            loss.backward()
    message = str(caught.value)
    assert "Function 'sqrt' returned inf values in its 0th output" in message
    assert "sqrt of (2,)" in message
    assert "y = x.sqrt()  # made here" in message


def test_the_first_nan_in_the_backward_pass_of_create_graph() -> None:
    x = leaf(0.0)
    with detect_anomaly():
        y = x.abs().sqrt() * 0.0
        with pytest.raises(RuntimeError, match="Function 'sqrt' returned nan"):
            grad(y, x, create_graph=True)


def test_fused_kernels_and_functions_are_watched() -> None:
    class Explode(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x / 0.0

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return g * math.inf

    with detect_anomaly():
        with pytest.raises(RuntimeError, match=r"Inf.*Explode of \(1,\)|div"):
            Explode.apply(leaf(1.0))
        with pytest.raises(RuntimeError, match=r"NaN.*softmax of \(2,\)"):
            fused.softmax(leaf(math.inf, math.inf), -1)


def test_each_tensor_that_a_function_returns_is_watched() -> None:
    class LogAndNorm(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> tuple[float, Tensor]:
            with np.errstate(divide="ignore"):
                return x.norm().item(), Tensor._wrap(np.log(x.array))

    x = leaf(1.0, 0.0).detach()
    with detect_anomaly():
        assert LogAndNorm.apply(x + 1)[0] == math.sqrt(5)
        with pytest.raises(RuntimeError, match=r"Inf.*LogAndNorm of \(2,\)"):
            LogAndNorm.apply(x)


def test_an_inf_that_is_meant_passes() -> None:
    q = leaf([1.0, 2.0], [3.0, 4.0])
    mask = minitorch.tensor([[True, False], [True, True]])
    with detect_anomaly():
        hidden = q.masked_fill(~mask, -math.inf)
        hidden.softmax(-1).sum().backward()
        with fused.definitions():
            fused.scaled_dot_product_attention(q, q, q, is_causal=True).sum().backward()
    assert np.isfinite(q.grad.array).all()


def test_outside_the_block_nothing_is_watched() -> None:
    with detect_anomaly():
        assert leaf(1.0).log().item() == 0.0
    assert leaf(0.0).log().item() == -math.inf


def test_what_is_finite_passes() -> None:
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        (fused.softmax(x * x, -1).log() * x).sum().backward()
    assert x.grad is not None


def test_a_gradient_that_the_user_gives_may_be_infinite_beside_others() -> None:
    x = leaf(1.0)
    gs = [minitorch.tensor([g], dtype=minitorch.float64) for g in (1.0, math.inf)]
    with detect_anomaly():
        (dx,) = grad((x * 2, x * 3), x, gs)
    assert dx.tolist() == [math.inf]
