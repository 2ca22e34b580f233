"""Checks of single arguments of an operation: tensors, dimensions, sizes.

Shapes that must fit together are declared instead: see `signatures.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..scalars import whole

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor

Dims: TypeAlias = "int | Sequence[int] | None"


# ------------------------------------------------------------------------------------ tensors


def is_tensor(value: Any) -> bool:
    """Return whether a value is a tensor. (Importing `Tensor` here would be circular.)"""
    return hasattr(value, "_requires_grad")


def tensor(name: str, argument: str, value: Any) -> Tensor:
    """Return the value, which must be a tensor, or raise TypeError."""
    if not hasattr(value, "_requires_grad"):
        raise TypeError(
            f"{name}(): argument '{argument}' must be a Tensor, not {type(value).__name__}"
        )
    return value  # type: ignore[no-any-return]


def tensors(name: str, argument: str, values: Any) -> list[Tensor]:
    """Return a sequence of tensors as a list, or raise TypeError."""
    if is_tensor(values) or not isinstance(values, Iterable):
        raise TypeError(
            f"{name}(): argument '{argument}' must be a list of Tensors, not a "
            f"{type(values).__name__}"
        )
    return [tensor(name, f"{argument}[{i}]", t) for i, t in enumerate(values)]


def floating_point(name: str, argument: str, value: Any) -> Tensor:
    """Return the value, which must be a floating-point tensor.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: it has another dtype.
    """
    if tensor(name, argument, value).array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}: the dtype of {argument} must be floating-point, not {value.dtype}. "
            "Convert it with .float()."
        )
    return value  # type: ignore[no-any-return]


def mask(name: str, argument: str, value: Any) -> Array:
    """Return the array of a bool tensor, or raise TypeError."""
    array = tensor(name, argument, value).array
    if array.dtype != np.bool_:
        raise TypeError(f"{name}(): argument '{argument}' must be a bool tensor, not {value.dtype}")
    return array


def index(name: str, argument: str, value: Any, size: int | None = None) -> Array:
    """Return the array of a tensor of indices, each of which must be in range(size).

    Raises:
        TypeError: it is no tensor.
        RuntimeError: the dtype is not int64 or int32.
        IndexError: an index is negative, or not below `size`.
    """
    array = tensor(name, argument, value).array
    if array.dtype.kind != "i" or array.itemsize < 4:
        if array.size:
            raise RuntimeError(
                f"{name}: {argument} must be an int64 or int32 tensor, not {value.dtype}"
            )
        array = array.astype(np.int64)  # of none; tensor([]) has the dtype of floats
    if size is not None and array.size and not (array.min() >= 0 and array.max() < size):
        wrong = array[(array < 0) | (array >= size)][0]
        raise IndexError(f"{name}: {argument} holds {wrong}, which is not in range({size})")
    return array


# --------------------------------------------------------------------------- dimensions, sizes


def sizes_of(name: str, first: Any, more: tuple[Any, ...] = ()) -> tuple[int, ...]:
    """Return sizes that were given one by one, f(2, 3), or as one sequence, f((2, 3))."""
    sizes = (first, *more) if more or not isinstance(first, Sequence) else first
    for n in sizes:
        if type(n) is not int:
            return tuple([whole(name, "size", n) for n in sizes])
    return tuple(sizes)


def dim_of(name: str, dim: int, ndim: int) -> int:
    """Return a dimension counted from the front, where -1 is the last.

    A tensor without dimensions is treated as if it had one.

    Raises:
        TypeError: it is no int.
        IndexError: there is no such dimension.
    """
    reach = ndim or 1
    if type(dim) is not int:
        dim = whole(name, "dim", dim)
    if not -reach <= dim < reach:
        raise IndexError(
            f"{name}: Dimension out of range (expected to be in range of [{-reach}, {reach - 1}], "
            f"but got {dim})"
        )
    return dim % reach


def dims_of(name: str, ndim: int, dim: Dims) -> tuple[int, ...]:
    """Return the dimensions that `dim` names, counted from the front; None names all of them.

    Raises:
        IndexError: a dimension is out of range.
        RuntimeError: one is named twice.
    """
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, (tuple, list, range)):
        dims = tuple([dim_of(name, d, ndim) for d in dim])
    else:
        dims = (dim_of(name, dim, ndim),)  # type: ignore[arg-type]
    if ndim and len(set(dims)) != len(dims):
        raise RuntimeError(f"{name}: a dimension appears twice in dim={dim}")
    return dims if ndim else ()


# ------------------------------------------------------------------------------------- shapes


def broadcast(name: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which these broadcast, or raise RuntimeError."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = " and ".join(map(str, shapes))
        raise RuntimeError(f"{name}: the shapes {listed} do not broadcast") from None


def broadcasts_to(name: str, argument: str, value: Any, shape: tuple[int, ...]) -> None:
    """Raise RuntimeError unless a tensor can be broadcast to this shape."""
    given = tensor(name, argument, value).array.shape
    pairs = zip(reversed(given), reversed(shape), strict=False)
    if len(given) > len(shape) or not all(n in (1, m) for n, m in pairs):
        raise RuntimeError(f"{name}: {argument} of shape {given} does not broadcast to {shape}")


def alike(name: str, argument: str, value: Any, shape: tuple[int, ...], input: Tensor) -> None:
    """Raise RuntimeError unless a tensor has this shape and the input's dtype."""
    x = tensor(name, argument, value)
    if x.array.shape != shape or x.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"{name}: {argument} must have shape {shape} and the input's dtype, {input.dtype}, "
            f"not {x.array.shape} and {x.dtype}"
        )


def shape_of_scores(query: Tensor, key: Tensor) -> tuple[int, ...]:
    """Return the shape of query keyᵀ."""
    batch, others = query.array.shape[:-2], key.array.shape[:-2]
    if batch != others:
        batch = np.broadcast_shapes(batch, others)
    return *batch, query.array.shape[-2], key.array.shape[-2]


def same_shape(name: str, error: type[Exception], **given: Any) -> None:
    """Raise `error` if two tensors differ in shape: `same_shape(name, error, input=x, target=t)`.

    Raises:
        TypeError: one is no tensor.
    """
    (first, a), (second, b) = given.items()
    x, y = tensor(name, first, a).array.shape, tensor(name, second, b).array.shape
    if x != y:
        raise error(f"{name}: {first} has shape {x}, which must be the {second}'s, {y}")
