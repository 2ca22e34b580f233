"""What docs/from-pytorch.md says of PyTorch, and what is said of each of its names not here."""

from __future__ import annotations

import importlib
import inspect
import math
import types
import warnings
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
import torch

import minitorch
from minitorch._compat import instead, missing

from .convert import difference, to_minitorch

DOCS = Path(__file__).parents[2] / "docs"
page = types.SimpleNamespace(**run_path(str(DOCS / "from_pytorch.py")))
CLASSES = {
    "Tensor": torch.Tensor, "nn.Module": torch.nn.Module, "optim.Optimizer": torch.optim.Optimizer,
    "Generator": torch.Generator,
}  # fmt: skip
PLACES = ["", "nn", "nn.functional", *page.ELSEWHERE, *CLASSES]


def pytorchs(place: str) -> Any:
    return CLASSES.get(place) or importlib.import_module(f"torch.{place}".removesuffix("."))


def is_public(place: str, name: str) -> bool:
    """Is it a function, a class, a dtype, a number or the like of PyTorch's, or in a class?"""
    if name.startswith("_"):
        return False
    if place in CLASSES:
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = getattr(pytorchs(place), name)
    if isinstance(value, type) and value.__module__ == "torch._C":  # the compiler's types
        return value in CLASSES.values()
    if callable(value):
        return (getattr(value, "__module__", None) or "torch").startswith("torch")
    return isinstance(
        value, (torch.dtype, torch.memory_format, torch.Generator, float, types.NoneType)
    )


@pytest.mark.parametrize("place", PLACES)
def test_what_is_listed_as_here_is_in_pytorch(place: str) -> None:
    assert [name for name in page.names(place) if not hasattr(pytorchs(place), name)] == []


@pytest.mark.parametrize("place", page.OWN)
def test_what_is_left_out_is_not_in_pytorch(place: str) -> None:
    assert [n for n in page.OWN[place] if n in dir(pytorchs(place)) and is_public(place, n)] == []


@pytest.mark.parametrize("place", page.IN_PYTORCH)
def test_pytorchs_names_are_counted(place: str) -> None:
    public = {name for name in dir(pytorchs(place)) if is_public(place, name)}
    assert len(public) == page.IN_PYTORCH[place]
    assert public >= set(page.names(place))


# ------------------------------------------------------------------- what is said of the others

NEAR = {  # of PyTorch's names that are not here, those that are told a name by spelling
    "SUM": "sum",
    "assert_allclose": "assert_close",
    "broadcast_tensors": "broadcast_to",
    "clip_grad": "clip_grad_norm_",
    "clip_grad_norm": "clip_grad_norm_",
    "clip_grads_with_norm_": "clip_grad_norm_",
    "dataloader": "DataLoader",
    "modules": "Module",
}


def said(place: str, name: str) -> str:
    """What is said of a name that is not here."""
    if place in page.CLASSES:
        cls = page.CLASSES[place]
        return missing.message(cls.__name__, name, dir(cls), [c.__name__ for c in cls.__mro__])
    module = f"minitorch.{place}".removesuffix(".")
    return missing.message(module, name, page.names(place))


@pytest.mark.parametrize("place", PLACES)
def test_no_name_is_told_one_that_means_something_else(place: str) -> None:
    ours = page.CLASSES.get(place) or importlib.import_module(f"minitorch.{place}".rstrip("."))
    unseen = []
    for name in dir(pytorchs(place)):
        if is_public(place, name) and not hasattr(ours, name):
            text = said(place, name)
            if "spelt '" in text or "nearest name that" in text:
                told = text.rpartition("'")[0].rpartition("'")[2]
                if told not in (NEAR.get(name), f"{name}_"):
                    unseen.append((name, told))
    assert unseen == []


X = torch.linspace(0.1, 0.9, 12, dtype=torch.float64).reshape(3, 4)
Y = X.flip(0, 1) / 2 + 0.1
INPUTS: dict[str, tuple[Any, ...]] = {  # where x and y are not X and Y
    "acosh": (X + 1,),
    "ger": (X[0], Y[0]),
    "heaviside": (X.round() - Y.round(), Y),
    "is_nonzero": (X[0, 0],),
    "isneginf": (torch.tensor([math.inf, -math.inf, 1.0]),),
    "isposinf": (torch.tensor([math.inf, -math.inf, 1.0]),),
    "nanmean": (torch.tensor([math.nan, 1.0, 2.0]),),
    "nansum": (torch.tensor([math.nan, 1.0, 2.0]),),
    "signbit": (X - 0.5,),
    "take": (X, torch.tensor([[0, 5], [11, 3]])),
    "frac": (X * 9 - 4,),
    "fix": (X * 9 - 4,),
    "row_stack": ([X, Y],),
    "trapezoid": (X[0],),
    "trapz": (X[0],),
    "trunc": (X * 9 - 4,),
    "vdot": (X[0], Y[0]),
}
OTHER = {  # which are not functions of x and y
    "H", "Softmax2d", "astype", "column_stack", "dsplit", "dstack", "hsplit", "tensor_split",
    "vsplit", "broadcast_shapes", "collect_env", "copy", "detach_", "expand_dims",
    "fill", "fill_diagonal_", "get_device", "gradient", "itemsize", "logcumsumexp", "logspace",
    "mH", "make_tensor", "nbytes", "range", "scalar_tensor", "set_default_tensor_type",
    "torch_version", "typename", "volatile",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in instead.FORMULAS if name not in OTHER])
def test_a_formula_is_pytorchs_function(name: str) -> None:
    line = instead.FORMULAS[name]
    x, y = (*INPUTS.get(name, (X, Y)), Y)[:2]
    function = getattr(torch, name, None) or getattr(torch.Tensor, name)
    right = function(x, y) if "y" in line else function(x)
    names = {"x": to_minitorch(x), "y": to_minitorch(y), "minitorch": minitorch, "math": math}
    computed = eval(line, {**names, "nn": minitorch.nn})
    assert difference(tuple(right) if isinstance(right, tuple) else right, computed) is None


# ---------------------------------------------------------------------------------- arguments


def arguments(cls: Any) -> list[str]:
    return [
        p.name
        for p in inspect.signature(cls.__init__).parameters.values()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


@pytest.mark.parametrize("place", ["nn", "optim", "optim.lr_scheduler", "utils.data"])
def test_an_argument_that_is_not_taken_says_what_to_do(place: str) -> None:
    for name in page.names(place):
        theirs, ours = getattr(pytorchs(place), name), page.value(place, name)
        if not isinstance(ours, type):
            continue
        also = getattr(ours.__init__, "also_takes", ())  # type: ignore[misc]
        for argument in arguments(theirs):
            if argument not in (*arguments(ours), *also) and not argument.startswith("_"):
                with pytest.raises(TypeError, match=rf"^{name}.__init__\(\) .*'{argument}': ."):
                    missing.check_arguments(ours, (), {argument: None})
