"""Random number generators: a default one that everything draws from, unless given another."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .dtypes import Array
from .scalars import whole


class Generator:
    """A source of random numbers with a seed and a state of its own (PCG64).

    Args:
        device: "cpu", the only one there is.
    """

    def __init__(self, device: Any = "cpu") -> None:
        if str(device) != "cpu":
            raise RuntimeError(f"Generator: the only device is 'cpu', not {str(device)!r}")
        self.manual_seed(0)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from a seed: the same seed, the same numbers.

        Raises:
            RuntimeError: the seed does not fit into 64 bits, with or without a sign.
            TypeError: it is no int.
        """
        seed = whole("manual_seed", "seed", seed)
        if not -(2**63) <= seed < 2**64:
            raise RuntimeError(f"manual_seed: the seed must lie in [-2**63, 2**64), not {seed}")
        self._seed = seed
        self._numpy: np.random.Generator | None = None
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """The NumPy generator that draws the numbers, made when first asked for."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.PCG64(self._seed % 2**64))
        return self._numpy

    def seed(self) -> int:
        """Start again from a seed that the operating system draws, and return it."""
        self.manual_seed(int.from_bytes(os.urandom(8), sys.byteorder))
        return self._seed

    def initial_seed(self) -> int:
        """Return the last seed."""
        return self._seed

    def get_state(self) -> dict[str, Any]:
        """Return all that the next numbers depend on, as a dict that JSON can hold."""
        return dict(self.numpy.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Continue from a state that `get_state` returned.

        Raises:
            TypeError: it is no dict.
            ValueError: it is not such a state; nothing has changed.
        """
        fitting: Any = state
        if not isinstance(state, dict):
            raise TypeError(f"set_state: a state is a dict, not a {type(state).__name__}")
        try:
            np.random.PCG64().state = fitting  # raises before anything has changed
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise ValueError(
                f"set_state: this is not a state that get_state() returned: {error!r}"
            ) from None
        self.numpy.bit_generator.state = fitting
        return self


default_generator = Generator()
default_generator.seed()


def check_generator(generator: Any) -> None:
    """Raise TypeError unless this is a Generator, or None for the default one."""
    if generator is not None and not isinstance(generator, Generator):
        kind = f"{type(generator).__module__}.{type(generator).__qualname__}"
        raise TypeError(f"generator must be a minitorch.Generator or None, not a {kind}")


def numpy_of(generator: Generator | None) -> np.random.Generator:
    """Return the NumPy generator inside a generator; of the default one for None."""
    check_generator(generator)
    return (generator or default_generator).numpy


def manual_seed(seed: int) -> Generator:
    """Seed the generator that everything draws from by default, and return it."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed the default generator from the operating system, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the last seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> dict[str, Any]:
    """Return the state of the default generator, as a dict that JSON can hold."""
    return default_generator.get_state()


def set_rng_state(state: dict[str, Any]) -> None:
    """Let the default generator continue from a state that `get_rng_state` returned."""
    default_generator.set_state(state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **options: Any) -> Iterator[None]:
    """Within a `with`, draw as you like: afterwards the default generator is as it was before.

    Args:
        devices, options: have no effect; they are about GPUs.
        enabled: if False, the generator stays where it has come to.
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


def draw_seed() -> int:
    """Draw, from the default generator, a seed for another one."""
    return int(default_generator.numpy.integers(2**63))


def keep_mask(shape: tuple[int, ...], p: float, dtype: np.dtype[Any]) -> Array:
    """Dropout's mask: 0 with probability p, else 1/(1 - p), so that the expectation stays 1."""
    if p >= 1:
        return np.zeros(shape, dtype)
    kept = default_generator.numpy.random(shape, np.float32) >= p
    return kept * dtype.type(1 / (1 - p))  # type: ignore[no-any-return]
