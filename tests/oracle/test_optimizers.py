"""Every optimizer takes PyTorch's steps, with each combination of options that PyTorch tests."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import minitorch

from .convert import difference, optim_db, to_minitorch
from .refusals import refusal

STEPS = 10
SHAPES = ((3, 4), (5,), (), (1,), (2, 0), (2, 3))

OPTIMIZERS = [info for info in optim_db if hasattr(minitorch.optim, info.name)]
CASES = [
    pytest.param(info, options, dtype, id=f"{info.name}-{options.desc}-{str(dtype)[6:]}")
    for info in OPTIMIZERS
    for options in info.optim_inputs_func("cpu")
    for dtype in (torch.float64, torch.float32)
]


def test_every_promised_optimizer_is_judged() -> None:
    assert {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad"} <= {info.name for info in OPTIMIZERS}


@pytest.mark.parametrize(("info", "options", "dtype"), CASES)
def test_takes_pytorchs_steps(info: Any, options: Any, dtype: torch.dtype) -> None:
    check(info.name, options.kwargs, dtype)


EVERY = {"lr": 0.05, "weight_decay": 0.3, "maximize": True}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {**EVERY, "momentum": 0.8, "dampening": 0.4}),
        ("SGD", {**EVERY, "momentum": 0.8, "nesterov": True}),
        ("Adam", {**EVERY, "betas": (0.7, 0.8), "eps": 0.01, "amsgrad": True}),
        ("AdamW", {**EVERY, "betas": (0.7, 0.8), "eps": 0.01, "amsgrad": True}),
        ("RMSprop", {**EVERY, "alpha": 0.7, "eps": 0.01, "momentum": 0.8, "centered": True}),
        ("RMSprop", {**EVERY, "alpha": 0.0, "eps": 0.01, "momentum": 1.2}),
        ("Adagrad", {**EVERY, "lr_decay": 0.3, "eps": 0.01, "initial_accumulator_value": 0.2}),
    ],
)
def test_takes_pytorchs_steps_with_every_option(
    name: str, options: dict[str, Any], dtype: torch.dtype
) -> None:
    check(name, options, dtype)


def check(name: str, options: dict[str, Any], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    theirs = [torch.randn(shape, dtype=dtype) for shape in SHAPES]
    theirs[-1] = theirs[-1].t()  # memory in another order
    ours = [to_minitorch(p.clone()) for p in theirs]
    ours[-1] = to_minitorch(theirs[-1].t().clone()).mT
    theirs, ours = ([p.detach().requires_grad_() for p in some] for some in (theirs, ours))
    wanted = {name: value for name, value in options.items() if name != "differentiable"}
    their_optimizer = getattr(torch.optim, name)(groups(theirs), **options)
    our_optimizer = getattr(minitorch.optim, name)(groups(ours), **to_minitorch(wanted))
    for step in range(STEPS):
        for i, (p, q) in enumerate(zip(theirs, ours, strict=True)):
            gradient = torch.randn(p.shape, dtype=dtype) * 10.0**-step
            absent = (step + i) % 4 == 3  # a parameter that had no part in the loss
            p.grad = None if absent else gradient
            q.grad = None if absent else to_minitorch(gradient.clone())
        their_optimizer.step()
        our_optimizer.step()
        for p, q in zip(theirs, ours, strict=True):
            assert difference(p, q, tolerance={"float64": 1e-14, "float32": 2e-6}) is None


@pytest.mark.parametrize("info", [pytest.param(info, id=info.name) for info in OPTIMIZERS])
def test_options_that_say_how_are_taken_where_they_are_there(info: Any) -> None:
    for option in ("foreach", "fused", "capturable", "differentiable", "fast"):
        for value in (None, False):
            if value is None and option in ("capturable", "differentiable"):
                continue  # None is False there
            try:
                getattr(torch.optim, info.name)([torch.ones(2)], **{option: value})
            except TypeError:
                with pytest.raises(TypeError, match="unexpected keyword argument"):
                    getattr(minitorch.optim, info.name)([minitorch.ones(2)], **{option: value})
            else:
                getattr(minitorch.optim, info.name)([minitorch.ones(2)], **{option: value})


def groups(parameters: list[Any]) -> list[dict[str, Any]]:
    """Put the last parameter in a group with a learning rate of its own."""
    return [{"params": parameters[:-1]}, {"params": parameters[-1:], "lr": 0.5}]


@pytest.mark.parametrize("info", [pytest.param(info, id=info.name) for info in OPTIMIZERS])
def test_refuses_what_pytorch_refuses(info: Any) -> None:
    found = []
    for error in info.optim_error_inputs_func("cpu", torch.float32):
        wrong = error.optimizer_error_input
        if wrong.kwargs.get("foreach"):  # what only its own way to carry out a step cannot do
            continue
        params = [torch.ones(2, requires_grad=True)] if wrong.params is None else wrong.params
        complaint = refusal(
            getattr(minitorch.optim, info.name),
            (params,),
            wrong.kwargs,
            error.error_type,
            error.error_regex,
            info.name,
        )
        if complaint:
            found.append(f"{wrong.desc} {wrong.kwargs}: {complaint}")
    assert not found, "\n".join(found)
