"""From token ids to vectors: what a token is, and where it stands."""

from __future__ import annotations

import math

import numpy as np

import minitorch as mt
from minitorch import Tensor, nn
from minitorch.probe import probe

from .config import TransformerConfig


def sinusoidal_positions(length: int, d_model: int) -> Tensor:
    """A vector for each position, made of waves (Vaswani et al. 2017, section 3.5).

        PE(pos, 2i) = sin(pos / 10000^(2i / d_model))
        PE(pos, 2i + 1) = cos(pos / 10000^(2i / d_model))

    Like the hands of many clocks, from the fastest, one turn in 2π positions, to the slowest, in
    10000 · 2π. A step of k positions turns each hand by a fixed angle, whatever the position, so
    that "k places before me" is a linear map, which attention can learn.

    Returns:
        (length, d_model), float32.
    """
    position = np.arange(length)[:, None]  # (length, 1)
    wavelength = 10000 ** (np.arange(0, d_model, 2) / d_model)  # (d_model / 2), in units of 2π
    waves = np.zeros((length, d_model))
    waves[:, 0::2] = np.sin(position / wavelength)
    waves[:, 1::2] = np.cos(position / wavelength)[:, : d_model // 2]
    return mt.tensor(waves, dtype=mt.float32)


class Embedding(nn.Module):
    """A learned vector for each token, times √d_model, plus the wave of its position.

    The vectors start with a standard deviation of 1/(2√d_model), as suits an output layer that
    shares them; the factor brings them to half the size of the positions. A token must not drown
    its position: with vectors twice as large, learning to add takes far longer.
    """

    positions: Tensor

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.tokens = nn.Embedding(config.vocab_size, config.d_model)
        self.scale = math.sqrt(config.d_model)
        nn.init.normal_(self.tokens.weight, std=0.5 / self.scale)
        self.dropout = nn.Dropout(config.dropout)
        positions = sinusoidal_positions(config.max_length, config.d_model)
        self.register_buffer("positions", positions, persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, T) ids → (batch, T, d_model).

        Raises:
            ValueError: the sequence is longer than `max_length`.
        """
        T, longest = ids.shape[1], self.positions.shape[0]
        if T > longest:
            raise ValueError(f"a sequence of {T} tokens is longer than max_length={longest}")
        tokens = probe("tokens", self.tokens(ids) * self.scale)  # (batch, T, d_model)
        x = tokens + probe("positions", self.positions[:T])  # (batch, T, d_model)
        return self.dropout(x)
