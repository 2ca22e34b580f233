"""The optimizers, step by step with arithmetic by hand, and what they share."""

from __future__ import annotations

import copy
import math
from functools import partial
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn, optim


def parameter(*values: float, dtype: Any = mt.float64) -> nn.Parameter:
    return nn.Parameter(mt.tensor(list(values), dtype=dtype))


def after(optimizer: optim.Optimizer, p: mt.Tensor, *gradients: float) -> list[float]:
    """Return the first element of p after each step, with these gradients."""
    found = []
    for g in gradients:
        p.grad = mt.full(p.shape, g, dtype=p.dtype)
        optimizer.step()
        found.append(p.detach().numpy().flat[0].item())
    return found


# ----------------------------------------------------------------------------------- SGD


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.9, 0.7]),
        ({"maximize": True}, [1.1, 1.3]),
        ({"weight_decay": 0.5}, [0.85, 0.85 - 0.1 * (2 + 0.425)]),
        ({"momentum": 0.5}, [0.9, 0.9 - 0.1 * 2.5]),
        ({"momentum": 0.5, "dampening": 0.25}, [0.9, 0.9 - 0.1 * (0.5 + 0.75 * 2)]),
        ({"momentum": 0.5, "nesterov": True}, [0.85, 0.85 - 0.1 * (2 + 0.5 * 2.5)]),
    ],
)
def test_sgd_from_1_with_gradients_1_and_2(options: dict[str, Any], expected: list[float]) -> None:
    p = parameter(1.0)
    assert after(optim.SGD([p], lr=0.1, **options), p, 1, 2) == pytest.approx(expected, rel=1e-14)


# ---------------------------------------------------------------------------------- Adam

BETAS = (0.5, 0.75)
M = [0.5 * 1, 0.25 * 1 + 0.5 * 2]  # with gradients 1 and 2
V = [0.25 * 1, 0.75 * 0.25 + 0.25 * 4]
STEPS = [0.1 * (M[t] / (1 - 0.5 ** (t + 1))) / (math.sqrt(V[t] / (1 - 0.75 ** (t + 1))) + 0.01)
         for t in range(2)]  # fmt: skip


@pytest.mark.parametrize("make", [optim.Adam, optim.AdamW])
def test_adam_from_1_with_gradients_1_and_2(make: Any) -> None:
    p = parameter(1.0)
    optimizer = make([p], lr=0.1, betas=BETAS, eps=0.01, weight_decay=0)
    expected = [1 - STEPS[0], 1 - STEPS[0] - STEPS[1]]
    assert after(optimizer, p, 1, 2) == pytest.approx(expected, rel=1e-14)
    p = parameter(1.0)
    optimizer = make([p], lr=0.1, betas=BETAS, eps=0.01, weight_decay=0, maximize=True)
    assert after(optimizer, p, -1, -2) == pytest.approx(expected, rel=1e-14)


def test_adamw_decays_apart_from_the_gradient() -> None:
    p = parameter(1.0)
    optimizer = optim.AdamW([p], lr=0.1, betas=BETAS, eps=0.01, weight_decay=0.5)
    first = 1 - 0.05 - STEPS[0]
    expected = [first, 0.95 * first - STEPS[1]]
    assert after(optimizer, p, 1, 2) == pytest.approx(expected, rel=1e-14)
    assert optim.AdamW([p]).defaults["weight_decay"] == 0.01


def test_amsgrad_divides_by_the_largest_average() -> None:
    p = parameter(1.0)
    optimizer = optim.Adam([p], lr=0.1, betas=BETAS, eps=0.01, amsgrad=True)
    first, second = after(optimizer, p, 2, 0)
    assert first == pytest.approx(1 - 0.1 * 2 / 2.01, rel=1e-14)
    # v falls from 1 to 0.75, and 1 is kept; m falls from 1 to 0.5.
    step = 0.1 * (0.5 / 0.75) / (math.sqrt(1 / (1 - 0.75**2)) + 0.01)
    assert second == pytest.approx(first - step, rel=1e-14)


def test_the_first_step_of_adam_is_lr_whatever_the_scale() -> None:
    p = parameter(0.0)
    assert after(optim.Adam([p], lr=0.1, eps=0), p, 1e-12) == pytest.approx([-0.1], rel=1e-12)


# ------------------------------------------------------------------- Adagrad and RMSprop


@pytest.mark.parametrize(
    ("options", "steps"),
    [  # from 1, with gradients 1 and 2
        ({}, [1 / 1.01, 2 / (math.sqrt(5) + 0.01)]),
        ({"lr_decay": 0.5}, [1 / 1.01, 2 / (math.sqrt(5) + 0.01) / 1.5]),
        ({"initial_accumulator_value": 3}, [1 / 2.01, 2 / (math.sqrt(8) + 0.01)]),
        ({"maximize": True}, [-1 / 1.01, -2 / (math.sqrt(5) + 0.01)]),
    ],
)
def test_adagrad_divides_by_the_sum_of_squares(options: dict[str, Any], steps: list[float]) -> None:
    p = parameter(1.0)
    optimizer = optim.Adagrad([p], lr=0.1, eps=0.01, **options)
    expected = [1 - 0.1 * steps[0], 1 - 0.1 * (steps[0] + steps[1])]
    assert after(optimizer, p, 1, 2) == pytest.approx(expected, rel=1e-14)


RMS = [math.sqrt(0.25) + 0.01, math.sqrt(1.1875) + 0.01]  # v is 0.25, and 0.75 · 0.25 + 0.25 · 4


@pytest.mark.parametrize(
    ("options", "steps"),
    [  # from 1, with gradients 1 and 2
        ({}, [1 / RMS[0], 2 / RMS[1]]),
        ({"maximize": True}, [-1 / RMS[0], -2 / RMS[1]]),
        ({"momentum": 0.5}, [1 / RMS[0], 0.5 / RMS[0] + 2 / RMS[1]]),
        # m is 0.25, and 0.75 · 0.25 + 0.25 · 2
        (
            {"centered": True},
            [
                1 / (math.sqrt(0.25 - 0.25**2) + 0.01),
                2 / (math.sqrt(1.1875 - 0.6875**2) + 0.01),
            ],
        ),
    ],
)
def test_rmsprop_divides_by_the_mean_of_squares(
    options: dict[str, Any], steps: list[float]
) -> None:
    p = parameter(1.0)
    optimizer = optim.RMSprop([p], lr=0.1, alpha=0.75, eps=0.01, **options)
    expected = [1 - 0.1 * steps[0], 1 - 0.1 * (steps[0] + steps[1])]
    assert after(optimizer, p, 1, 2) == pytest.approx(expected, rel=1e-14)


ADAM = partial(optim.Adam, lr=0.1, betas=BETAS, eps=0.01)


@pytest.mark.parametrize("make", [ADAM, optim.Adagrad, optim.RMSprop])
def test_they_decay_through_the_gradient(make: Any) -> None:
    p, q = parameter(1.0), parameter(1.0)
    decayed, plain = make([p], weight_decay=0.5), make([q])
    first = after(decayed, p, 1)
    assert first == after(plain, q, 1.5)
    assert after(decayed, p, 2) == pytest.approx(after(plain, q, 2 + 0.5 * first[0]), rel=1e-14)


def test_equal_gradients_have_no_deviation_and_never_one_below_0() -> None:
    p = parameter(0.0, dtype=mt.float32)
    optimizer = optim.RMSprop([p], alpha=0.5, eps=1.0, centered=True)
    assert math.isfinite(after(optimizer, p, *[0.1] * 100)[-1])


def test_the_state_has_pytorchs_names_and_what_the_options_need() -> None:
    p = parameter(1.0)
    optimizer = optim.RMSprop([p], momentum=0.5, centered=True)
    after(optimizer, p, 1.0)
    assert set(optimizer.state[p]) == {"step", "square_avg", "momentum_buffer", "grad_avg"}
    optimizer = optim.RMSprop([p])
    after(optimizer, p, 1.0)
    assert set(optimizer.state[p]) == {"step", "square_avg"}
    optim.RMSprop([p]).load_state_dict(optimizer.state_dict())
    with pytest.raises(ValueError, match="grad_avg"):
        optim.RMSprop([p], centered=True).load_state_dict(
            {
                **optimizer.state_dict(),
                "param_groups": optim.RMSprop([p], centered=True).state_dict()["param_groups"],
            }
        )


# ------------------------------------------------------- ten steps, every option, in float64


def sgd_by_hand(x: float, gradients: list[float], o: dict[str, Any]) -> list[float]:
    """The formula of Sutskever et al. for one number, as PyTorch documents it."""
    found, b = [], None
    for g in gradients:
        g = (-g if o["maximize"] else g) + o["weight_decay"] * x
        if o["momentum"]:
            b = g if b is None else o["momentum"] * b + (1 - o["dampening"]) * g
            g = g + o["momentum"] * b if o["nesterov"] else b
        x = x - o["lr"] * g
        found.append(x)
    return found


def adam_by_hand(
    x: float, gradients: list[float], o: dict[str, Any], decoupled: bool
) -> list[float]:
    """Algorithm 1 of Kingma and Ba for one number, with Loshchilov and Hutter's decay if asked."""
    found, m, v, largest, (beta1, beta2) = [], 0.0, 0.0, 0.0, o["betas"]
    for t, g in enumerate(gradients, 1):
        g = -g if o["maximize"] else g
        if decoupled:
            x = x - o["lr"] * o["weight_decay"] * x
        else:
            g = g + o["weight_decay"] * x
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        largest = max(largest, v)
        m_hat = m / (1 - beta1**t)
        v_hat = (largest if o["amsgrad"] else v) / (1 - beta2**t)
        x = x - o["lr"] * m_hat / (math.sqrt(v_hat) + o["eps"])
        found.append(x)
    return found


def odd(dtype: Any) -> list[mt.Tensor]:
    """Parameters of odd shapes and memory: 0-d, one element, none, rows backwards, transposed."""
    arrays = [np.array(-0.5), np.array([2.0]), np.ones((2, 0)), np.linspace(-2, 1, 12)[::-2],
              np.arange(6.0).reshape(2, 3).T, np.linspace(-1, 1, 40)]  # fmt: skip
    return [mt.Tensor._wrap(a.astype(dtype, order="K")).requires_grad_() for a in arrays]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("option", [0, 1])
def test_ten_steps_with_every_option_are_those_by_hand(
    dtype: Any, make: Any, maximize: bool, option: int
) -> None:
    options: dict[str, Any] = {"lr": 0.05, "weight_decay": 0.1, "maximize": maximize}
    if make is optim.SGD:
        options |= [{"momentum": 0.8, "dampening": 0.3, "nesterov": False},
                    {"momentum": 0.8, "dampening": 0.0, "nesterov": True}][option]  # fmt: skip
    else:
        options |= {"betas": (0.7, 0.8), "eps": 0.01, "amsgrad": bool(option)}
    params = odd(dtype)
    gradients = [
        np.random.default_rng(step).standard_normal(100) / (step + 1) for step in range(10)
    ]
    gradients = [g.astype(dtype).astype(float) for g in gradients]
    starts, optimizer, found = [p.tolist() for p in params], make(params, **options), []
    for g in gradients:
        for p in params:
            of_p = np.resize(g, p.shape) if p.numel() else np.zeros(p.shape)
            p.grad = mt.Tensor._wrap(of_p.astype(dtype))
        optimizer.step()
        found.append([p.array.copy() for p in params])
    tolerance = {np.float64: 1e-12, np.float32: 2e-5}[dtype]
    for i, start in enumerate(starts):
        for j, x in enumerate(np.ravel(start).tolist()):
            of_x = [g[j].item() for g in gradients]
            expected = (
                sgd_by_hand(x, of_x, options)
                if make is optim.SGD
                else adam_by_hand(x, of_x, options, decoupled=make is optim.AdamW)
            )
            got = [arrays[i].reshape(-1)[j] for arrays in found]
            assert got == pytest.approx(expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (optim.SGD, {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0,
                     "nesterov": False, "maximize": False}),
        (optim.Adam, {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0,
                      "amsgrad": False, "maximize": False}),
        (optim.AdamW, {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01,
                       "amsgrad": False, "maximize": False}),
        (optim.RMSprop, {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0,
                         "centered": False, "maximize": False}),
        (optim.Adagrad, {"lr": 0.01, "lr_decay": 0, "weight_decay": 0,
                         "initial_accumulator_value": 0, "eps": 1e-10, "maximize": False}),
    ],
)  # fmt: skip
def test_the_defaults_are_pytorchs(make: Any, expected: dict[str, Any]) -> None:
    p = parameter(1.0)
    assert make([p]).defaults == expected
    in_order = [v for k, v in expected.items() if k != "maximize"]
    assert make([p], *in_order).defaults == expected


def test_tensors_and_numbers_of_numpy_are_taken_as_options() -> None:
    for lr in (mt.tensor(0.1), mt.tensor([0.1]), np.float32(0.1), np.float64(0.1)):
        p = parameter(1.0)
        assert after(optim.SGD([p], lr=lr), p, 1) == pytest.approx([0.9])
    for betas in ((mt.tensor(0.5), mt.tensor(0.75)), np.array(BETAS), list(BETAS)):
        p = parameter(1.0)
        optimizer = optim.Adam([p], lr=1, betas=betas, eps=0, amsgrad=np.True_)
        assert after(optimizer, p, 3) == pytest.approx([0.0])


def test_amsgrad_can_be_turned_on_and_off_midway() -> None:
    p, q = parameter(1.0), parameter(1.0)
    optimizer = optim.Adam([p, q], lr=0.1, betas=BETAS, eps=0.01)
    after(optimizer, p, 2)
    optimizer.param_groups[0]["amsgrad"] = True
    second, third = after(optimizer, p, 0, 0)  # v: 1, 0.75, 0.5625; the largest since then 0.75
    m = [0.5, 0.25]
    steps = [
        0.1 * m[i] / (1 - 0.5**t) / (math.sqrt(0.75 / (1 - 0.75**t)) + 0.01)
        for i, t in enumerate((2, 3))
    ]
    assert third == pytest.approx(second - steps[1], rel=1e-14)
    assert second == pytest.approx(1 - 0.1 * 2 / 2.01 - steps[0], rel=1e-14)
    q.grad = mt.ones_like(q)  # for the first time, beside p of another number of steps
    optimizer.step()
    optimizer.param_groups[0]["amsgrad"] = False
    optimizer.step()
    assert optimizer.state[q]["step"] == 2


# --------------------------------------------------------------------------- what they share

LR = np.float64(0.1)  # a NumPy number, which must not bring float64 in
ALL = [
    lambda p: optim.SGD(p, lr=LR, momentum=0.9, nesterov=True, weight_decay=0.1),
    lambda p: optim.Adam(p, lr=LR, weight_decay=0.1, amsgrad=True),
    lambda p: optim.AdamW(p, lr=LR),
    lambda p: optim.Adagrad(p, lr=LR, lr_decay=0.1),
    lambda p: optim.RMSprop(p, lr=LR, momentum=0.5, centered=True),
]


@pytest.mark.parametrize("make", ALL)
def test_float32_stays_float32_and_memory_stays_in_place(make: Any) -> None:
    p = parameter(1.0, 2.0, dtype=mt.float32)
    array, optimizer = p.array, make([p])
    g = p.grad = mt.tensor([0.5, -0.5])
    optimizer.step()
    optimizer.step()
    assert p.array is array
    assert array.dtype == np.float32
    assert p.grad is g
    assert g.tolist() == [0.5, -0.5]
    for value in optimizer.state[p].values():
        assert not isinstance(value, mt.Tensor) or value.dtype == mt.float32


@pytest.mark.parametrize("make", ALL)
def test_a_step_between_forward_and_backward_is_noticed(make: Any) -> None:
    p = parameter(2.0)
    y = p * p
    p.grad = mt.ones_like(p)
    make([p]).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize("make", ALL)
def test_a_resumed_optimizer_takes_the_same_steps(make: Any) -> None:
    p = [parameter(1.0, -2.0), parameter(3.0)]
    optimizer = make([{"params": p[:1]}, {"params": p[1:], "lr": 0.02}])
    for x in p:
        after(optimizer, x, 0.3, -0.7)
    optimizer.zero_grad()
    q = copy.deepcopy(p)
    resumed = make([{"params": q[:1]}, {"params": q[1:]}])
    state = optimizer.state_dict()
    resumed.load_state_dict(state)
    for x, y in zip(p, q, strict=True):
        assert after(optimizer, x, 0.1, 0.2) == after(resumed, y, 0.1, 0.2)
    assert resumed.param_groups[1]["lr"] == 0.02
    assert state["param_groups"][1]["params"] == [1]
    assert set(state["state"]) == {0, 1}


def test_a_parameter_without_a_gradient_stays() -> None:
    p, q = parameter(1.0), parameter(1.0)
    optimizer = optim.Adam([p, q])
    after(optimizer, p, 1.0)
    assert q.tolist() == [1.0]
    assert list(optimizer.state_dict()["state"]) == [0]


def test_the_state_of_a_group_that_was_taken_away_is_not_saved() -> None:
    p, q = parameter(1.0), parameter(1.0)
    optimizer = optim.Adam([{"params": p}, {"params": q}])
    after(optimizer, p, 1.0)
    after(optimizer, q, 1.0)
    del optimizer.param_groups[0]
    state = optimizer.state_dict()
    assert [*state["state"]] == [0]
    optim.Adam([q]).load_state_dict(state)


def test_zero_grad_forgets_or_sets_to_zero() -> None:
    p = parameter(1.0)
    optimizer = optim.SGD([p])
    g = p.grad = mt.tensor([3.0], dtype=mt.float64)
    optimizer.zero_grad(set_to_none=False)
    assert g.tolist() == [0.0]
    assert p.grad is not None
    optimizer.zero_grad()
    assert p.grad is None


def test_a_closure_is_called_with_gradients_on_and_its_loss_returned() -> None:
    p = parameter(3.0)
    optimizer = optim.SGD([p], lr=0.1)

    def closure() -> mt.Tensor:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with mt.no_grad():
        assert optimizer.step(closure).item() == 9
    assert p.tolist() == pytest.approx([3 - 0.1 * 6])


def test_groups_take_defaults_and_new_ones_can_be_added() -> None:
    p, q = parameter(1.0), parameter(1.0)
    optimizer = optim.SGD([{"params": p, "lr": 1.0}], lr=0.1, momentum=0.5)
    optimizer.add_param_group({"params": [q], "momentum": 0.0})
    assert [(g["lr"], g["momentum"]) for g in optimizer.param_groups] == [(1.0, 0.5), (0.1, 0.0)]
    optimizer.param_groups[1]["lr"] = 0.5
    assert after(optimizer, q, 1.0) == [0.5]


def test_a_subclass_writes_an_update_or_a_step() -> None:
    class SignDescent(optim.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        def update(self, x: Any, g: Any, state: Any, options: Any) -> None:
            state["n"] = state.get("n", 0) + 1
            x -= options["lr"] * np.sign(g)

    class PyTorchStyle(SignDescent):
        @mt.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    p.sub_(group["lr"] * p.grad.sign())
                    self.state[p]["n"] = self.state[p].get("n", 0) + 1

    for make in (SignDescent, PyTorchStyle):
        p = parameter(1.0)
        optimizer = make([p], lr=0.25)
        assert after(optimizer, p, 7.0, -3.0) == [0.75, 1.0]
        assert optimizer.state_dict()["state"] == {0: {"n": 2}}
    with pytest.raises(NotImplementedError, match=r"needs a step\(\) or an update\(\)"):
        after(optim.Optimizer([p], {}), p, 1.0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda p: optim.SGD([]), ValueError, "empty parameter list"),
        (lambda p: optim.SGD(p), TypeError, "put it in a list"),
        (lambda p: optim.SGD([1.0]), TypeError, "can only optimize Tensors"),
        (lambda p: optim.SGD([p * 2]), ValueError, "non-leaf"),
        (lambda p: optim.SGD([{"params": {p}}]), TypeError, "need an order"),
        (lambda p: optim.SGD([{"params": p}, {"params": p}]), ValueError, "more than one"),
        (lambda p: optim.SGD([p]).add_param_group([p]), TypeError, "must be a dict"),
        (lambda p: optim.SGD([p], lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda p: optim.SGD([p], lr=math.nan), ValueError, "Invalid learning rate: nan"),
        (lambda p: optim.SGD([p], momentum=-1), ValueError, "Invalid momentum"),
        (lambda p: optim.SGD([p], weight_decay=-1), ValueError, "Invalid weight_decay"),
        (lambda p: optim.SGD([p], nesterov=True), ValueError, "requires a momentum"),
        (lambda p: optim.Adam([p], lr=-1), ValueError, "Invalid learning rate"),
        (lambda p: optim.Adam([p], lr=mt.ones(2)), ValueError, "1-element"),
        (lambda p: optim.Adam([p], betas=(0.9, mt.ones(1))), ValueError, "either both"),
        (lambda p: optim.Adam([p], eps=-1), ValueError, "Invalid epsilon"),
        (lambda p: optim.Adam([p], betas=(0.9, 1.0)), ValueError, "index 1: 1.0"),
        (lambda p: optim.AdamW([p], weight_decay=-1), ValueError, "Invalid weight_decay"),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(parameter(1.0))


def test_a_wrong_gradient_or_option_in_one_group_changes_no_other() -> None:
    for make in ALL:
        p, q = parameter(1.0), parameter(1.0)
        optimizer = make([{"params": p}, {"params": q}])
        p.grad, q.grad = mt.ones_like(p), mt.ones_like(q)
        q.data = mt.ones(2, dtype=mt.float64)
        with pytest.raises(RuntimeError, match="gradient of shape"):
            optimizer.step()
        q.data = mt.ones(1, dtype=mt.float64)
        optimizer.param_groups[1]["lr"] = math.nan
        for _ in range(2):
            with pytest.raises(ValueError, match="Invalid learning rate: nan"):
                optimizer.step()
        assert p.tolist() == [1.0]
        optimizer.param_groups[1]["lr"] = 0.1
        optimizer.step()
        assert p.tolist() != [1.0]


def test_options_are_checked_anew_only_when_they_changed() -> None:
    found = []

    class Recording(optim.SGD):
        @staticmethod
        def check_options(options: dict[str, Any]) -> None:
            found.append(options["lr"])

    p = parameter(1.0)
    optimizer = Recording([p], lr=0.5)
    found.clear()
    after(optimizer, p, 1.0, 1.0)
    optimizer.param_groups[0]["lr"] = 0.25
    after(optimizer, p, 1.0, 1.0)
    assert found == [0.5, 0.25]


def test_nan_gradients_are_taken_as_in_pytorch_and_their_state_loads() -> None:
    for make in ALL:
        p = parameter(1.0)
        optimizer = make([p])
        assert math.isnan(after(optimizer, p, math.nan)[0])
        make([p]).load_state_dict(optimizer.state_dict())


def test_a_state_of_pytorchs_is_gone_on_from() -> None:
    """There, the number of steps is a tensor, and groups have further options."""
    p, q = parameter(1.0, 2.0), parameter(1.0, 2.0)
    optimizer, other = optim.Adam([p], lr=0.1), optim.Adam([q])
    after(optimizer, p, 1.0, 2.0)
    q.data = p.detach().clone()
    state = optimizer.state_dict()
    state["state"][0] = {**state["state"][0], "step": mt.tensor(2.0)}
    state["param_groups"][0] |= {"foreach": None, "fused": None, "capturable": False}
    other.load_state_dict(state)
    assert after(other, q, -1.0, 1.0) == after(optimizer, p, -1.0, 1.0)
    assert other.state[q]["step"] == 4


def test_a_loaded_state_is_a_copy_in_the_parameters_dtype() -> None:
    p, q = parameter(1.0), parameter(1.0, dtype=mt.float32)
    optimizer, other = optim.SGD([p], momentum=0.5), optim.SGD([q], momentum=0.5)
    after(optimizer, p, 3.0)
    other.load_state_dict(optimizer.state_dict())
    buffer = other.state[q]["momentum_buffer"]
    assert (buffer.tolist(), buffer.dtype) == ([3.0], mt.float32)
    after(optimizer, p, 1.0)
    assert buffer.tolist() == [3.0]


def test_moments_and_a_step_of_0_load() -> None:
    p = parameter(1.0)
    optimizer = optim.Adam([p])
    after(optimizer, p, 0.0)
    optimizer.state[p]["step"] = 0
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.state[p]["step"] == 0


def test_the_state_of_an_optimizer_of_ones_own_may_be_anything() -> None:
    class Counting(optim.Optimizer):
        def update(self, x: Any, g: Any, state: Any, options: Any) -> None:
            state.update(step="one", exp_avg=[1, 2], mask=mt.tensor([True]), scale=mt.tensor(2.0))

    p = parameter(1.0)
    optimizer, other = Counting([p], {"lr": None}), Counting([p], {"lr": None})
    after(optimizer, p, 1.0)
    state = optimizer.state_dict()
    other.load_state_dict(state)
    state["state"][0]["exp_avg"].append(3)
    assert other.state[p]["exp_avg"] == [1, 2]
    assert other.state[p]["mask"].dtype == mt.bool
    assert other.state[p]["scale"].dtype == mt.float64
    state["state"][0]["mask"] = mt.ones(2)
    with pytest.raises(ValueError, match=r"state\[0\]\['mask'\]: its shape is \(2,\)"):
        other.load_state_dict(state)


def test_any_iterable_of_parameters_and_a_frozen_one_are_taken() -> None:
    p, frozen = parameter(1.0), mt.ones(()).expand(1)  # of stride 0, and one element
    optimizer = optim.SGD((x for x in [p]), lr=0.1)
    optimizer.add_param_group({"params": frozen})
    assert after(optimizer, p, 1.0) == pytest.approx([0.9])
    assert frozen.tolist() == [1.0]


def test_an_optimizer_is_written_with_its_options() -> None:
    optimizer = optim.SGD([{"params": parameter(1.0), "lr": 0.5}, {"params": parameter(1.0)}])
    group = ["dampening: 0.0", "lr: 0.5", "maximize: False", "momentum: 0.0", "nesterov: False",
             "weight_decay: 0.0"]  # fmt: skip
    lines = [f"    {line}" for line in group]
    second = [line.replace("0.5", "0.001") for line in lines]
    expected = ["SGD (", "Parameter Group 0", *lines, "Parameter Group 1", *second, ")"]
    assert repr(optimizer) == "\n".join(expected)


def test_parameters_may_have_names() -> None:
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.named_parameters(), lr=0.5)
    assert optimizer.param_groups[0]["params"] == list(model.parameters())
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    plain = optim.SGD(model.parameters())
    optimizer.load_state_dict(plain.state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    with pytest.raises(ValueError, match="with/without names"):
        optimizer.add_param_group({"params": parameter(1.0)})
    optimizer.add_param_group({"params": [("extra", parameter(1.0))]})
    assert optimizer.param_groups[1]["param_names"] == ["extra"]


def test_a_parameter_given_twice_is_warned_of() -> None:
    p = parameter(1.0)
    with pytest.warns(UserWarning, match="duplicate parameters") as found:
        optim.Optimizer([p, p], {})
    assert found[0].filename == __file__


def test_a_gradient_of_another_shape_or_dtype_is_refused() -> None:
    for data in (mt.ones(1, dtype=mt.float64), mt.ones(2)):
        p = parameter(1.0, 2.0)
        p.grad = mt.ones(2, dtype=mt.float64)
        p.data = data  # the gradient fitted what was there before
        with pytest.raises(RuntimeError, match="was assigned a gradient of shape"):
            optim.SGD([p]).step()
        assert p.tolist() == data.tolist()


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    p, q = parameter(1.0, 2.0), parameter(1.0)
    other, optimizer = optim.Adam([p], lr=0.5), optim.Adam([q])
    after(other, p, 1.0)
    with pytest.raises(ValueError, match=r"state\[0\]\['exp_avg'\]: its shape is \(2,\)"):
        optimizer.load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match="match the size of optimizer's group"):
        optim.Adam([p, q]).load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match="different number of parameter groups"):
        optim.Adam([{"params": [p]}, {"params": [q]}]).load_state_dict(other.state_dict())
    assert optimizer.state_dict()["state"] == {}
    assert optimizer.param_groups[0]["lr"] == 1e-3


# ------------------------------------------------------------------------------- clipping


def clipped(max_norm: float, norm_type: float = 2.0) -> tuple[float, list[list[float]]]:
    parameters = [parameter(0.0, 0.0), parameter(0.0), parameter(0.0)]
    parameters[0].grad = mt.tensor([1.0, -2.0], dtype=mt.float64)
    parameters[1].grad = mt.tensor([2.0], dtype=mt.float64)
    total = nn.utils.clip_grad_norm_(iter(parameters), max_norm, norm_type)
    return total.item(), [p.grad.tolist() for p in parameters if p.grad is not None]


def test_clip_grad_norm_is_inf_as_in_pytorch_where_squares_overflow_and_warns_of_nothing() -> None:
    p = nn.Parameter(mt.ones(2))
    p.grad = mt.tensor([1e30, 1e30])
    assert nn.utils.clip_grad_norm_(p, 1.0).item() == math.inf
    assert p.grad.tolist() == [0.0, 0.0]


def test_clip_grad_norm_scales_all_together_and_returns_the_norm() -> None:
    total, gradients = clipped(1.5)
    assert total == 3
    assert gradients == [pytest.approx([0.5, -1.0], rel=1e-6), pytest.approx([1.0], rel=1e-6)]
    assert clipped(3.1) == (3, [[1.0, -2.0], [2.0]])
    assert clipped(10, norm_type=1) == (5, [[1.0, -2.0], [2.0]])
    assert clipped(10, norm_type=math.inf) == (2, [[1.0, -2.0], [2.0]])
    assert nn.utils.clip_grad_norm_([parameter(1.0)], 1.0).item() == 0


def test_clip_grad_norm_can_refuse_what_is_not_finite() -> None:
    p = parameter(1.0, 1.0)
    p.grad = mt.tensor([1.0, math.nan], dtype=mt.float64)
    with pytest.raises(RuntimeError, match="is nan"):
        nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad.tolist()[0] == 1.0
    assert math.isnan(nn.utils.clip_grad_norm_(p, 1.0).item())
    assert math.isnan(p.grad.tolist()[0])


def test_clip_grad_value_clips_each() -> None:
    p = parameter(0.0, 0.0, 0.0)
    p.grad = mt.tensor([-3.0, 0.5, 2.0], dtype=mt.float64)
    nn.utils.clip_grad_value_([p, parameter(1.0)], 1.0)
    assert p.grad.tolist() == [-1.0, 0.5, 1.0]
