"""What an operation may be given: declared once, checked in one place, so that formulas come first.

A declaration names the sizes of each tensor: "* k" is any number of dimensions and then one of size
k. A name stands for the same size wherever it stands, so

    FITS = Shapes("linear", input="* k", weight="n k", bias="n")

says that the input's last size is the weight's, and FITS(input, weight, bias) raises what teaches:

    linear: input (2, 3) and weight (4, 5) do not fit (* k), (n k): k is both 3 and 5
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor

Dims: TypeAlias = "int | Sequence[int] | None"


# ------------------------------------------------------------------------------------ tensors


def is_tensor(value: Any) -> bool:
    """Say whether a value is a tensor, knowing only that tensors can require gradients."""
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
    if is_tensor(values):
        raise TypeError(f"{name}(): argument '{argument}' must be a list of Tensors, not a Tensor")
    return [tensor(name, f"{argument}[{i}]", t) for i, t in enumerate(values)]


def floating_point(name: str, argument: str, value: Any) -> Tensor:
    """Return the value, which must be a floating-point tensor."""
    if tensor(name, argument, value).array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}: the dtype of {argument} must be floating-point, not {value.dtype}: .float()?"
        )
    return value  # type: ignore[no-any-return]


def mask(name: str, argument: str, value: Any) -> Array:
    """Return the array of a bool tensor, or raise TypeError."""
    array = tensor(name, argument, value).array
    if array.dtype != np.bool_:
        raise TypeError(f"{name}(): argument '{argument}' must be a bool tensor, not {value.dtype}")
    return array


def index(name: str, argument: str, value: Any, size: int | None = None) -> Array:
    """Return the array of a tensor of indices, each of them in range(size).

    Raises:
        RuntimeError: the dtype is not int64 or int32.
        IndexError: an index is out of range; negative ones are.
    """
    array = tensor(name, argument, value).array
    if array.dtype.kind != "i" and array.size:
        raise RuntimeError(
            f"{name}: {argument} must be an int64 or int32 tensor, not {value.dtype}"
        )
    if size is not None and array.size and not (array.min() >= 0 and array.max() < size):
        wrong = array[(array < 0) | (array >= size)][0]
        raise IndexError(f"{name}: {argument} holds {wrong}, which is not in range({size})")
    return array


class Shapes:
    """The shapes that an operation's tensors must have, and their dtypes.

    Calling it with the tensors in the order of the declaration, None for one that is left out,
    raises where they do not fit, and does nothing where they do.

    Args:
        name: the operation's.
        floating: must they be floating-point?
        one_dtype: must they have one dtype?
        error: what is raised where shapes do not fit.
        hint: ends the message about shapes: what to do.
        shapes: for each tensor its sizes, separated by spaces: names, numbers, and at the front
            perhaps `*`, any number of further dimensions, which need not agree.
    """

    def __init__(
        self,
        name: str,
        *,
        floating: bool = False,
        one_dtype: bool = True,
        error: type[Exception] = RuntimeError,
        hint: str = "",
        **shapes: str,
    ) -> None:
        self.name, self.floating, self.one_dtype = name, floating, one_dtype
        self.error, self.hint = error, hint
        self.shapes = {argument: sizes.split() for argument, sizes in shapes.items()}
        self.known: set[Any] = set()  # what was found to fit before

    def __call__(self, *given: Tensor | None) -> None:
        """Raise where the tensors do not fit.

        Raises:
            TypeError: one is no tensor.
            RuntimeError: the dtypes do not fit, or the shapes, unless another error was declared.
        """
        try:
            key = tuple([None if x is None else (x.array.shape, x.array.dtype) for x in given])
            if key in self.known:
                return
        except AttributeError:
            pass
        tensors = {
            argument: tensor(self.name, argument, x)
            for argument, x in zip(self.shapes, given, strict=True)
            if x is not None
        }
        self._check_shapes(tensors)
        self._check_dtypes(tensors)
        if len(self.known) > 1000:
            self.known.clear()
        self.known.add(key)

    def _check_shapes(self, tensors: dict[str, Tensor]) -> None:
        sizes: dict[str, int] = {}
        for argument, x in tensors.items():
            names, shape = self.shapes[argument], x.array.shape
            named = names[1:] if names[:1] == ["*"] else names
            if len(shape) < len(named) or (named is names and len(shape) > len(named)):
                self._refuse(tensors, f"{argument} has {len(shape)} dimensions")
            for name, n in zip(named, shape[len(shape) - len(named) :], strict=True):
                expected = int(name) if name.isdigit() else sizes.setdefault(name, n)
                if n != expected:
                    self._refuse(tensors, f"{name} is both {expected} and {n}")

    def _refuse(self, tensors: dict[str, Tensor], why: str) -> None:
        given = " and ".join(f"{argument} {x.array.shape}" for argument, x in tensors.items())
        declared = ", ".join(f"({' '.join(self.shapes[argument])})" for argument in tensors)
        raise self.error(f"{self.name}: {given} do not fit {declared}: {why}{self.hint}")

    def _check_dtypes(self, tensors: dict[str, Tensor]) -> None:
        first, *_ = tensors
        if self.floating:
            floating_point(self.name, first, tensors[first])
        if self.one_dtype and len({x.array.dtype for x in tensors.values()}) > 1:
            listed = ", ".join(f"{argument} {x.dtype}" for argument, x in tensors.items())
            raise RuntimeError(f"{self.name}: the dtypes differ: {listed}. Convert with .to()?")


# --------------------------------------------------------------------------- dimensions, sizes


def sizes_of(first: Any, more: tuple[Any, ...]) -> tuple[int, ...]:
    """Let sizes be given one by one or as one sequence: f(2, 3) or f((2, 3))."""
    alone = more or not isinstance(first, Sequence)
    return tuple([as_index(n) for n in ((first, *more) if alone else first)])


def dim_of(name: str, dim: int, ndim: int) -> int:
    """Count a dimension from the front; raise IndexError if there is none such.

    A tensor without dimensions counts as having one.
    """
    reach = ndim or 1
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
    named = [dim] if isinstance(dim, int) else dim
    dims = tuple([dim_of(name, d, ndim) for d in named])
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"{name}: a dimension appears twice in dim={dim}")
    return dims if ndim else ()


# ------------------------------------------------------------------------------------- shapes


def same_shape(name: str, error: type[Exception], **given: Any) -> None:
    """Raise where two tensors, named by the arguments that they are given as, differ in shape.

    Raises:
        TypeError: one is no tensor.
    """
    (first, a), (second, b) = given.items()
    x, y = tensor(name, first, a).array.shape, tensor(name, second, b).array.shape
    if x != y:
        raise error(f"{name}: {first} has shape {x}, which must be the {second}'s, {y}")
