"""Einstein's notation: sums of products of tensors, written by naming their dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .. import dtypes
from .._runtime.quiet import quietly
from ..autograd.graph import record
from . import arguments
from .reduction import sum
from .shape import diagonal

if TYPE_CHECKING:
    from ..dtypes import Array
    from ..tensor import Tensor

Labels: TypeAlias = list[str]
Term: TypeAlias = "tuple[Tensor, Labels]"
"""A tensor, and a label for each of its dimensions."""


# -------------------------------------------------------------------------------------- two tensors


def _contract(x: Array, names_x: Labels, y: Array, names_y: Labels, kept: Labels) -> Array:
    """Sum products of two arrays over the labels that are not kept, by a matrix product.

    The labels that both have and that are kept count the matrices of a stack; those that are summed
    over are the inner dimension; those that only one has are its rows or columns.
    """
    shared = [name for name in names_x if name in names_y]
    batch = [name for name in shared if name in kept]
    inner = [name for name in shared if name not in kept]
    left = [name for name in names_x if name not in shared]
    right = [name for name in names_y if name not in shared]
    sizes = dict(zip(names_x, x.shape, strict=True))
    for name, n in zip(names_y, y.shape, strict=True):
        sizes[name] = n if sizes.get(name, 1) == 1 else sizes[name]

    def arrange(array: Array, names: Labels, rows: Labels, columns: Labels) -> Array:
        array = np.broadcast_to(array, [sizes[name] for name in names])
        array = array.transpose([names.index(name) for name in (*batch, *rows, *columns)])
        parts = (math.prod(sizes[name] for name in part) for part in (rows, columns))
        return array.reshape(*(sizes[name] for name in batch), *parts)

    product = arrange(x, names_x, left, inner) @ arrange(y, names_y, inner, right)
    names = [*batch, *left, *right]
    return product.reshape([sizes[name] for name in names]).transpose(
        [names.index(name) for name in kept]
    )


def _of_one_dtype(a: Term, b: Term, kept: Labels) -> tuple[Tensor, Tensor]:
    """Convert two tensors to the dtype of their product, if nothing is summed, as PyTorch does."""
    (x, names_a), (y, names_b) = a, b
    sizes = dict(zip(names_b, y.array.shape, strict=True))
    for name, n in zip(names_a, x.array.shape, strict=True):
        if name not in kept and n > 1 and sizes[name] > 1:
            raise RuntimeError(
                f"einsum: the dtypes differ: {x.dtype}, {y.dtype}. Convert with .to()."
            )
    dtype = dtypes.promote(x.array[None], y.array[None])  # 0-d is as any other
    return x.to(dtype), y.to(dtype)


def _sum_of_products(a: Term, b: Term, kept: Labels) -> Tensor:
    """Sum the products of two terms over the labels that are not kept.

    A label of a that is not kept must be one of b's, and the other way round. Then the gradient is
    a sum of the same kind, with g in the place of a: from y_ik = Σ_j a_ij b_jk comes

        dL/da_ij = Σ_k g_ik b_jk        summed over the labels that a does not have
    """
    (x, names_a), (y, names_b) = a, b
    if x.array.dtype != y.array.dtype:
        x, y = _of_one_dtype(a, b, kept)
    return record(
        "einsum",
        quietly(_contract, x.array, names_a, y.array, names_b, kept),
        (x, lambda g, y: _sum_of_products((g, kept), (y, names_b), names_a), y),
        (y, lambda g, x: _sum_of_products((g, kept), (x, names_a), names_b), x),
    )


# --------------------------------------------------------------------------------------- one tensor


def _sum_out(term: Term, needed: set[str]) -> Term:
    """Sum a tensor over the labels that neither the result nor another operand has."""
    x, labels = term
    alone = [i for i, label in enumerate(labels) if label not in needed]
    return (sum(x, alone), [name for name in labels if name in needed]) if alone else term


def _diagonals(x: Tensor, labels: Labels) -> Term:
    """Take the diagonal where a label occurs twice. Its dimension is the last of the result."""
    for label in sorted({name for name in labels if labels.count(name) > 1}):
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            x = diagonal(x, 0, i, j)
            labels = [name for k, name in enumerate(labels) if k not in (i, j)] + [label]
    return x, labels


# ------------------------------------------------------------------------------------- the equation


def _parse(equation: str, ndims: Sequence[int]) -> tuple[list[Labels], Labels]:
    """Return the labels of each operand and of the result.

    A label is a letter or, for a dimension that "..." stands for, a number, counted from the right.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    letters = (left + right).replace("...", "").replace(",", "")
    if letters and not (letters.isascii() and letters.isalpha()):
        raise RuntimeError(
            f"einsum: {equation!r} may have letters, commas, '...' and one '->' only"
        )
    if len(terms) != len(ndims):
        raise RuntimeError(
            f"einsum: {equation!r} names {len(terms)} operands, and {len(ndims)} are given"
        )
    widths = [n - len(t.replace("...", "")) for t, n in zip(terms, ndims, strict=True)]
    for term, width, ndim in zip(terms, widths, ndims, strict=True):
        if width < 0 or (width and "..." not in term) or term.count("...") > 1:
            raise RuntimeError(f"einsum: {equation!r}: {term!r} does not fit {ndim} dimensions")
    further = [str(i) for i in range(max(widths, default=0))][::-1]

    def labels_of(term: str, width: int) -> Labels:
        before, dots, after = term.partition("...")
        return [*before, *(further[len(further) - width :] if dots else []), *after]

    named = [labels_of(term, width) for term, width in zip(terms, widths, strict=True)]
    if arrow:
        kept = labels_of(right, len(further))
    else:
        kept = further + sorted(name for name in {*letters} if left.count(name) == 1)
    if len({*kept}) != len(kept) or not {*kept} <= {name for names in named for name in names}:
        raise RuntimeError(
            f"einsum: {equation!r}: what is kept must occur before '->', and once after"
        )
    return named, kept


def _check_sizes(equation: str, tensors: Sequence[Tensor], named: Sequence[Labels]) -> None:
    sizes: dict[str, int] = {}
    for x, labels in zip(tensors, named, strict=True):
        for label, n in zip(labels, x.array.shape, strict=True):
            if n != 1 and sizes.setdefault(label, n) != n:
                shapes = ", ".join(str(t.array.shape) for t in tensors)
                raise RuntimeError(
                    f"einsum: {equation!r}: {label!r} stands for both {sizes[label]} and {n}, in "
                    f"operands of shapes {shapes}"
                )


# ------------------------------------------------------------------------------------------- einsum


def einsum(equation: str, *operands: Any) -> Tensor:
    """Sums of products: "bij,bjk->bik" says y_bik = Σ_j a_bij c_bjk.

    Args:
        equation: a letter for each dimension of each operand and, after "->", the letters of the
            result. Over the other letters it sums. A letter that occurs twice in an operand takes
            the diagonal; "..." stands for any further dimensions, which broadcast. Without "->",
            the letters that occur once are kept, in alphabetical order.
        operands: tensors, or one list of them; of one dtype, where products are summed.

    Raises:
        ValueError: there is no operand.
        RuntimeError: the equation is malformed, or does not fit the operands, or dtypes differ of
            tensors whose products are summed.
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    if not isinstance(equation, str):
        raise TypeError(f"einsum: the equation must be a str, not a {type(equation).__name__}")
    tensors = arguments.tensors("einsum", "operands", operands)
    if not tensors:
        raise ValueError(f"einsum: there must be at least one operand for {equation!r}")
    named, kept = _parse(equation, [x.array.ndim for x in tensors])
    _check_sizes(equation, tensors, named)
    first, *rest = [_diagonals(x, labels) for x, labels in zip(tensors, named, strict=True)]
    for i, second in enumerate(rest):
        needed = set(kept).union(*[labels for _, labels in rest[i + 1 :]])
        a = _sum_out(first, needed.union(second[1]))
        b = _sum_out(second, needed.union(first[1]))
        together = [*a[1], *[label for label in b[1] if label not in a[1]]]
        labels = [label for label in together if label in needed]
        first = _sum_of_products(a, b, labels), labels
    x, labels = _sum_out(first, set(kept))
    return x.permute([labels.index(label) for label in kept])
