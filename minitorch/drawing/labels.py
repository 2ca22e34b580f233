"""What is written at a vertex or at a folded box: names, values, gradients, shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .keep import is_small
from .structure import Box, Vertex

if TYPE_CHECKING:
    from ..dtypes import Array

UNKNOWN = "?"
"""Stands before the shape of a small value that is no longer in memory."""


def number(x: float, digits: int = 4) -> str:
    """Return a number, rounded."""
    return f"{x:.{digits}g}"


def rows(array: Array) -> list[str]:
    """Return the elements in columns, a line for each row; of a scalar, the number."""
    if not array.ndim:
        return [number(array.item())]
    matrix = array.reshape(-1, array.shape[-1] or 1).tolist()
    table = [[number(x, 3) for x in row] for row in matrix]
    width = max((len(x) for row in table for x in row), default=0)
    return [f"[{'  '.join(x.rjust(width) for x in row)}]" for row in table] or ["[]"]


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
        return number(item.value.item())
    return item.name or item.kind


def value(vertex: Vertex) -> list[str]:
    """Return the value in lines; the shape of one that is large, or that is not known."""
    if vertex.value is not None:
        lines = rows(vertex.value)
        return [] if lines == [title(vertex)] else lines
    if is_small(vertex.shape):
        return [f"{UNKNOWN} {shape(vertex)}" if vertex.shape else UNKNOWN]
    return [shape(vertex)]


def gradient(vertex: Vertex) -> list[str]:
    """Return the gradient in lines; none if there is none, or it is large."""
    return [] if vertex.gradient is None else rows(vertex.gradient)


def parameters(box: Box) -> str:
    """Return how many parameters a module has, "" if it has none."""
    n = 0 if box.module is None else sum(p.numel() for p in box.module.parameters())
    return f"{n:,} parameter{'s' * (n != 1)}" if n else ""
