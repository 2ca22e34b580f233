"""What PyTorch refuses, minitorch refuses, with an exception that fits and a message that says so.

The wrong calls are OpInfo's error inputs.
"""

from __future__ import annotations

from typing import Any

import pytest

from .convert import describe
from .operations import OPERATIONS, Form, arguments, fits, forms, label
from .refusals import refusal

CASES = [pytest.param(op, id=label(op)) for op in OPERATIONS if op.error_inputs_func is not None]


@pytest.mark.parametrize("op", CASES)
def test_refuses_what_pytorch_refuses(op: Any) -> None:
    found = [
        f"{form.name}{describe(arguments(sample))}: {complaint}"
        for error in op.error_inputs("cpu")
        for sample in [error.sample_input]
        for form in forms(op)
        if fits(form, sample) and pytorch_raises(form, sample)
        for complaint in [
            refusal(
                form.minitorch,
                (sample.input, *sample.args),
                sample.kwargs,
                error.error_type,
                error.error_regex,
                op.name,
            )
        ]
        if complaint
    ]
    assert not found, "\n".join(found)


def pytorch_raises(form: Form, sample: Any) -> bool:
    """Say whether PyTorch refuses the call in this form too: `2 < t` is right, lt(2, t) is not."""
    try:
        form.torch(sample.input, *sample.args, **sample.kwargs)
    except Exception:
        return True
    return False
