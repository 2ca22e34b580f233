"""Rotary position embedding: attention that sees how far apart two tokens are."""

from __future__ import annotations

import numpy as np

import minitorch as mt
from minitorch import Tensor, nn

from ..arguments import number, whole_number
from .arguments import check_rotated
from .embedding import angles


class RotaryPositions(nn.Module):
    """Rotates queries and keys by the token's position: rotary position embedding, RoPE.

    From RoFormer (Su et al. 2021, https://arxiv.org/abs/2104.09864, equation 34). The pair (a, b)
    in dimensions 2i and 2i + 1 of the token at pos is rotated by φ = pos / θ^(2i / d_head). With
    θ = 10000 this is the angle of a clock hand of `sinusoidal_positions`.

        (a, b) → (a cos φ - b sin φ, b cos φ + a sin φ) = (a, b) cos φ + (-b, a) sin φ

    A dot product does not change when both vectors are rotated alike. So that of a query at
    position m and a key at position n depends on m - n alone: attention sees how far apart two
    tokens are, and no layer has to work it out. For the same reason padding on the left, which
    moves all tokens alike, needs no care here.

    A large θ gives a head slow hands, to tell far apart what is far away: Llama 3 takes 500000 for
    its 8192 positions. A head of few dimensions that reads a short text wants fast ones, a small θ:
    with d_head = 4 and θ = 10000 the slower of the two hands turns by 0.01 a position.

    Args:
        max_length: the most positions.
        d_head: the size of a head's queries and keys; even.
        theta: the base θ of the wavelengths, 2π · θ^(2i / d_head) positions; at least 1.

    Raises:
        ValueError: d_head is odd, or theta below 1.
    """

    cos: Tensor
    sin: Tensor
    quarter_turn: Tensor

    def __init__(self, max_length: int, d_head: int, theta: float = 10000.0) -> None:
        super().__init__()
        whole_number("max_length", max_length, least=1)
        if whole_number("d_head", d_head, least=1) % 2:
            raise ValueError(
                f"rotary positions turn pairs of dimensions, but d_head={d_head} is odd"
            )
        number("theta", theta, 1)
        repeated = np.repeat(angles(max_length, d_head, theta), 2, axis=1)  # (max_length, d_head)
        quarter_turn = np.kron(np.eye(d_head // 2), [[0, 1], [-1, 0]])  # (a, b) → (-b, a)
        tables = {"cos": np.cos(repeated), "sin": np.sin(repeated), "quarter_turn": quarter_turn}
        for name, table in tables.items():
            tensor = mt.tensor(table, dtype=mt.get_default_dtype())
            self.register_buffer(name, tensor, persistent=False)

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """(batch, heads, T, d_head) → the same shape, for positions start … start + T - 1."""
        check_rotated(x, start, self.cos)
        here = slice(start, start + x.shape[2])
        return x * self.cos[here] + x @ self.quarter_turn * self.sin[here]
