"""The other names that PyTorch takes: every function and method that has a `dim` is asked."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch

from .convert import difference, fresh, to_minitorch
from .operations import (
    OPERATIONS,
    Form,
    arguments,
    fits,
    forms,
    is_random,
    label,
    samples,
    takes,
    unsupported,
)

NUMPYS = {"dim": "axis", "keepdim": "keepdims"}


def named_by_keyword(form: Form, sample: Any, name: str) -> Any:
    """Return the sample's arguments, with those from `name` on given by keyword; None if not."""
    x, *args, options = arguments(sample)
    names = list(inspect.signature(form.minitorch).parameters)[1:]
    if "src" in names and not isinstance(args[-1], torch.Tensor):
        names[names.index("src")] = "value"  # of scatter: what a number is called
    if name in names and name not in options and len(args) > names.index(name):
        at = names.index(name)
        options = options | dict(zip(names[at:], args[at:], strict=False))
        args = args[:at]
    # In their second place, max and min also take another tensor, var and std `unbiased`.
    of_another_kind = isinstance(options.get(name), (torch.Tensor, bool) if name == "dim" else ())
    return (x, *args, options) if name in options and not of_another_kind else None


def asked(name: str) -> list[Any]:
    """Return each form of an operation that has an argument of that name."""
    return [
        pytest.param(op, form, id=f"{label(op)}-{form.name}")
        for op in OPERATIONS
        for form in forms(op)
        if form.name != "inplace=True"  # no activation function has a dimension
        and name in inspect.signature(form.minitorch).parameters
    ]


def agrees(op: Any, form: Form, name: str) -> None:
    """Put to both libraries the samples that give `name`, under NumPy's name for it."""
    found = 0
    for sample in samples(op, torch.float64 if takes(op, torch.float64) else torch.int64):
        if unsupported(op, sample) or not fits(form, sample):
            continue
        given = named_by_keyword(form, sample, name)
        if given is None:
            continue
        *args, options = fresh(given)
        options = {NUMPYS[name] if key == name else key: value for key, value in options.items()}
        ours, our_options = to_minitorch(args), to_minitorch(options)
        try:
            expected = form.torch(*args, **options)
        except (TypeError, RuntimeError, IndexError):
            with pytest.raises((TypeError, RuntimeError, IndexError)):
                form.minitorch(*ours, **our_options)
        else:
            got = form.minitorch(*ours, **our_options)
            assert difference(expected, got, values=not is_random(op, sample)) is None
        found += 1
    assert found or op.variant_test_name


@pytest.mark.parametrize(("op", "form"), asked("dim"))
def test_axis_is_taken_where_it_is_there(op: Any, form: Form) -> None:
    agrees(op, form, "dim")


@pytest.mark.parametrize(("op", "form"), asked("keepdim"))
def test_keepdims_is_taken_where_it_is_there(op: Any, form: Form) -> None:
    agrees(op, form, "keepdim")
