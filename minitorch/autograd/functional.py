"""Jacobians and Hessians, a row at a time: for small problems, and for checking other code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .engine import grad
from .grad_mode import enable_grad

if TYPE_CHECKING:
    from ..tensor import Tensor


def _tensors(what: str, value: Any) -> tuple[Tensor, ...]:
    """Return a tensor, or a tuple of them, as a tuple.

    Raises:
        TypeError: it is neither.
    """
    found = value if isinstance(value, tuple) else (value,)
    for x in found:
        if not hasattr(x, "_requires_grad"):
            a = "a tuple that holds a" if isinstance(value, tuple) else "a"
            raise TypeError(
                f"jacobian, hessian: {what} must be a Tensor or a tuple of them, not {a} "
                f"{type(x).__name__}"
            )
    return found


def _inputs(inputs: Any, create_graph: bool) -> list[Tensor]:
    """Return the inputs as leaves that require gradients; with `create_graph`, as views of them."""
    xs = _tensors("the inputs", inputs)
    return [
        x.view(x.array.shape) if create_graph and x._requires_grad else x.detach().requires_grad_()
        for x in xs
    ]


def _stacked(rows: list[Tensor], like: Tensor) -> Tensor:
    """Write the rows into one tensor; in place, so that the graph comes along."""
    y = like._wrap(np.zeros((len(rows), *like.array.shape), like.array.dtype))
    for i, row in enumerate(rows):
        y[i] = row
    return y


def _rows(y: Tensor, xs: list[Tensor], create_graph: bool) -> tuple[Tensor, ...]:
    """Run a backward pass from each element of y, and stack the gradients of each input."""
    passes: list[list[Tensor]] = []
    for i in range(y.array.size):
        g = np.zeros(y.array.size, y.array.dtype)
        g[i] = 1
        found: Any = [None] * len(xs)
        if y._requires_grad:
            g_y = y._wrap(g.reshape(y.array.shape))
            found = grad(y, xs, g_y, True, create_graph, allow_unused=True)
        passes.append([
            x._wrap(np.zeros_like(x.array)) if d is None else d
            for x, d in zip(xs, found, strict=True)
        ])  # fmt: skip
    return tuple(
        _stacked([found[j] for found in passes], x).reshape((*y.array.shape, *x.array.shape))
        for j, x in enumerate(xs)
    )


def jacobian(
    func: Callable[..., Any], inputs: Tensor | tuple[Tensor, ...], create_graph: bool = False
) -> Any:
    """The Jacobian, all derivatives of all outputs: J[i, j] = ∂output_i / ∂input_j.

    Each row is a vector–Jacobian product with a unit vector: a backward pass of its own.

    Args:
        func: a function of tensors that returns a tensor or a tuple of them.
        inputs: where to take the derivatives; they need not require gradients.
        create_graph: record it, so that J can be differentiated in its turn.

    Returns:
        A tensor of shape (*output.shape, *input.shape). With a tuple of inputs, a tuple of these;
        with a tuple of outputs, a tuple with one entry of that kind for each.

    Raises:
        TypeError: an input or an output is no tensor.
    """
    with enable_grad():
        xs = _inputs(inputs, create_graph)
        result = func(*xs)
        outputs = _tensors("what the function returns", result)
        rows = [_rows(y, xs, create_graph) for y in outputs]
    per_output = tuple(row if isinstance(inputs, tuple) else row[0] for row in rows)
    return per_output if isinstance(result, tuple) else per_output[0]


def hessian(
    func: Callable[..., Tensor], inputs: Tensor | tuple[Tensor, ...], create_graph: bool = False
) -> Any:
    """The Hessian, all second derivatives of a function with one output: ∂²y / (∂x_i ∂x_j).

    The arguments are those of `jacobian`.

    Returns:
        A tensor of shape (*input.shape, *input.shape). With a tuple of inputs, a tuple of tuples:
        one for each pair of inputs.

    Raises:
        RuntimeError: the function returns more than one element.
    """

    def gradient(*xs: Tensor) -> Any:
        y, *more = _tensors("what the function returns", func(*xs))
        if more or y.array.size != 1:
            raise RuntimeError(
                "hessian: the function must return one tensor of one element, not "
                f"{1 + len(more)} of shape {tuple(y.shape)}"
            )
        first = jacobian(lambda *xs: func(*xs).reshape(()), xs, create_graph=True)
        return first if isinstance(inputs, tuple) else first[0]

    return jacobian(gradient, inputs, create_graph)
