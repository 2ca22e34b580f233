"""What is written at a vertex or at a folded box: names, values, gradients, shapes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .keep import is_small
from .structure import Box, Vertex

if TYPE_CHECKING:
    from ..dtypes import Array

UNKNOWN = "?"
"""Stands before the shape of a small value that is no longer in memory."""


def number(x: float, digits: int = 4) -> str:
    """Return a number, rounded."""
    return f"{x or 0:.{digits}g}"  # -0.0 becomes 0


def rows(array: Array, digits: int = 3) -> list[str]:
    """Return the elements in columns, a line for each row; of a scalar, the number.

    All have as many decimals as the largest needs to show so many digits; a 0 without decimals is
    exactly 0.
    """
    if not array.ndim:
        return [number(array.item())]
    matrix = array.reshape(-1, array.shape[-1] or 1)
    finite = np.abs(matrix[np.isfinite(matrix)])
    largest = finite.max(initial=0.0)
    if (finite == np.round(finite)).all() and largest < 1e5:
        form = ".0f"
    elif 1e-3 <= largest < 1e5:
        form = f".{max(0, digits - 1 - math.floor(math.log10(largest)))}f"
    else:
        form = f".{digits - 1}e"
    table = [[f"{x:{form}}" if x else "0" for x in row] for row in matrix.tolist()]
    width = max((len(x) for row in table for x in row), default=0)
    return [f"[{' '.join(x.rjust(width) for x in row)}]" for row in table] or ["[]"]


def shape(vertex: Vertex) -> str:
    """Return the shape, as in 2×3, and the dtype if it is not float32."""
    sizes = "×".join(map(str, vertex.shape)) or "scalar"
    return sizes if vertex.dtype == "float32" else f"{sizes} {vertex.dtype}"


def title(item: Vertex | Box) -> str:
    """Return its name and what it is: "L = square", "query: Linear", "a"."""
    if isinstance(item, Box):
        return f"{item.path}: {item.kind}" if item.path else item.kind
    if item.operation:
        twice = [f"{x.name or 'it'} × {n}" for x, n in item.inputs.items() if n > 1]
        operation = f"{item.operation} ({', '.join(twice)})" if twice else item.operation
        return f"{item.name} = {operation}" if item.name else operation
    if item.kind == "constant" and not item.name and item.value is not None and not item.shape:
        return number(item.value.item(), 6)
    return item.name or item.kind


def value(vertex: Vertex, digits: int = 3) -> list[str]:
    """Return the value in lines; the shape of one that is large, or that is not known."""
    if vertex.value is not None:
        says_all = vertex.kind == "constant" and not vertex.name and not vertex.shape
        return [] if says_all else rows(vertex.value, digits)
    if is_small(vertex.shape):
        return [f"{UNKNOWN} {shape(vertex)}" if vertex.shape else UNKNOWN]
    return [shape(vertex)]


def gradient(vertex: Vertex, digits: int = 3) -> list[str]:
    """Return the gradient in lines; none if there is none, or it is large."""
    return [] if vertex.gradient is None else rows(vertex.gradient, digits)


def parameters(box: Box) -> str:
    """Return how many parameters a module has, "" if it has none."""
    n = 0 if box.module is None else sum(p.numel() for p in box.module.parameters())
    return f"{n:,} parameter{'s' * (n != 1)}" if n else ""
