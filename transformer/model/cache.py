"""The key/value cache: what a model that writes token by token need not compute again.

A token's keys and values depend on it and on those before it, never on what comes after. So when
one more token is written, those of all the others are what they were. With them kept, a step
computes one token's query, key and value instead of all, and its cost no longer grows with the
square of the length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

import minitorch as mt
from minitorch import Tensor
from minitorch.autograd import Array

KeysAndValues: TypeAlias = tuple[Tensor, Tensor]
"""What the tokens of an attention answer, (batch, kv_heads, T, d_head) each."""


class KeyValues:
    """Keys and values of the tokens so far, in one self-attention.

    The memory for all that are to come is taken at once, so that a step copies nothing but its own.

    Args:
        capacity: the most tokens.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.length = 0
        self.keys: Array | None = None  # (batch, kv_heads, capacity, d_head)
        self.values: Array | None = None

    def append(self, k: Tensor, v: Tensor) -> KeysAndValues:
        """Add those of the next tokens, (batch, kv_heads, T, d_head), and return all so far.

        Raises:
            ValueError: there are more tokens than the cache was made for.
        """
        start, stop = self.length, self.length + k.shape[2]
        if stop > self.capacity:
            raise ValueError(f"a cache made for {self.capacity} tokens cannot hold {stop}")
        if self.keys is None or self.values is None:
            batch, heads, _, d_head = k.shape
            self.keys = np.empty((batch, heads, self.capacity, d_head), k.numpy().dtype)
            self.values = np.empty_like(self.keys)
        self.keys[:, :, start:stop] = k.numpy()
        self.values[:, :, start:stop] = v.numpy()
        self.length = stop
        return mt.from_numpy(self.keys[:, :, :stop]), mt.from_numpy(self.values[:, :, :stop])

    def select(self, rows: Array) -> None:
        """Go on with these rows of the batch, in this order; a row may come several times."""
        if self.keys is not None and self.values is not None:
            self.keys, self.values = self._rows(self.keys, rows), self._rows(self.values, rows)

    def _rows(self, array: Array, rows: Array) -> Array:
        selected = np.empty((len(rows), *array.shape[1:]), array.dtype)
        selected[:, :, : self.length] = array[rows, :, : self.length]
        return selected


class Cache:
    """All that the steps of a generation hand on: see `begin` of the models.

    Args:
        n_layers: the decoder's blocks.
        capacity: the most tokens that it reads, the prompt's included.
        padding: how many of each row's first tokens are padding, (batch); None if none are.
        memory: for each block, the keys and values of the encoder's memory, computed once.
        memory_mask: True where the memory is no padding, (batch, 1, 1, S).
    """

    def __init__(
        self,
        n_layers: int,
        capacity: int,
        padding: Array | None = None,
        memory: Sequence[KeysAndValues] = (),
        memory_mask: Tensor | None = None,
    ) -> None:
        self.layers = [KeyValues(capacity) for _ in range(n_layers)]
        self.padding = padding
        self.memory = list(memory)
        self.memory_mask = memory_mask

    @property
    def length(self) -> int:
        """The tokens that were read so far."""
        return self.layers[0].length

    def select(self, rows: Array) -> None:
        """Go on with these rows of the batch, in this order; a row may come several times."""
        for layer in self.layers:
            layer.select(rows)
        if self.padding is not None:
            self.padding = self.padding[rows]
        self.memory = [(k[rows], v[rows]) for k, v in self.memory]
        if self.memory_mask is not None:
            self.memory_mask = self.memory_mask[rows]
