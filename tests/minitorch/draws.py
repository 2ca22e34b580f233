"""How the inputs of an operation are drawn: shapes with 0, 1 and more, in every layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

Array = np.ndarray[Any, Any]
T = TypeVar("T")


class Draws:
    """Draws what inputs are made of. An array's numbers come from a seed, which is what is drawn.

    Args:
        draw: hypothesis's.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def int(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def one_of(self, *values: T) -> T:
        return self.draw(st.sampled_from(values))  # type: ignore[no-any-return]

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.int(0, 2**16))

    def shape(self, least: int = 0, most: int = 3, *, smallest: int = 0) -> tuple[int, ...]:
        return tuple(self.int(smallest, 3) for _ in range(self.int(least, most)))

    def floats(self, shape: tuple[int, ...], low: float = -2.0, high: float = 2.0) -> Array:
        """Numbers no two of which are closer than a hundredth, and none close to a whole one."""
        n, rng = int(np.prod(shape)), self.rng()
        steps = rng.permutation(n) + rng.uniform(0.3, 0.45, n)
        return self.laid_out((low + (high - low) * steps / max(n, 1)).reshape(shape))

    def ints(self, shape: tuple[int, ...], low: int, high: int) -> Array:
        """Whole numbers in [low, high)."""
        if 0 in shape:
            return np.zeros(shape, np.int64)
        return self.laid_out(self.rng().integers(low, high, shape))

    def bools(self, shape: tuple[int, ...]) -> Array:
        return self.laid_out(self.rng().random(shape) < 0.5)

    def laid_out(self, x: Array) -> Array:
        """The same elements: in order, columns first, every second of twice as many, backwards."""
        x = np.asarray(x)
        layout = self.one_of("in order", "columns", "strided", "backwards") if x.ndim else ""
        if layout == "columns":
            return np.asfortranarray(x)
        if layout == "strided":
            return np.repeat(x, 2, axis=-1)[..., ::2]
        if layout == "backwards":
            return np.ascontiguousarray(x[::-1])[::-1]
        return x

    def two(
        self, a: tuple[float, float] = (-2, 2), b: tuple[float, float] = (-2, 2)
    ) -> list[Array]:
        """Two arrays that broadcast against each other; now and then one, twice."""
        shape = self.shape()
        if a == b and self.int(0, 4) == 0:
            x = self.floats(shape, *a)
            return [x, x]
        return [self.floats(self.part_of(shape), *a), self.floats(self.part_of(shape), *b)]

    def part_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts to this one."""
        kept = shape[self.int(0, len(shape)) if self.int(0, 2) == 0 else 0 :]
        return tuple(1 if self.int(0, 3) == 0 else n for n in kept)

    def dim(self, ndim: int) -> int:
        return self.int(-(ndim or 1), (ndim or 1) - 1)

    def dims(self, ndim: int) -> Any:
        """What `dim` may be for a reduction: None, a dimension, or several."""
        if not ndim or self.int(0, 3) == 0:
            return None
        if self.int(0, 1):
            return self.dim(ndim)
        return tuple(sorted(self.draw(st.sets(st.integers(0, ndim - 1), min_size=1))))

    def reduction(self, *, smallest: int = 0, low: float = -2.0, high: float = 2.0) -> Any:
        x = self.floats(self.shape(smallest=smallest), low, high)
        return [x], {"dim": self.dims(x.ndim), "keepdim": bool(self.int(0, 1))}

    def along(self, *, smallest: int = 1) -> tuple[Array, int]:
        """An array with dimensions, and one of them."""
        x = self.floats(self.shape(1, smallest=smallest))
        return x, self.dim(x.ndim)
