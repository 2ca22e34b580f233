"""What is done with all parameters of a model at once.

Gradient clipping, so that one very large gradient cannot undo what was learned; parameters as one
vector; `skip_init`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .._compat.guests import lookup
from .._runtime.quiet import quietly
from ..autograd.graph import version_counter
from ..dtypes import Array
from ..ops.arguments import is_tensor, tensor, tensors
from ..ops.arrange import cat, split
from ..scalars import number
from ..tensor import Tensor
from .init import SKIPPED

M = TypeVar("M")

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "parameters_to_vector",
    "skip_init",
    "vector_to_parameters",
]


def _gradients(name: str, parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """Return the gradients of those parameters that have one.

    Raises:
        TypeError: what was given are no tensors.
        ValueError: it is a generator that has nothing to give.
    """
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    if isinstance(parameters, Mapping) or not isinstance(parameters, Iterable):
        raise TypeError(
            f"{name}: parameters must be tensors, such as model.parameters(), not a "
            f"{type(parameters).__name__}"
        )
    found = list(parameters)
    if not all(map(is_tensor, found)):
        tensors(name, "parameters", found)  # says which is none
    if not found and isinstance(parameters, Iterator):
        raise ValueError(
            f"{name}: the generator of parameters is empty. It can be used once: call "
            "model.parameters() anew"
        )
    return [p._grad for p in found if p._grad is not None]


def _norm(vectors: list[Array], p: float) -> np.floating[Any]:
    """The p-norm of vectors laid end to end."""
    dtype = vectors[0].dtype
    if p == 2:  # what np.linalg.norm computes, without the time that calling it takes
        return np.sqrt(np.sum([v.dot(v) for v in vectors], dtype=dtype))  # type: ignore[no-any-return]
    return np.linalg.norm([np.linalg.norm(v, p) for v in vectors], p).astype(dtype)


def _scale(grads: list[Tensor], factor: np.floating[Any]) -> None:
    for g in grads:
        g.array *= factor
        g._version[0] = next(version_counter)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients by one factor, so that their norm is at most `max_norm`.

        g ← g · min(1, max_norm / (‖g‖ + 10⁻⁶))

    g is the vector of all gradients end to end: it keeps its direction and gets shorter. Source:
    Pascanu et al. 2013, https://arxiv.org/abs/1211.5063.

    Args:
        parameters: their gradients are scaled, in place. Those without a gradient are left out.
        max_norm: the bound.
        norm_type: p of the p-norm (Σ |gᵢ|ᵖ)¹ᐟᵖ; inf for the largest absolute value.
        error_if_nonfinite: raise if the norm is NaN or infinite, before anything is scaled.
        foreach: no effect.

    Returns:
        The norm before scaling, 0-d.

    Raises:
        RuntimeError: the norm is not finite, and `error_if_nonfinite` is set.
        ValueError: max_norm is negative or NaN, or a generator of parameters is empty.
    """
    number("clip_grad_norm_", "max_norm", max_norm, 0, math.inf)
    number("clip_grad_norm_", "norm_type", norm_type, -math.inf, math.inf)
    grads = _gradients("clip_grad_norm_", parameters)
    if not grads:
        return Tensor._wrap(np.zeros((), np.float32))
    total = quietly(_norm, [g.array.reshape(-1) for g in grads], norm_type)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is {total}, so "
            "it cannot be clipped. Set error_if_nonfinite=False to scale the gradients anyway."
        )
    scale = max_norm / (total + 1e-6)
    if not scale >= 1:  # also if it is NaN
        quietly(_scale, grads, scale)
    return Tensor._wrap(total)


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Clip each element: g ← min(max(g, -clip_value), clip_value), in place.

    Args:
        parameters: their gradients are clipped. Those without a gradient are left out.
        clip_value: the bound.
        foreach: no effect.

    Raises:
        ValueError: clip_value is negative or NaN, or a generator of parameters is empty.
    """
    number("clip_grad_value_", "clip_value", clip_value, 0, math.inf)
    for g in _gradients("clip_grad_value_", parameters):
        np.clip(g.array, -clip_value, clip_value, out=g.array)
        g._version[0] = next(version_counter)


def skip_init(module_cls: Callable[..., M], *args: Any, **kwargs: Any) -> M:
    """Build a module without drawing its parameters at random, as they will be loaded.

    For a large model, drawing takes far longer than loading.

    Args:
        module_cls: the module's class; the other arguments are those of its `__init__`.
    """
    before = SKIPPED.set(True)
    try:
        return module_cls(*args, **kwargs)
    finally:
        SKIPPED.reset(before)


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return the elements of all parameters, end to end, as one vector; it has their gradient."""
    given = tensors("parameters_to_vector", "parameters", parameters)
    return cat([p.reshape(-1) for p in given])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Set the parameters to the elements of a vector, whose memory they share then.

    Raises:
        RuntimeError: it has not as many elements as they have; nothing has changed.
    """
    given = tensors("vector_to_parameters", "parameters", parameters)
    sizes = [p.array.size for p in given]
    if tensor("vector_to_parameters", "vec", vec).array.shape != (sum(sizes),):
        raise RuntimeError(
            f"vector_to_parameters: vec must have shape {(sum(sizes),)}, as the parameters have so "
            f"many elements, not {vec.array.shape}"
        )
    for p, part in zip(given, split(vec.detach(), sizes), strict=True):
        p.data = part.reshape(p.shape)


if not TYPE_CHECKING:
    __getattr__, __dir__ = lookup(__name__, {"..._compat.old_names": "clip_grad_norm"})
