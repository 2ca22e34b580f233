"""What minitorch deliberately does not do, of what PyTorch's own test data asks.

Each entry names an operation, says which of its samples are meant and why; `test_opinfo.py` holds
each to its word: such samples exist, and every one of them raises an error that says `says`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Unsupported(NamedTuple):
    """Samples of one operation that must raise.

    Attributes:
        op: the OpInfo's name, with its variant if only that one is meant: "norm.nuc".
        kind: which samples, in words.
        applies: says whether a sample is meant.
        says: what the error's message must contain, a regular expression.
        why: why it is not supported.
    """

    op: str
    kind: str
    applies: Callable[[Any], bool]
    says: str
    why: str


def passes(*names: str) -> Callable[[Any], bool]:
    """Meant are the samples that pass one of these keyword arguments."""
    return lambda sample: any(name in sample.kwargs for name in names)


def only_numbers(sample: Any) -> bool:
    """Meant are the samples without any tensor."""
    return all(isinstance(x, (int, float)) for x in (sample.input, *sample.args))


def complex_numbers(sample: Any) -> bool:
    """Meant are the samples in which a complex number stands."""
    return any(isinstance(x, complex) for x in (sample.input, *sample.args))


def empty_index(sample: Any) -> bool:
    """Meant are the samples whose index is empty and has not the input's dimensions."""
    index = sample.args[1]
    return bool(index.numel() == 0 and index.ndim != sample.input.ndim)


def singular_values(sample: Any) -> bool:
    """Meant are the samples that ask for a norm by singular values, of matrices."""
    given = dict(zip(("ord", "dim"), sample.args, strict=False)) | sample.kwargs
    dims = given.get("dim") or range(sample.input.ndim)
    of_matrices = not isinstance(dims, int) and len(dims) == 2
    return of_matrices and given.get("ord") in ("nuc", 2, -2)


def parts_of_whole_numbers(sample: Any) -> bool:
    """Meant are the samples that multiply integers by 0.6 and the like."""
    factors = [sample.kwargs.get(name, 1) for name in ("beta", "alpha")]
    return not sample.input.is_floating_point() and any(int(x) != x for x in factors)


def all_samples(sample: Any) -> bool:
    """Meant are all."""
    return True


UNSUPPORTED = [
    *[
        Unsupported(
            op,
            "two numbers",
            only_numbers,
            "must be a Tensor",
            "Python does arithmetic on numbers; an operation is for tensors.",
        )
        for op in ("add", "sub", "mul", "div", "true_divide", "floor_divide")
    ],
    *[
        Unsupported(
            op,
            "memory_format",
            passes("memory_format"),
            "memory_format",
            "It lays out images for convolutions, of which there are none here.",
        )
        for op in ("clone", "contiguous", "double", "float", "long", "int", "bool",
                   "short", "char", "byte", "to")
    ],
    *[
        Unsupported(
            op,
            "half precision",
            all_samples,
            "use float32|memory_format",
            "It is fast on a GPU; here these dtypes are names to compare.",
        )
        for op in ("half", "bfloat16")
    ],
    Unsupported(
        "where",
        "complex numbers",
        complex_numbers,
        "complex",
        "There is no complex dtype.",
    ),
    Unsupported(
        "norm.nuc",
        "the nuclear norm",
        all_samples,
        "nuc",
        "It needs singular values; there is no decomposition of matrices here.",
    ),
    *[
        Unsupported(
            op,
            "singular values",
            singular_values,
            "singular values",
            "There is no decomposition of matrices here.",
        )
        for op in ("linalg.norm", "linalg.matrix_norm")
    ],
    Unsupported(
        "baddbmm",
        "factors of integers that are not whole",
        parts_of_whole_numbers,
        "must be a whole number",
        "PyTorch rounds them to 0 without a word.",
    ),
    Unsupported(
        "normal.number_mean",
        "layout",
        passes("layout"),
        "layout",
        "There is one layout.",
    ),
    Unsupported(
        "gather",
        "an empty index of other dimensions",
        empty_index,
        "as many dimensions",
        "An index tells a place along each dimension, however few places there are.",
    ),
    Unsupported(
        "scatter",
        "reduce",
        passes("reduce"),
        "reduce",
        "PyTorch has deprecated it; scatter_add adds.",
    ),
]
