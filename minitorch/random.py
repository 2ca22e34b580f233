"""The one seeded generator that everything random draws from, unless given another."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd import Array


class Generator:
    """A source of random numbers with a seed and a state of its own (PCG64)."""

    def __init__(self) -> None:
        self.manual_seed(0)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from a seed: the same seed, the same numbers."""
        self.numpy = np.random.Generator(np.random.PCG64(seed))
        return self

    def seed(self) -> int:
        """Start again from a seed that the operating system draws, and return it."""
        seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
        self.manual_seed(seed)
        return seed

    def get_state(self) -> dict[str, Any]:
        """Return all that the next numbers depend on, as a JSON-ready dict."""
        return self.numpy.bit_generator.state  # type: ignore[return-value]

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state that `get_state` returned."""
        self.numpy.bit_generator.state = state


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Seed the generator that everything draws from by default, and return it."""
    return default_generator.manual_seed(seed)


def get_rng_state() -> dict[str, Any]:
    """Return the state of the default generator."""
    return default_generator.get_state()


def set_rng_state(state: dict[str, Any]) -> None:
    """Let the default generator go on from a state that `get_rng_state` returned."""
    default_generator.set_state(state)


def keep_mask(shape: tuple[int, ...], p: float, dtype: np.dtype[Any]) -> Array:
    """Dropout's mask: 0 with probability p, else 1/(1 - p), so that the expectation stays 1."""
    if p >= 1:
        return np.zeros(shape, dtype)
    kept = default_generator.numpy.random(shape, np.float32) >= p
    return kept * dtype.type(1 / (1 - p))  # type: ignore[no-any-return]
