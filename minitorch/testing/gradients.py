"""Gradient checking: backpropagation against finite differences.

The Jacobian J of a function y = f(x) holds the derivatives J_ij = dy_i/dx_j. Backpropagation never
builds it. Given a vector v with an element for each output, the *cotangent*, it computes vᵀJ, the
vector–Jacobian product. The same number can be found without any derivative, by moving one input
element at a time a little to both sides (e_j is 1 at element j and 0 elsewhere):

    (vᵀJ)_j = Σ_i v_i dy_i/dx_j  ≈  vᵀ (f(x + eps e_j) - f(x - eps e_j)) / (2 eps)

This central difference is off by a term of order eps², and by the rounding of f divided by eps. So
it needs float64, and an eps near 1e-6. As v is random, a wrong element anywhere in J shows in vᵀJ.

A derivative that agrees with finite differences agrees with its forward function. That alone does
not say that the function is the right one: compare its values with another source, too.

PyTorch explains its own check in the note "Gradcheck mechanics".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import grad
from ..dtypes import Array
from ..tensor import Tensor


class GradcheckError(RuntimeError):
    """A derivative does not agree with finite differences."""


def _as_tuple(inputs: Any) -> tuple[Any, ...]:
    if not isinstance(inputs, (Tensor, Sequence)):
        kind = type(inputs).__name__
        raise TypeError(f"gradcheck: the inputs must be a Tensor or a sequence, not a {kind}")
    return (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)


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


def _outputs(result: Any) -> list[Tensor]:
    """Return the outputs that require a gradient; all floating-point ones, if none does."""
    outputs = [result] if isinstance(result, Tensor) else result
    if not isinstance(outputs, Sequence):
        kind = type(result).__name__
        raise TypeError(f"gradcheck: the function must return a Tensor or a sequence, not a {kind}")
    floating = [y for y in outputs if isinstance(y, Tensor) and y.array.dtype.kind == "f"]
    return [y for y in floating if y.requires_grad] or floating


def _values(fn: Callable[..., Any], inputs: tuple[Any, ...]) -> list[Array]:
    return [y.array.copy() for y in _outputs(fn(*inputs))]  # an output may be a view of an input


def _vjp(outputs: list[Tensor], inputs: list[Tensor], cotangents: list[Array]) -> list[Array]:
    """Compute vᵀJ by backpropagation, for each input; zeros where nothing arrives."""
    pairs = [(y, Tensor._wrap(v)) for y, v in zip(outputs, cotangents, strict=True)]
    pairs = [(y, v) for y, v in pairs if y.requires_grad]
    gradients: Sequence[Tensor | None] = [None] * len(inputs)
    if pairs:
        ys, vs = zip(*pairs, strict=True)
        gradients = grad(ys, inputs, vs, allow_unused=True)
    return [
        np.zeros_like(x.array) if g is None else g.array
        for x, g in zip(inputs, gradients, strict=True)
    ]


def _finite_difference(
    fn: Callable[..., Any],
    inputs: tuple[Any, ...],
    x: Array,
    index: tuple[int, ...],
    cotangents: list[Array],
    eps: float,
) -> float:
    """Estimate one element of vᵀJ: move the element of the array x, which an input holds."""
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


def _compare(
    fn: Callable[..., Any], inputs: tuple[Any, ...], eps: float, atol: float, rtol: float
) -> None:
    checked = _checked(inputs)
    before = {i: x.array.copy() for i, x in enumerate(inputs) if isinstance(x, Tensor)}
    outputs = _outputs(fn(*inputs))
    rng = np.random.default_rng(0)
    cotangents = [rng.standard_normal(y.shape) for y in outputs]
    gradients = _vjp(outputs, list(checked.values()), cotangents)
    for i, array in before.items():
        if not np.array_equal(inputs[i].array, array, equal_nan=array.dtype.kind == "f"):
            raise GradcheckError(f"gradcheck: the function changed inputs[{i}]")
    again = zip(outputs, _values(fn, inputs), strict=True)
    if not all(np.array_equal(y.array, z, equal_nan=True) for y, z in again):
        raise GradcheckError("gradcheck: the function gave another result for the same inputs")
    for (i, x), g in zip(checked.items(), gradients, strict=True):
        for index in np.ndindex(x.array.shape):
            numerical = _finite_difference(fn, inputs, x.array, index, cotangents, eps)
            difference, allowed = abs(g[index] - numerical), atol + rtol * abs(numerical)
            if not difference <= allowed:  # written like this, NaN fails
                raise GradcheckError(
                    f"gradcheck: the derivative with respect to inputs[{i}] at index {index} does "
                    "not agree with finite differences:\n"
                    f"    analytic   {g[index]:.8g}\n"
                    f"    numerical  {numerical:.8g}\n"
                    f"They differ by {difference:.3g}; up to {allowed:.3g} is allowed."
                )


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

    With a random cotangent v (of a fixed seed) for the outputs y, and for each input element x_j,

        analytic  (vᵀJ)_j        numerical  vᵀ (y(x_j + eps) - y(x_j - eps)) / (2 eps)

    must agree up to atol + rtol · |numerical|. Also checked: `fn` leaves its inputs as they were,
    gives the same result when called again, and gradients have the shape and dtype of the inputs.

        >>> import minitorch
        >>> x = minitorch.tensor([1.0, 2.0], dtype=minitorch.float64, requires_grad=True)
        >>> gradcheck(lambda x: x * x.exp(), x)
        True

    Args:
        fn: returns a tensor or a sequence of them. Outputs that do not require a gradient are
            ignored, unless none does: then the derivative must be zero.
        inputs: tensors that require gradients are checked, all else is passed on. They may be of
            any shape and strides, but must be float64.
        eps, atol, rtol: the step and the tolerances.
        raise_exception: raise, rather than return False.

    Returns:
        True if all agrees.

    Raises:
        GradcheckError: the derivative is wrong, or something else that is checked does not hold.
        TypeError: the inputs are no tensors, or the function returns none.
        ValueError: the check has no meaning: no input requires a gradient, one is not float64, or
            its elements overlap in memory; or the step or a tolerance is no number that serves.
    """
    inputs = _as_tuple(inputs)
    if not 0 < eps < np.inf:
        raise ValueError(f"gradcheck: {eps=} must be a step above 0")
    if not (0 <= atol < np.inf and 0 <= rtol < np.inf):
        raise ValueError(f"gradcheck: the tolerances {atol=} and {rtol=} must be at least 0")
    try:
        _compare(fn, inputs, eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(fn: Callable[..., Any], inputs: Tensor | Sequence[Any], **options: Any) -> bool:
    """Compare the second derivative of `fn(*inputs)` with finite differences of the first.

    This is `gradcheck` of the function (x, v) ↦ vᵀJ: from the inputs, and a cotangent v for each
    output, to the gradients. In error messages, the inputs that follow those of `fn` are the v.

    Args:
        fn, inputs, options: as for `gradcheck`.

    Raises:
        GradcheckError: as for `gradcheck`.
        ValueError: as for `gradcheck`; or an output does not require a gradient.
    """
    inputs = _as_tuple(inputs)
    checked, n = _checked(inputs), len(inputs)
    outputs = _outputs(fn(*inputs))
    if not all(y.requires_grad for y in outputs):
        raise ValueError("gradgradcheck: no output of the function requires a gradient")
    rng = np.random.default_rng(1)
    cotangents = [Tensor._wrap(rng.standard_normal(y.shape)).requires_grad_() for y in outputs]

    def vjp(*args: Any) -> list[Tensor]:
        wanted = [args[i] for i in checked]
        gradients = grad(
            _outputs(fn(*args[:n])), wanted, args[n:], create_graph=True, allow_unused=True
        )
        return [g for g in gradients if g is not None]

    return gradcheck(vjp, (*inputs, *cotangents), **options)
