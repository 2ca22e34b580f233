"""Checks for derivatives and values: the library's own tests use them, and so can yours.

A derivative that agrees with finite differences agrees with its forward function. That alone does
not say that the function is the right one: compare values with a source of their own, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import autograd
from .dtypes import Array
from .tensor import Tensor

# (rtol, atol), as in PyTorch; every other dtype must be equal.
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


class GradcheckError(RuntimeError):
    """A derivative does not agree with finite differences."""


def gradcheck(
    fn: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the derivative of `fn(*inputs)` with finite differences.

    With a random v (its seed is fixed) for the gradient of the outputs y, for each input element

        analytic  dΣ vᵀy / dx_i        numerical  vᵀ (y(x_i + eps) - y(x_i - eps)) / (2 eps)

    must agree up to atol + rtol · |numerical|. Also checked: `fn` leaves its inputs as they were,
    gives the same result when called again, and gradients have the shape and dtype of the inputs.

    Args:
        fn: returns a tensor or a sequence of them. Those that need no gradient are not looked at,
            unless none does: then the function is taken to be constant.
        inputs: tensors that require gradients are checked, all else is passed on. They may be of
            any shape and strides, but must be float64.
        eps, atol, rtol: the step and the tolerances.
        raise_exception: raise, rather than return False.

    Raises:
        GradcheckError: the derivative is wrong, or what else is checked does not hold.
        ValueError: the check would be without meaning: no input requires a gradient, one is not
            float64, or its elements overlap in memory.
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    checked = _checked(inputs)
    try:
        _compare(fn, inputs, checked, eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    fn: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the second derivative of `fn(*inputs)` with finite differences of the first.

    It is `gradcheck` of the function that takes the inputs x, and a gradient v of each output y, to
    the gradients vᵀ dy/dx. In its messages, the inputs that follow those of `fn` are the v.
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    checked = _checked(inputs)
    n = len(inputs)
    outputs = _outputs(fn(*inputs))
    if not all(y.requires_grad for y in outputs):
        raise ValueError("gradgradcheck: no output of the function requires a gradient")
    rng = np.random.default_rng(1)
    cotangents = [Tensor._wrap(rng.standard_normal(y.shape)).requires_grad_() for y in outputs]

    def first_derivative(*args: Any) -> list[Tensor]:
        wanted = [args[i] for i in checked]
        found = autograd.grad(
            _outputs(fn(*args[:n])), wanted, args[n:], create_graph=True, allow_unused=True
        )
        return [g for g in found if g is not None]

    return gradcheck(
        first_derivative,
        (*inputs, *cotangents),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
    )


def _checked(inputs: tuple[Any, ...]) -> dict[int, Tensor]:
    """Return the inputs that require gradients, by position, once they are fit to be checked."""
    checked = {i: x for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad}
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient. Set requires_grad=True on one.")
    for i, x in checked.items():
        if x.array.dtype != np.float64:
            raise ValueError(
                f"gradcheck: inputs[{i}] is {x.dtype}. Finite differences need float64: .double()"
            )
        steps = zip(x.array.shape, x.array.strides, strict=True)
        if x.array.size and any(n > 1 and step == 0 for n, step in steps):
            raise ValueError(
                f"gradcheck: elements of inputs[{i}] share memory, as those of an expanded tensor "
                "do, so one cannot be moved alone. Pass a clone, or expand inside the function."
            )
    return checked


def _compare(
    fn: Callable[..., Any],
    inputs: tuple[Any, ...],
    checked: dict[int, Tensor],
    eps: float,
    atol: float,
    rtol: float,
) -> None:
    before = {i: x.array.copy() for i, x in enumerate(inputs) if isinstance(x, Tensor)}
    outputs = _outputs(fn(*inputs))
    rng = np.random.default_rng(0)
    cotangents = [rng.standard_normal(y.shape) for y in outputs]
    found = _analytic(outputs, list(checked.values()), cotangents)
    for i, array in before.items():
        if not np.array_equal(inputs[i].array, array, equal_nan=array.dtype.kind == "f"):
            raise GradcheckError(f"gradcheck: the function changed inputs[{i}]")
    again = zip(outputs, _values(fn, inputs), strict=True)
    if not all(np.array_equal(y.array, z, equal_nan=True) for y, z in again):
        raise GradcheckError("gradcheck: the function gave another result for the same inputs")
    for (i, x), g in zip(checked.items(), found, strict=True):
        if g.shape != x.array.shape or g.dtype != x.array.dtype:
            raise GradcheckError(
                f"gradcheck: the gradient of inputs[{i}] has shape {g.shape} and dtype {g.dtype}; "
                f"the input has {x.array.shape} and {x.array.dtype}"
            )
        for index in np.ndindex(x.array.shape):
            numerical = _numerical(fn, inputs, x.array, index, cotangents, eps)
            difference = abs(g[index] - numerical)
            if not difference <= atol + rtol * abs(numerical):  # so written, NaN fails
                raise GradcheckError(
                    f"gradcheck: the derivative with respect to inputs[{i}] at index {index} does "
                    f"not agree with finite differences:\n"
                    f"    analytic   {g[index]:.8g}\n"
                    f"    numerical  {numerical:.8g}\n"
                    f"They differ by {difference:.3g}; up to {atol + rtol * abs(numerical):.3g} is "
                    f"allowed."
                )


def _analytic(outputs: list[Tensor], inputs: list[Tensor], cotangents: list[Array]) -> list[Array]:
    walked = [
        (y, Tensor._wrap(v)) for y, v in zip(outputs, cotangents, strict=True) if y.requires_grad
    ]
    found: Sequence[Tensor | None] = [None] * len(inputs)
    if walked:
        ys, vs = zip(*walked, strict=True)
        found = autograd.grad(ys, inputs, vs, allow_unused=True)
    return [
        np.zeros_like(x.array) if g is None else g.array for x, g in zip(inputs, found, strict=True)
    ]


def _numerical(
    fn: Callable[..., Any],
    inputs: tuple[Any, ...],
    x: Array,
    index: tuple[int, ...],
    cotangents: list[Array],
    eps: float,
) -> float:
    """Move one element of the array x, which is among the inputs, down and up."""
    value = x[index]
    try:
        x[index] = value - eps
        low = _values(fn, inputs)
        x[index] = value + eps
        high = _values(fn, inputs)
    finally:
        x[index] = value
    moved = [b - a for a, b in zip(low, high, strict=True)]
    return float(sum(np.vdot(v, d) for v, d in zip(cotangents, moved, strict=True)) / (2 * eps))


def _values(fn: Callable[..., Any], inputs: tuple[Any, ...]) -> list[Array]:
    return [y.array.copy() for y in _outputs(fn(*inputs))]  # an output may be a view of an input


def _outputs(result: Any) -> list[Tensor]:
    """Return the outputs that have a derivative; all floating-point ones, if none does."""
    outputs = [result] if isinstance(result, Tensor) else list(result)
    floating = [y for y in outputs if isinstance(y, Tensor) and y.array.dtype.kind == "f"]
    return [y for y in floating if y.requires_grad] or floating


# ------------------------------------------------------------------------------------- values


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_dtype: bool = True,
    msg: str | None = None,
) -> None:
    """Assert that |actual - expected| <= atol + rtol · |expected| for each element.

    Args:
        actual, expected: tensors, arrays or numbers; or sequences or mappings of them, compared
            piece by piece.
        rtol, atol: by default (1.3e-6, 1e-5) for float32, (1e-7, 1e-7) for float64 and (0, 0) for
            other dtypes, the wider of the two where dtypes differ. Give both or neither.
        equal_nan: does NaN equal NaN?
        check_dtype: must dtypes be equal? Python numbers are float64, int64 and bool.
        msg: what to say in place of the message.

    Raises:
        AssertionError: it is not so. The message names the elements that are furthest off.
        ValueError: only one of the tolerances is given.
    """
    if (rtol is None) != (atol is None):
        raise ValueError("assert_close: give both rtol and atol, or neither")
    for where, a, b in _pairs(actual, expected, ""):
        problem = _difference(a, b, rtol, atol, equal_nan, check_dtype)
        if problem:
            raise AssertionError(msg or (f"At {where}: {problem}" if where else problem))


def _pairs(actual: Any, expected: Any, where: str) -> list[tuple[str, Array, Array]]:
    """Return what is to be compared with what, and its place in the sequences and mappings."""
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        if actual.keys() != expected.keys():
            raise AssertionError(f"The keys differ: {list(actual)} and {list(expected)}")
        places: Any = actual.keys()
    elif isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(actual) != len(expected):
            raise AssertionError(f"The lengths differ: {len(actual)} and {len(expected)}")
        places = range(len(actual))
    else:
        return [(where, _as_array(actual), _as_array(expected))]
    return [p for i in places for p in _pairs(actual[i], expected[i], f"{where}[{i!r}]")]


def _as_array(value: Any) -> Array:
    return value.array if isinstance(value, Tensor) else np.asarray(value)


def _difference(
    a: Array, b: Array, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool
) -> str | None:
    """Say how the arrays differ, or return None."""
    if a.shape != b.shape:
        return f"The values for attribute 'shape' do not match: {a.shape} != {b.shape}."
    if check_dtype and a.dtype != b.dtype:
        return f"The values for attribute 'dtype' do not match: {a.dtype} != {b.dtype}."
    if rtol is None or atol is None:
        of_each = [_TOLERANCES.get(x.dtype.name, (0.0, 0.0)) for x in (a, b)]
        rtol, atol = (max(of_both) for of_both in zip(*of_each, strict=True))
    close = np.isclose(a, b, rtol, atol, equal_nan)
    if close.all():
        return None
    wide = np.result_type(a, b, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        absolute = np.where(close, 0, np.abs(a.astype(wide) - b.astype(wide)))
        relative = np.where(close, 0, absolute / np.abs(b))
    return "\n".join([
        "Tensor-likes are not close!",
        "",
        f"Mismatched elements: {close.size - close.sum()} / {close.size} ({1 - close.mean():.1%})",
        _worst("absolute", absolute, atol, a, b),
        _worst("relative", relative, rtol, a, b),
    ])  # fmt: skip


def _worst(kind: str, differences: Array, allowed: float, a: Array, b: Array) -> str:
    index = tuple(int(i) for i in np.unravel_index(np.argmax(differences), a.shape))
    return (
        f"Greatest {kind} difference: {differences[index]:.6g} at index {index} "
        f"(up to {allowed:g} allowed): {a[index]!s}, expected {b[index]!s}"
    )
