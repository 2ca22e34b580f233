"""Kernels computed part by part, on several threads.

A kernel holds the mathematics alone: it is a function of whole arrays that knows nothing of this
file. Each function here takes such a kernel and returns one that computes the same in parts. The
parts are so small that their intermediate arrays stay in the processor's cache, and several threads
compute them at once. If there is only one part, the kernel itself is called, with the whole arrays.

    rows_in_parts        a kernel on the rows of a matrix, such as layer norm
    attention_in_parts   a kernel on queries, keys and values

How arrays are cut depends on their shapes alone, and what several parts contribute to one gradient
is added in the order of the parts. So no result depends on the number of threads, not even in its
last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from . import threads

if TYPE_CHECKING:
    from ..dtypes import Array

Gradients: TypeAlias = "tuple[Array | None, ...]"
Backward: TypeAlias = Callable[..., Gradients]
Kernel: TypeAlias = "Callable[..., tuple[Array, Backward]]"


# ------------------------------------------------------------------------------ rows of a matrix

PART = 2**18
"""The most elements of a part of rows: ten or so passes over them take about a millisecond."""


def _rows(
    kernel: Kernel,
    parts: list[slice],
    x: Array,
    vectors: list[Array | None],
    options: dict[str, Any],
) -> tuple[Array, Backward]:
    """Call the kernel on each part of the rows of x, and put its results together."""
    y = np.empty_like(x)
    backwards: dict[int, Backward] = {}

    def forward_part(i: int) -> None:
        some = parts[i]
        _, backwards[i] = kernel(x[some], *vectors, out=y[some], **options)

    threads.each(forward_part, range(len(parts)))

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        dx = np.empty_like(g) if needs[0] else None
        shape = (len(parts), g.shape[1])  # of a vector's gradients, one from each part
        summands = [np.empty(shape, g.dtype) if need else None for need in needs[1:]]

        def backward_part(i: int) -> None:
            some = parts[i]
            _, *dvectors = backwards[i](g[some], needs, out=None if dx is None else dx[some])
            for of_parts, d in zip(summands, dvectors, strict=True):
                if of_parts is not None:
                    of_parts[i] = d

        threads.each(backward_part, range(len(parts)))
        return dx, *[None if of_parts is None else of_parts.sum(0) for of_parts in summands]

    return y, backward


def rows_in_parts(kernel: Kernel) -> Kernel:
    """Let a kernel on the rows of a matrix take any leading dimensions, and compute in parts.

    x and the result are cut into parts of some rows each. Every part gets the whole of the vectors,
    whose gradients are the sums of what the parts give.

    Args:
        kernel: `kernel(x, *vectors, out=None, **options) -> (y, backward)` with x and y of shape
            (m, k), vectors (k) or None, and `backward(g, needs, out=None) -> (dx, *dvectors)`. If
            `out` is given, y, or dx, is written there.

    Returns:
        The same for x and y of shape (*, *shape) and vectors of that shape, which has as many
        dimensions as the further option `n_dims` says.
    """

    def run(
        x: Array, *vectors: Array | None, n_dims: int, **options: Any
    ) -> tuple[Array, Backward]:
        shape = x.shape[x.ndim - n_dims :]
        k = math.prod(shape)
        m = -1 if x.size else math.prod(x.shape[: x.ndim - n_dims])
        rows = x.reshape(m, k)
        flat = [None if v is None else v.reshape(k) for v in vectors]
        size = max(1, PART // max(1, k))
        if len(rows) <= size:
            y, backward_rows = kernel(rows, *flat, **options)
        else:
            parts = [slice(i, min(i + size, len(rows))) for i in range(0, len(rows), size)]
            y, backward_rows = _rows(kernel, parts, rows, flat, options)

        def backward(g: Array, needs: Sequence[bool]) -> Gradients:
            dx, *dvectors = backward_rows(g.reshape(rows.shape), needs)
            return (
                None if dx is None else dx.reshape(x.shape),
                *[d if d is None or n_dims == 1 else d.reshape(shape) for d in dvectors],
            )

        return y.reshape(x.shape), backward

    return run


# ------------------------------------------------------------------- queries, keys and values

PART_SCORES = 2**19
"""The most scores of a part, unless a single example has more."""

ROWS = 64
"""The most queries of a block. With fewer, the products are too small to be fast."""


def _examples(scores: tuple[int, ...]) -> list[slice]:
    """Cut the examples of scores (examples, ..., T_q, T_k) into parts of at most PART_SCORES."""
    some = max(1, PART_SCORES // max(1, math.prod(scores[1:])))
    return [slice(i, i + some) for i in range(0, scores[0], some)]


def _blocks(scores: tuple[int, ...], causal: bool) -> list[tuple[slice, slice]]:
    """Cut the queries of scores (..., T_q, T_k) into blocks: the queries and the keys of each."""
    T_q, T_k = scores[-2:]
    if not causal:
        return [(slice(0, T_q), slice(0, T_k))]
    starts = range(0, T_q, ROWS)
    return [(slice(i, min(i + ROWS, T_q)), slice(0, min(i + ROWS, T_q, T_k))) for i in starts]


def _attention(
    kernel: Kernel,
    examples: list[slice],
    blocks: list[tuple[slice, slice]],
    inputs: tuple[Array, Array, Array],
    masks: list[Array | None],
    scale: float,
    causal: bool,
) -> tuple[Array, Backward]:
    """Call the kernel on each block of each part of the examples, and put its results together."""
    query, key, value = inputs
    y = np.empty_like(query, shape=(*query.shape[:-1], value.shape[-1]))
    backwards: dict[tuple[int, int], Backward] = {}

    def forward_part(some: slice) -> None:
        for rows, keys in blocks:
            mask, keep = [None if m is None else m[some, ..., rows, keys] for m in masks]
            if causal:
                mask = np.tri(rows.stop - rows.start, keys.stop, rows.start, dtype=np.bool_)
            q, k, v = query[some, ..., rows, :], key[some, ..., keys, :], value[some, ..., keys, :]
            y[some, ..., rows, :], backwards[some.start, rows.start] = kernel(
                q, k, v, mask, keep=keep, scale=scale
            )

    threads.each(forward_part, examples)

    def backward(g: Array, needs: Sequence[bool]) -> Gradients:
        totals = [np.zeros_like(x) if n else None for x, n in zip(inputs, needs, strict=False)]

        def backward_part(some: slice) -> None:
            for rows, keys in blocks:
                gradients = backwards[some.start, rows.start](g[some, ..., rows, :], needs)
                for total, places, d in zip(totals, (rows, keys, keys), gradients, strict=False):
                    if total is not None:
                        total[some, ..., places, :] += d

        threads.each(backward_part, examples)
        return *totals, None

    return y, backward


def attention_in_parts(kernel: Kernel) -> Kernel:
    """Let a kernel of attention compute in parts.

    All arrays are cut along the first dimension, that of the examples, so that the scores of a part
    stay in the cache; each thread computes some of the parts. Where attention is causal, a part is
    cut again, into blocks of queries. A block has the keys up to the last that any of its queries
    may attend to, and what lies beyond is not computed. So the blocks of a part overlap in keys and
    values, whose gradients are the sums of what the blocks give.

    Args:
        kernel: `kernel(query, key, value, mask, *, keep, scale, causal=False) -> (y, backward)`,
            as in `minitorch.fused.attention`.

    Returns:
        A kernel with the same signature. It computes in parts if query, key and value have the same
        leading dimensions and the mask, if there is one, holds bools: a mask of numbers may need a
        gradient, and that is not put together here.
    """

    def run(
        query: Array,
        key: Array,
        value: Array,
        mask: Array | None,
        *,
        keep: Array | None,
        scale: float,
        causal: bool = False,
    ) -> tuple[Array, Backward]:
        batch = query.shape[:-2]
        scores = (*batch, query.shape[-2], key.shape[-2])
        alike = batch == key.shape[:-2] == value.shape[:-2] != ()
        if alike and (mask is None or mask.dtype == np.bool_):
            examples, blocks = _examples(scores), _blocks(scores, causal)
            if len(examples) * len(blocks) > 1:
                masks = [None if x is None else np.broadcast_to(x, scores) for x in (mask, keep)]
                inputs = (query, key, value)
                return _attention(kernel, examples, blocks, inputs, masks, scale, causal)
        return kernel(query, key, value, mask, keep=keep, scale=scale, causal=causal)

    return run
