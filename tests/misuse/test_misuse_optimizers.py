"""Optimizers held wrong: see `misuse.py`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch import nn, optim


def p(*shape: int) -> nn.Parameter:
    return nn.Parameter(mt.ones(shape or (2,)))


def stepped(make: Callable[..., Any], **options: Any) -> optim.Optimizer:
    """An optimizer that has taken a step with two parameters."""
    params = [p(2), p(3)]
    optimizer = make(params, **options)
    for x in params:
        x.grad = mt.ones_like(x)
    optimizer.step()
    return optimizer


def loads(change: Callable[[dict[str, Any]], Any], make: Any = optim.Adam, **options: Any) -> Any:
    """Load the state of an optimizer, with a change, into another of its kind."""
    state = stepped(make, **options).state_dict()
    state = {"state": {k: dict(v) for k, v in state["state"].items()},
             "param_groups": [dict(group) for group in state["param_groups"]]}  # fmt: skip
    changed, optimizer = change(state), stepped(make, **options)
    before = repr(optimizer.state_dict())
    try:
        optimizer.load_state_dict(state if changed is None else changed)
    finally:
        assert repr(optimizer.state_dict()) == before


def entry(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Put a value into the state of parameter 1."""
    return lambda state: state["state"][1].update({name: value})


def option(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Put a value into the group's options."""
    return lambda state: state["param_groups"][0].update({name: value})


def without(*path: Any) -> Callable[[dict[str, Any]], None]:
    """Leave the last of these keys out."""

    def change(state: Any) -> None:
        for key in path[:-1]:
            state = state[key]
        del state[path[-1]]

    return change


def stepping(name: str, value: Any, make: Any = optim.Adam) -> None:
    """Change an option of the group, and take a step."""
    optimizer = stepped(make)
    optimizer.param_groups[0][name] = value
    optimizer.step()


SGD, Adam, AdamW = optim.SGD, optim.Adam, optim.AdamW
RMSprop, Adagrad = optim.RMSprop, optim.Adagrad
MISUSES = [
    # What is to be optimized
    Misuse("no parameters", lambda: SGD([]), ValueError, "empty parameter list"),
    Misuse("a generator used up", lambda: SGD(x for x in ()), ValueError, "empty parameter list"),
    Misuse("None for the parameters", lambda: SGD(None), TypeError, "iterable.*NoneType"),
    Misuse("a number for the parameters", lambda: SGD(0.1), TypeError, "iterable.*float"),
    Misuse("a tensor for the parameters", lambda: SGD(p()), TypeError, "put it in a list"),
    Misuse("fused and foreach", lambda: optim.AdamW([p()], fused=True, foreach=True), RuntimeError, "cannot be `True` together"),
    Misuse("a step with gradients", lambda: SGD([p()], differentiable=True), RuntimeError, "SGD: differentiable=True asks for gradients"),
    Misuse("fused, perhaps", lambda: optim.Adam([p()], fused="yes"), TypeError, "'fused' must be bool, not str"),
    Misuse("RMSprop, fused", lambda: optim.RMSprop([p()], fused=True), TypeError, "RMSprop.*'fused'"),
    Misuse("a module for its parameters", lambda: SGD(nn.Linear(1, 1)), TypeError,
           r"Linear.*\.parameters\(\)"),
    Misuse("the method without its call", lambda: SGD(nn.Linear(1, 1).parameters), TypeError,
           "iterable.*method"),
    Misuse("a string for the parameters", lambda: SGD("weights"), TypeError, "'w'"),
    Misuse("a group outside a list", lambda: SGD({"params": [p()]}), TypeError,
           "dict: put it in a list"),
    Misuse("a set of parameters", lambda: SGD({p(), p()}), TypeError, "need an order"),
    Misuse("a set in a group", lambda: SGD([{"params": {p()}}]), TypeError, "need an order"),
    Misuse("a set that cannot change", lambda: SGD(frozenset([p()])), TypeError, "need an order"),
    Misuse("names with some parameters", lambda: SGD([("w", p()), p()]), ValueError,
           "with/without names"),
    Misuse("names in one group", lambda: SGD([{"params": [("w", p())]}, {"params": p()}]), ValueError,
           "with/without names"),
    Misuse("numbers for names", lambda: SGD([(0, p())]), TypeError, "one of the params"),
    Misuse("a name of no tensor", lambda: SGD([("w", 3)]), TypeError, "one of the params is 3"),
    Misuse("an array for a parameter", lambda: SGD([np.ones(2)]), TypeError, "one of the params"),
    Misuse("None among the parameters", lambda: SGD([p(), None]), TypeError, "is None"),
    Misuse("a number in a group", lambda: SGD([{"params": 3}]), TypeError, "iterable.*int"),
    Misuse("a non-leaf", lambda: SGD([p() * 2]), ValueError, "non-leaf"),
    Misuse("integers", lambda: SGD([mt.ones(2, dtype=mt.int64)]), ValueError, "int64"),
    Misuse("memory that holds an element twice",
           lambda: SGD([mt.ones(1).expand(2).detach().requires_grad_()]), ValueError, "expand"),
    Misuse("memory that is read-only",
           lambda: SGD([mt.from_numpy(np.frombuffer(bytes(8), np.float32)).requires_grad_()]),
           ValueError, "read-only"),
    Misuse("a group without params", lambda: SGD([{"lr": 0.1}]), ValueError, "params.*lr"),
    Misuse("a parameter beside a group", lambda: SGD([{"params": p()}, p()]), TypeError, "a dict"),
    Misuse("a group beside a parameter", lambda: SGD([p(), {"params": p()}]), TypeError,
           "one of the params"),
    Misuse("groups that share a parameter", lambda: SGD([{"params": x} for x in [p()] * 2]),
           ValueError, "more than one parameter group"),
    Misuse("no group added", lambda: SGD([p()]).add_param_group(None), TypeError, "must be a dict"),
    Misuse("a group added with a wrong rate",
           lambda: SGD([p()]).add_param_group({"params": p(), "lr": -1}), ValueError, "rate: -1"),
    # Options
    Misuse("a negative rate", lambda: SGD([p()], lr=-0.1), ValueError, "learning rate: -0.1"),
    Misuse("a rate that is NaN", lambda: Adam([p()], lr=math.nan), ValueError, "rate: nan"),
    Misuse("an infinite rate", lambda: SGD([p()], lr=math.inf), ValueError, "rate: inf"),
    Misuse("a rate as text", lambda: SGD([p()], lr="0.1"), TypeError, "lr must.*'0.1'"),
    Misuse("no rate", lambda: Adam([p()], lr=None), TypeError, "lr must.*None"),
    Misuse("a flag for the rate", lambda: SGD([p()], True), TypeError, "lr must.*True"),
    Misuse("rates in a list", lambda: SGD([p()], lr=[0.1, 0.2]), TypeError, "lr must.*0.2"),
    Misuse("a complex rate", lambda: SGD([p()], lr=1j), TypeError, "lr must.*1j"),
    Misuse("a tensor of two rates", lambda: Adam([p()], lr=mt.ones(2)), ValueError, "1-element"),
    Misuse("a tensor with a negative rate", lambda: SGD([p()], lr=mt.tensor(-1.0)), ValueError,
           "learning rate"),
    Misuse("a group's negative rate", lambda: SGD([{"params": p(), "lr": -1}]), ValueError,
           "learning rate: -1"),
    Misuse("a group's momentum as text", lambda: SGD([{"params": p(), "momentum": "0.9"}]),
           TypeError, "momentum.*'0.9'"),
    Misuse("a default that every group overrides",
           lambda: SGD([{"params": p(), "lr": 1.0}], lr=math.nan), ValueError, "rate: nan"),
    Misuse("a negative momentum", lambda: SGD([p()], momentum=-1), ValueError, "momentum.*-1"),
    Misuse("a momentum that is NaN", lambda: SGD([p()], momentum=math.nan), ValueError, "mom.*nan"),
    Misuse("a dampening that is NaN", lambda: SGD([p()], dampening=math.nan), ValueError, "damp"),
    Misuse("a dampening of minus infinity", lambda: SGD([p()], dampening=-math.inf), ValueError,
           "dampening value: -inf"),
    Misuse("a dampening as text", lambda: SGD([p()], dampening="0"), TypeError, "dampening.*'0'"),
    Misuse("an infinite weight decay", lambda: SGD([p()], weight_decay=math.inf), ValueError,
           "weight_decay.*inf"),
    Misuse("a negative weight decay", lambda: AdamW([p()], weight_decay=-1), ValueError,
           "weight_decay.*-1"),
    Misuse("Nesterov without a momentum", lambda: SGD([p()], nesterov=True), ValueError,
           "requires a momentum"),
    Misuse("Nesterov with a dampening",
           lambda: SGD([p()], momentum=0.9, dampening=0.1, nesterov=True), ValueError,
           "zero dampening"),
    Misuse("a group's Nesterov without a momentum",
           lambda: SGD([{"params": p(), "nesterov": True}]), ValueError, "requires a momentum"),
    Misuse("nesterov as text", lambda: SGD([p()], momentum=0.9, nesterov="no"), TypeError,
           "nesterov.*'no'"),
    Misuse("maximize as text", lambda: Adam([p()], maximize="False"), TypeError, "maximize.*'Fal"),
    Misuse("amsgrad in place of weight_decay", lambda: Adam([p()], amsgrad=0.01), TypeError,
           "amsgrad.*0.01"),
    Misuse("a negative eps", lambda: Adam([p()], eps=-1e-8), ValueError, "epsilon.*-1e-08"),
    Misuse("eps as text", lambda: Adam([p()], eps="1e-8"), TypeError, "eps must.*'1e-8'"),
    Misuse("one beta", lambda: Adam([p()], betas=0.9), TypeError, "betas.*0.9"),
    Misuse("three betas", lambda: Adam([p()], betas=(0.9, 0.99, 0.999)), ValueError, "two betas"),
    Misuse("a beta of 1", lambda: Adam([p()], betas=(0.9, 1.0)), ValueError, "index 1: 1.0"),
    Misuse("a negative beta", lambda: Adam([p()], betas=(-0.1, 0.9)), ValueError, "index 0: -0.1"),
    Misuse("a beta as text", lambda: Adam([p()], betas=("0.9", 0.9)), TypeError, r"betas\[0\].*'0.9'"),
    Misuse("betas as text", lambda: Adam([p()], betas="ab"), TypeError, "betas.*'ab'"),
    Misuse("a beta in a tensor", lambda: Adam([p()], betas=(0.9, mt.ones(1))), ValueError,
           "both floats or both"),
    Misuse("a negative alpha", lambda: RMSprop([p()], alpha=-0.1), ValueError, "alpha.*-0.1"),
    Misuse("an alpha above 1", lambda: RMSprop([p()], alpha=1.1), ValueError, "alpha.*1.1"),
    Misuse("centered as text", lambda: RMSprop([p()], centered="no"), TypeError, "centered.*'no'"),
    Misuse("a negative momentum of RMSprop", lambda: RMSprop([p()], momentum=-1), ValueError,
           "momentum.*-1"),
    Misuse("a negative decay of the rate", lambda: Adagrad([p()], lr_decay=-1), ValueError,
           "lr_decay.*-1"),
    Misuse("a negative sum", lambda: Adagrad([p()], initial_accumulator_value=-1), ValueError,
           "initial_accumulator_value.*-1"),
    # Options that are changed between steps
    Misuse("a rate that became NaN", lambda: stepping("lr", math.nan), ValueError, "rate: nan"),
    Misuse("a rate that became text", lambda: stepping("lr", "0.1", SGD), TypeError, "lr must.*'0.1'"),
    Misuse("a beta that became 1", lambda: stepping("betas", (1.0, 0.9)), ValueError, "index 0"),
    # The step
    Misuse("the loss for a closure", lambda: SGD([p()]).step(mt.ones(())), TypeError,
           r"closure.*Tensor.*backward\(\)"),
    Misuse("a class without an update", lambda: stepped(lambda x: optim.Optimizer(x, {})),
           NotImplementedError, r"update\(\)"),
    Misuse("defaults that are no dict", lambda: optim.Optimizer([p()], 0.1), TypeError,
           "defaults.*0.1"),
    Misuse("an optimizer that is not here", lambda: optim.LBFGS([p()]), AttributeError,
           "use optim.AdamW"),
    # States
    Misuse("None for a state", lambda: loads(lambda _: None or ()), TypeError, "tuple"),
    Misuse("a model's state", lambda: loads(lambda _: nn.Linear(1, 1).state_dict()), ValueError,
           "param_groups"),
    Misuse("a state without its state", lambda: loads(without("state")), ValueError, "'state'"),
    Misuse("a list of states", lambda: loads(lambda s: {**s, "state": []}), ValueError,
           "state.*list"),
    Misuse("groups in a dict", lambda: loads(lambda s: {**s, "param_groups": {}}), ValueError,
           "param_groups.*dict"),
    Misuse("a group too many", lambda: loads(lambda s: s["param_groups"].append({"params": []})),
           ValueError, "different number of parameter groups"),
    Misuse("a group that is no dict", lambda: loads(lambda s: {**s, "param_groups": [3]}),
           ValueError, r"param_groups\[0\].*int"),
    Misuse("a group of a state without params", lambda: loads(without("param_groups", 0, "params")),
           ValueError, r"param_groups\[0\].*'params'"),
    Misuse("a group of another size", lambda: loads(option("params", [0])), ValueError,
           "match the size"),
    Misuse("a number for two parameters", lambda: loads(option("params", [0, 0])), ValueError,
           r"\[0, 0\]"),
    Misuse("the state of a parameter that is not there",
           lambda: loads(lambda s: s["state"].update({7: s["state"].pop(1)})), ValueError, "7"),
    Misuse("a parameter's state in a list", lambda: loads(lambda s: s["state"].update({1: [1]})),
           ValueError, r"state\[1\].*list"),
    Misuse("a state without its step", lambda: loads(without("state", 1, "step")), ValueError,
           r"state\[1\].*step"),
    Misuse("a missing moment", lambda: loads(without("state", 1, "exp_avg_sq")), ValueError,
           r"state\[1\].*exp_avg_sq"),
    Misuse("a missing largest moment",
           lambda: loads(without("state", 1, "max_exp_avg_sq"), amsgrad=True), ValueError,
           r"state\[1\].*max_exp_avg_sq"),
    Misuse("a missing mean of squares", lambda: loads(without("state", 1, "square_avg"), RMSprop),
           ValueError, r"state\[1\].*square_avg"),
    Misuse("a missing mean of gradients",
           lambda: loads(without("state", 1, "grad_avg"), RMSprop, centered=True), ValueError,
           r"state\[1\].*grad_avg"),
    Misuse("a missing sum of steps",
           lambda: loads(without("state", 1, "momentum_buffer"), RMSprop, momentum=0.9), ValueError,
           r"state\[1\].*momentum_buffer"),
    Misuse("a negative mean of squares", lambda: loads(entry("square_avg", -mt.ones(3)), RMSprop),
           ValueError, r"square_avg'\].*negative"),
    Misuse("a negative sum of squares", lambda: loads(entry("sum", -mt.ones(3)), Adagrad),
           ValueError, r"sum'\].*negative"),
    Misuse("another optimizer's moment", lambda: loads(entry("momentum_buffer", mt.ones(3))),
           ValueError, r"state\[1\].*momentum_buffer"),
    Misuse("a moment that is a number", lambda: loads(entry("exp_avg", 0.5)), ValueError,
           r"state\[1\]\['exp_avg'\].*0.5"),
    Misuse("no buffer", lambda: loads(entry("momentum_buffer", None), SGD, momentum=0.9),
           ValueError, r"state\[1\]\['momentum_buffer'\].*None"),
    Misuse("a moment of another shape", lambda: loads(entry("exp_avg", mt.ones(2))), ValueError,
           r"state\[1\]\['exp_avg'\].*\(2,\).*\(3,\)"),
    Misuse("a moment without dimensions", lambda: loads(entry("exp_avg", mt.ones(()))), ValueError,
           r"state\[1\]\['exp_avg'\].*\(\).*\(3,\)"),
    Misuse("moments of integers", lambda: loads(entry("exp_avg", mt.ones(3).long())), ValueError,
           r"state\[1\]\['exp_avg'\].*int64"),
    Misuse("a negative second moment", lambda: loads(entry("exp_avg_sq", -mt.ones(3))), ValueError,
           r"state\[1\]\['exp_avg_sq'\].*negative"),
    Misuse("a moment too large for its parameter",
           lambda: loads(entry("exp_avg", mt.full((3,), 1e300, dtype=mt.float64))), ValueError,
           r"state\[1\]\['exp_avg'\].*float32"),
    Misuse("a step as text", lambda: loads(entry("step", "3")), ValueError, r"\['step'\].*'3'"),
    Misuse("half a step", lambda: loads(entry("step", 2.5)), ValueError, r"\['step'\].*2.5"),
    Misuse("a negative step", lambda: loads(entry("step", -1)), ValueError, r"\['step'\].*-1"),
    Misuse("a step that is NaN", lambda: loads(entry("step", math.nan)), ValueError, r"step.*nan"),
    Misuse("a flag for a step", lambda: loads(entry("step", True)), ValueError, r"step.*True"),
    Misuse("a step for each element", lambda: loads(entry("step", mt.ones(3))), ValueError,
           r"\['step'\]"),
    Misuse("a state without a rate", lambda: loads(without("param_groups", 0, "lr")), ValueError,
           r"param_groups\[0\].*'lr'"),
    Misuse("a state with a negative rate", lambda: loads(option("lr", -1.0)), ValueError,
           r"param_groups\[0\].*rate: -1.0"),
    Misuse("a state with a rate as text", lambda: loads(option("lr", "0.1")), ValueError,
           r"param_groups\[0\].*lr must.*'0.1'"),
    Misuse("a state with one beta", lambda: loads(option("betas", [0.9])), ValueError,
           r"param_groups\[0\].*two betas"),
    Misuse("a state of another optimizer", lambda: Adam([p(2), p(3)]).load_state_dict(
        stepped(SGD).state_dict()), ValueError, r"param_groups\[0\].*betas"),
]  # fmt: skip


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
