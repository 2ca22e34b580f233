"""Adam on NumPy arrays, for the peers that leave the optimizer to their users."""

from __future__ import annotations

from typing import Any

import numpy as np


class Adam:
    """Kingma and Ba's step, with PyTorch's defaults, in place."""

    def __init__(self, parameters: list[Any], lr: float = 1e-3) -> None:
        self.parameters = parameters
        self.lr = lr
        self.m, self.v = ([np.zeros_like(p) for p in parameters] for _ in range(2))
        self.t = 0

    def step(self, gradients: list[Any]) -> None:
        self.t += 1
        a, b = 1 - 0.9**self.t, 1 - 0.999**self.t
        for p, g, m, v in zip(self.parameters, gradients, self.m, self.v, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= self.lr / a * m / (np.sqrt(v / b) + 1e-8)
