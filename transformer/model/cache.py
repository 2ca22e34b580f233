"""The key/value cache: what generation, token by token, need not compute again.

Under the causal mask, a token's keys and values depend on it and on the tokens before it, never on
what comes after. So when one more token is generated, those of all the others stay as they were.
Step t without a cache computes t queries, keys and values, and attends with all of the queries;
with the cache it computes one of each, and attends with that one query.

    KeysAndValues    a pair of tensors: the keys and the values of one attention
    LayerCache       those of one layer's self-attention, growing with each step
    Cache            a LayerCache for each layer, and what else the steps need
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

import minitorch as mt
from minitorch import Tensor
from minitorch.ops.signatures import Shapes

from ..arguments import whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minitorch.autograd import Array

KeysAndValues: TypeAlias = tuple[Tensor, Tensor]
"""The keys and the values of T tokens, (batch, kv_heads, T, d_head) each."""


SHAPES = Shapes("LayerCache.append", k="batch heads T d_head", v="batch heads T d_head")


def _check_rows(rows: Array, batch: int) -> None:
    """Raise unless they are an array of numbers in range(batch)."""
    if not isinstance(rows, np.ndarray) or rows.dtype.kind != "i" or rows.ndim != 1:
        raise TypeError(f"rows must be a 1-dimensional array of whole numbers, not {rows!r}")
    if ((rows < 0) | (rows >= batch)).any():
        raise IndexError(f"rows {rows} are not all in range({batch}), the rows of the cache")


class LayerCache:
    """The keys and values of the tokens so far, in one layer's self-attention.

    Memory for all tokens is allocated once, so that a step copies its own keys and values only.

    Args:
        capacity: the most tokens that it can hold.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = whole_number("capacity", capacity, least=0)
        self.length = 0
        self.keys: Array | None = None  # (batch, kv_heads, capacity, d_head)
        self.values: Array | None = None  # (batch, kv_heads, capacity, d_head)

    def append(self, k: Tensor, v: Tensor) -> KeysAndValues:
        """Add the keys and values of the next tokens, and return those of all tokens so far.

        For generation only: no gradient flows through it.

        Args:
            k, v: (batch, kv_heads, T, d_head).

        Returns:
            a pair of (batch, kv_heads, length, d_head).

        Raises:
            ValueError: there are more tokens than the cache can hold.
            RuntimeError: they require a gradient, or have another batch size, heads or dtype than
                those before.
        """
        if self.keys is None:
            SHAPES(k, v)
        try:
            keys, values = k.numpy(), v.numpy()
        except RuntimeError:
            raise RuntimeError(
                "no gradient flows through a cache, which is for generation: use it under "
                "minitorch.no_grad()"
            ) from None
        batch, heads, T, d_head = keys.shape
        start, stop = self.length, self.length + T
        if stop > self.capacity:
            raise ValueError(f"a cache made for {self.capacity} tokens cannot hold {stop}")
        if self.keys is None or self.values is None:
            self.keys = np.empty((batch, heads, self.capacity, d_head), keys.dtype)
            self.values = np.empty_like(self.keys)
        place = self.keys[:, :, start:stop]
        if place.shape != keys.shape or place.dtype != keys.dtype or keys.shape != values.shape:
            raise RuntimeError(
                f"the cache holds keys (batch, heads, T, d_head) of shape {place.shape} and dtype "
                f"{place.dtype}, and those to add have {keys.shape} and {keys.dtype}"
            )
        keys, values = self.append_arrays(keys, values)
        return mt.from_numpy(keys), mt.from_numpy(values)

    def append_arrays(self, keys: Array, values: Array) -> tuple[Array, Array]:
        """Do what `append` does, with arrays that fit, as those of a step before did."""
        assert self.keys is not None
        assert self.values is not None
        start, stop = self.length, self.length + keys.shape[2]
        self.keys[:, :, start:stop] = keys
        self.values[:, :, start:stop] = values
        self.length = stop
        return self.keys[:, :, :stop], self.values[:, :, :stop]

    def _rows(self, array: Array, rows: Array) -> Array:
        """Copy rows of the batch, as far as they are filled."""
        selected = np.empty((len(rows), *array.shape[1:]), array.dtype)
        selected[:, :, : self.length] = array[rows, :, : self.length]
        return selected

    def select(self, rows: Array) -> None:
        """Keep these rows of the batch, in this order; a row may be taken several times."""
        if self.keys is not None and self.values is not None:
            _check_rows(rows, len(self.keys))
            self.keys, self.values = self._rows(self.keys, rows), self._rows(self.values, rows)


class Cache:
    """What one step of a generation hands on to the next: see `begin` and `step` of the models.

    Args:
        n_layers: the number of the decoder's blocks.
        capacity: the most tokens that the decoder reads, the prompt's included.
        batch: the number of texts.
        padding: how many of each row's first tokens are padding, (batch); None if none are.
        memory: for each block's cross-attention, the keys and values of the encoder's memory, which
            are computed once. Of each source there is one, which all texts for it share.
        memory_mask: the padding mask of the memory, (sources, 1, 1, S).
    """

    def __init__(
        self,
        n_layers: int,
        capacity: int,
        batch: int,
        padding: Array | None = None,
        memory: Sequence[KeysAndValues] = (),
        memory_mask: Tensor | None = None,
    ) -> None:
        n_layers = whole_number("n_layers", n_layers, least=1)
        self.layers = [LayerCache(capacity) for _ in range(n_layers)]
        self.batch = whole_number("batch", batch, least=0)
        self.padding = padding
        self.memory = list(memory)
        self.memory_mask = memory_mask

    @property
    def length(self) -> int:
        """The number of tokens that the decoder has read so far."""
        return self.layers[0].length

    def select(self, rows: Array) -> None:
        """Keep these rows of the batch, in this order; a row may be taken several times.

        Beam search does so: of a prompt's continuations it keeps the best.
        """
        _check_rows(rows, self.batch)
        for layer in self.layers:
            layer.select(rows)
        if self.padding is not None:
            self.padding = self.padding[rows]
        if self.memory and self.batch:
            self._select_memory(rows)
        self.batch = len(rows)

    def memory_of_rows(self) -> tuple[list[KeysAndValues], Tensor | None]:
        """Return the memory and its mask once for each text: copies, where several share one."""
        n = self.batch // max(1, len(self.memory[0][0]))
        if n <= 1:
            return self.memory, self.memory_mask
        mask = self.memory_mask
        repeated = [(k.repeat_interleave(n, 0), v.repeat_interleave(n, 0)) for k, v in self.memory]
        return repeated, None if mask is None else mask.repeat_interleave(n, 0)

    def _select_memory(self, rows: Array) -> None:
        """Keep the memory as it is where each source keeps equally many rows, else copy it."""
        n = len(self.memory[0][0])
        sources = rows // (self.batch // n)  # that of each row
        if len(rows) and np.array_equal(sources, np.repeat(np.arange(n), len(rows) // n)):
            return
        self.memory = [(k[sources], v[sources]) for k, v in self.memory]
        if self.memory_mask is not None:
            self.memory_mask = self.memory_mask[sources]
