"""Checks of an operation's arguments, declared in one line and kept out of its formulas.

A declaration lists the sizes of each tensor. A name stands for the same size wherever it stands,
and "*" for any further dimensions in front of the others:

    >>> import minitorch
    >>> FITS = Shapes("linear", optional="bias", input="* k", weight="n k", bias="n")

says that the input's last size is the weight's last, and that the bias, which may be None, has the
weight's first.
Called with the tensors it does nothing where they fit, and says what is wrong where they do not:

    >>> FITS(minitorch.zeros(2, 3), minitorch.zeros(4, 3), None)
    >>> FITS(minitorch.zeros(2, 3), minitorch.zeros(3, 4), None)
    Traceback (most recent call last):
    RuntimeError: linear: input (2, 3) and weight (3, 4) do not fit (* k), (n k): k is both 3 and 4
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np

from .scalars import whole

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
    if is_tensor(values) or not isinstance(values, Iterable):
        raise TypeError(
            f"{name}(): argument '{argument}' must be a list of Tensors, not a "
            f"{type(values).__name__}"
        )
    return [tensor(name, f"{argument}[{i}]", t) for i, t in enumerate(values)]


def floating_point(name: str, argument: str, value: Any) -> Tensor:
    """Return the value, which must be a floating-point tensor."""
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
        RuntimeError: the dtype is not int64 or int32.
        IndexError: an index is negative, or not below `size`.
    """
    array = tensor(name, argument, value).array
    if array.dtype.kind != "i":
        if array.size:
            raise RuntimeError(
                f"{name}: {argument} must be an int64 or int32 tensor, not {value.dtype}"
            )
        array = array.astype(np.int64)  # of none; tensor([]) has the dtype of floats
    if size is not None and array.size and not (array.min() >= 0 and array.max() < size):
        wrong = array[(array < 0) | (array >= size)][0]
        raise IndexError(f"{name}: {argument} holds {wrong}, which is not in range({size})")
    return array


class Shapes:
    """The shapes that an operation's tensors must have, and the dtypes.

    Args:
        name: the operation's.
        floating: must the first be floating-point?
        one_dtype: must all have one dtype?
        optional: the arguments that may be None, separated by spaces.
        error: what to raise where shapes do not fit.
        called: what to call a size in a message: {"k": "inner sizes"}.
        hint: the sentence that ends a message about shapes: what to do.
        shapes: for each tensor, in the order of the arguments, its sizes separated by spaces: a
            name, or a number. "*" at the front stands for any number of further dimensions,
            which must broadcast. "|" separates alternatives: "k | * n k" is a vector, or a
            matrix, or a stack of matrices.
    """

    def __init__(
        self,
        name: str,
        *,
        floating: bool = False,
        one_dtype: bool = True,
        optional: str = "",
        error: type[Exception] = RuntimeError,
        called: dict[str, str] | None = None,
        hint: str = "",
        **shapes: str,
    ) -> None:
        self.name, self.floating, self.one_dtype = name, floating, one_dtype
        self.error, self.called, self.hint = error, called or {}, hint
        self.shapes, self.optional = shapes, optional.split()
        self.known: set[Any] = set()  # shapes and dtypes that were found to fit

    def _sizes(self, argument: str, ndim: int) -> list[str] | None:
        """Return the sizes that a tensor of so many dimensions must have, without the "*"."""
        for alternative in self.shapes[argument].split("|"):
            sizes = alternative.split()
            if sizes[:1] == ["*"] and ndim >= len(sizes) - 1:
                return sizes[1:]
            if "*" not in sizes and ndim == len(sizes):
                return sizes
        return None

    def _refuse(self, tensors: dict[str, Tensor], why: str) -> NoReturn:
        given = " and ".join(f"{argument} {x.array.shape}" for argument, x in tensors.items())
        declared = ", ".join(f"({self.shapes[argument]})" for argument in tensors)
        do = "does" if len(tensors) == 1 else "do"
        hint = f". {self.hint}" if self.hint else ""
        raise self.error(f"{self.name}: {given} {do} not fit {declared}: {why}{hint}")

    def _check_shapes(self, tensors: dict[str, Tensor]) -> None:
        found: dict[str, int] = {}
        further = []
        for argument, x in tensors.items():
            shape = x.array.shape
            sizes = self._sizes(argument, len(shape))
            if sizes is None:
                s = "" if len(shape) == 1 else "s"
                self._refuse(tensors, f"{argument} has {len(shape)} dimension{s}")
            leading = len(shape) - len(sizes)
            further.append(shape[:leading])
            for size, n in zip(sizes, shape[leading:], strict=True):
                expected = int(size) if size.isdigit() else found.setdefault(size, n)
                if n != expected:
                    why = f"{size} is both {expected} and {n}"
                    if size in self.called:
                        why = f"the {self.called[size]} {expected} and {n} differ"
                    self._refuse(tensors, f"{n} is not {size}" if size.isdigit() else why)
        try:
            np.broadcast_shapes(*further)
        except ValueError:
            these = " and ".join(map(str, further))
            self._refuse(tensors, f"{these}, which stand for *, do not broadcast")

    def _check_dtypes(self, tensors: dict[str, Tensor]) -> None:
        first, *_ = tensors
        if self.floating:
            floating_point(self.name, first, tensors[first])
        dtype = tensors[first].array.dtype
        differing = [argument for argument, x in tensors.items() if x.array.dtype != dtype]
        if self.one_dtype and differing:
            listed = ", ".join(f"{name} {tensors[name].dtype}" for name in (first, *differing))
            raise RuntimeError(f"{self.name}: the dtypes differ: {listed}. Convert with .to().")

    def __call__(self, *given: Tensor | None) -> None:
        """Raise where the tensors do not fit; None stands for one that was left out.

        Raises:
            TypeError: one is no tensor.
            RuntimeError: the dtypes do not fit, or the shapes, unless another error was declared.
        """
        try:
            if len(given) == 2 and given[1] is not None:  # most have two: 0.3 and not 0.5 µs
                a, b = given[0].array, given[1].array  # type: ignore[union-attr]
                key: Any = a.shape, a.dtype, b.shape, b.dtype
            else:
                key = tuple([None if x is None else (x.array.shape, x.array.dtype) for x in given])
            if key in self.known:
                return
        except AttributeError:  # one is no tensor: said below
            key = None
        tensors = {
            argument: tensor(self.name, argument, x)
            for argument, x in zip(self.shapes, given, strict=True)
            if x is not None or argument not in self.optional
        }
        self._check_shapes(tensors)
        self._check_dtypes(tensors)
        if len(self.known) > 1000:
            self.known.clear()
        self.known.add(key)


# --------------------------------------------------------------------------- dimensions, sizes


def sizes_of(name: str, first: Any, more: tuple[Any, ...] = ()) -> tuple[int, ...]:
    """Return sizes that were given one by one, f(2, 3), or as one sequence, f((2, 3))."""
    sizes = (first, *more) if more or not isinstance(first, Sequence) else first
    return tuple([n if type(n) is int else whole(name, "size", n) for n in sizes])


def dim_of(name: str, dim: int, ndim: int) -> int:
    """Return a dimension counted from the front: -1 is the last.

    A tensor without dimensions counts as having one.

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


def broadcasts_to(name: str, argument: str, value: Any, shape: tuple[int, ...]) -> None:
    """Raise RuntimeError unless a tensor broadcasts to a shape without making it larger."""
    given = tensor(name, argument, value).array.shape
    pairs = zip(reversed(given), reversed(shape), strict=False)
    if len(given) > len(shape) or not all(n in (1, m) for n, m in pairs):
        raise RuntimeError(f"{name}: {argument} of shape {given} does not broadcast to {shape}")


def alike(name: str, argument: str, value: Any, shape: tuple[int, ...], input: Tensor) -> None:
    """Raise RuntimeError unless a tensor has the shape and the input's dtype."""
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
    """Raise if two tensors differ in shape: `same_shape(name, error, input=x, target=t)`.

    Raises:
        TypeError: one is no tensor.
    """
    (first, a), (second, b) = given.items()
    x, y = tensor(name, first, a).array.shape, tensor(name, second, b).array.shape
    if x != y:
        raise error(f"{name}: {first} has shape {x}, which must be the {second}'s, {y}")
