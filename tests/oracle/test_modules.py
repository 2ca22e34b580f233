"""Every module agrees with PyTorch on its own module inputs: results, gradients, repr, errors.

Both modules start from the same parameters, through `load_state_dict`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch

import minitorch

from .convert import (
    ModuleErrorEnum,
    NoCounterpartError,
    describe,
    difference,
    fresh,
    module_db,
    to_minitorch,
)
from .operations import gradient_difference
from .refusals import refusal

PROMISED = """
    Linear Embedding LayerNorm RMSNorm Softmax LogSoftmax ReLU GELU Tanh Sigmoid SiLU
    CrossEntropyLoss NLLLoss MSELoss BCEWithLogitsLoss KLDivLoss BCELoss L1Loss SmoothL1Loss
    HuberLoss CosineEmbeddingLoss ELU SELU Mish Hardtanh ReLU6 LeakyReLU Softplus LogSigmoid
    Softsign Softmin GLU MultiheadAttention Transformer TransformerEncoder TransformerEncoderLayer
    TransformerDecoderLayer ConstantPad1d ConstantPad2d ConstantPad3d ZeroPad1d ZeroPad2d ZeroPad3d
"""

MODULES = [info for info in module_db if hasattr(minitorch.nn, info.module_cls.__name__)]
CASES = [
    pytest.param(info, dtype, training, id=f"{info.name}-{str(dtype)[6:]}-{mode}")
    for info in MODULES
    for dtype in (torch.float64, torch.float32)
    for training, mode in ((True, "train"), (False, "eval"))
]


def counterpart(info: Any) -> Any:
    """Return minitorch's class of the same name."""
    return getattr(minitorch.nn, info.module_cls.__name__)


def part(value: Any) -> Any:
    """Return minitorch's counterpart of what a module is made of: an encoder layer, a function."""
    if isinstance(value, torch.nn.TransformerEncoderLayer):
        return minitorch.nn.TransformerEncoderLayer(
            value.self_attn.embed_dim,
            value.self_attn.num_heads,
            value.linear1.out_features,
            value.dropout.p,
            part(value.activation),
            value.norm1.eps,
            value.self_attn.batch_first,
            value.norm_first,
            value.linear1.bias is not None,
        )
    name = getattr(value, "__name__", "")
    return getattr(minitorch.nn.functional, name, value) if callable(value) else value


def inputs(info: Any, dtype: torch.dtype, training: bool) -> Iterator[Any]:
    """Yield PyTorch's inputs of a module: what to construct it with, what to call it with."""
    yield from info.module_inputs_func(
        info, device="cpu", dtype=dtype, requires_grad=True, training=training
    )


def test_every_promised_module_is_judged() -> None:
    assert set(PROMISED.split()) <= {info.module_cls.__name__ for info in MODULES}


@pytest.mark.parametrize(("info", "dtype", "training"), CASES)
def test_agrees_with_pytorch(info: Any, dtype: torch.dtype, training: bool) -> None:
    found = [
        f"{describe((sample.constructor_input.args, sample.constructor_input.kwargs))} "
        f"{describe((sample.forward_input.args, sample.forward_input.kwargs))}: {complaint}"
        for sample in inputs(info, dtype, training)
        for complaint in [judge(info, dtype, training, sample)]
        if complaint
    ]
    assert not found, f"{len(found)} differences, the first:\n" + "\n".join(found[:5])


def judge(info: Any, dtype: torch.dtype, training: bool, sample: Any) -> str | None:
    """Construct and call the module in both libraries; say how ours differs, or None."""
    construct, call = sample.constructor_input, sample.forward_input
    args, kwargs = fresh((call.args, call.kwargs))
    try:
        our_args, our_kwargs = to_minitorch((args, kwargs))
        our_construct = to_minitorch((construct.args, construct.kwargs))
    except NoCounterpartError:
        return None
    with warnings.catch_warnings(action="ignore"):  # PyTorch's own
        theirs = info.module_cls(*construct.args, **construct.kwargs).to(dtype).train(training)
    ours = counterpart(info)(*map(part, our_construct[0]), **our_construct[1])
    ours = ours.to(to_minitorch(dtype)).train(training)
    if list(ours.state_dict()) != list(theirs.state_dict()):
        return (
            f"expected a state_dict of {list(theirs.state_dict())}, got {list(ours.state_dict())}"
        )
    if repr(ours) != repr(theirs):
        return f"expected the repr {theirs!r}, got {ours!r}"
    ours.load_state_dict(to_minitorch(dict(theirs.state_dict())))
    with warnings.catch_warnings(action="ignore"):
        expected = theirs(*args, **kwargs)
    got = ours(*our_args, **our_kwargs)
    return difference(expected, got) or gradient_difference(
        expected,
        got,
        (args, kwargs, list(theirs.parameters())),
        (our_args, our_kwargs, list(ours.parameters())),
    )


@pytest.mark.parametrize(
    "info",
    [
        pytest.param(info, id=info.name)
        for info in MODULES
        if info.module_error_inputs_func is not None
    ],
)
def test_refuses_what_pytorch_refuses(info: Any) -> None:
    found = []
    for error in info.module_error_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=False, training=True
    ):
        construct = error.module_error_input.constructor_input
        call, wrong = counterpart(info), construct
        if error.error_on is ModuleErrorEnum.FORWARD_ERROR:
            try:
                call = call(*to_minitorch(construct.args), **to_minitorch(construct.kwargs))
            except NoCounterpartError:
                continue
            wrong = error.module_error_input.forward_input
        complaint = refusal(
            call, wrong.args, wrong.kwargs, error.error_type, error.error_regex, info.name
        )
        if complaint:
            found.append(f"{describe((wrong.args, wrong.kwargs))}: {complaint}")
    assert not found, "\n".join(found)
