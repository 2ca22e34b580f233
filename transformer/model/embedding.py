"""From token ids to vectors: what a token is, and where it stands.

Attention by itself sees no order: shuffle the tokens, and the results are the same, shuffled. So a
token must be told its position, and there are three ways here:

    sinusoidal    a fixed vector of sines and cosines is added     (Vaswani et al. 2017)
    learned       a learned vector for each position is added      (GPT-2, BERT)
    rotary        queries and keys are rotated by the position     (RoFormer, Llama; `rotary.py`)

The first two count positions from the first real token, past padding on the left. For the third it
does not matter where the count begins: only the differences between positions enter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import minitorch as mt
from minitorch import Tensor, nn
from minitorch.ops.probe import probe

from ..arguments import whole_number
from .add_norm import norm
from .arguments import check_segments, configuration, places

if TYPE_CHECKING:
    from minitorch.autograd import Array

    from .config import TransformerConfig


def angles(length: int, d: int, theta: float = 10000) -> Array:
    """pos / theta^(2i / d), for each position and each pair of dimensions: (length, d / 2)."""
    wavelength = theta ** (np.arange(0, d, 2) / d)  # in units of 2π positions
    return np.arange(length)[:, None] / wavelength


def sinusoidal_positions(length: int, d_model: int) -> Tensor:
    """A vector for each position, made of waves (Vaswani et al. 2017, section 3.5).

        PE(pos, 2i) = sin(pos / 10000^(2i / d_model))
        PE(pos, 2i + 1) = cos(pos / 10000^(2i / d_model))

    A row is a position, from 0. With d_model = 4, the first two columns are the sine and the cosine
    of pos, the other two those of pos / 100:

    >>> sinusoidal_positions(4, 4)
    tensor([[ 0.0000,  1.0000,  0.0000,  1.0000],
            [ 0.8415,  0.5403,  0.0100,  0.9999],
            [ 0.9093, -0.4161,  0.0200,  0.9998],
            [ 0.1411, -0.9900,  0.0300,  0.9996]])

    Each pair is the hand of a clock: the fastest turns once in 2π positions, the slowest once in
    10000^(1 - 2 / d_model) · 2π. A step of k positions turns each hand by a fixed angle, whatever
    the position, so that "k places before me" is a linear map, which attention can learn.

    Returns:
        (length, d_model), of the default dtype.
    """
    length, d_model = whole_number("length", length, 0), whole_number("d_model", d_model, 0)
    theta = angles(length, d_model)  # (length, d_model / 2)
    waves = np.zeros((length, d_model))
    waves[:, 0::2] = np.sin(theta)
    waves[:, 1::2] = np.cos(theta)[:, : d_model // 2]
    return mt.tensor(waves, dtype=mt.get_default_dtype())


class Embedding(nn.Module):
    """A learned vector for each token, plus its position: (batch, T) ids → (batch, T, d_model).

        x = dropout(E[ids] · scale + P[positions])

    The scale is √d_model with sinusoidal positions (section 3.4 of the paper), else 1. Token
    vectors start with a standard deviation of 1/(2√d_model), as suits an output layer that shares
    them. The scale brings it to 1/2, beside waves between -1 and 1: a token must not drown its
    position, and with vectors twice as large, learning to add takes far longer. Learned positions
    start as small as the token vectors, and rotary ones are not added at all, so they need no
    scale.

    BERT also adds a learned vector for the segment that a token belongs to, and normalises the sum.

    Args:
        config: its sizes, `positions`, `pad` and `dropout`.
        normalise: apply the configuration's norm to the sum, as BERT does.
    """

    positions: Tensor | None

    def __init__(self, config: TransformerConfig, normalise: bool = False) -> None:
        super().__init__()
        d_model = configuration(config).d_model
        self.max_length, self.pad = config.max_length, config.pad
        self.scale = math.sqrt(d_model) if config.positions == "sinusoidal" else 1.0
        std = 0.5 / math.sqrt(d_model)
        self.tokens = nn.Embedding(config.vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=std)
        if config.positions == "sinusoidal":
            positions = sinusoidal_positions(config.max_length, d_model)
            self.register_buffer("positions", positions, persistent=False)
        elif config.positions == "learned":
            self.positions = nn.Parameter(mt.zeros(config.max_length, d_model))
            nn.init.normal_(self.positions, std=std)
        else:
            self.positions = None
        self.segments = nn.Embedding(config.n_segments, d_model) if config.n_segments else None
        if self.segments is not None:
            nn.init.normal_(self.segments.weight, std=std)
        self.norm = norm(config) if normalise else None
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        ids: Tensor,
        start: int = 0,
        padding: Array | None = None,
        segments: Tensor | None = None,
    ) -> Tensor:
        """(batch, T) ids → (batch, T, d_model).

        Args:
            ids: of the tokens.
            start: how many tokens stand before them, in the key/value cache.
            padding: how many of each row's first tokens are padding, (batch); None if none are.
            segments: the kind of text that each token belongs to, (batch, T); 0 unless given.

        Raises:
            ValueError: the sequence is longer than `max_length`.
        """
        stop = places(ids, start, padding, self.max_length)
        check_segments(self.segments, ids, segments)
        if self.pad < 0:  # it is no token, and may have any vector: nobody attends to it
            ids = ids.masked_fill(ids == self.pad, 0)
        x: Tensor = self.tokens(ids)  # (batch, T, d_model)
        if self.scale != 1:
            x = x * self.scale
        x = probe("tokens", x)  # a hook point: it returns x; see explain/trace.py
        if self.positions is not None:
            where: Any = slice(start, stop)  # the same positions for each row
            if padding is not None:
                where = np.maximum(np.arange(start, stop) - padding[:, None], 0)  # (batch, T)
            x = x + probe("positions", self.positions[where])  # + (T, d_model), or x's own shape
        if self.segments is not None:
            kinds = mt.zeros_like(ids) if segments is None else segments
            x = x + probe("segments", self.segments(kinds))
        if self.norm is not None:
            x = self.norm(x)
        x = self.dropout(x)
        return probe("residual", x)
