"""The operations that both libraries have, and how one sample is put before both.

An OpInfo is PyTorch's record of one operation: samples to call it with, errors to provoke. A *form*
is one way of writing a call: the function, the method, the operator, the in-place method.
"""

from __future__ import annotations

import functools
import inspect
import operator
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch

import minitorch

from .convert import (
    NoCounterpartError,
    describe,
    difference,
    fresh,
    op_db,
    tensors,
    to_minitorch,
    without_nan,
)
from .unsupported import UNSUPPORTED, Unsupported

MAX_ELEMENTS = 20_000
"""Samples with a larger tensor than this test PyTorch's threads, not its meaning."""

GRADIENT_TOLERANCE = {"float64": 1e-11, "float32": 2e-4}
"""Wider in float32: a gradient sums products of random numbers, some of which nearly cancel."""

MAX_SAMPLES = 200
"""Of an operation's samples, at most so many, evenly spaced, are put to each form."""

# PyTorch's test data calls these in an order of arguments of its own.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "einsum": lambda tensors, equation: minitorch.einsum(equation, tensors),
    "nn.functional.embedding": lambda weight, ids, **kw: minitorch.nn.functional.embedding(
        ids, weight, **kw
    ),
    "where": lambda x, condition, other: minitorch.where(condition, x, other),
}

# Their results are random, or whatever the memory held: only shape and dtype can be compared.
# Dropout counts as random only where it drops some and keeps some.
RANDOM = {
    "bernoulli", "empty", "empty_like", "exponential", "multinomial", "new_empty", "normal",
    "rand_like", "randint", "randint_like", "randn", "randn_like", "uniform",
}  # fmt: skip


PROPERTIES = {"T", "mT"}
METHODS = {"method", "in place", "in-place operator", "inplace=True"}


# PyTorch cannot draw their reference inputs with gradients asked for: it asks integers too.
UNMARKED = {"addcmul", "clamp", "where"}


# Which of equal elements comes first is left open, and with it the indices. For each, where `dim`
# stands among the arguments.
DIM_OF_TIES = {"argsort": 0, "median": 0, "sort": 0, "topk": 1}


# At NaN, PyTorch gives one gradient where memory is contiguous, and another where it is not.
OPEN_AT_NAN = {
    "nn.functional.elu", "nn.functional.hardtanh", "nn.functional.relu6", "nn.functional.selu",
}  # fmt: skip


class Form(NamedTuple):
    """One way to write a call, in both libraries."""

    name: str
    torch: Callable[..., Any]
    minitorch: Callable[..., Any]


def function(path: str) -> Callable[..., Any] | None:
    """Return minitorch's function of this name, such as "nn.functional.relu", or None."""
    try:
        found = operator.attrgetter(path)(minitorch)
    except AttributeError:
        return None
    return FUNCTIONS.get(path, found) if callable(found) else None


def method(name: str) -> Callable[..., Any] | None:
    """Return the method of Tensor of this name, or None."""
    return next((vars(c)[name] for c in minitorch.Tensor.__mro__[:-1] if name in vars(c)), None)


def label(op: Any) -> str:
    """Name an OpInfo, with its variant: "max (reduction_with_dim)" and "max (binary)"."""
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else str(op.name)


def forms(op: Any) -> list[Form]:
    """Return the forms of an operation that minitorch has."""
    if op.name in PROPERTIES:
        return [Form("property", op.op, op.op)]
    plain, in_place = method(op.name), method(op.name.removesuffix("_") + "_")
    pairs: list[tuple[str, Any, Any]] = [
        ("function", op.op, None if label(op) == "normal.in_place" else function(op.name)),
        *[(alias.name, alias.op, function(alias.name)) for alias in op.aliases],
        ("method", op.method_variant, plain),
        ("operator", op.operator_variant, plain and op.operator_variant),
        ("in place", _on_clone(op.inplace_variant), _on_clone(in_place)),
        ("inplace=True", *[_on_clone(_with_inplace(lib, op.name)) for lib in (torch, minitorch)]),
        (
            "in-place operator",
            _on_clone(op.inplace_operator_variant),
            _on_clone(in_place and op.inplace_operator_variant),
        ),
    ]
    return [Form(*pair) for pair in pairs if pair[1] and pair[2]]


def _with_inplace(library: Any, path: str) -> Callable[..., Any] | None:
    """Return a library's function of this name, told to change its input, if it can be told."""
    try:
        found = operator.attrgetter(path)(library)
        takes_it = "inplace" in inspect.signature(found, follow_wrapped=False).parameters
    except (AttributeError, TypeError, ValueError):
        return None
    return functools.partial(found, inplace=True) if takes_it else None


def _on_clone(change: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """Change a copy: a leaf that needs a gradient may not be changed, and samples are shared."""
    if change is None:
        return None

    @functools.wraps(change)
    def changed(x: Any, *args: Any, **kwargs: Any) -> Any:
        return change(x.clone(), *args, **kwargs)

    return changed


OPERATIONS = [op for op in op_db if forms(op)]
"""The OpInfos of the operations that minitorch has."""


def fits(form: Form, sample: Any) -> bool:
    """Say whether a sample can be written in this form.

    A method needs a tensor to be called on, an operator needs one on either side and has no place
    for keywords.
    """
    if form.name.endswith("operator") and (sample.kwargs or len(sample.args) > 1):
        return False
    if form.name == "operator":
        return any(isinstance(x, torch.Tensor) for x in (sample.input, *sample.args))
    return form.name not in METHODS or isinstance(sample.input, torch.Tensor)


def takes(op: Any, dtype: torch.dtype) -> bool:
    """Say whether PyTorch's operation takes tensors of a dtype."""
    return dtype in op.supported_dtypes("cpu")


def samples(op: Any, dtype: torch.dtype) -> list[Any]:
    """Return PyTorch's samples for an operation, those that minitorch could be given."""
    gradients = dtype.is_floating_point and op.supports_autograd
    drawn = op.reference_inputs("cpu", dtype, requires_grad=gradients and op.name not in UNMARKED)
    found = [
        sample
        for sample in drawn
        if all(t.numel() <= MAX_ELEMENTS for t in tensors(arguments(sample)))
        and _has_counterpart(sample)
    ]
    if gradients and op.name in UNMARKED:
        for t in tensors([arguments(sample) for sample in found]):
            t.requires_grad_(t.is_floating_point())
    return found[:: -(-len(found) // MAX_SAMPLES) or 1]


def arguments(sample: Any) -> Any:
    """Return all that an operation is called with; the last is the keywords."""
    return (sample.input, *sample.args, sample.kwargs)


def _has_counterpart(sample: Any) -> bool:
    try:
        to_minitorch(arguments(sample))
    except NoCounterpartError:
        return False
    return True


def unsupported(op: Any, sample: Any) -> Unsupported | None:
    """Return the entry of the list that excuses minitorch from this sample, or None."""
    return next(
        (u for u in UNSUPPORTED if u.op in (op.name, label(op)) and u.applies(sample)), None
    )


def is_random(op: Any, sample: Any) -> bool:
    """Say whether the values of the result cannot be compared."""
    if op.name == "nn.functional.dropout":
        p = sample.args[0] if sample.args else sample.kwargs.get("p", 0.5)
        return bool(sample.kwargs.get("training", True)) and p not in (0, 1)
    if op.name == "nn.functional.scaled_dot_product_attention":
        return bool(sample.kwargs.get("dropout_p", 0.0))
    if op.name == "nn.functional.multi_head_attention_forward":
        return bool(sample.kwargs.get("training", True)) and sample.args[9] not in (0, 1)
    return op.name in RANDOM


def judge(op: Any, form: Form, sample: Any) -> str | None:
    """Call both libraries; say how minitorch's result or gradients differ, or None."""
    theirs = fresh(arguments(sample))
    before = [t.detach().clone() for t in tensors(theirs)]
    complaint = _judge(op, form, theirs, to_minitorch(theirs), is_random(op, sample))
    if complaint is None and not all(
        torch.equal(a.nan_to_num(), b.nan_to_num())
        for a, b in zip(before, tensors(theirs), strict=True)
    ):
        complaint = "an input was changed"
    return f"{form.name}{describe(theirs)}: {complaint}" if complaint else None


def _judge(op: Any, form: Form, theirs: Any, ours: Any, by_chance: bool) -> str | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # PyTorch's own
            expected = form.torch(*theirs[:-1], **theirs[-1])
    except Exception as refusal:
        try:
            got = form.minitorch(*ours[:-1], **ours[-1])
        except (RuntimeError, TypeError, ValueError, IndexError):
            return None
        return f"PyTorch raises {type(refusal).__name__} ({refusal}), got {got!r}"
    try:
        got = form.minitorch(*ours[:-1], **ours[-1])
    except Exception as error:
        return f"raises {type(error).__name__}: {error}"
    complaint = difference(expected, got, values=not by_chance)
    if complaint and op.name in DIM_OF_TIES:
        complaint = _difference_beyond_ties(op, expected, got, theirs)
    if complaint or by_chance:
        return complaint
    complaint = gradient_difference(expected, got, theirs, ours)
    if complaint and op.name in OPEN_AT_NAN and any(t.isnan().any() for t in tensors(theirs)):
        theirs = without_nan(theirs)
        return _judge(op, form, theirs, to_minitorch(theirs), by_chance)
    return complaint


def _difference_beyond_ties(op: Any, expected: Any, got: Any, theirs: Any) -> str | None:
    """Compare what the indices lead to: PyTorch promises no order among equal elements."""
    x, *args, options = theirs
    where = DIM_OF_TIES[op.name]
    dim = options.get("dim", args[where] if len(args) > where else -1)
    *values, indices = tensors((expected,))
    *our_values, our_indices = tensors((got,))
    found = x.detach().take_along_dim(indices, dim)
    ours_found = x.detach().take_along_dim(torch.from_numpy(our_indices.array), dim)
    if options.get("stable") or not torch.equal(found, ours_found):
        return difference(expected, got)
    return difference(values, our_values)


def gradient_difference(expected: Any, got: Any, theirs: Any, ours: Any) -> str | None:
    """Backpropagate random cotangents: with ones, a transposed gradient would look right."""
    results, our_results = list(tensors(expected)), list(tensors(got))
    for i, (y, our_y) in enumerate(zip(results, our_results, strict=True)):
        if y.requires_grad != our_y.requires_grad:
            return f"result {i}: expected requires_grad={y.requires_grad}"
    pairs = [(y, z) for y, z in zip(results, our_results, strict=True) if y.requires_grad]
    if not pairs:
        return None
    cotangents = [torch.randn_like(y) for y, _ in pairs]
    leaves = [t for t in tensors(theirs) if t.requires_grad]
    try:
        gradients = torch.autograd.grad(
            [y for y, _ in pairs], leaves, cotangents, allow_unused=True
        )
    except RuntimeError:  # PyTorch has no derivative for one of them
        return None
    try:
        minitorch.autograd.backward([z for _, z in pairs], to_minitorch(cotangents))
    except Exception as error:
        return f"backward raises {type(error).__name__}: {error}"
    our_leaves = (x for x in tensors(ours) if x.requires_grad)
    for i, (gradient, leaf) in enumerate(zip(gradients, our_leaves, strict=True)):
        if gradient is None and leaf.grad is not None:  # None stands for zeros in PyTorch
            gradient = torch.zeros_like(leaves[i])
        complaint = difference(gradient, leaf.grad, tolerance=GRADIENT_TOLERANCE)
        if complaint:
            return f"gradient of input {i}: {complaint}"
    return None


def complaints(op: Any, dtype: torch.dtype) -> Iterator[str]:
    """Put every sample of an operation to both libraries; yield the differences.

    Each sample is written in the first form that it fits, and in one of the others.
    """
    draw = random.Random(0)
    for sample in samples(op, dtype):
        if unsupported(op, sample):
            continue
        fitting = [form for form in forms(op) if fits(form, sample)]
        for form in fitting[:1] + draw.sample(fitting[1:], k=min(1, len(fitting[1:]))):
            complaint = judge(op, form, sample)
            if complaint:
                yield complaint
